import { describe, expect, test } from 'vitest'
import { spread } from './client-contract.ts'
import type { OpenStores } from './opened-stores.ts'
import { HOSTILE_TEXTS } from './records.ts'

export function rateContract(open: OpenStores): void {
  describe('rate windows', () => {
    test('100 hits at once of both handles count from 1 to 100, each number once', async () => {
      await using opened = await open()
      const windows = await Promise.all(spread(opened.stores, 100).map((store) => store.hit('key', 60_000)))
      expect(windows.map((window) => window.count).toSorted((one, other) => one - other)).toEqual(
        Array.from({ length: 100 }, (_, index) => index + 1),
      )
      expect(new Set(windows.map((window) => window.resetsAt)).size).toBe(1)
      expect((await opened.stores[1].peek('key'))?.count).toBe(100)
    })

    test('a window begins with its first hit and keeps its end', async () => {
      await using opened = await open()
      const [one, other] = opened.stores
      const before = Date.now()
      const first = await one.hit('key', 60_000)
      expect(first.count).toBe(1)
      expect(first.resetsAt).toBeGreaterThanOrEqual(before + 60_000)
      expect(first.resetsAt).toBeLessThanOrEqual(Date.now() + 60_000)
      expect(await other.hit('key', 1000)).toEqual({ count: 2, resetsAt: first.resetsAt })
      expect(await other.peek('key')).toEqual({ count: 2, resetsAt: first.resetsAt })
    })

    test('after its end there is no window, and the next hit begins one', async () => {
      await using opened = await open()
      const [one, other] = opened.stores
      const first = await one.hit('key', 1000)
      await one.hit('key', 1000)
      await expect.poll(() => other.peek('key'), { timeout: 5000, interval: 50 }).toBeNull()
      const next = await other.hit('key', 60_000)
      expect(next.count).toBe(1)
      expect(next.resetsAt).toBeGreaterThan(first.resetsAt)
    })

    test('a peek counts nothing', async () => {
      await using opened = await open()
      const [store] = opened.stores
      expect(await store.peek('key')).toBeNull()
      await store.hit('key', 60_000)
      await store.peek('key')
      expect((await store.peek('key'))?.count).toBe(1)
    })

    test('every text is a key of its own', async () => {
      await using opened = await open()
      const [one, other] = opened.stores
      for (const key of HOSTILE_TEXTS) {
        expect([key, (await one.hit(key, 60_000)).count]).toEqual([key, 1])
        expect([key, (await other.peek(key))?.count]).toEqual([key, 1])
      }
    })

    test.each([0, -1, 1.5, NaN, Infinity, 2 ** 53 - 1])(
      'a window of %d ms is a mistake of the calling code',
      async (windowMs) => {
        await using opened = await open()
        await expect(opened.stores[0].hit('key', windowMs)).rejects.toThrow(TypeError)
      },
    )

    test('a key of more than 512 characters is a mistake of the calling code', async () => {
      await using opened = await open()
      const [store] = opened.stores
      await expect(store.hit('x'.repeat(513), 1000)).rejects.toThrow(TypeError)
      await expect(store.peek('x'.repeat(513))).rejects.toThrow(TypeError)
    })
  })
}
