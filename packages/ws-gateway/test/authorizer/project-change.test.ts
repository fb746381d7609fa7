import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  assertProjectChange,
  type ChangeEffect,
  effectOf,
  type GrantSubject,
  type ProjectChange,
} from '../../src/authorizer/project-change.ts'

const subject: GrantSubject = {
  workspaceId: 'acme',
  projectId: 'one',
  userId: 'ann',
  host: 'chat.acme.example',
}
const change = (changes: Partial<ProjectChange>): ProjectChange => ({
  workspaceId: 'acme',
  projectId: 'one',
  kind: 'admission',
  hosts: [],
  addedHosts: [],
  userId: null,
  ...changes,
})

const CASES: [string, Partial<ProjectChange>, ChangeEffect][] = [
  ['admission', { kind: 'admission' }, 'ends'],
  ['a deletion', { kind: 'deleted' }, 'ends'],
  ['limits', { kind: 'limits' }, 'outdates'],
  ['a kind of tomorrow', { kind: 'stars' as 'admission' }, 'ends'],
  ['all projects of the workspace', { projectId: null, kind: 'deleted' }, 'ends'],
  ['the user', { kind: 'user', userId: 'ann' }, 'ends'],
  ['another user', { kind: 'user', userId: 'bob' }, 'none'],
  ['a user that is not named', { kind: 'user' }, 'ends'],
  ['hosts with the host', { kind: 'hosts', hosts: ['x.y', 'chat.acme.example'] }, 'none'],
  ['hosts with a wildcard for it', { kind: 'hosts', hosts: ['*.acme.example'] }, 'none'],
  ['hosts with a wildcard above', { kind: 'hosts', hosts: ['*.example'] }, 'ends'],
  ['hosts with a wildcard below', { kind: 'hosts', hosts: ['*.chat.acme.example'] }, 'ends'],
  ['other hosts', { kind: 'hosts', hosts: ['other.acme.example'] }, 'ends'],
  ['no hosts at all', { kind: 'hosts' }, 'ends'],
  [
    'its own host, added',
    { kind: 'hosts', hosts: ['chat.acme.example'], addedHosts: ['chat.acme.example'] },
    'none',
  ],
]

describe('a change of the project', () => {
  test.each(CASES)('%s', (_what, changes, effect) => expect(effectOf(change(changes), subject)).toBe(effect))
})

describe('the same of another project, or of one with that name in another workspace', () => {
  const others = CASES.filter(([, { projectId }]) => projectId !== null)
  test.each(others)('%s', (_what, changes) => {
    const added = { ...changes, addedHosts: [] }
    expect(effectOf(change({ ...added, projectId: 'two' }), subject)).toBe('none')
    expect(effectOf(change({ ...added, workspaceId: 'other' }), subject)).toBe('none')
    expect(effectOf(change({ ...added, workspaceId: 'other', projectId: null }), subject)).toBe('none')
  })
})

test('a host that another project has now is not ours any more, and a wildcard of it takes nothing', () => {
  const taken = change({ workspaceId: 'other', kind: 'hosts', addedHosts: ['a.b', 'chat.acme.example'] })
  expect(effectOf(taken, subject)).toBe('ends')
  expect(effectOf({ ...taken, addedHosts: ['*.acme.example'] }, subject)).toBe('none')
  expect(effectOf({ ...taken, kind: 'limits' }, subject)).toBe('none')
})

test('a host without a form of its own may be any: the safe side is to ask again', () => {
  const odd = { ...subject, host: null }
  expect(effectOf(change({ kind: 'hosts', hosts: ['*.acme.example'] }), odd)).toBe('ends')
  expect(effectOf(change({ projectId: 'two', kind: 'hosts', addedHosts: ['a.b'] }), odd)).toBe('ends')
  expect(effectOf(change({ projectId: 'two', kind: 'hosts', addedHosts: [] }), odd)).toBe('none')
})

test('an anonymous session is not one of a user', () => {
  const anonymous = { ...subject, userId: null }
  expect(effectOf(change({ kind: 'user', userId: 'ann' }), anonymous)).toBe('none')
})

test('after hosts changed, who stays is at a host of the project, and nobody stays at one that another took', () => {
  const label = fc.constantFrom('a', 'b', 'c')
  const host = fc.array(label, { minLength: 1, maxLength: 3 }).map((labels) => labels.join('.'))
  const pattern = fc.oneof(
    host,
    host.map((name) => `*.${name}`),
  )
  fc.assert(
    fc.property(host, fc.array(pattern), fc.boolean(), (at, hosts, isOurs) => {
      const exact = hosts.filter((one) => !one.startsWith('*'))
      const made = change({ projectId: isOurs ? 'one' : 'two', kind: 'hosts', hosts, addedHosts: exact })
      const stays = effectOf(made, { ...subject, host: at }) === 'none'
      const covers = hosts.some(
        (one) => one === at || (one.startsWith('*') && at.replace(/^[^.]+/, '*') === one && at.includes('.')),
      )
      expect(stays).toBe(isOurs ? covers : !exact.includes(at))
    }),
  )
})

test.each([
  undefined,
  null,
  'admission',
  {},
  { ...change({}), workspaceId: undefined },
  { ...change({}), projectId: undefined },
  { ...change({}), kind: 7 },
  { ...change({}), hosts: 'a.b' },
  { ...change({}), addedHosts: undefined },
  { ...change({}), userId: 7 },
])('%j is no change', (value) => {
  expect(() => assertProjectChange(value as ProjectChange)).toThrow(TypeError)
  expect(() => assertProjectChange(value as ProjectChange)).toThrow('"change"')
})
