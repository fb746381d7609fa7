import { describe, expect, test } from 'vitest'
import { createSecretHasher } from '../../src/hashing/index.ts'
import { dummyHash, isUsableHash } from '../../src/hashing/stored-hash.ts'
import { AuthError } from '../../src/index.ts'

describe('a secret that bcrypt would not read as it is', () => {
  // Refused before a thread starts.
  const hasher = createSecretHasher()

  test.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['a number', 7],
    ['bytes', Buffer.from('secret')],
    ['a list', ['secret']],
    ['an empty text', ''],
    ['NUL alone', '\0'],
    ['NUL inside', 'a\0b'],
    ['73 bytes', 'x'.repeat(73)],
    ['73 bytes in 25 characters', `${'€'.repeat(24)}x`],
    ['a megabyte', 'x'.repeat(1_000_000)],
    ['half a surrogate pair', 'a\ud83d'],
  ])('%s is refused with a code, and not shown', async (_name, secret) => {
    for (const run of [hasher.hash(secret as string), hasher.verify(secret as string, null)]) {
      const error: unknown = await run.catch((thrown: unknown) => thrown)
      expect(AuthError.is(error) && [error.code, error.statusCode]).toEqual(['ERR_AUTH_SECRET_INVALID', 400])
      expect((error as Error).message).not.toMatch(/xx|€/)
    }
  })
})

test.each([
  { cost: 9 },
  { cost: 16 },
  { cost: 10.5 },
  { cost: Number.NaN },
  { cost: '10' as never },
  { maxThreads: 0 },
  { maxThreads: Infinity },
  { maxThreads: 1025 },
  { maxQueue: -1 },
  { maxQueue: 0.5 },
])('%j is a TypeError that names the option', (options) => {
  const name = Object.keys(options)[0] as string
  expect(() => createSecretHasher(options)).toThrow(TypeError)
  expect(() => createSecretHasher(options)).toThrow(`"${name}"`)
})

describe('a stored hash', () => {
  test.each(['a', 'b', 'y'])('may have the version 2%s', (version) => {
    expect(isUsableHash(`$2${version}$10$${'a'.repeat(53)}`)).toBe(true)
  })

  test.each([
    null,
    undefined,
    7,
    {},
    '',
    'secret',
    `$2b$10$${'a'.repeat(52)}`,
    `$2b$10$${'a'.repeat(54)}`,
    `$2b$10$${'a'.repeat(52)}!`,
    `$2b$10$${'a'.repeat(53)}\n`,
    `$2x$10$${'a'.repeat(53)}`,
    `$2b$03$${'a'.repeat(53)}`,
    // Would keep a thread for a day.
    `$2b$31$${'a'.repeat(53)}`,
    `$2b$1e$${'a'.repeat(53)}`,
    '$argon2id$v=19$m=65536,t=3,p=4$c2FsdA$aGFzaA',
  ])('and %j is none', (stored) => {
    expect(isUsableHash(stored)).toBe(false)
  })

  test('a dummy is one of its cost, and another each time', () => {
    expect(isUsableHash(dummyHash(12))).toBe(true)
    expect(dummyHash(12)).toMatch(/^\$2b\$12\$/)
    expect(dummyHash(12)).not.toBe(dummyHash(12))
  })
})
