import { expect, test } from 'vitest'
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
