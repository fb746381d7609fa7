import { createGateway as createInterop } from '@portcullis/interop'
import { createEmbeddedTransport } from '@portcullis/transport/embedded'
import { describe, expect, test, vi } from 'vitest'
import { fleetAnswers } from '../../src/fleet/answers.ts'

const nobody = { closeSession: () => false }
const onNats = { engine: 'nats', deadLetters: {} as never } as const

test('a session is closed by its gateway, which says whether it was there', async () => {
  const closeSession = vi.fn<(sessionId: string, reason?: string) => boolean>((id) => id === 'one')
  const answers = fleetAnswers({ closeSession }, undefined, onNats)
  expect(await answers['session.close']?.({ sessionId: 'one', reason: 'enough' })).toEqual({ closed: true })
  expect(await answers['session.close']?.({ sessionId: 'other' })).toEqual({ closed: false })
  expect(closeSession.mock.calls[0]).toEqual(['one', 'enough'])
})

test('questions about an interop gateway that is off are not answered', () => {
  expect(Object.keys(fleetAnswers(nobody, undefined, onNats))).toEqual(['session.close'])
})

test('dead letters are told of where they lie in this process, and nowhere else', async () => {
  await using transport = createEmbeddedTransport()
  await transport.start()
  const answers = fleetAnswers(nobody, undefined, transport)
  expect(await answers['dead-letters.list']?.({ workspaceId: 'acme' })).toEqual({ items: [], next: null })
  expect(fleetAnswers(nobody, undefined, onNats)['dead-letters.list']).toBeUndefined()
})

describe('the interop gateway', () => {
  test('is described page by page', async () => {
    await using interop = createInterop()
    const answers = fleetAnswers(nobody, interop, onNats)
    for (const what of ['interop.peers', 'interop.methods', 'interop.contexts'] as const) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      expect(await answers[what]?.({ limit: 10 })).toEqual({ items: [], next: null })
      expect(() => answers[what]?.({ after: 'made up' })).toThrow(TypeError)
    }
  })

  test('tells its rules, and which of them decides', async () => {
    await using interop = createInterop({
      contexts: {
        visibility: [{ context: 'desk', identity: { user: 'ann' }, restrictions: 'cluster' }],
      },
    })
    const answers = fleetAnswers(nobody, interop, onNats)
    const rules = await answers['visibility.rules']?.({})
    expect(rules).toMatchObject({ contexts: [{ restrictions: 'cluster' }], methods: [], default: 'local' })
    expect(JSON.parse(JSON.stringify(rules))).toEqual(rules)
    const explain = answers['visibility.explain']
    expect(await explain?.({ kind: 'context', name: 'desk', identity: { user: 'ann' } })).toMatchObject({
      decision: 'cluster',
      rule: 0,
      because: 'rule',
      path: 'contexts[0]',
      next: null,
    })
    expect(await explain?.({ kind: 'context', name: 'desk', identity: { user: 'bob' } })).toMatchObject({
      decision: 'local',
      rule: null,
      because: 'default',
      path: null,
      misses: [{ path: 'contexts[0]' }],
    })
    expect(await explain?.({ kind: 'peer', name: 'bus', identity: {} })).toMatchObject({ decision: 'local' })
    expect(() => explain?.({ kind: 'peer', name: 'toString', identity: {} })).toThrow(TypeError)
  })
})
