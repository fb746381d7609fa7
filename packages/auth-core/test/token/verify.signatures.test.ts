import { constants, createHmac, generateKeyPairSync, sign, type KeyObject } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { createKeyRing, createTokenVerifier, verifyToken } from '../../src/index.ts'
import { codeOfRejection } from '../code-of.ts'
import { at, SECRET } from '../tokens.ts'

const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const ed = generateKeyPairSync('ed25519')
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const RSA_BYTES = 256

const keys = createKeyRing([
  { algorithm: 'HS256', key: SECRET, kid: 'hs' },
  { algorithm: 'ES256', key: ec.privateKey, kid: 'ec' },
  { algorithm: 'EdDSA', key: ed.privateKey, kid: 'ed' },
  { algorithm: 'PS256', key: rsa.privateKey, kid: 'ps' },
  // The same key twice: only the algorithm of the ring keeps its signatures apart.
  { algorithm: 'RS256', key: rsa.privateKey, kid: 'rs' },
])
const verify = createTokenVerifier({ keys })

function input(alg: string): string {
  return [{ alg }, { sub: 'a', exp: at(60) }]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.')
}

async function verdict(alg: string, signature: (input: Buffer) => Buffer): Promise<string> {
  const text = input(alg)
  const token = `${text}.${signature(Buffer.from(text)).toString('base64url')}`
  return verify(token).then(
    () => 'accepted',
    async () => codeOfRejection(verify(token)),
  )
}

const ecdsa =
  (dsaEncoding: 'ieee-p1363' | 'der', key: KeyObject = ec.privateKey, hash = 'sha256') =>
  (data: Buffer): Buffer =>
    sign(hash, data, { key, dsaEncoding })

const pss =
  (saltLength: number, hash = 'sha256') =>
  (data: Buffer): Buffer =>
    sign(hash, data, { key: rsa.privateKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength })

const pkcs1 =
  (hash = 'sha256') =>
  (data: Buffer): Buffer =>
    sign(hash, data, rsa.privateKey)

/** The order of P-256. */
const N = BigInt('0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551')

/** A raw ECDSA signature of two numbers. */
const pair = (r: bigint, s: bigint) => (): Buffer =>
  Buffer.from([r, s].map((one) => one.toString(16).padStart(64, '0')).join(''), 'hex')

describe('signatures as they should be', () => {
  test.each([
    ['HS256', (data: Buffer) => createHmac('sha256', SECRET).update(data).digest()],
    ['ES256', ecdsa('ieee-p1363')],
    ['EdDSA', (data: Buffer) => sign(null, data, ed.privateKey)],
    ['PS256', pss(32)],
    ['RS256', pkcs1()],
  ])('%s is accepted', async (alg, signature) => {
    expect(await verdict(alg, signature)).toBe('accepted')
  })
})

