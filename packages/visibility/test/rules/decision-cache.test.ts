import { expect, test } from 'vitest'
import { createDecisionCache } from '../../src/rules/decision-cache.ts'

test('never holds more than its limit, and keeps what is in use', () => {
  const cache = createDecisionCache(10)
  cache.set('used', 'cluster')
  for (let at = 0; at < 1000; at += 1) {
    cache.set(`k${at}`, 'local')
    expect(cache.get('used')).toBe('cluster')
    expect(cache.size).toBeLessThanOrEqual(10)
  }
  expect(cache.get('k0')).toBeUndefined()
  expect(cache.get('k999')).toBe('local')
})
