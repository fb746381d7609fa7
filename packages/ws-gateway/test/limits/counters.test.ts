import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Counters } from '../../src/limits/counters.ts'

test('counts per key up to the limit', () => {
  const counters = new Counters(2)
  expect(counters.take('a')).not.toBeNull()
  expect(counters.take('a')).not.toBeNull()
  expect(counters.take('a')).toBeNull()
  expect(counters.take('b')).not.toBeNull()
  expect([counters.count('a'), counters.count('b'), counters.count('c')]).toEqual([2, 1, 0])
})

test('a place given back twice is one place', () => {
  const counters = new Counters(2)
  const release = counters.take('a')!
  counters.take('a')
  release()
  release()
  expect(counters.count('a')).toBe(1)
})

test('whatever is taken and given back, in whatever order: the count is what is held, and never over the limit', () => {
  const step = fc.record({ takes: fc.boolean(), key: fc.constantFrom('a', 'b'), at: fc.nat(9) })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const counters = new Counters(3)
      const held: { key: string; release: () => void }[] = []
      for (const { takes, key, at } of steps) {
        if (takes) {
          const release = counters.take(key)
          if (release) held.push({ key, release })
        } else {
          for (const { release } of held.splice(at, 1)) release()
        }
        const expected = held.filter((one) => one.key === key).length
        expect(counters.count(key)).toBe(expected)
        expect(expected).toBeLessThanOrEqual(3)
      }
    }),
  )
})
