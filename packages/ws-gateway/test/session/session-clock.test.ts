import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { SessionClock } from '../../src/session/session-clock.ts'

// Time is faked: what matters here are clocks that jump, and years.
const NOW = Date.UTC(2030, 0, 1)
const MINUTE = 60_000
const YEAR = 365 * 24 * 60 * MINUTE

beforeEach(() => {
  vi.useFakeTimers({ now: NOW })
})
afterEach(() => {
  vi.useRealTimers()
})

function watch(lifeMs: number | undefined, noticeMs = MINUTE): { clock: SessionClock; events: string[] } {
  const events: string[] = []
  const clock = new SessionClock(lifeMs === undefined ? undefined : NOW + lifeMs, noticeMs, {
    notice: (deadline, remainingMs) => events.push(`notice ${deadline - NOW} ${remainingMs}`),
    expired: () => events.push('expired'),
  })
  return { clock, events }
}

test('gives notice once and ends at the deadline, not before', () => {
  const { clock, events } = watch(5 * MINUTE)
  clock.start()
  vi.advanceTimersByTime(4 * MINUTE - 1)
  expect(events).toEqual([])
  vi.advanceTimersByTime(1)
  expect(events).toEqual([`notice ${5 * MINUTE} ${MINUTE}`])
  vi.advanceTimersByTime(MINUTE - 1)
  expect([events.length, clock.isOver]).toEqual([1, false])
  vi.advanceTimersByTime(1)
  expect([events.at(-1), clock.isOver]).toEqual(['expired', true])
  expect(vi.getTimerCount()).toBe(0)
})

test('gives notice at once when less than that is left', () => {
  const { clock, events } = watch(10)
  clock.start()
  expect(events).toEqual(['notice 10 10'])
})

test('without a deadline there is no timer', () => {
  const { clock } = watch(undefined)
  clock.start()
  expect([vi.getTimerCount(), clock.isOver, clock.remainingMs]).toEqual([0, false, Number.POSITIVE_INFINITY])
})

test('a deadline ten years ahead does not fire at once, and is looked at every minute', () => {
  const { clock, events } = watch(10 * YEAR)
  const timeouts = vi.spyOn(globalThis, 'setTimeout')
  clock.start()
  vi.advanceTimersByTime(10 * MINUTE)
  expect(events).toEqual([])
  expect(timeouts.mock.calls.length).toBeLessThanOrEqual(11)
  for (const [, ms] of timeouts.mock.calls) expect(ms).toBe(MINUTE)
  clock.stop()
  expect(vi.getTimerCount()).toBe(0)
})

test('one at the end of time is taken as well', () => {
  const { clock, events } = watch(Number.MAX_VALUE)
  clock.start()
  vi.advanceTimersByTime(MINUTE)
  expect([events, clock.isOver]).toEqual([[], false])
})

describe('a clock that is set', () => {
  test('forward ends the session within a minute, and for frames at once', () => {
    const { clock, events } = watch(60 * MINUTE)
    clock.start()
    vi.setSystemTime(NOW + 61 * MINUTE)
    expect(clock.isOver).toBe(true)
    vi.advanceTimersByTime(MINUTE)
    expect(events).toEqual(['expired'])
  })

  test('back does not prolong it', () => {
    const { clock, events } = watch(2 * MINUTE)
    clock.start()
    vi.setSystemTime(NOW - YEAR)
    vi.advanceTimersByTime(2 * MINUTE)
    expect([events.at(-1), clock.isOver]).toEqual(['expired', true])
  })
})

describe('renewed', () => {
  test('it goes on until the new deadline, with one more notice', () => {
    const { clock, events } = watch(MINUTE)
    clock.start()
    clock.renew(NOW + 10 * MINUTE, MINUTE)
    expect(events).toEqual([`notice ${MINUTE} ${MINUTE}`])
    vi.advanceTimersByTime(9 * MINUTE)
    expect(events.at(-1)).toBe(`notice ${10 * MINUTE} ${MINUTE}`)
    vi.advanceTimersByTime(MINUTE)
    expect(events.slice(2)).toEqual(['expired'])
  })

  test('with the same deadline there is no second notice', () => {
    const { clock, events } = watch(MINUTE)
    clock.start()
    for (let round = 0; round < 5; round += 1) clock.renew(NOW + MINUTE, MINUTE)
    vi.advanceTimersByTime(MINUTE)
    expect(events).toEqual([`notice ${MINUTE} ${MINUTE}`, 'expired'])
  })

  test('for less than the notice, it is given at half of that, not at once', () => {
    const { clock, events } = watch(10 * MINUTE)
    clock.start()
    clock.renew(NOW + 20_000, MINUTE)
    expect(events).toEqual([])
    vi.advanceTimersByTime(10_000)
    expect(events).toEqual(['notice 20000 10000'])
  })

  test('without a deadline it does not end, and with an earlier one it ends earlier', () => {
    const { clock, events } = watch(10 * MINUTE)
    clock.start()
    clock.renew(undefined, MINUTE)
    expect(vi.getTimerCount()).toBe(0)
    vi.advanceTimersByTime(20 * MINUTE)
    expect([events, clock.isOver]).toEqual([[], false])
    clock.renew(NOW + 20 * MINUTE + 5, MINUTE)
    vi.advanceTimersByTime(5)
    expect(events.at(-1)).toBe('expired')
  })
})
