import { expect, test } from 'vitest'
import { createContextDomain } from '../../src/context/context-domain.ts'
import { createTestEngine } from '../support/test-engine.ts'

test('a context cannot have the name of a member that every object has: clients look contexts up in objects', () => {
  const engine = createTestEngine()
  const domain = engine.use(createContextDomain(engine.engine, {}))
  const ann = engine.addPeer({ user: 'ann' })
  const bob = engine.addPeer({ user: 'ann' })
  const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', '__defineGetter__']
  for (const name of names) {
    ann.take()
    ann.say({
      domain: 'global',
      type: 'create-context',
      request_id: name,
      name,
      lifetime: 'retained',
      data: {},
    })
    expect(ann.take()).toMatchObject([
      { domain: 'global', type: 'error', request_id: name, reason_uri: 'global.errors.failure' },
    ])
  }
  expect(bob.take()).toEqual([])
  expect(domain.stats().contexts).toBe(0)
})

test('names that look like paths or patterns are names', () => {
  const engine = createTestEngine()
  const domain = engine.use(createContextDomain(engine.engine, {}))
  const ann = engine.addPeer({ user: 'ann' })
  for (const name of ['prototype', '__proto', 'a.b', '#a', '/a/', ' ', '\u0000', '\ud800']) {
    ann.say({
      domain: 'global',
      type: 'create-context',
      request_id: name,
      name,
      lifetime: 'retained',
      data: {},
    })
    expect(ann.take().at(-1)).toMatchObject({ type: 'context-created', request_id: name })
  }
  expect(domain.stats().contexts).toBe(8)
})
