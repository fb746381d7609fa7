import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ExpiringMap } from '../../src/store/expiring-map.ts'

const step = fc.record({
  key: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'),
  lifetime: fc.integer({ min: -2, max: 20 }),
  pause: fc.integer({ min: 0, max: 5 }),
})

test('it holds what a map would hold that looks at every entry each time', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
      const removed: string[] = []
      const map = new ExpiringMap<number>(3, (key) => removed.push(key))
      const model = new Map<string, { value: number; expiresAt: number }>()
      let now = 100
      for (const [value, { key, lifetime, pause }] of steps.entries()) {
        now += pause
        for (const [each, { expiresAt }] of model) if (expiresAt <= now) model.delete(each)
        const fits = model.has(key) || model.size < 3
        expect(map.set(key, value, now + lifetime, now)).toBe(fits)
        if (fits) model.set(key, { value, expiresAt: now + lifetime })
        const live = [...model.values()].filter((entry) => entry.expiresAt > now)
        expect(new Set(map.values(now))).toEqual(new Set(live.map((entry) => entry.value)))
        for (const each of ['a', 'b', 'c', 'd', 'e', 'f']) {
          const entry = model.get(each)
          const expected = entry !== undefined && entry.expiresAt > now ? entry.value : undefined
          expect(map.get(each, now)).toBe(expected)
        }
      }
    }),
  )
})

test('what is removed is told once, and a replaced entry not before its new end', () => {
  const removed: string[] = []
  const map = new ExpiringMap<string>(10, (key) => removed.push(key))
  map.set('moved', 'x', 10, 0)
  map.set('moved', 'x', 30, 5)
  map.set('earlier', 'x', 50, 5)
  map.set('earlier', 'x', 20, 6)
  map.set('other', 'x', 100, 25)
  expect(removed).toEqual(['earlier'])
  map.set('other', 'x', 100, 60)
  expect(removed).toEqual(['earlier', 'moved'])
})
