import { expect, test } from 'vitest'
import { conflictRows } from '../../src/pages/changes/conflict.ts'
import { diff, isSame } from '../../src/pages/changes/diff.ts'

test('a change is told by path', () => {
  const before = { name: 'Shop', limits: { maxConnections: 5 }, auth: { mode: 'none' }, version: '1' }
  const after = { name: 'Shop', limits: { maxConnections: 7 }, auth: { mode: 'none' }, version: '2' }
  expect(diff(before, after)).toEqual([
    { path: 'limits.maxConnections', kind: 'changed', before: 5, after: 7 },
  ])
})

test('of a list what came and what went is told, or that its order is another one', () => {
  expect(diff({ hosts: ['a', 'b'] }, { hosts: ['b', 'c'] })).toEqual([
    { path: 'hosts', kind: 'removed', before: 'a', after: undefined },
    { path: 'hosts', kind: 'added', before: undefined, after: 'c' },
  ])
  expect(diff({ hosts: ['a', 'b'] }, { hosts: ['b', 'a'] })).toEqual([
    { path: 'hosts', kind: 'changed', before: ['a', 'b'], after: ['b', 'a'] },
  ])
})

test('of what is new or gone each member is told', () => {
  expect(diff(null, { name: 'x', hosts: ['a'] })).toEqual([
    { path: 'name', kind: 'added', before: undefined, after: 'x' },
    { path: 'hosts', kind: 'added', before: undefined, after: ['a'] },
  ])
  expect(diff({ name: 'x' }, null)).toEqual([
    { path: 'name', kind: 'removed', before: 'x', after: undefined },
  ])
  expect(diff(null, null)).toEqual([])
})

test('members that every object inherits are not taken for its own', () => {
  expect(diff({ a: 1 }, JSON.parse('{"a":1,"__proto__":{"b":2},"constructor":1}'))).toMatchObject([
    { path: '__proto__', kind: 'added' },
    { path: 'constructor', kind: 'added', after: 1 },
  ])
})

test('a record that never ends is told as a whole below a certain depth', () => {
  const deep = (end: number): unknown => JSON.parse(`${'{"a":'.repeat(50)}${end}${'}'.repeat(50)}`)
  const [change, ...others] = diff(deep(1), deep(2))
  expect(change?.path).toBe('a.a.a.a.a.a')
  expect(others).toEqual([])
})

test('the order of members says nothing', () => {
  expect(isSame({ a: 1, b: [1] }, { b: [1], a: 1 })).toBe(true)
  expect(isSame({ a: undefined }, {})).toBe(true)
  expect(isSame([1, 2], [2, 1])).toBe(false)
})

test('of two edits each is told, and where both touched one thing', () => {
  const base = { name: 'Shop', hosts: ['a'], limits: {} }
  const theirs = { name: 'Store', hosts: ['a', 'b'], limits: {} }
  expect(conflictRows(base, theirs, { name: 'Boutique', limits: { maxConnections: 5 } })).toEqual([
    { path: 'name', base: 'Shop', theirs: 'Store', mine: 'Boutique', isContested: true },
    { path: 'hosts', base: ['a'], theirs: ['a', 'b'], mine: ['a'], isContested: false },
    { path: 'limits.maxConnections', base: undefined, theirs: undefined, mine: 5, isContested: false },
  ])
})

test('two who want the same have nothing to settle', () => {
  expect(conflictRows({ name: 'a' }, { name: 'b' }, { name: 'b' })).toMatchObject([{ isContested: false }])
})

test('a secret is not shown in a conflict, and an edit does not seem to remove those that are there', () => {
  const base = { auth: { mode: 'jwt-secret', secrets: [{ secretId: 's1' }] } }
  const theirs = { auth: { mode: 'jwt-secret', secrets: [{ secretId: 's1' }, { secretId: 's2' }] } }
  const rows = conflictRows(base, theirs, { auth: { mode: 'jwt-secret', secret: 'hush', issuer: 'me' } })
  expect(rows.map(({ path }) => path)).toEqual(['auth.issuer'])
  expect(JSON.stringify(rows)).not.toContain('hush')
})
