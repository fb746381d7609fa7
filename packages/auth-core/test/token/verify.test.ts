import { createSecretKey } from 'node:crypto'
import { UnsecuredJWT } from 'jose'
import { describe, expect, test, vi } from 'vitest'
import {
  AuthError,
  createCachedVerifier,
  createKeyRing,
  createSecretKeySet,
  createTokenVerifier,
  verifyToken,
  type KeySet,
  type VerifyTokenOptions,
} from '../../src/index.ts'
import { codeOfRejection } from '../code-of.ts'
import { at, makeKey, SECRET, sign, signRaw } from '../tokens.ts'

const OPTIONS: VerifyTokenOptions = { keys: createSecretKeySet(SECRET), algorithms: ['HS256'] }

function verdict(token: unknown, options: Partial<VerifyTokenOptions> = {}): Promise<string> {
  return codeOfRejection(verifyToken(token, { ...OPTIONS, ...options }))
}

describe('a good token', () => {
  test('gives its claims, all of them', async () => {
    const token = await sign({ role: 'admin', nested: { a: [1] }, iat: at(-5), nbf: at(-5) })
    expect(await verifyToken(token, OPTIONS)).toMatchObject({
      sub: 'user-1',
      role: 'admin',
      nested: { a: [1] },
    })
  })

  test('is accepted with the issuer, audience and typ that are asked for', async () => {
    const options = { ...OPTIONS, issuer: ['a', 'https://i'], audience: 'me', typ: 'at+jwt' }
    const token = await sign({ iss: 'https://i', aud: ['other', 'me'] }, { typ: 'application/AT+JWT' })
    expect((await verifyToken(token, options)).sub).toBe('user-1')
  })

  test.each(['HS384', 'HS512'] as const)(
    'may be signed with %s when the secret is long enough',
    async (alg) => {
      const long = 'x'.repeat(64)
      const token = await sign({}, { alg }, long)
      expect((await verifyToken(token, { keys: createSecretKeySet(long), algorithms: [alg] })).sub).toBe(
        'user-1',
      )
      expect(await verdict(token, { keys: createSecretKeySet('x'.repeat(40)), algorithms: [alg] })).toBe(
        'ERR_AUTH_TOKEN_INVALID',
      )
    },
  )

  test('of either secret verifies while a secret is rotated', async () => {
    const keys = createSecretKeySet(['n'.repeat(32), SECRET])
    expect((await verifyToken(await sign(), { ...OPTIONS, keys })).sub).toBe('user-1')
    expect((await verifyToken(await sign({}, {}, 'n'.repeat(32)), { ...OPTIONS, keys })).sub).toBe('user-1')
    expect(await verdict(await sign({}, {}, 'o'.repeat(32)), { keys })).toBe('ERR_AUTH_TOKEN_INVALID')
  })

  test('ignores keys and addresses of keys in its header', async () => {
    const { jwk } = await makeKey('RS256')
    const header = { jku: 'http://127.0.0.1:1/jwks', x5u: 'http://127.0.0.1:1/x', jwk, x5c: ['AAAA'] }
    expect((await verifyToken(await sign({}, header), OPTIONS)).sub).toBe('user-1')
  })
})

describe('times', () => {
  test('a token is expired after exp and the tolerance, with a code of its own', async () => {
    expect(await verdict(await sign({ exp: at(-6) }))).toBe('ERR_AUTH_TOKEN_EXPIRED')
    expect(await verdict(await sign({ exp: at(-1) }), { clockToleranceSeconds: 0 })).toBe(
      'ERR_AUTH_TOKEN_EXPIRED',
    )
    expect((await verifyToken(await sign({ exp: at(-2) }), OPTIONS)).sub).toBe('user-1')
    expect(
      (await verifyToken(await sign({ exp: at(-30) }), { ...OPTIONS, clockToleranceSeconds: 60 })).sub,
    ).toBe('user-1')
  })

  test.each(['nbf', 'iat'])('%s may lie in the future by the tolerance and no more', async (claim) => {
    expect((await verifyToken(await sign({ [claim]: at(3) }), OPTIONS)).sub).toBe('user-1')
    expect(await verdict(await sign({ [claim]: at(30) }))).toBe('ERR_AUTH_TOKEN_INVALID')
  })

  test.each(['exp', 'nbf', 'iat'])('%s must be a finite number', async (claim) => {
    for (const value of ['9999999999', true, null, {}, [at(60)]]) {
      expect(await verdict(await sign({ [claim]: value }))).toBe('ERR_AUTH_TOKEN_INVALID')
    }
    const endless = `{"sub":"a","exp":${at(60)},"${claim}":1e999}`
    expect(await verdict(await signRaw('{"alg":"HS256"}', endless))).toBe('ERR_AUTH_TOKEN_INVALID')
  })

  test('exp is required', async () => {
    expect(await verdict(await signRaw('{"alg":"HS256"}', '{"sub":"a"}'))).toBe('ERR_AUTH_TOKEN_INVALID')
  })
})

