import { inspect } from 'node:util'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import {
  AuthError,
  createCachedVerifier,
  createKeyRing,
  createTokenVerifier,
  type CachedVerifierOptions,
  type TokenClaims,
  type TokenVerifier,
} from '../../src/index.ts'
import { codeOfRejection } from '../code-of.ts'
import { at, SECRET, sign } from '../tokens.ts'

const NOW = Date.UTC(2026, 0, 1)
beforeEach(() => void vi.useFakeTimers({ now: NOW, toFake: ['Date'] }))
afterEach(() => void vi.useRealTimers())

/** Accepts every token but `bad…`, and counts. */
function counting(): { verify: TokenVerifier; calls: () => number } {
  let calls = 0
  return {
    calls: () => calls,
    async verify(token) {
      calls += 1
      if (String(token).startsWith('bad')) throw new AuthError('ERR_AUTH_TOKEN_INVALID', 'no')
      return { sub: String(token), exp: at(60), list: [{ deep: true }] }
    },
  }
}

/** A verifier whose answers the test gives. */
function manual(): {
  verify: TokenVerifier
  answer: (claims: TokenClaims | Error) => void
  waiting: () => number
} {
  const waiting: { resolve: (claims: TokenClaims) => void; reject: (error: Error) => void }[] = []
  return {
    waiting: () => waiting.length,
    verify: async () => new Promise((resolve, reject) => waiting.push({ resolve, reject })),
    answer(claims) {
      const next = waiting.shift()
      if (claims instanceof Error) next?.reject(claims)
      else next?.resolve(claims)
    },
  }
}

describe('a good token', () => {
  test('is verified once and then recognised, at once and side by side', async () => {
    const { verify, calls } = counting()
    const cached = createCachedVerifier(verify)
    const all = await Promise.all(Array.from({ length: 50 }, () => cached('a')))
    expect(calls()).toBe(1)
    expect(new Set(all).size).toBe(1)
    expect((await cached('a')).sub).toBe('a')
    expect((await cached('b')).sub).toBe('b')
    expect(calls()).toBe(2)
    expect(cached.size).toBe(2)
  })

  test('gives claims that nobody can change', async () => {
    const cached = createCachedVerifier(counting().verify)
    const claims = await cached('a')
    expect(() => Object.assign(claims, { sub: 'root' })).toThrow(TypeError)
    expect(() => (claims['list'] as unknown[]).push('more')).toThrow(TypeError)
    expect(() => Object.assign((claims['list'] as object[])[0] as object, { deep: false })).toThrow(TypeError)
    expect(await cached('a')).toEqual({ sub: 'a', exp: at(60), list: [{ deep: true }] })
  })

  test('is verified again at exp and after, whatever the wrapped verifier tolerates', async () => {
    const { verify, calls } = counting()
    const cached = createCachedVerifier(verify)
    await cached('a')
    vi.setSystemTime(NOW + 59_999)
    await cached('a')
    expect(calls()).toBe(1)
    vi.setSystemTime(NOW + 60_000)
    await cached('a')
    expect(calls()).toBe(2)
  })

  test('that has expired by then is not kept', async () => {
    const late = createCachedVerifier(async () => ({ sub: 'a', exp: at(0) }))
    await late('a')
    expect(late.size).toBe(0)
  })

  test('is held as a digest only', async () => {
    const real = createCachedVerifier(
      createTokenVerifier({ keys: createKeyRing([{ algorithm: 'HS256', key: SECRET }]) }),
    )
    const token = await sign({ role: 'x' })
    await real(token)
    const shown = inspect(real, { depth: 20, showHidden: true, getters: true })
    for (const part of token.split('.')) expect(shown).not.toContain(part)
  })
})

describe('a bad token', () => {
  test('is refused by the wrapped verifier every time', async () => {
    const { verify, calls } = counting()
    const cached = createCachedVerifier(verify)
    for (let round = 0; round < 3; round += 1) {
      expect(await codeOfRejection(cached('bad'))).toBe('ERR_AUTH_TOKEN_INVALID')
    }
    expect(calls()).toBe(3)
    expect(cached.size).toBe(0)
  })

  test('offered many times at once is refused many times and verified once', async () => {
    const { verify, calls } = counting()
    const cached = createCachedVerifier(verify)
    const codes = await Promise.all(Array.from({ length: 20 }, () => codeOfRejection(cached('bad'))))
    expect(new Set(codes)).toEqual(new Set(['ERR_AUTH_TOKEN_INVALID']))
    expect(calls()).toBe(1)
  })

  test('of any type and size goes to the wrapped verifier', async () => {
    const keys = createKeyRing([{ algorithm: 'HS256', key: SECRET }])
    const cached = createCachedVerifier(createTokenVerifier({ keys }), { keys })
    for (const token of [undefined, null, 7, {}, [], Buffer.from('a'), '', 'a'.repeat(5_000_000), '\ud800']) {
      expect(await codeOfRejection(cached(token))).toBe('ERR_AUTH_TOKEN_INVALID')
    }
  })

  test('that looks like a good one up to its last character is another one', async () => {
    const keys = createKeyRing([{ algorithm: 'HS256', key: SECRET }])
    const cached = createCachedVerifier(createTokenVerifier({ keys }), { keys })
    const good = await sign()
    await cached(good)
    for (const other of [`${good} `, `${good}=`, good.slice(0, -1), good.toUpperCase()]) {
      expect(await codeOfRejection(cached(other))).toBe('ERR_AUTH_TOKEN_INVALID')
    }
  })
})

