import { describe, expect, test, vi } from 'vitest'
import { createMemoryStore } from '../../src/store/memory-store.ts'
import { authStoreContract } from '../../src/testing/index.ts'
import { tokenFamily } from '../../src/testing/records.ts'

authStoreContract(
  'memory',
  async () => {
    const store = createMemoryStore()
    await store.start()
    return { stores: [store, store], [Symbol.asyncDispose]: () => store.close() }
  },
  { casRounds: 100 },
)

describe('memory store', () => {
  test('full of live entries it refuses with a code, and drops none', async () => {
    const store = createMemoryStore({ maxFamilies: 2, maxClaims: 2, maxRateWindows: 2, maxRevocations: 2 })
    const refusal = { code: 'ERR_AUTH_STORE_UNAVAILABLE', statusCode: 503 }
    const end = Date.now() + 60_000
    const families = [tokenFamily(), tokenFamily()]
    for (const family of families) expect(await store.insertFamily(family)).toBe(true)
    await expect(store.insertFamily(tokenFamily())).rejects.toMatchObject(refusal)
    for (const { familyId } of families) expect(await store.findFamily(familyId)).not.toBeNull()

    await store.claim('a', end)
    await store.claim('b', end)
    await expect(store.claim('c', end)).rejects.toMatchObject(refusal)
    expect(await store.claim('a', end)).toBe(false)

    await store.hit('a', 60_000)
    await store.hit('b', 60_000)
    await expect(store.hit('c', 60_000)).rejects.toMatchObject(refusal)
    expect((await store.hit('a', 60_000)).count).toBe(2)

    const revocation = { kind: 'client', at: 1, expiresAt: end } as const
    await store.addRevocation({ ...revocation, id: 'a' })
    await store.addRevocation({ ...revocation, id: 'b' })
    await expect(store.addRevocation({ ...revocation, id: 'c' })).rejects.toMatchObject(refusal)
    await store.addRevocation({ ...revocation, id: 'a', at: 2 })
  })

  test('it remembers no family from before it was made', () => {
    const thisSecond = Math.floor(Date.now() / 1000) * 1000
    expect(createMemoryStore().rememberedSince).toBeGreaterThanOrEqual(thisSecond)
  })

  test('entries that ended make room', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    try {
      const store = createMemoryStore({ maxClaims: 1000 })
      for (let index = 0; index < 1000; index++) {
        expect(await store.claim(`a${index}`, Date.now() + 1000 + (index % 7))).toBe(true)
      }
      vi.advanceTimersByTime(1006)
      for (let index = 0; index < 1000; index++) {
        expect(await store.claim(`b${index}`, Date.now() + 1000)).toBe(true)
      }
      await expect(store.claim('one more', Date.now() + 1000)).rejects.toMatchObject({ statusCode: 503 })
    } finally {
      vi.useRealTimers()
    }
  })

  test.each([{ maxFamilies: 0 }, { maxClaims: 1.5 }, { maxRateWindows: NaN }, { maxRevocations: -1 }])(
    'the options %j are a mistake of the calling code',
    (options) => {
      expect(() => createMemoryStore(options)).toThrow(`"${Object.keys(options)[0]}" option`)
    },
  )
})