describe('claims', () => {
  test.each([undefined, '', null, 7, {}, ['a']])(
    'sub must be a non-empty string, and %j is none',
    async (sub) => {
      expect(await verdict(await sign({ sub }))).toBe('ERR_AUTH_TOKEN_INVALID')
    },
  )

  test.each([
    [{ issuer: 'https://i' }, {}],
    [{ issuer: 'https://i' }, { iss: 'https://i/' }],
    [{ issuer: 'https://i' }, { iss: ['https://i'] }],
    [{ issuer: 'https://i' }, { iss: 'HTTPS://I' }],
    [{ audience: 'me' }, {}],
    [{ audience: 'me' }, { aud: 'you' }],
    [{ audience: 'me' }, { aud: 'ME' }],
    [{ audience: 'me' }, { aud: ['you', ['me']] }],
    [{ audience: 'me' }, { aud: { me: true } }],
    [{ audience: 'me' }, { aud: [] }],
  ])('with %j the claims %j are refused', async (options, claims) => {
    expect(await verdict(await sign(claims), options)).toBe('ERR_AUTH_TOKEN_INVALID')
  })

  test('typ is compared when it is asked for', async () => {
    for (const header of [{}, { typ: 'JWT' }, { typ: 7 }, { typ: 'at+jwt2' }]) {
      expect(await verdict(await sign({}, header), { typ: 'at+jwt' })).toBe('ERR_AUTH_TOKEN_INVALID')
    }
  })
})

describe('headers', () => {
  test('none is refused in every spelling, with and without a signature', async () => {
    const unsecured = new UnsecuredJWT({ sub: 'a', exp: at(60) }).encode()
    expect(await verdict(unsecured)).toBe('ERR_AUTH_TOKEN_INVALID')
    const payload = `{"sub":"a","exp":${at(60)}}`
    for (const alg of ['none', 'NONE', 'None', '', 'hs256', 'HS256 ', 'RS256', 'constructor', '__proto__']) {
      expect(await verdict(await signRaw(JSON.stringify({ alg }), payload))).toBe('ERR_AUTH_TOKEN_INVALID')
    }
  })

  test.each([
    '{}',
    '{"alg":["HS256"]}',
    '{"alg":{"toString":"HS256"}}',
    '{"alg":"HS256","b64":false}',
    '{"alg":"HS256","b64":false,"crit":["b64"]}',
    '{"alg":"HS256","b64":true,"crit":["b64"]}',
    '{"alg":"HS256","crit":[]}',
    '{"alg":"HS256","crit":["exp"],"exp":1}',
    '{"alg":"HS256","crit":["b64","x"],"x":1}',
    '{"alg":"HS256","kid":{}}',
    '{"alg":"HS256","kid":1}',
    '{"alg":"HS256","kid":null}',
    `{"alg":"HS256","kid":"${'k'.repeat(257)}"}`,
    `{"alg":"HS256","kid":"${'ä'.repeat(129)}"}`,
    '[]',
    'null',
    '"HS256"',
    '{"alg":"HS256"',
    '{"alg":"HS256"} x',
    '',
  ])('the header %.60s is refused although the signature is right', async (header) => {
    const token = await signRaw(header, `{"sub":"a","exp":${at(60)}}`)
    expect(await verdict(token)).toBe('ERR_AUTH_TOKEN_INVALID')
  })

  test('a header with bytes that are no UTF-8 is refused although the signature is right', async () => {
    const header = Buffer.from('{"alg":"HS256","kid":"\u00ff"}', 'latin1')
    const token = await signRaw(header, `{"sub":"a","exp":${at(60)}}`)
    expect(await verdict(token)).toBe('ERR_AUTH_TOKEN_INVALID')
  })

  test.each(['../../etc/passwd', "' OR 1=1", 'k'.repeat(256), '', '\u0000', '__proto__'])(
    'the key id %.20j is only a name',
    async (kid) => {
      expect((await verifyToken(await sign({}, { kid }), OPTIONS)).sub).toBe('user-1')
    },
  )
})

