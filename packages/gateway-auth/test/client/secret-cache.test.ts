import { expect, test } from 'vitest'
import { cachingHasher } from '../../src/client/secret-cache.ts'
import { fakeHasher } from '../support/fake-hasher.ts'

test('no more than 10000 secrets are remembered: the oldest goes first', async () => {
  const hasher = fakeHasher()
  const hashes = await Promise.all(Array.from({ length: 10_001 }, async (_, n) => hasher.hash(`secret ${n}`)))
  const cached = cachingHasher(hasher, 60_000)
  const isHashed = async (n: number): Promise<boolean> => {
    const before = hasher.calls.verify
    expect(await cached.verify(`secret ${n}`, hashes[n] as string)).toBe(true)
    return hasher.calls.verify > before
  }
  for (let n = 0; n < 10_000; n += 1) {
    // oxlint-disable-next-line no-await-in-loop -- in their order
    await isHashed(n)
  }
  expect(await isHashed(0)).toBe(false)
  expect(await isHashed(10_000)).toBe(true)
  expect([await isHashed(1), await isHashed(0)]).toEqual([false, true])
})
