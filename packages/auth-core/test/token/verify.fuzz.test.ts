import fc from 'fast-check'
import { expect, test } from 'vitest'
import { AuthError, createSecretKeySet, createTokenVerifier } from '../../src/index.ts'
import { SECRET, sign } from '../tokens.ts'

const verify = createTokenVerifier({ keys: createSecretKeySet(SECRET), algorithms: ['HS256'] })

async function outcome(token: unknown): Promise<string> {
  try {
    await verify(token)
    return 'accepted'
  } catch (error) {
    return AuthError.is(error) ? error.code : `threw ${String(error)}`
  }
}

test('no token with a single byte changed is ever accepted', async () => {
  const token = Buffer.from(await sign({ role: 'user' }, { kid: 'k1', typ: 'JWT' }))
  expect(await outcome(token.toString('latin1'))).toBe('accepted')
  await fc.assert(
    fc.asyncProperty(fc.nat(token.length - 1), fc.integer({ min: 1, max: 255 }), async (index, flip) => {
      const changed = Buffer.from(token)
      changed[index] = (changed[index] as number) ^ flip
      expect(await outcome(changed.toString('latin1'))).toBe('ERR_AUTH_TOKEN_INVALID')
    }),
    { numRuns: 10_000 },
  )
})

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
    { numRuns: 20_000 },
  )
})
