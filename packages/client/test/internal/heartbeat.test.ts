import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Heartbeat } from '../../src/internal/heartbeat.ts'

const ping = vi.fn()
const dead = vi.fn()
const options = { pingAfterMs: 25_000, pongTimeoutMs: 8_000, ping, dead }

beforeEach(() => {
  vi.useFakeTimers()
  ping.mockReset()
  dead.mockReset()
})
afterEach(() => {
  vi.useRealTimers()
})

test('it pings after 25 s of silence and gives up 8 s later', () => {
  const heartbeat = new Heartbeat(options)
  vi.advanceTimersByTime(24_990)
  expect(ping).not.toHaveBeenCalled()
  vi.advanceTimersByTime(10)
  expect(ping).toHaveBeenCalledTimes(1)
  vi.advanceTimersByTime(7_999)
  expect(dead).not.toHaveBeenCalled()
  vi.advanceTimersByTime(1)
  expect(dead).toHaveBeenCalledTimes(1)
  heartbeat.stop()
})

test('any frame puts the ping off', () => {
  const heartbeat = new Heartbeat(options)
  for (let second = 0; second < 120; second += 10) {
    vi.advanceTimersByTime(10_000)
    heartbeat.received()
  }
  expect(ping).not.toHaveBeenCalled()
  vi.advanceTimersByTime(25_000)
  expect(ping).toHaveBeenCalledTimes(1)
  heartbeat.stop()
})

test('an answer in time starts it over', () => {
  const heartbeat = new Heartbeat(options)
  vi.advanceTimersByTime(25_000 + 5_000)
  heartbeat.received()
  vi.advanceTimersByTime(20_000)
  expect(dead).not.toHaveBeenCalled()
  vi.advanceTimersByTime(5_000)
  expect(ping).toHaveBeenCalledTimes(2)
  heartbeat.stop()
})

test('nothing happens after it is stopped', () => {
  const heartbeat = new Heartbeat(options)
  vi.advanceTimersByTime(25_000)
  heartbeat.stop()
  vi.advanceTimersByTime(100_000)
  expect(dead).not.toHaveBeenCalled()
  expect(vi.getTimerCount()).toBe(0)
})
