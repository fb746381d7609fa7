import { expect, test } from 'vitest'
import { instantInWords, lengthInWords, timeInWords } from '../../src/output/time-in-words.ts'

test.each([
  [0, '0 seconds'],
  [1000, '1 second'],
  [59_400, '59 seconds'],
  [61_000, '1 minute 1 second'],
  [3_600_000, '1 hour'],
  [3_605_000, '1 hour'],
  [7_500_000, '2 hours 5 minutes'],
  [90_061_000, '1 day 1 hour'],
  [Infinity, 'for ever'],
])('%d ms are %s', (ms, words) => {
  expect(lengthInWords(ms)).toBe(words)
})

test('a time is seen from now', () => {
  expect(timeInWords(900_000, 0)).toBe('in 15 minutes')
  expect(timeInWords(0, 900_000)).toBe('15 minutes ago')
  expect(timeInWords(100, 0)).toBe('now')
  expect(instantInWords(0, 1000)).toBe('1970-01-01T00:00:00.000Z (1 second ago)')
  expect(instantInWords(8.64e15 + 1, 0)).toBe('no time that a clock can show')
})
