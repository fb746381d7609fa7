import { randomUUID } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { spread } from './client-contract.ts'
import type { OpenStores } from './opened-stores.ts'
import { begun, HOSTILE_TEXTS, tokenFamily } from './records.ts'

const EXPIRY = { timeout: 5000, interval: 50 }

export function familyContract(open: OpenStores, casRounds: number): void {
  describe('token families', () => {
    test('a family is found as it was, through every handle', async () => {
      await using opened = await open()
      const [one, other] = opened.stores
      const { family } = await begun(one, {
        scope: HOSTILE_TEXTS,
        previous: { jti: randomUUID(), usedAt: Date.now(), sealed: 'x'.repeat(4096) },
        revokedAt: 7,
      })
      expect((await other.findFamily(family.familyId))?.value).toEqual(family)
      const { family: plain } = await begun(other)
      expect((await one.findFamily(plain.familyId))?.value).toEqual(plain)
    })

    test('an unknown family finds nothing, whatever its id looks like', async () => {
      await using opened = await open()
      await begun(opened.stores[0])
      for (const id of HOSTILE_TEXTS) {
        expect([id, await opened.stores[0].findFamily(id)]).toEqual([id, null])
      }
    })

    test('of 50 first uses at once of one family one is stored, 5 times in a row', async () => {
      await using opened = await open()
      for (let round = 0; round < 5; round++) {
        const family = tokenFamily()
        const attempts = spread(opened.stores, 50).map(async (store) => {
          const jti = randomUUID()
          return { jti, isInserted: await store.insertFamily({ ...family, jti }) }
        })
        const winners = (await Promise.all(attempts)).filter((attempt) => attempt.isInserted)
        expect(winners).toHaveLength(1)
        for (const store of opened.stores) {
          expect((await store.findFamily(family.familyId))?.value.jti).toBe(winners[0]?.jti)
        }
        expect(await opened.stores[1].insertFamily(family)).toBe(false)
      }
    })

    test('a store says since when it has forgotten nothing, which a family of now is not before', async () => {
      const thisSecond = Math.floor(Date.now() / 1000) * 1000
      await using opened = await open()
      for (const { rememberedSince } of opened.stores) {
        expect(Number.isSafeInteger(rememberedSince) && rememberedSince % 1000 === 0).toBe(true)
        expect(rememberedSince === 0 || rememberedSince >= thisSecond).toBe(true)
        expect(rememberedSince).toBeLessThanOrEqual(Date.now())
      }
    })

    test('a family whose end is as far ahead as the store takes is taken, and found by its id', async () => {
      await using opened = await open()
      const [one, other] = opened.stores
      expect(one.maxFamilyMs).toBe(other.maxFamilyMs)
      const furthestMs = Math.min(one.maxFamilyMs, 366 * 86_400_000)
      const { family } = await begun(one, { expiresAt: Date.now() + furthestMs })
      expect((await other.findFamily(family.familyId))?.value).toEqual(family)
    })

    test(`of 50 uses at once of one refresh token one succeeds, ${casRounds} times in a row`, async () => {
      await using opened = await open()
      const { family, version: first } = await begun(opened.stores[0])
      let version = first
      for (let round = 0; round < casRounds; round++) {
        const attempts = spread(opened.stores, 50).map(async (store) => {
          const jti = randomUUID()
          return { jti, isReplaced: await store.replaceFamily({ ...family, jti }, version) }
        })
        const winners = (await Promise.all(attempts)).filter((attempt) => attempt.isReplaced)
        expect(winners).toHaveLength(1)
        const found = await opened.stores[round % 2 === 0 ? 1 : 0].findFamily(family.familyId)
        expect(found?.value.jti).toBe(winners[0]?.jti)
        expect(found?.version).not.toBe(version)
        version = found?.version ?? ''
      }
    })

    test('of 50 readers that each replace what they read no change is lost', async () => {
      await using opened = await open()
      const { family } = await begun(opened.stores[0], { createdAt: 0 })
      await Promise.all(
        spread(opened.stores, 10).map(async (store) => {
          for (;;) {
            const found = await store.findFamily(family.familyId)
            if (found === null) throw new Error('the family is gone')
            const next = { ...found.value, createdAt: found.value.createdAt + 1 }
            if (await store.replaceFamily(next, found.version)) return
          }
        }),
      )
      expect((await opened.stores[1].findFamily(family.familyId))?.value.createdAt).toBe(10)
    })

    test('a version is of one family only', async () => {
      await using opened = await open()
      const [store] = opened.stores
      const { family } = await begun(store)
      const { version: another } = await begun(store)
      expect(await store.replaceFamily({ ...family, jti: 'x' }, another)).toBe(false)
    })

    test('a family that never was cannot be replaced', async () => {
      await using opened = await open()
      const [store] = opened.stores
      const { version } = await begun(store)
      for (const wrong of [version, '', '0', '1', '-1']) {
        const family = tokenFamily()
        expect(await store.replaceFamily(family, wrong)).toBe(false)
        expect(await store.findFamily(family.familyId)).toBeNull()
      }
    })

    test('a family is gone after its end, cannot be replaced, and its id is free again', async () => {
      await using opened = await open()
      const [one, other] = opened.stores
      const { family, version } = await begun(one, { expiresAt: Date.now() + 1000 })
      await expect.poll(() => other.findFamily(family.familyId), EXPIRY).toBeNull()
      expect(await one.replaceFamily({ ...family, expiresAt: Date.now() + 60_000 }, version)).toBe(false)
      expect(await other.findFamily(family.familyId)).toBeNull()
      expect(await other.insertFamily({ ...family, expiresAt: Date.now() + 60_000 })).toBe(true)
      expect(await one.findFamily(family.familyId)).not.toBeNull()
      expect(await one.replaceFamily({ ...family, jti: 'old' }, version)).toBe(false)
    })

    test('a replacement moves the end', async () => {
      await using opened = await open()
      const [one, other] = opened.stores
      const short = await begun(one)
      const long = await begun(one, { expiresAt: Date.now() + 1000 })
      expect(await one.replaceFamily({ ...long.family, expiresAt: Date.now() + 60_000 }, long.version)).toBe(
        true,
      )
      expect(await one.replaceFamily({ ...short.family, expiresAt: Date.now() + 1000 }, short.version)).toBe(
        true,
      )
      await expect.poll(() => other.findFamily(short.family.familyId), EXPIRY).toBeNull()
      expect(await other.findFamily(long.family.familyId)).not.toBeNull()
    })

    test.each([NaN, Infinity, -1, 1.5])(
      'an end of %d is a mistake of the calling code',
      async (expiresAt) => {
        await using opened = await open()
        await expect(opened.stores[0].insertFamily(tokenFamily({ expiresAt }))).rejects.toThrow(TypeError)
      },
    )
  })
}