describe('signatures with something wrong', () => {
  const edges = [0n, 1n, N - 1n, N, N + 1n, (1n << 256n) - 1n]
  const good = (data: Buffer): Buffer => ecdsa('ieee-p1363')(data)

  test.each<[string, string, (data: Buffer) => Buffer]>([
    ['HS256 with another hash', 'HS256', (data) => createHmac('sha512', SECRET).update(data).digest()],
    [
      'HS256 cut to half',
      'HS256',
      (data) => createHmac('sha256', SECRET).update(data).digest().subarray(0, 16),
    ],
    [
      'HS256 with more behind it',
      'HS256',
      (data) => Buffer.concat([createHmac('sha256', SECRET).update(data).digest(), Buffer.alloc(1)]),
    ],
    ['HS256 with no key at all', 'HS256', (data) => createHmac('sha256', '').update(data).digest()],
    ['ES256 in DER', 'ES256', ecdsa('der')],
    ['ES256 with another hash', 'ES256', ecdsa('ieee-p1363', ec.privateKey, 'sha512')],
    ['ES256 with zeros behind it', 'ES256', (data) => Buffer.concat([good(data), Buffer.alloc(2)])],
    [
      'ES256 with zeros before both halves',
      'ES256',
      (data) =>
        Buffer.concat([
          Buffer.alloc(1),
          good(data).subarray(0, 32),
          Buffer.alloc(1),
          good(data).subarray(32),
        ]),
    ],
    [
      'ES256 with its halves swapped',
      'ES256',
      (data) => Buffer.concat([good(data).subarray(32), good(data).subarray(0, 32)]),
    ],
    ['ES256 with the second half alone', 'ES256', (data) => good(data).subarray(32)],
    ...edges.flatMap((r) =>
      edges.map((s): [string, string, () => Buffer] => [`ES256 of r=${r} and s=${s}`, 'ES256', pair(r, s)]),
    ),
    ['EdDSA of zeros', 'EdDSA', () => Buffer.alloc(64)],
    [
      'EdDSA with more behind it',
      'EdDSA',
      (data) => Buffer.concat([sign(null, data, ed.privateKey), Buffer.alloc(1)]),
    ],
    ['EdDSA of a hash', 'EdDSA', () => sign(null, Buffer.alloc(64), ed.privateKey)],
    ['PS256 without salt', 'PS256', pss(0)],
    ['PS256 with a short salt', 'PS256', pss(31)],
    ['PS256 with a long salt', 'PS256', pss(64)],
    ['PS256 with another hash', 'PS256', pss(32, 'sha512')],
    ['PS256 in the padding of RS256', 'PS256', pkcs1()],
    ['RS256 in the padding of PS256', 'RS256', pss(32)],
    ['RS256 with another hash', 'RS256', pkcs1('sha512')],
    ['RS256 with SHA-1', 'RS256', pkcs1('sha1')],
    ['RS256 with a zero before it', 'RS256', (data) => Buffer.concat([Buffer.alloc(1), pkcs1()(data)])],
    ['RS256 of zero', 'RS256', () => Buffer.alloc(RSA_BYTES)],
    ['RS256 of one', 'RS256', () => Buffer.alloc(RSA_BYTES).fill(1, RSA_BYTES - 1)],
    ['RS256 of ones', 'RS256', () => Buffer.alloc(RSA_BYTES, 0xff)],
  ])('%s is refused', async (_name, alg, signature) => {
    expect(await verdict(alg, signature)).toBe('ERR_AUTH_TOKEN_INVALID')
  })
})

describe('other serializations', () => {
  const header = Buffer.from('{"alg":"HS256"}').toString('base64url')
  const payload = Buffer.from(`{"sub":"a","exp":${at(60)}}`).toString('base64url')
  const signature = createHmac('sha256', SECRET).update(`${header}.${payload}`).digest('base64url')

  test.each([
    ['compact, for comparison', `${header}.${payload}.${signature}`, 'accepted'],
    ['flattened JSON', JSON.stringify({ protected: header, payload, signature }), 'refused'],
    ['general JSON', JSON.stringify({ payload, signatures: [{ protected: header, signature }] }), 'refused'],
    ['a detached payload', `${header}..${signature}`, 'refused'],
    ['no signature', `${header}.${payload}.`, 'refused'],
    ['no signature and no separator', `${header}.${payload}`, 'refused'],
    ['no header', `.${payload}.${signature}`, 'refused'],
    ['the five parts of a JWE', `${header}.${payload}.${payload}.${payload}.${signature}`, 'refused'],
    ['padding', `${header}.${payload}.${signature}=`, 'refused'],
    [
      'the other base64',
      `${header}.${payload}.${signature.replaceAll('-', '+').replaceAll('_', '/')}+`,
      'refused',
    ],
    ['a space inside', `${header}.${payload}.${signature.slice(0, 9)} ${signature.slice(9)}`, 'refused'],
    ['letters that look alike', `${header}.${payload}.${signature.slice(0, -1)}А`, 'refused'],
    ['a scheme before it', `Bearer ${header}.${payload}.${signature}`, 'refused'],
  ])('%s', async (_name, token, expected) => {
    const code = await verifyToken(token, { keys }).then(
      () => 'accepted',
      async () => codeOfRejection(verifyToken(token, { keys })),
    )
    expect(code).toBe(expected === 'accepted' ? 'accepted' : 'ERR_AUTH_TOKEN_INVALID')
  })
})