describe('bounds', () => {
  test('it never holds more than maxEntries and always the half used last', async () => {
    const { verify, calls } = counting()
    const cached = createCachedVerifier(verify, { maxEntries: 10 })
    for (let index = 0; index < 1000; index += 1) {
      await cached('hot')
      await cached(`t${index}`)
      expect(cached.size).toBeLessThanOrEqual(10)
    }
    expect(calls()).toBe(1001)
    for (let index = 997; index < 1000; index += 1) await cached(`t${index}`)
    expect(calls()).toBe(1001)
  })

  test('a hundred thousand tokens pass through a small cache', async () => {
    const cached = createCachedVerifier(counting().verify, { maxEntries: 1000 })
    for (let index = 0; index < 100_000; index += 1) await cached(`t${index}`)
    expect(cached.size).toBeLessThanOrEqual(1000)
  })

  test.each([
    ['no verifier', undefined, {}],
    ['room for one', counting().verify, { maxEntries: 1 }],
    ['room for half a token', counting().verify, { maxEntries: 2.5 }],
    ['more room than a map has', counting().verify, { maxEntries: 10_000_001 }],
    ['endless room', counting().verify, { maxEntries: Infinity }],
    ['a key set that is no ring', counting().verify, { keys: { kind: 'secret' } }],
    ['null for a ring', counting().verify, { keys: null }],
  ])('%s is a TypeError', (_name, verify, options) => {
    expect(() => createCachedVerifier(verify as TokenVerifier, options as CachedVerifierOptions)).toThrow(
      TypeError,
    )
  })
})

describe('forgetting', () => {
  test('forgets what matches, says how many, and verifies them again', async () => {
    const { verify, calls } = counting()
    const cached = createCachedVerifier(verify)
    for (const token of ['a', 'b', 'c']) await cached(token)
    expect(cached.forget(({ sub }) => sub !== 'b')).toBe(2)
    expect(cached.size).toBe(1)
    for (const token of ['a', 'b', 'c']) await cached(token)
    expect(calls()).toBe(5)
    cached.clear()
    expect(cached.size).toBe(0)
  })

  test('a verification that began before is not remembered, nor joined by those who come after', async () => {
    const { verify, answer, waiting } = manual()
    const cached = createCachedVerifier(verify)
    const before = cached('a')
    expect(cached.forget(() => true)).toBe(0)
    const after = cached('a')
    expect(waiting()).toBe(2)
    answer({ sub: 'old', exp: at(60) })
    answer({ sub: 'new', exp: at(60) })
    expect((await before).sub).toBe('old')
    expect((await after).sub).toBe('new')
    expect((await cached('a')).sub).toBe('new')
    expect(cached.size).toBe(1)
  })

  test('a slow verification that ends last does not bring back what a clear has removed', async () => {
    const { verify, answer } = manual()
    const cached = createCachedVerifier(verify)
    const first = cached('a')
    cached.clear()
    answer({ sub: 'old', exp: at(60) })
    await first
    expect(cached.size).toBe(0)
  })
})

describe('with a key ring', () => {
  test('a token of a removed key is refused at once', async () => {
    const keys = createKeyRing([{ algorithm: 'HS256', key: SECRET, kid: 'old' }])
    const cached = createCachedVerifier(createTokenVerifier({ keys }), { keys })
    const token = await keys.sign({ sub: 'a', exp: at(60) })
    await cached(token)
    keys.add({ algorithm: 'HS256', key: 'n'.repeat(32), kid: 'new' })
    expect((await cached(token)).sub).toBe('a')
    keys.remove('old')
    expect(cached.size).toBe(0)
    expect(await codeOfRejection(cached(token))).toBe('ERR_AUTH_TOKEN_INVALID')
  })

  test('and one whose key is removed while it is verified is not remembered', async () => {
    const keys = createKeyRing([{ algorithm: 'HS256', key: SECRET }])
    const { verify, answer } = manual()
    const cached = createCachedVerifier(verify, { keys })
    const pending = cached('a')
    keys.add({ algorithm: 'HS256', key: 'n'.repeat(32) })
    answer({ sub: 'a', exp: at(60) })
    await pending
    expect(cached.size).toBe(0)
  })

  test('a token of a key that expires is refused from then on', async () => {
    const keys = createKeyRing([
      { algorithm: 'HS256', key: SECRET, verifyUntil: NOW + 10_000 },
      { algorithm: 'HS256', key: 'n'.repeat(32), signFrom: NOW + 5000 },
    ])
    const cached = createCachedVerifier(createTokenVerifier({ keys }), { keys })
    const token = await keys.sign({ sub: 'a', exp: at(60) })
    await cached(token)
    vi.setSystemTime(NOW + 9999)
    expect((await cached(token)).sub).toBe('a')
    vi.setSystemTime(NOW + 10_000)
    expect(await codeOfRejection(cached(token))).toBe('ERR_AUTH_TOKEN_INVALID')
  })
})
