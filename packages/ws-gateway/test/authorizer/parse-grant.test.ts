import { describe, expect, test } from 'vitest'
import { parseGrant } from '../../src/authorizer/parse-grant.ts'

const good = { workspaceId: 'acme', projectId: 'one', userId: 'ann', claims: { role: 'x' } }

test('keeps what it knows and nothing else', () => {
  expect(parseGrant({ ...good, admin: true })).toEqual(good)
  expect(parseGrant({ workspaceId: 'acme', projectId: 'one' })).toEqual({ ...good, userId: null, claims: {} })
})

test('the claim exp says when it expires', () => {
  const grant = (exp: unknown): unknown => parseGrant({ ...good, claims: { exp } })
  expect(grant(1_700_000_000)).toEqual({
    ...good,
    claims: { exp: 1_700_000_000 },
    expiresAtMs: 1_700_000_000_000,
  })
  expect(grant(0.5)).toMatchObject({ expiresAtMs: 500 })
  for (const none of [undefined, null]) expect(grant(none)).not.toHaveProperty('expiresAtMs')
  // A control plane has no other way to say it, and no way to say whether it was revoked.
  expect(parseGrant({ ...good, expiresAtMs: 1, isRevoked: () => true })).toEqual(good)
})

test.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY, 1e308, '1700000000', {}, [], true])(
  'a grant with the claim exp %j would never end, so it is none',
  (exp) => expect(parseGrant({ ...good, claims: { exp } })).toBeNull(),
)

test.each([
  null,
  undefined,
  'grant',
  {},
  { ...good, workspaceId: '' },
  { ...good, workspaceId: 'a.b' },
  { ...good, workspaceId: '*' },
  { ...good, projectId: '>' },
  { ...good, projectId: 'a b' },
  { ...good, projectId: 'x'.repeat(65) },
  { ...good, projectId: 'one\n' },
  { ...good, userId: 7 },
  { ...good, claims: 'all' },
  { ...good, claims: [] },
  { ...good, claims: null },
])('%j is no grant', (value) => expect(parseGrant(value)).toBeNull())

describe('limits', () => {
  const limits = { maxConnections: 5, messagesPerSecond: 10, maxPayloadBytes: 1024 }

  test('are those of the project, each of them optional, and members that are none are left out', () => {
    expect(parseGrant({ ...good, limits })?.limits).toEqual(limits)
    for (const [name, value] of Object.entries(limits)) {
      expect(parseGrant({ ...good, limits: { [name]: value } })?.limits).toEqual({ [name]: value })
    }
    expect(parseGrant({ ...good, limits: { ...limits, maxStars: 'many' } })?.limits).toEqual(limits)
    expect(parseGrant({ ...good, limits: { maxConnections: null } })?.limits).toEqual({})
  })

  test.each([undefined, null])('that are %s are none', (none) => {
    expect(parseGrant({ ...good, limits: none })).not.toHaveProperty('limits')
  })

  test.each([0, -1, 1.5, '5', true, {}, [], 2 ** 53, Number.NaN])(
    'of which one is %j make it no grant: nobody has what they may not',
    (wrong) => {
      for (const name of Object.keys(limits)) {
        expect(parseGrant({ ...good, limits: { ...limits, [name]: wrong } })).toBeNull()
      }
    },
  )

  test.each([5, 'none', true, []])('that are %j make it no grant', (wrong) => {
    expect(parseGrant({ ...good, limits: wrong })).toBeNull()
  })
})
