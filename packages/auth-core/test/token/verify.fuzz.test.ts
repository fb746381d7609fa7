import { generateKeyPairSync } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { AuthError, createCachedVerifier, createKeyRing, createTokenVerifier } from '../../src/index.ts'
import { at, SECRET, sign } from '../tokens.ts'

const KEYS = {
  HS256: SECRET,
  ES256: generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey,
  EdDSA: generateKeyPairSync('ed25519').privateKey,
  RS256: generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey,
}
const ALGORITHMS = Object.keys(KEYS) as (keyof typeof KEYS)[]
const keys = createKeyRing(ALGORITHMS.map((algorithm) => ({ algorithm, key: KEYS[algorithm] })))
const verify = createTokenVerifier({ keys })
const verifiers = [verify, createCachedVerifier(verify, { keys })]

/** What all verifiers say, who must be of one opinion. */
async function outcome(token: unknown): Promise<string> {
  const [one, two] = await Promise.all(verifiers.map((each) => outcomeOf(each, token)))
  return one === two ? (one as string) : `${one} and ${two}`
}

async function outcomeOf(each: typeof verify, token: unknown): Promise<string> {
  try {
    await each(token)
    return 'accepted'
  } catch (error) {
    return AuthError.is(error) ? error.code : `threw ${String(error)}`
  }
}

test.each(ALGORITHMS)('no %s token with a single byte changed is ever accepted', async (algorithm) => {
  const token = Buffer.from(await signWith(algorithm))
  expect(await outcome(token.toString('latin1'))).toBe('accepted')
  await fc.assert(
    fc.asyncProperty(fc.nat(token.length - 1), fc.integer({ min: 1, max: 255 }), async (index, flip) => {
      const changed = Buffer.from(token)
      changed[index] = (changed[index] as number) ^ flip
      expect(await outcomeOf(verify, changed.toString('latin1'))).toBe('ERR_AUTH_TOKEN_INVALID')
    }),
    { numRuns: 10_000 },
  )
})

test.each(ALGORITHMS)(
  'no %s token with another character of the alphabet in one place is ever accepted',
  async (algorithm) => {
    const token = await signWith(algorithm)
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    await fc.assert(
      fc.asyncProperty(
        fc.nat(token.length - 1),
        fc.constantFrom(...alphabet.split('')),
        async (index, other) => {
          fc.pre(token[index] !== other)
          const changed = token.slice(0, index) + other + token.slice(index + 1)
          expect(await outcomeOf(verify, changed)).toBe('ERR_AUTH_TOKEN_INVALID')
        },
      ),
      { numRuns: 2000 },
    )
  },
)

async function signWith(algorithm: keyof typeof KEYS): Promise<string> {
  const one = createKeyRing([{ algorithm, key: KEYS[algorithm] }])
  return one.sign({ sub: 'a', exp: at(600), role: 'user' }, { typ: 'JWT' })
}

test('no token with a piece removed, doubled or moved is ever accepted', async () => {
  const token = await sign()
  await fc.assert(
    fc.asyncProperty(
      fc.nat(token.length),
      fc.nat(token.length),
      fc.constantFrom('cut', 'double', 'swap'),
      async (a, b, how) => {
        const [from, to] = [Math.min(a, b), Math.max(a, b)]
        const [head, piece, tail] = [token.slice(0, from), token.slice(from, to), token.slice(to)]
        const changed =
          how === 'cut' ? head + tail : how === 'double' ? head + piece + piece + tail : piece + head + tail
        fc.pre(changed !== token)
        expect(await outcome(changed)).toBe('ERR_AUTH_TOKEN_INVALID')
      },
    ),
    { numRuns: 2000 },
  )
})

test('whatever is offered as a token, only an AuthError comes back', async () => {
  const part = fc.oneof(fc.string(), fc.json(), fc.base64String(), fc.string({ unit: 'binary' }))
  const encoded = part.map((text) => Buffer.from(text).toString('base64url'))
  const offered = fc.oneof(
    fc.anything({ withBigInt: true, withDate: true, withNullPrototype: true, withTypedArray: true }),
    fc.string({ unit: 'binary' }),
    fc.tuple(part, part, part).map((parts) => parts.join('.')),
    fc.tuple(encoded, encoded, encoded).map((parts) => parts.join('.')),
  )
  await fc.assert(
    fc.asyncProperty(offered, async (token) => {
      expect(await outcome(token)).toBe('ERR_AUTH_TOKEN_INVALID')
    }),
    { numRuns: 100_000 },
  )
})
