import { createSecretKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { inspect } from 'node:util'
import { calculateJwkThumbprint, decodeProtectedHeader, SignJWT, type JWK } from 'jose'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import {
  createKeyRing,
  createTokenVerifier,
  verifyToken,
  type KeyRing,
  type SigningKeyOptions,
  type TokenAlgorithm,
} from '../../src/index.ts'
import { codeOfRejection } from '../code-of.ts'
import { at, SECRET, sign } from '../tokens.ts'

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const otherRsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const otherP256 = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' })
const p521 = generateKeyPairSync('ec', { namedCurve: 'P-521' })
const ed = generateKeyPairSync('ed25519')
const LONG = 'l'.repeat(64)
const HS256: SigningKeyOptions = { algorithm: 'HS256', key: SECRET }

function pem(key: KeyObject): string {
  return key.export({ format: 'pem', type: key.type === 'private' ? 'pkcs8' : 'spki' }) as string
}

function jwk(key: KeyObject): JWK {
  return key.export({ format: 'jwk' })
}

function token(ring: KeyRing, claims: object = {}): Promise<string> {
  return ring.sign({ sub: 'user-1', exp: at(60), ...claims })
}

async function kidOf(ring: KeyRing): Promise<string | undefined> {
  return decodeProtectedHeader(await token(ring)).kid
}

describe('a ring of one key', () => {
  test.each<[TokenAlgorithm, SigningKeyOptions['key']]>([
    ['HS256', SECRET],
    ['HS256', Buffer.from(SECRET)],
    ['HS384', createSecretKey(Buffer.from(LONG))],
    ['HS512', { kty: 'oct', k: Buffer.from(LONG).toString('base64url') }],
    ['RS256', pem(rsa.privateKey)],
    ['RS384', rsa.privateKey.export({ format: 'pem', type: 'pkcs1' })],
    ['RS512', Buffer.from(pem(rsa.privateKey))],
    ['PS256', rsa.privateKey],
    ['PS384', jwk(rsa.privateKey)],
    ['PS512', rsa.privateKey],
    ['ES256', p256.privateKey],
    ['ES256', p256.privateKey.export({ format: 'pem', type: 'sec1' })],
    ['ES384', jwk(p384.privateKey)],
    ['ES512', pem(p521.privateKey)],
    ['EdDSA', ed.privateKey],
    ['Ed25519', { ...jwk(ed.privateKey), alg: 'Ed25519', use: 'sig', key_ops: ['sign'] }],
  ])('signs with %s and verifies what it signed', async (algorithm, key) => {
    const ring = createKeyRing([{ algorithm, key }])
    const signed = await ring.sign({ sub: 'a', exp: at(60), list: [1] }, { typ: 'at+jwt' })
    expect(decodeProtectedHeader(signed)).toEqual({
      alg: algorithm,
      typ: 'at+jwt',
      kid: expect.stringMatching(/^[\w-]{22,43}$/) as string,
    })
    expect(await verifyToken(signed, { keys: ring, typ: 'at+jwt' })).toEqual({
      sub: 'a',
      exp: expect.any(Number) as number,
      list: [1],
    })
    expect(ring.algorithms).toEqual([algorithm])
    const altered = `${signed.slice(0, -10)}${signed.at(-10) === 'A' ? 'B' : 'A'}${signed.slice(-9)}`
    expect(await codeOfRejection(verifyToken(altered, { keys: ring }))).toBe('ERR_AUTH_TOKEN_INVALID')
  })

  test('signs the claims as they are and does not touch them', async () => {
    const ring = createKeyRing([HS256])
    const claims = Object.freeze({ sub: 'a', exp: at(60), deep: { a: [null, true, 1.5, 'ä'] } })
    expect(await verifyToken(await ring.sign(claims), { keys: ring })).toEqual(claims)
    await expect(ring.sign('text' as never)).rejects.toThrow(TypeError)
    await expect(ring.sign(null as never)).rejects.toThrow(TypeError)
  })
})

describe('key ids', () => {
  test.each([rsa, p256, ed])('of an asymmetric key are its RFC 7638 thumbprint', async ({ privateKey }) => {
    const algorithm = { rsa: 'RS256', ec: 'ES256', ed25519: 'EdDSA' }[
      privateKey.asymmetricKeyType as string
    ] as TokenAlgorithm
    const ring = createKeyRing([{ algorithm, key: privateKey }])
    expect(ring.jwks().keys[0]?.kid).toBe(await calculateJwkThumbprint(jwk(privateKey)))
  })

  test('of a secret agree on all machines and tell secrets and algorithms apart', async () => {
    const ids = await Promise.all(
      [
        HS256,
        { ...HS256, key: Buffer.from(SECRET) },
        { ...HS256, key: LONG },
        { ...HS256, key: LONG, algorithm: 'HS512' as const },
      ].map((key) => kidOf(createKeyRing([key]))),
    )
    expect(ids[0]).toBe(ids[1])
    expect(new Set(ids).size).toBe(3)
    expect(ids[0]).toHaveLength(22)
  })

  test('are taken from the option, then from the JWK', async () => {
    const key = { ...jwk(p256.privateKey), kid: 'of the JWK' }
    expect(await kidOf(createKeyRing([{ algorithm: 'ES256', key }]))).toBe('of the JWK')
    expect(await kidOf(createKeyRing([{ algorithm: 'ES256', key, kid: 'mine' }]))).toBe('mine')
  })
})

describe('a token meets only keys of exactly its algorithm', () => {
  const ring = createKeyRing([
    { algorithm: 'RS256', key: rsa.privateKey, kid: 'rsa' },
    { algorithm: 'PS256', key: otherRsa.privateKey, kid: 'pss' },
    { algorithm: 'ES256', key: p256.privateKey, kid: 'ec' },
    { algorithm: 'HS256', key: SECRET, kid: 'hs' },
  ])
  const verify = createTokenVerifier({ keys: ring })

  test.each([
    ['the PEM of the public key', Buffer.from(pem(rsa.publicKey))],
    ['its PEM without the last line feed', Buffer.from(pem(rsa.publicKey).trim())],
    ['its DER', rsa.publicKey.export({ format: 'der', type: 'spki' })],
    ['its modulus', Buffer.from(jwk(rsa.publicKey).n as string, 'base64url')],
    ['its JWK', Buffer.from(JSON.stringify(jwk(rsa.publicKey)))],
  ])('HS256 with %s as the secret is refused', async (_name, secret) => {
    for (const header of [{ kid: 'rsa' }, { kid: 'hs' }, {}]) {
      const forged = await sign({}, { alg: 'HS256', ...header }, new Uint8Array(secret))
      expect(await codeOfRejection(verify(forged))).toBe('ERR_AUTH_TOKEN_INVALID')
    }
  })

  test.each([
    ['PS256 by the key of RS256', 'PS256', rsa.privateKey, 'rsa'],
    ['PS256 by the key of RS256 under the other id', 'PS256', rsa.privateKey, 'pss'],
    ['RS256 by the key of PS256', 'RS256', otherRsa.privateKey, 'pss'],
    ['RS512 by the key of RS256', 'RS512', rsa.privateKey, 'rsa'],
    ['ES256 by another key under a known id', 'ES256', otherP256.privateKey, 'ec'],
    ['ES256 by the right key under an unknown id', 'ES256', p256.privateKey, 'EC'],
    ['ES256 by the right key under the id of a secret', 'ES256', p256.privateKey, 'hs'],
    ['ES384', 'ES384', p384.privateKey, 'ec'],
    ['EdDSA', 'EdDSA', ed.privateKey, 'ec'],
  ])('%s is refused', async (_name, alg, key, kid) => {
    const forged = await new SignJWT({ sub: 'a', exp: at(60) }).setProtectedHeader({ alg, kid }).sign(key)
    expect(await codeOfRejection(verify(forged))).toBe('ERR_AUTH_TOKEN_INVALID')
  })

  test('without a key id it meets all of them', async () => {
    const two = createKeyRing([
      { ...HS256, kid: 'a' },
      { algorithm: 'HS256', key: LONG, kid: 'b' },
    ])
    for (const secret of [SECRET, LONG]) {
      expect((await verifyToken(await sign({}, {}, secret), { keys: two })).sub).toBe('user-1')
    }
    expect(await codeOfRejection(verifyToken(await sign({}, {}, 'o'.repeat(32)), { keys: two }))).toBe(
      'ERR_AUTH_TOKEN_INVALID',
    )
  })

  test('and an allow-list narrows a ring further', async () => {
    const narrow = createTokenVerifier({ keys: ring, algorithms: ['ES256'] })
    expect(await codeOfRejection(narrow(await sign({}, { kid: 'hs' })))).toBe('ERR_AUTH_TOKEN_INVALID')
    const signed = await new SignJWT({ sub: 'a', exp: at(60) })
      .setProtectedHeader({ alg: 'ES256' })
      .sign(p256.privateKey)
    expect((await narrow(signed)).sub).toBe('a')
  })
})

describe('over time', () => {
  const NOW = Date.UTC(2026, 0, 1)
  beforeEach(() => void vi.useFakeTimers({ now: NOW, toFake: ['Date'] }))
  afterEach(() => void vi.useRealTimers())

  test('a key is published first, signs later, and verifies until its last token has expired', async () => {
    const [one, two] = [0, 1].map(() =>
      createKeyRing([{ algorithm: 'ES256', key: p256.privateKey, kid: 'old' }]),
    ) as [KeyRing, KeyRing]
    const next: SigningKeyOptions = {
      algorithm: 'EdDSA',
      key: ed.privateKey,
      kid: 'new',
      signFrom: NOW + 600_000,
    }
    const seen: unknown[] = []
    const verifiers = [one, two].map((keys) => createTokenVerifier({ keys }))
    for (let minute = 0; minute <= 30; minute += 1) {
      vi.setSystemTime(NOW + minute * 60_000)
      // Two machines, which hear of the new key and of the end of the old one at different times.
      if (minute === 2) one.add(next)
      if (minute === 7) two.add(next)
      if (minute === 25) one.remove('old')
      if (minute === 28) two.remove('old')
      const issued = await Promise.all([one, two].map((ring) => ring.sign({ sub: 'a', exp: at(600) })))
      for (const verify of verifiers)
        for (const signed of issued) expect((await verify(signed)).sub).toBe('a')
      seen.push([
        minute,
        decodeProtectedHeader(issued[0] as string).kid,
        one.jwks().keys.map(({ kid }) => kid),
      ])
    }
    expect(seen[1]).toEqual([1, 'old', ['old']])
    expect(seen[9]).toEqual([9, 'old', ['new', 'old']])
    expect(seen[10]).toEqual([10, 'new', ['new', 'old']])
    expect(seen[30]).toEqual([30, 'new', ['new']])
  })

  test('at verifyUntil a key stops to verify, to sign and to be published, and the generation says so', async () => {
    const ring = createKeyRing([
      { algorithm: 'ES256', key: p256.privateKey, verifyUntil: NOW + 1000 },
      { ...HS256, signFrom: NOW - 1000 },
    ])
    const signed = await new SignJWT({ sub: 'a', exp: at(60) })
      .setProtectedHeader({ alg: 'ES256' })
      .sign(p256.privateKey)
    vi.setSystemTime(NOW + 999)
    expect((await verifyToken(signed, { keys: ring })).sub).toBe('a')
    const before = ring.generation
    vi.setSystemTime(NOW + 1000)
    expect(await codeOfRejection(verifyToken(signed, { keys: ring }))).toBe('ERR_AUTH_TOKEN_INVALID')
    expect(ring.algorithms).toEqual(['HS256'])
    expect(ring.jwks()).toEqual({ keys: [] })
    expect(ring.generation).toBeGreaterThan(before)
    // A clock that jumped ahead and was set right has cost nothing.
    vi.setSystemTime(NOW)
    expect((await verifyToken(signed, { keys: ring })).sub).toBe('a')
  })

  test('when every signing key has expired, signing is unavailable and not a denial', async () => {
    const ring = createKeyRing([{ ...HS256, verifyUntil: NOW + 1000 }])
    vi.setSystemTime(NOW + 1000)
    expect(await codeOfRejection(ring.sign({ sub: 'a' }))).toBe('ERR_AUTH_KEYS_UNAVAILABLE')
    // What has expired may be taken out, and what is to come put in.
    ring.add({ algorithm: 'ES256', key: p256.privateKey, kid: 'later', signFrom: NOW + 60_000 })
    expect(ring.remove('later')).toBe(true)
    ring.add({ algorithm: 'HS256', key: LONG })
    expect((await verifyToken(await token(ring), { keys: ring })).sub).toBe('user-1')
  })

  test('the newest key signs; of equally new ones the last added, or else the first in the list', async () => {
    const key = (kid: string, signFrom?: number): SigningKeyOptions => ({ ...HS256, kid, signFrom })
    const ring = createKeyRing([key('first'), key('second')])
    expect(await kidOf(ring)).toBe('first')
    ring.add(key('third'))
    expect(await kidOf(ring)).toBe('third')
    ring.add(key('fourth'))
    expect(await kidOf(ring)).toBe('fourth')
    ring.add(key('older', NOW - 1))
    expect(await kidOf(ring)).toBe('fourth')
    ring.add(key('later', NOW + 1))
    expect(await kidOf(ring)).toBe('fourth')
    vi.setSystemTime(NOW + 1)
    expect(await kidOf(ring)).toBe('later')
  })

  test('expired keys make room for new ones', () => {
    const keys = Array.from({ length: 32 }, (_, index) => ({
      ...HS256,
      kid: `k${index}`,
      verifyUntil: index < 31 ? NOW + 1000 : undefined,
    }))
    const ring = createKeyRing(keys)
    expect(() => ring.add({ ...HS256, kid: 'more' })).toThrow('at most 32 keys')
    vi.setSystemTime(NOW + 1000)
    expect(ring.add({ ...HS256, kid: 'more' })).toBe('more')
  })
})

describe('changing a ring', () => {
  test('a verifier without a list follows it to other algorithms and back', async () => {
    const ring = createKeyRing([HS256])
    const verify = createTokenVerifier({ keys: ring })
    const kid = ring.add({ algorithm: 'EdDSA', key: ed.privateKey })
    const signed = await token(ring)
    expect(decodeProtectedHeader(signed)).toEqual({ alg: 'EdDSA', kid })
    expect((await verify(signed)).sub).toBe('user-1')
    expect(ring.remove(kid)).toBe(true)
    expect(await codeOfRejection(verify(signed))).toBe('ERR_AUTH_TOKEN_INVALID')
    expect(ring.remove(kid)).toBe(false)
    expect((await verify(await token(ring))).sub).toBe('user-1')
  })

  test('a change that is refused changes nothing', async () => {
    const ring = createKeyRing([
      { ...HS256, kid: 'a' },
      { algorithm: 'ES256', key: p256.publicKey, kid: 'b' },
    ])
    const before = [ring.generation, ring.algorithms, ring.jwks()]
    expect(() => ring.remove('a')).toThrow('a ring needs a key that can sign now')
    expect(() => ring.add({ algorithm: 'EdDSA', key: ed.privateKey, kid: 'b' })).toThrow(
      '"kid" must be unique',
    )
    expect([ring.generation, ring.algorithms, ring.jwks()]).toEqual(before)
    expect(await kidOf(ring)).toBe('a')
  })

  test('every change raises the generation', () => {
    const ring = createKeyRing([HS256])
    const start = ring.generation
    const kid = ring.add({ algorithm: 'EdDSA', key: ed.privateKey })
    expect(ring.generation).toBe(start + 1)
    ring.remove(kid)
    ring.remove(kid)
    expect(ring.generation).toBe(start + 2)
  })
})

describe('what it tells', () => {
  test('published keys have public members only, and secrets are not among them', () => {
    const ring = createKeyRing([
      HS256,
      { algorithm: 'RS256', key: { ...jwk(rsa.privateKey), x5c: ['private'] } },
      { algorithm: 'ES256', key: p256.privateKey },
      { algorithm: 'EdDSA', key: jwk(ed.privateKey) },
      { algorithm: 'PS256', key: otherRsa.publicKey },
    ])
    const members = ring.jwks().keys.map((key) => Object.keys(key).toSorted().join(' '))
    expect(members.toSorted()).toEqual([
      'alg crv kid kty use x',
      'alg crv kid kty use x y',
      'alg e kid kty n use',
      'alg e kid kty n use',
    ])
    expect(ring.jwks().keys.find(({ alg }) => alg === 'RS256')?.n).toBe(jwk(rsa.publicKey).n)
  })

  test('what it hands out is not what it works with', async () => {
    const ring = createKeyRing([{ algorithm: 'ES256', key: p256.privateKey }])
    ring.jwks().keys.length = 0
    expect(() => (ring.algorithms as TokenAlgorithm[]).push('HS256')).toThrow(TypeError)
    expect(ring.jwks().keys).toHaveLength(1)
    const bytes = Buffer.from(SECRET)
    const secrets = createKeyRing([{ algorithm: 'HS256', key: bytes }])
    bytes.fill(0)
    expect((await verifyToken(await sign(), { keys: secrets })).sub).toBe('user-1')
  })

  test('looking at a ring shows no key', async () => {
    const ring = createKeyRing([HS256, { algorithm: 'ES256', key: p256.privateKey }])
    await token(ring)
    const shown = inspect(ring, { depth: 20, showHidden: true, getters: true }) + JSON.stringify(ring)
    expect(shown).not.toContain(SECRET)
    expect(shown).not.toContain(jwk(p256.privateKey).d)
  })
})

describe('mistakes', () => {
  const small = generateKeyPairSync('rsa', { modulusLength: 1024 })
  const privateJwk = jwk(p256.privateKey)

  test.each<[string, unknown]>([
    ['no list', undefined],
    ['an empty list', []],
    ['no key object', [null]],
    ['an unknown algorithm', [{ ...HS256, algorithm: 'HS1' }]],
    ['none', [{ ...HS256, algorithm: 'none' }]],
    ['no key', [{ algorithm: 'HS256' }]],
    ['a secret of 31 bytes', [{ algorithm: 'HS256', key: 'SENSITIVE'.padEnd(31, 'x') }]],
    ['a secret of 47 bytes for HS384', [{ algorithm: 'HS384', key: 'SENSITIVE'.padEnd(47, 'x') }]],
    ['a secret of 63 bytes for HS512', [{ algorithm: 'HS512', key: Buffer.alloc(63) }]],
    ['a public PEM as a secret', [{ algorithm: 'HS256', key: pem(rsa.publicKey) }]],
    ['a private PEM as a secret', [{ algorithm: 'HS256', key: Buffer.from(pem(rsa.privateKey)) }]],
    // Hexadecimal or base64url with a slip: decoders would take what is left of it.
    [
      'an "oct" JWK whose k is not base64url',
      [{ algorithm: 'HS256', key: { kty: 'oct', k: `SENSITIVE ${'x'.repeat(60)}` } }],
    ],
    [
      'an "oct" JWK whose k is padded',
      [{ algorithm: 'HS256', key: { kty: 'oct', k: Buffer.from(`SENSITIVE${LONG}`).toString('base64') } }],
    ],
    ['a public KeyObject as a secret', [{ algorithm: 'HS256', key: rsa.publicKey }]],
    ['a public JWK as a secret', [{ algorithm: 'HS256', key: jwk(rsa.publicKey) }]],
    ['a secret as a private key', [{ algorithm: 'RS256', key: SECRET }]],
    [
      'a secret KeyObject as a private key',
      [{ algorithm: 'RS256', key: createSecretKey(Buffer.from(LONG)) }],
    ],
    ['RSA of 1024 bits', [{ algorithm: 'RS256', key: small.privateKey }]],
    ['RSA for ES256', [{ algorithm: 'ES256', key: rsa.privateKey }]],
    ['P-384 for ES256', [{ algorithm: 'ES256', key: p384.privateKey }]],
    [
      'secp256k1 for ES256',
      [{ algorithm: 'ES256', key: generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).privateKey }],
    ],
    ['P-256 for EdDSA', [{ algorithm: 'EdDSA', key: p256.privateKey }]],
    ['Ed25519 for RS256', [{ algorithm: 'RS256', key: ed.privateKey }]],
    ['X25519 for EdDSA', [{ algorithm: 'EdDSA', key: generateKeyPairSync('x25519').privateKey }]],
    ['half a PEM', [{ algorithm: 'ES256', key: pem(p256.privateKey).slice(0, 100) }]],
    [
      'a PEM of rubbish',
      [{ algorithm: 'ES256', key: '-----BEGIN PRIVATE KEY-----\nSENSITIVE\n-----END PRIVATE KEY-----' }],
    ],
    [
      'an encrypted PEM',
      [
        {
          algorithm: 'ES256',
          key: p256.privateKey.export({
            format: 'pem',
            type: 'pkcs8',
            cipher: 'aes-128-cbc',
            passphrase: 'p',
          }),
        },
      ],
    ],
    [
      'a certificate',
      [{ algorithm: 'ES256', key: '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----' }],
    ],
    ['a JWK with a number for d', [{ algorithm: 'ES256', key: { ...privateJwk, d: 424_242 } }]],
    [
      'a JWK that is no point of the curve',
      [{ algorithm: 'ES256', key: { ...privateJwk, y: privateJwk.x } }],
    ],
    [
      'a JWK with the public part of another',
      [{ algorithm: 'ES256', key: { ...jwk(otherP256.privateKey), d: privateJwk.d } }],
    ],
    [
      'an Ed25519 JWK with the public part of another',
      [
        {
          algorithm: 'EdDSA',
          key: { ...jwk(generateKeyPairSync('ed25519').privateKey), x: jwk(ed.publicKey).x },
        },
      ],
    ],
    ['a JWK for another algorithm', [{ algorithm: 'PS256', key: { ...jwk(rsa.privateKey), alg: 'RS256' } }]],
    ['a JWK for encryption', [{ algorithm: 'RS256', key: { ...jwk(rsa.privateKey), use: 'enc' } }]],
    ['a JWK for wrapping', [{ algorithm: 'RS256', key: { ...jwk(rsa.privateKey), key_ops: ['wrapKey'] } }]],
    [
      'a JWK whose key_ops are no list',
      [{ algorithm: 'RS256', key: { ...jwk(rsa.privateKey), key_ops: 'sign' } }],
    ],
    ['an empty kid', [{ ...HS256, kid: '' }]],
    ['a kid that is no text', [{ ...HS256, kid: 7 }]],
    ['a kid of 257 bytes', [{ ...HS256, kid: 'k'.repeat(257) }]],
    ['a kid with a line feed', [{ ...HS256, kid: 'a\nb' }]],
    ['a kid that is not ASCII', [{ ...HS256, kid: 'ä' }]],
    ['the same kid twice', [HS256, HS256]],
    ['signFrom as a text', [{ ...HS256, signFrom: '2026-01-01' }]],
    ['signFrom as NaN', [{ ...HS256, signFrom: Number.NaN }]],
    ['verifyUntil as a Date', [{ ...HS256, verifyUntil: new Date() }]],
    ['verifyUntil before signFrom', [{ ...HS256, signFrom: 2e12, verifyUntil: 1e12 }]],
    ['public keys alone', [{ algorithm: 'RS256', key: rsa.publicKey }]],
    ['nothing that signs yet', [{ ...HS256, signFrom: Date.now() + 60_000 }]],
    ['nothing that signs any more', [{ ...HS256, verifyUntil: Date.now() - 1 }]],
    ['33 keys', Array.from({ length: 33 }, (_, index) => ({ ...HS256, kid: `k${index}` }))],
  ])('%s is a TypeError that shows no key', (_name, keys) => {
    let error: unknown
    try {
      createKeyRing(keys as SigningKeyOptions[])
    } catch (thrown) {
      error = thrown
    }
    expect(error).toBeInstanceOf(TypeError)
    const shown = inspect(error, { depth: 10, showHidden: true })
    for (const secret of ['SENSITIVE', SECRET, '424242', privateJwk.d, 'BEGIN'])
      expect(shown).not.toContain(secret)
  })
})