describe('shape', () => {
  test('a token over 8 KiB is refused without being read', async () => {
    const token = await sign({ pad: 'x'.repeat(9000) })
    const reads = [vi.spyOn(JSON, 'parse'), vi.spyOn(Buffer, 'from')]
    const verdicts = await Promise.all([token, `${'a'.repeat(5_000_000)}.b.c`].map((one) => verdict(one)))
    const calls = reads.map((read) => read.mock.calls.length)
    vi.restoreAllMocks()
    expect(verdicts).toEqual(['ERR_AUTH_TOKEN_INVALID', 'ERR_AUTH_TOKEN_INVALID'])
    expect(calls).toEqual([0, 0])
  })

  test('of duplicate members the last one counts, in the header and in the payload', async () => {
    const payload = `{"sub":"first","exp":1,"sub":"last","exp":${at(60)}}`
    expect((await verifyToken(await signRaw('{"alg":"HS256"}', payload), OPTIONS)).sub).toBe('last')
    expect((await verifyToken(await signRaw('{"alg":"none","alg":"HS256"}', payload), OPTIONS)).sub).toBe(
      'last',
    )
    expect(await verdict(await signRaw('{"alg":"HS256","alg":"none"}', payload))).toBe(
      'ERR_AUTH_TOKEN_INVALID',
    )
    const reversed = `{"sub":"a","exp":${at(60)},"exp":1}`
    expect(await verdict(await signRaw('{"alg":"HS256"}', reversed))).toBe('ERR_AUTH_TOKEN_EXPIRED')
  })

  test('payloads of deep nesting and many or duplicate members are verified or refused, a thousand of them', async () => {
    const end = `"sub":"last","exp":${at(60)}}`
    const payloads = [
      [`{"a":${'['.repeat(2700)}${']'.repeat(2700)},${end}`, 'last'],
      [`{${'"a":{'.repeat(800)}${'}'.repeat(800)},${end}`, 'last'],
      [`{${'"sub":"x",'.repeat(500)}${end}`, 'last'],
      [`{${'"__proto__":{"sub":"x"},'.repeat(200)}${end}`, 'last'],
      [`{${Array.from({ length: 500 }, (_, index) => `"k${index}":1,`).join('')}${end}`, 'last'],
      [`${'['.repeat(2900)}${']'.repeat(2900)}`, 'ERR_AUTH_TOKEN_INVALID'],
      [`{${'"a":1,'.repeat(900)}"b":2}`, 'ERR_AUTH_TOKEN_INVALID'],
      ['{"a":'.repeat(1100), 'ERR_AUTH_TOKEN_INVALID'],
    ] as const
    const tokens = await Promise.all(payloads.map(([payload]) => signRaw('{"alg":"HS256"}', payload)))
    const verify = createTokenVerifier(OPTIONS)
    const cached = createCachedVerifier(verify)
    for (let index = 0; index < 1000; index += 1) {
      const number = index % tokens.length
      for (const each of [verify, cached]) {
        const outcome = await each(tokens[number]).then(
          ({ sub }) => sub,
          (error: AuthError) => error.code,
        )
        expect(outcome).toBe(payloads[number]?.[1])
      }
    }
  })

  test('a second spelling of the same signature is refused', async () => {
    const token = await sign()
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    const last = alphabet.indexOf(token.at(-1) as string)
    // 32 bytes leave two spare bits in the last character.
    const twin = `${token.slice(0, -1)}${alphabet[last ^ 1]}`
    expect(Buffer.from(twin.split('.')[2] as string, 'base64url')).toEqual(
      Buffer.from(token.split('.')[2] as string, 'base64url'),
    )
    expect(await verdict(twin)).toBe('ERR_AUTH_TOKEN_INVALID')
    for (const other of [`${token}=`, `${token} `, ` ${token}`, `${token}\n`, `${token}.`, `${token}.x`]) {
      expect(await verdict(other)).toBe('ERR_AUTH_TOKEN_INVALID')
    }
  })
})

