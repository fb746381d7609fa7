import { expect, test } from 'vitest'
import { timingSafeEqualText } from '../../src/index.ts'

test('equal texts are equal, whatever their length', () => {
  for (const text of ['', 'a', 'ä€😀', 'x'.repeat(100_000)])
    expect(timingSafeEqualText(text, Buffer.from(text).toString())).toBe(true)
})

test.each([
  ['a', 'b'],
  ['a', 'A'],
  ['a', 'a '],
  ['', 'a'],
  ['abc', 'ab'],
  ['é', 'e\u0301'],
])('%j and %j differ', (a, b) => {
  expect(timingSafeEqualText(a, b)).toBe(false)
  expect(timingSafeEqualText(b, a)).toBe(false)
})

test('anything but two strings is false, also when both are the same', () => {
  for (const value of [undefined, null, 0, {}, [], Buffer.from('a'), ['a']]) {
    expect(timingSafeEqualText(value, value)).toBe(false)
    expect(timingSafeEqualText(value, '')).toBe(false)
    expect(timingSafeEqualText('', value)).toBe(false)
  }
})
