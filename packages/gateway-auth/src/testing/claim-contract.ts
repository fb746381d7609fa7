import { describe, expect, test } from 'vitest'
import { spread } from './client-contract.ts'
import type { OpenStores } from './opened-stores.ts'
import { HOSTILE_TEXTS } from './records.ts'

export function claimContract(open: OpenStores): void {
  describe('claims', () => {
    test('of 50 callers at once one gets the claim', async () => {
      await using opened = await open()
      const end = Date.now() + 60_000
      for (const key of ['one', 'two', 'three']) {
        const results = await Promise.all(spread(opened.stores, 50).map((store) => store.claim(key, end)))
        expect(results.filter(Boolean)).toHaveLength(1)
        expect(await opened.stores[1].claim(key, end)).toBe(false)
      }
    })

    test('every text is a key of its own', async () => {
      await using opened = await open()
      const [one, other] = opened.stores
      const end = Date.now() + 60_000
      for (const key of HOSTILE_TEXTS) expect([key, await one.claim(key, end)]).toEqual([key, true])
      for (const key of HOSTILE_TEXTS) expect([key, await other.claim(key, end)]).toEqual([key, false])
    })

    test('a claim is free again after its end, for one caller', async () => {
      await using opened = await open()
      const [one, other] = opened.stores
      const end = Date.now() + 1000
      expect(await one.claim('short', end)).toBe(true)
      await expect.poll(() => Date.now(), { timeout: 5000, interval: 20 }).toBeGreaterThanOrEqual(end)
      const results = await Promise.all(
        spread(opened.stores, 20).map((store) => store.claim('short', Date.now() + 60_000)),
      )
      expect(results.filter(Boolean)).toHaveLength(1)
      expect(await other.claim('short', Date.now() + 60_000)).toBe(false)
    })

    test('a claim that has ended already is nobody’s', async () => {
      await using opened = await open()
      const [one, other] = opened.stores
      expect(await one.claim('over', Date.now() - 1)).toBe(true)
      expect(await other.claim('over', Date.now() + 60_000)).toBe(true)
      expect(await one.claim('over', Date.now() + 60_000)).toBe(false)
    })

    test('a key of more than 512 characters is a mistake of the calling code', async () => {
      await using opened = await open()
      const [store] = opened.stores
      await expect(store.claim('x'.repeat(513), Date.now() + 1000)).rejects.toThrow(TypeError)
      await expect(store.claim('x', NaN)).rejects.toThrow(TypeError)
    })
  })
}
