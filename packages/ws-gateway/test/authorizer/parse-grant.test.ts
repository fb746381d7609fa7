import { expect, test } from 'vitest'
import { parseGrant } from '../../src/authorizer/parse-grant.ts'

const good = { workspaceId: 'acme', projectId: 'one', userId: 'ann', claims: { role: 'x' } }

test('keeps what it knows and nothing else', () => {
  expect(parseGrant({ ...good, admin: true })).toEqual(good)
  expect(parseGrant({ workspaceId: 'acme', projectId: 'one' })).toEqual({ ...good, userId: null, claims: {} })
})

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
