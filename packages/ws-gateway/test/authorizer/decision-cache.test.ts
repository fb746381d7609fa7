import fc from 'fast-check'
import { expect, test } from 'vitest'
import { DecisionCache } from '../../src/authorizer/decision-cache.ts'

const OPTIONS = { ttlMs: 100, maxEntries: 3, maxBytes: 1000 }

test('a value is kept for as long as all, or as short as it may itself', () => {
  const cache = new DecisionCache<string>(OPTIONS)
  cache.set('a', 'A', 1, 0)
  cache.set('b', 'B', 1, 0, 50)
  cache.set('c', 'C', 1, 0, 5000)
  expect(['a', 'b', 'c'].map((key) => cache.get(key, 49))).toEqual(['A', 'B', 'C'])
  expect(['a', 'b', 'c'].map((key) => cache.get(key, 50))).toEqual(['A', undefined, 'C'])
  expect(['a', 'b', 'c'].map((key) => cache.get(key, 100))).toEqual([undefined, undefined, undefined])
  expect(cache.size).toBe(0)
})

test.each([0, -1])('one that is over in %i ms is not kept', (maxMs) => {
  const cache = new DecisionCache<string>(OPTIONS)
  cache.set('a', 'old', 1, 0)
  cache.set('a', 'new', 1, 0, maxMs)
  expect(cache.get('a', 0)).toBeUndefined()
})

test('a cache without time keeps nothing', () => {
  const cache = new DecisionCache<string>({ ...OPTIONS, ttlMs: 0 })
  cache.set('a', 'A', 1, 0)
  expect([cache.get('a', 0), cache.size]).toEqual([undefined, 0])
})

test('the one that was used least lately goes first', () => {
  const cache = new DecisionCache<string>(OPTIONS)
  for (const key of ['a', 'b', 'c']) cache.set(key, key, 1, 0)
  cache.get('a', 1)
  cache.set('d', 'd', 1, 1)
  expect(['a', 'b', 'c', 'd'].map((key) => cache.get(key, 1))).toEqual(['a', undefined, 'c', 'd'])
})

test('one that is larger than all may be is not kept, and drives nobody out', () => {
  const cache = new DecisionCache<string>(OPTIONS)
  cache.set('a', 'A', 1, 0)
  cache.set('b', 'B', 1001, 0)
  expect([cache.get('a', 0), cache.get('b', 0)]).toEqual(['A', undefined])
})

test('what was found to be over takes no room', () => {
  const cache = new DecisionCache<string>(OPTIONS)
  cache.set('a', 'A', 600, 0)
  cache.get('a', 100)
  cache.set('b', 'B', 600, 100)
  cache.set('c', 'C', 400, 100)
  expect(['b', 'c'].map((key) => cache.get(key, 100))).toEqual(['B', 'C'])
})

test('what is over does not lie about: it goes with the next one after a while', () => {
  const cache = new DecisionCache<string>(OPTIONS)
  cache.set('a', 'A', 1, 0)
  cache.set('b', 'B', 1, 0)
  cache.set('c', 'C', 1, 200)
  expect(cache.size).toBe(1)
})

test('whatever is kept and asked for: the last value or none, never a late one, and all within bounds', () => {
  const step = fc.record({
    sets: fc.boolean(),
    key: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
    bytes: fc.integer({ min: 1, max: 600 }),
    after: fc.nat(40),
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
      const cache = new DecisionCache<number>(OPTIONS)
      const last = new Map<string, { value: number; bytes: number; endsAt: number }>()
      let now = 0
      for (const [n, { sets, key, bytes, after }] of steps.entries()) {
        now += after
        if (sets) {
          cache.set(key, n, bytes, now)
          last.set(key, { value: n, bytes, endsAt: now + 100 })
          // The newest is always there.
          expect(cache.get(key, now)).toBe(n)
        }
        expect(cache.size).toBeLessThanOrEqual(3)
        const held = [...last].filter(([name]) => cache.get(name, now) !== undefined)
        for (const [name, { value, endsAt }] of held) {
          expect(cache.get(name, now)).toBe(value)
          expect(endsAt).toBeGreaterThan(now)
        }
        expect(held.reduce((sum, [, one]) => sum + one.bytes, 0)).toBeLessThanOrEqual(1000)
      }
      cache.clear()
      expect(cache.size).toBe(0)
    }),
  )
})
