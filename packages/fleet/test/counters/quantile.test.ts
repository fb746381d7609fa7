import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { quantile } from '../../src/counters/quantile.ts'
import { LATENCY_BUCKETS_MS } from '../../src/index.ts'

const buckets = (counts: Record<number, number>): number[] =>
  Array.from({ length: LATENCY_BUCKETS_MS.length + 1 }, (_, n) => counts[n] ?? 0)

describe('a quantile', () => {
  test('of nothing is null', () => {
    expect(quantile(buckets({}), 0.5)).toBeNull()
    expect(quantile([], 0.99)).toBeNull()
  })

  test('lies inside the bucket it falls into', () => {
    expect(LATENCY_BUCKETS_MS.slice(0, 5)).toEqual([1, 2, 3, 5, 7.5])
    expect(quantile(buckets({ 0: 10 }), 0.5)).toBe(0.5)
    expect(quantile(buckets({ 3: 10 }), 0.5)).toBe(4)
    expect(quantile(buckets({ 0: 50, 3: 50 }), 0.5)).toBe(1)
    expect(quantile(buckets({ 0: 98, 5: 2 }), 0.99)).toBe(8.75)
  })

  test('of what is longer than all bounds is the last bound', () => {
    expect(quantile(buckets({ [LATENCY_BUCKETS_MS.length]: 3 }), 0.5)).toBe(5000)
  })

  test('never falls as the part rises', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(100), { minLength: 17, maxLength: 17 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (counts, a, b) => {
          const [low, high] = [Math.min(a, b), Math.max(a, b)]
          expect(quantile(counts, low) ?? 0).toBeLessThanOrEqual(quantile(counts, high) ?? 0)
          expect(quantile(counts, high) ?? 0).toBeLessThanOrEqual(5000)
        },
      ),
    )
  })
})
