import { expect, test } from 'vitest'
import { PatternCache } from '../../src/restriction/pattern-cache.ts'

const cache = (): PatternCache => new PatternCache({ maxSize: 100, maxSimple: 2, maxLinear: 2 })

test.each([
  ['simple', (at: number) => `a${at}.*`],
  ['linear', (at: number) => `(a+)+${at}`],
])('the %s patterns that were asked for last are remembered, the others compiled again', (_kind, pattern) => {
  const patterns = cache()
  const [first, second] = [patterns.get(pattern(1)), patterns.get(pattern(2))]
  expect(patterns.get(pattern(1))).toBe(first)
  patterns.get(pattern(3))
  expect(patterns.get(pattern(1))).toBe(first)
  const again = patterns.get(pattern(2))
  expect(again).not.toBe(second)
  expect(again?.text).toBe(second?.text)
})

test('what is no pattern or too large a one is none, and one kind does not push out the other', () => {
  const patterns = cache()
  const linear = patterns.get('(a+)+')
  for (const text of ['(', '(.?x){100}', 'a', 'b', 'c']) patterns.get(text)
  expect(patterns.get('(')).toBeUndefined()
  expect(patterns.get('(.?x){100}')).toBeUndefined()
  expect(patterns.get('(a+)+')).toBe(linear)
})
