import fc from 'fast-check'
import { expect, test } from 'vitest'
import { nestsDeeperThan } from '../../src/protocol/nesting.ts'

function depthOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  return 1 + Math.max(0, ...Object.values(value).map(depthOf))
}

test.each([
  ['"[[[["', 0],
  ['"a\\"[[[["', 0],
  ['"a\\\\"', 0],
  ['["a\\\\",["b\\"[[["]]', 2],
  ['{"[[[":{"\\"{{":[]}}', 3],
  ['[[],[[]],[]]', 3],
])('%s is %i deep', (text, depth) => {
  // What is no longer than the limit cannot be deeper, and is not looked at.
  expect(nestsDeeperThan(text, depth)).toBe(false)
  if (depth > 0) expect(nestsDeeperThan(text, depth - 1)).toBe(true)
})

test('any JSON is as deep as it is', () => {
  const text = fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom('"', '\\', '[', '{', ']', '}', 'a') }))
  const value = fc.letrec((tie) => ({
    value: fc.oneof({ depthSize: 'medium' }, text, fc.integer(), tie('list'), tie('map')),
    list: fc.array(tie('value'), { maxLength: 3 }),
    map: fc.dictionary(text, tie('value'), { maxKeys: 3 }),
  })).value
  fc.assert(
    fc.property(value, fc.nat(6), (json, max) => {
      expect(nestsDeeperThan(JSON.stringify(json), max)).toBe(depthOf(json) > max)
    }),
    { numRuns: 1000 },
  )
})
