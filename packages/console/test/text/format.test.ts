import { expect, test } from 'vitest'
import { amount, bytes, count, duration, latency, relative } from '../../src/pages/text/format.ts'

test.each([
  [-5, '0 s'],
  [999, '0 s'],
  [59_999, '59 s'],
  [60_000, '1 min'],
  [3_600_000, '1 h'],
  [3_600_000 + 20 * 60_000, '1 h 20 min'],
  [86_400_000 * 5 + 2 * 3_600_000, '5 d 2 h'],
])('%d ms last %s', (ms, text) => {
  expect(duration(ms)).toBe(text)
})

test.each([
  [0, 'now'],
  [-4000, 'now'],
  [-60_000, '1 min ago'],
  [7_200_000, 'in 2 h'],
])('%d ms from now is %s', (ms, text) => {
  const nowMs = Date.UTC(2026, 0, 31)
  expect(relative(new Date(nowMs + ms).toISOString(), nowMs)).toBe(text)
})

test('a moment that is none is unknown', () => {
  expect(relative('yesterday', 0)).toBe('unknown')
})

test.each([
  [0, '0 B'],
  [1023, '1023 B'],
  [1024, '1 KB'],
  [1536, '1.5 KB'],
  [5 * 1024 * 1024, '5 MB'],
])('%d bytes are %s', (size, text) => {
  expect(bytes(size)).toBe(text)
})

test('numbers are short, and what is none is a dash', () => {
  expect([amount(0), amount(0.25), amount(12.7), amount(12_345), amount(Number.NaN)]).toEqual([
    '0',
    '0.3',
    '13',
    '12,345',
    '–',
  ])
  expect([latency(null), latency(undefined), latency(2.5), latency(42.4), latency(1500)]).toEqual([
    '–',
    '–',
    '2.5 ms',
    '42 ms',
    '1.5 s',
  ])
  expect([count(1, 'session'), count(2, 'session'), count(1200, 'other')]).toEqual([
    '1 session',
    '2 sessions',
    '1,200 others',
  ])
})
