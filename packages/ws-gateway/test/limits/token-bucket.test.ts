import { expect, test } from 'vitest'
import { TokenBuckets } from '../../src/limits/token-bucket.ts'

function takes(buckets: TokenBuckets, key: string, count: number, now: number): number {
  return Array.from({ length: count }, () => buckets.take(key, now)).filter(Boolean).length
}

test('a key has its burst at once and its rate from then on', () => {
  const buckets = new TokenBuckets(10, 20)
  expect(takes(buckets, 'a', 100, 0)).toBe(20)
  expect(takes(buckets, 'a', 100, 500)).toBe(5)
  expect(takes(buckets, 'a', 100, 1500)).toBe(10)
  expect(takes(buckets, 'a', 100, 60_000)).toBe(20)
})

test('keys do not share', () => {
  const buckets = new TokenBuckets(1, 1)
  expect(takes(buckets, 'a', 3, 0)).toBe(1)
  expect(takes(buckets, 'b', 3, 0)).toBe(1)
})

test('one that keeps asking is served at the rate all the same', () => {
  const buckets = new TokenBuckets(10, 1)
  let served = 0
  for (let now = 0; now < 10_000; now += 7) served += takes(buckets, 'a', 1, now)
  expect(served).toBeGreaterThan(90)
  expect(served).toBeLessThanOrEqual(101)
})

test('the clock may not be set back by an operator: it is not the time of day', () => {
  const buckets = new TokenBuckets(1, 1)
  const timeOfDay = Date.now
  Date.now = () => 0
  try {
    expect(buckets.take('a')).toBe(true)
  } finally {
    Date.now = timeOfDay
  }
  expect(buckets.take('a')).toBe(false)
})
