import { expect, test } from 'vitest'
import { contextOf } from '../../src/context/context-of.ts'

const BARE = { sub: 'alice', exp: 1 }

test('a token with every claim becomes the whole context', () => {
  expect(
    contextOf({
      ...BARE,
      email: 'alice@example.com',
      name: 'Alice',
      roles: ['admin', 'user'],
      permissions: ['read', 'write'],
      features: { beta: true },
      org_id: 'org-1',
    }),
  ).toEqual({
    userId: 'alice',
    sub: 'alice',
    email: 'alice@example.com',
    name: 'Alice',
    userRole: 'admin',
    roles: ['admin', 'user'],
    permissions: ['read', 'write'],
    features: { beta: true },
    org_id: 'org-1',
  })
})

test('a token with nothing but its subject is that of a user without rights', () => {
  expect(contextOf(BARE)).toEqual({
    userId: 'alice',
    sub: 'alice',
    email: null,
    name: null,
    userRole: 'user',
    roles: [],
    permissions: [],
    features: {},
  })
})

test.each([
  ['admin'],
  [{ 0: 'admin', length: 1 }],
  [[['admin']]],
  [[{ toString: 'admin' }]],
  [[1, null, '']],
  [true],
  [null],
])('roles and permissions of the wrong type, %j, grant nothing', (value) => {
  const context = contextOf({ ...BARE, roles: value, permissions: value })
  expect(context).toMatchObject({ roles: [], permissions: [], userRole: 'user' })
})

test('of a list with other things in it, the texts count', () => {
  expect(contextOf({ ...BARE, roles: [1, 'editor', null, 'admin'] })).toMatchObject({
    roles: ['editor', 'admin'],
    userRole: 'editor',
  })
})

test.each([[7], [[]], [{}], [true], ['']])('email, name and org_id of %j count as absent', (value) => {
  const context = contextOf({ ...BARE, email: value, name: value, org_id: value })
  expect(context).toMatchObject({ email: null, name: null })
  expect(context).not.toHaveProperty('org_id')
})

test.each([[['a']], ['beta'], [1], [null]])('features of %j count as absent', (features) => {
  expect(contextOf({ ...BARE, features }).features).toEqual({})
})

test('a token without permissions has those of its scope, one with them only its own', () => {
  expect(contextOf({ ...BARE, scope: 'read  write' }).permissions).toEqual(['read', 'write'])
  expect(contextOf({ ...BARE, scope: 'read write', permissions: [] }).permissions).toEqual([])
  expect(contextOf({ ...BARE, scope: ['read'] }).permissions).toEqual([])
})

test('a context shares nothing with the claims, which are frozen', () => {
  const claims = {
    ...BARE,
    roles: Object.freeze(['admin']),
    features: Object.freeze({ a: Object.freeze({ b: 1 }) }),
  }
  const first = contextOf(claims)
  first.roles.push('more')
  ;(first.features['a'] as { b: number }).b = 2
  expect(contextOf(claims)).toMatchObject({ roles: ['admin'], features: { a: { b: 1 } } })
})

test('a feature named __proto__ changes no prototype', () => {
  const features = JSON.parse('{"__proto__":{"polluted":true}}') as object
  const context = contextOf({ ...BARE, features })
  expect(Object.getPrototypeOf(context.features)).toBe(Object.prototype)
  expect(({} as { polluted?: boolean }).polluted).toBeUndefined()
})

test('features have up to a hundred levels', () => {
  const nested = (levels: number): object =>
    Array.from({ length: levels }).reduce<object>((inner) => ({ inner }), { end: true })
  expect(contextOf({ ...BARE, features: nested(99) }).features).toEqual(nested(99))
  for (const levels of [100, 3000])
    expect(contextOf({ ...BARE, features: nested(levels) }).features).toEqual({})
})
