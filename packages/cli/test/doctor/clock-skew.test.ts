import { expect, test } from 'vitest'
import { clockSkew } from '../../src/doctor/clock-skew.ts'

const NOON = Date.parse('2026-01-31T12:00:00Z')
const DATE = 'Sat, 31 Jan 2026 12:00:00 GMT'

test.each([
  ['the same second', NOON + 100, NOON + 200, 0],
  ['a second that was cut off', NOON + 900, NOON + 950, 0],
  ['a request that took long', NOON - 9000, NOON + 3000, 0],
  ['a server that is behind', NOON + 11_000, NOON + 11_100, -10_000],
  ['a server that is ahead', NOON - 10_100, NOON - 10_000, 10_000],
])('%s', (_what, sent, received, aheadMs) => {
  expect(clockSkew(DATE, sent, received)).toEqual({ aheadMs })
})

test('no date is no answer', () => {
  for (const date of [null, '', 'noon']) expect(clockSkew(date, 0, 0)).toBeNull()
})