describe('errors', () => {
  test('neither message nor cause nor anything else of an error shows the token, its claims or the secret', async () => {
    const claims = { sub: 'SENSITIVE', email: 'SENSITIVE@x', iss: 'SENSITIVE' }
    const tokens = [
      await sign({ ...claims, exp: at(-100) }),
      await sign(claims, {}, 'w'.repeat(32)),
      await sign({ ...claims, nbf: at(1000) }),
      await sign({ ...claims, iat: 'SENSITIVE' }),
      await signRaw('{"alg":"HS256", SENSITIVE', '{}'),
      await signRaw('{"alg":"HS256"}', '{"sub": SENSITIVE'),
      await sign(claims),
    ]
    for (const token of tokens) {
      const error: unknown = await verifyToken(token, { ...OPTIONS, issuer: 'https://i' }).catch(
        (thrown: unknown) => thrown,
      )
      expect(AuthError.is(error)).toBe(true)
      const { inspect } = await import('node:util')
      const text = inspect(error, { depth: 10, showHidden: true })
      expect(text).not.toContain('SENSITIVE')
      expect(text).not.toContain(SECRET)
      expect(text).not.toContain(token.split('.')[1])
    }
  })

  test('a public key set that hands out a secret does not make it one for HMACs', async () => {
    const confused: KeySet = {
      kind: 'public',
      candidates: () => Promise.resolve([createSecretKey(Buffer.from(SECRET))]),
    }
    const forged = await signRaw('{"alg":"RS256"}', `{"sub":"a","exp":${at(60)}}`)
    expect(await verdict(forged, { keys: confused, algorithms: ['RS256'] })).toBe('ERR_AUTH_TOKEN_INVALID')
  })

  test('a key set that fails is a 503 and never a denial', async () => {
    const failing: KeySet = { kind: 'secret', candidates: () => Promise.reject(new Error('down')) }
    expect(await verdict(await sign(), { keys: failing })).toBe('ERR_AUTH_KEYS_UNAVAILABLE')
  })
})

describe('options', () => {
  const publicKeys: KeySet = { kind: 'public', candidates: () => Promise.resolve([]) }

  test.each([
    ['no key set', { keys: undefined }],
    ['no algorithms', { algorithms: undefined }],
    ['an empty allow-list', { algorithms: [] }],
    ['none', { algorithms: ['none'] }],
    ['an unknown algorithm', { algorithms: ['HS256', 'XS256'] }],
    ['RS256 with a secret', { algorithms: ['HS256', 'RS256'] }],
    ['HS256 with public keys', { keys: publicKeys, algorithms: ['RS256', 'HS256'] }],
    ['a ring that is none', { keys: { ...publicKeys, kind: 'ring' as const }, algorithms: undefined }],
    [
      'none with a ring',
      { keys: createKeyRing([{ algorithm: 'HS256', key: SECRET }]), algorithms: ['none'] },
    ],
    ['an empty issuer', { issuer: '' }],
    ['an empty list of audiences', { audience: [] }],
    ['an empty typ', { typ: '' }],
    ['a tolerance over 60 s', { clockToleranceSeconds: 61 }],
    ['a negative tolerance', { clockToleranceSeconds: -1 }],
    ['a tolerance that is no number', { clockToleranceSeconds: Number.NaN }],
  ])('%s is a TypeError when the verifier is made, before any token', (_name, wrong) => {
    expect(() => createTokenVerifier({ ...OPTIONS, ...wrong } as VerifyTokenOptions)).toThrow(TypeError)
  })

  test.each([[[]], ['short'], [['x'.repeat(32), 'short']], ['x'.repeat(31)], [new Uint8Array(31)], [[7]]])(
    'the secret %j is refused without being shown',
    (secret) => {
      expect(() => createSecretKeySet(secret as string)).toThrow(TypeError)
      expect(() => createSecretKeySet(secret as string)).not.toThrow(/short|xxx/)
    },
  )

  test.each(['PUBLIC KEY', 'RSA PUBLIC KEY', 'PRIVATE KEY'])(
    'a PEM with a %s is no secret: others may know it',
    (label) => {
      const pem = `-----BEGIN ${label}-----\n${'SENSITIVE'.repeat(8)}\n-----END ${label}-----\n`
      for (const secret of [pem, Buffer.from(pem), [SECRET, pem]]) {
        expect(() => createSecretKeySet(secret)).toThrow(new TypeError('a secret is a PEM key, not a secret'))
      }
    },
  )

  test('a secret of 32 bytes counts in bytes, not in characters', () => {
    expect(createSecretKeySet('ä'.repeat(16)).kind).toBe('secret')
  })

  test('bytes that are changed later do not change the key set', async () => {
    const bytes = new Uint8Array(Buffer.from(SECRET))
    const keys = createSecretKeySet(bytes)
    bytes.fill(0)
    expect((await verifyToken(await sign(), { ...OPTIONS, keys })).sub).toBe('user-1')
  })
})
