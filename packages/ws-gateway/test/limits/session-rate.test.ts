import fc from 'fast-check'
import { expect, test } from 'vitest'
import { SessionRate } from '../../src/limits/session-rate.ts'

function takes(rate: SessionRate, count: number, now: number): number {
  return Array.from({ length: count }, () => rate.take(now)).filter((waitMs) => waitMs === 0).length
}

test('a second of frames comes at once, and the rate from then on', () => {
  const rate = new SessionRate(10, 0)
  expect(takes(rate, 100, 0)).toBe(10)
  expect(takes(rate, 100, 500)).toBe(5)
  expect(takes(rate, 100, 1500)).toBe(10)
  expect(takes(rate, 100, 3_600_000)).toBe(10)
})

test('who is refused is told when there is room, and finds it then', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 100_000 }),
      fc.array(fc.nat(2000), { maxLength: 50 }),
      (perSecond, gaps) => {
        const rate = new SessionRate(perSecond, 0)
        let now = 0
        for (const gap of [...gaps, 0]) {
          now += gap
          const waitMs = rate.take(now)
          if (waitMs === 0) continue
          expect(waitMs).toBeLessThanOrEqual(1000 / perSecond)
          now += waitMs
          expect(rate.take(now)).toBe(0)
        }
      },
    ),
  )
})

test('however they come: never more than the rate and one second of it', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 50 }),
      fc.array(fc.nat(300), { maxLength: 200 }),
      (perSecond, gaps) => {
        const rate = new SessionRate(perSecond, 0)
        let now = 0
        let taken = 0
        for (const gap of gaps) {
          now += gap
          if (rate.take(now) === 0) taken += 1
        }
        expect(taken).toBeLessThanOrEqual(perSecond + (now * perSecond) / 1000 + 1e-3)
      },
    ),
  )
})
