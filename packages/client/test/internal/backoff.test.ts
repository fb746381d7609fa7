import { expect, test } from 'vitest'
import { Backoff } from '../../src/internal/backoff.ts'

function delays(count: number, random: () => number): number[] {
  const backoff = new Backoff(250, 30_000, random)
  return Array.from({ length: count }, () => backoff.next())
}

test('the ceiling doubles up to the cap', () => {
  const nearlyOne = 1 - Number.EPSILON
  expect(delays(9, () => nearlyOne)).toEqual([249, 499, 999, 1999, 3999, 7999, 15_999, 29_999, 29_999])
})

test('the jitter is full: a delay can be nothing', () => {
  expect(delays(5, () => 0)).toEqual([0, 0, 0, 0, 0])
  expect(delays(3, () => 0.5)).toEqual([125, 250, 500])
})

test('it starts over after a reset', () => {
  const backoff = new Backoff(250, 30_000, () => 0.5)
  backoff.next()
  backoff.next()
  backoff.reset()
  expect(backoff.next()).toBe(125)
})

test('it is never sooner than the server asked for, and still spread', () => {
  const backoff = new Backoff(250, 30_000, () => 0.5)
  expect(backoff.next(2000)).toBe(2125)
})

test('ten thousand failures do not overflow', () => {
  expect(delays(10_000, () => 0.5).at(-1)).toBe(15_000)
})
