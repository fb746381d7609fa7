import {
  constants,
  createHmac,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  sign,
  type KeyObject,
} from 'node:crypto'
import type { JWK } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  allowInsecureHttp,
  createVerifier,
  type AccessTokenAlgorithm,
  type OidcVerifier,
} from '../../src/index.ts'
import { createIssuer, type Issuer } from '../../src/verifier/issuer.ts'
import { codeOf } from '../support/code-of.ts'
import { AUDIENCE, startIssuer, type TestIssuer } from '../support/issuer.ts'

/*
 * The signatures of RFC 7515 appendix A, RFC 7520 section 4 and RFC 8037 appendix A, and what Project Wycheproof tries on
 * signatures and keys, against a verifier that downloads its keys.
 */

let idp: TestIssuer
beforeAll(async () => {
  idp = await startIssuer()
})
afterAll(async () => idp[Symbol.asyncDispose]())

/** A verifier that knows these keys alone. */
function verifierFor(keys: readonly JWK[]): OidcVerifier {
  const { issuer, jwksUri } = idp
  idp.keys = [...keys]
  return createVerifier({ issuer, jwksUri, audience: AUDIENCE, [allowInsecureHttp]: true })
}

function issuerFor(keys: readonly JWK[], algorithm: AccessTokenAlgorithm): Issuer {
  idp.keys = [...keys]
  const config = { issuer: 'joe', jwksUri: idp.jwksUri, audience: AUDIENCE, algorithms: [algorithm] }
  return createIssuer(config, { [allowInsecureHttp]: true })
}

function encode(value: unknown): string {
  return Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')
}

function claims(): object {
  return { iss: idp.issuer, aud: AUDIENCE, sub: 'alice', exp: Math.floor(Date.now() / 1000) + 300 }
}

function signed(header: object, signature: (input: Buffer) => Buffer): string {
  const input = `${encode(header)}.${encode(claims())}`
  return `${input}.${signature(Buffer.from(input)).toString('base64url')}`
}

/** `alice`, or the code of the refusal. */
async function verdict(verifier: OidcVerifier, token: string): Promise<string> {
  return verifier.verify(token).then(
    ({ context }) => context.sub,
    async () => codeOf(verifier.verify(token)),
  )
}

describe('the signatures of the RFCs', () => {
  // RFC 7515 appendix A: a claims set without `sub`.
  const JOE = 'eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ'
  // RFC 7520 figure 8: no claims set at all.
  const FRODO =
    'SXTigJlzIGEgZGFuZ2Vyb3VzIGJ1c2luZXNzLCBGcm9kbywgZ29pbmcgb3V0IHlvdXIgZG9vci4gWW91IHN0ZXAgb250byB0aGUgcm9hZCwgYW5kIGlmIHlvdSBkb24ndCBrZWVwIHlvdXIgZmVldCwgdGhlcmXigJlzIG5vIGtub3dpbmcgd2hlcmUgeW91IG1pZ2h0IGJlIHN3ZXB0IG9mZiB0by4'
  const BILBO = {
    kty: 'RSA',
    kid: 'bilbo.baggins@hobbiton.example',
    use: 'sig',
    n: 'n4EPtAOCc9AlkeQHPzHStgAbgs7bTZLwUBZdR8_KuKPEHLd4rHVTeT-O-XV2jRojdNhxJWTDvNd7nqQ0VEiZQHz_AJmSCpMaJMRBSFKrKb2wqVwGU_NsYOYL-QtiWN2lbzcEe6XC0dApr5ydQLrHqkHHig3RBordaZ6Aj-oBHqFEHYpPe7Tpe-OfVfHd1E6cS6M1FZcD1NNLYD5lFHpPI9bTwJlsde3uhGqC0ZCuEHg8lhzwOHrtIQbS0FVbb9k3-tVTU4fg_3L_vniUFAKwuCLqKnS2BYwdq_mzSnbLY7h_qixoR7jig3__kRhuaxwUkRz5iaiQkqgc5gHdrNP5zw',
    e: 'AQAB',
  }

  test.each<[string, AccessTokenAlgorithm, JWK, string]>([
    [
      'RFC 7515 A.2',
      'RS256',
      {
        kty: 'RSA',
        n: 'ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ',
        e: 'AQAB',
      },
      `eyJhbGciOiJSUzI1NiJ9.${JOE}.cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw`,
    ],
    [
      'RFC 7515 A.3',
      'ES256',
      {
        kty: 'EC',
        crv: 'P-256',
        x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
        y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
      },
      `eyJhbGciOiJFUzI1NiJ9.${JOE}.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q`,
    ],
    [
      'RFC 8037 A.4',
      'EdDSA',
      { kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' },
      'eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg',
    ],
    [
      'RFC 7520 4.1',
      'RS256',
      BILBO,
      `eyJhbGciOiJSUzI1NiIsImtpZCI6ImJpbGJvLmJhZ2dpbnNAaG9iYml0b24uZXhhbXBsZSJ9.${FRODO}.MRjdkly7_-oTPTS3AXP41iQIGKa80A0ZmTuV5MEaHoxnW2e5CZ5NlKtainoFmKZopdHM1O2U4mwzJdQx996ivp83xuglII7PNDi84wnB-BDkoBwA78185hX-Es4JIwmDLJK3lfWRa-XtL0RnltuYv746iYTh_qHRD68BNt1uSNCrUCTJDt5aAE6x8wW1Kt9eRo4QPocSadnHXFxnt8Is9UzpERV0ePPQdLuW3IS_de3xyIrDaLGdjluPxUAhb6L2aXic1U12podGU0KLUQSE_oI-ZnmKJ3F4uOZDnd6QZWJushZ41Axf_fcIe8u9ipH84ogoree7vjbU5y18kDquDg`,
    ],
    [
      'RFC 7520 4.2',
      'PS384',
      BILBO,
      `eyJhbGciOiJQUzM4NCIsImtpZCI6ImJpbGJvLmJhZ2dpbnNAaG9iYml0b24uZXhhbXBsZSJ9.${FRODO}.cu22eBqkYDKgIlTpzDXGvaFfz6WGoz7fUDcfT0kkOy42miAh2qyBzk1xEsnk2IpN6-tPid6VrklHkqsGqDqHCdP6O8TTB5dDDItllVo6_1OLPpcbUrhiUSMxbbXUvdvWXzg-UD8biiReQFlfz28zGWVsdiNAUf8ZnyPEgVFn442ZdNqiVJRmBqrYRXe8P_ijQ7p8Vdz0TTrxUeT3lm8d9shnr2lfJT8ImUjvAA2Xez2Mlp8cBE5awDzT0qI0n6uiP1aCN_2_jLAeQTlqRHtfa64QQSUmFAAjVKPbByi7xho0uTOcbH510a6GYmJUAfmWjwZ6oD4ifKo8DYM-X72Eaw`,
    ],
    [
      'RFC 7520 4.3',
      'ES512',
      {
        kty: 'EC',
        kid: 'bilbo.baggins@hobbiton.example',
        use: 'sig',
        crv: 'P-521',
        x: 'AHKZLLOsCOzz5cY97ewNUajB957y-C-U88c3v13nmGZx6sYl_oJXu9A5RkTKqjqvjyekWF-7ytDyRXYgCF5cj0Kt',
        y: 'AdymlHvOiLxXkEhayXQnNCvDX4h9htZaCJN34kfmC6pV5OhQHiraVySsUdaQkAgDPrwQrJmbnX9cwlGfP-HqHZR1',
      },
      `eyJhbGciOiJFUzUxMiIsImtpZCI6ImJpbGJvLmJhZ2dpbnNAaG9iYml0b24uZXhhbXBsZSJ9.${FRODO}.AE_R_YZCChjn4791jSQCrdPZCNYqHXCTZH0-JZGYNlaAjP2kqaluUIIUnC9qvbu9Plon7KRTzoNEuT4Va2cmL1eJAQy3mtPBu_u_sDDyYjnAMDxXPn7XrT0lw-kvAD890jl8e2puQens_IEKBpHABlsbEPX6sFY8OcGDqoRuBomu9xQ2`,
    ],
  ])('%s is found right, and wrong with a bit changed', async (_name, algorithm, key, token) => {
    const { verify } = issuerFor([{ ...key, alg: algorithm }], algorithm)
    // None of the examples is an access token, but only after its signature was found right.
    await expect(verify(token)).rejects.toThrow(/is missing|could not be verified/)
    const [header, payload, signature] = token.split('.') as [string, string, string]
    const changed = Buffer.from(signature, 'base64url')
    changed[changed.length - 1] = (changed.at(-1) as number) ^ 1
    await expect(verify(`${header}.${payload}.${changed.toString('base64url')}`)).rejects.toThrow(
      'its signature is wrong',
    )
  })

  // The private keys of RFC 7515 A.3.1 and RFC 8037 A.1.
  test.each<[string, JWK, (key: KeyObject) => (input: Buffer) => Buffer]>([
    [
      'ES256',
      {
        kty: 'EC',
        crv: 'P-256',
        x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
        y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
        d: 'jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI',
      },
      (key) => (input) => sign('sha256', input, { key, dsaEncoding: 'ieee-p1363' }),
    ],
    [
      'EdDSA',
      {
        kty: 'OKP',
        crv: 'Ed25519',
        x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo',
        d: 'nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A',
      },
      (key) => (input) => sign(null, input, key),
    ],
  ])('an access token signed with the %s key of an RFC is accepted', async (alg, jwk, signer) => {
    const key = createPrivateKey({ key: jwk, format: 'jwk' })
    const { d: _secret, ...open } = jwk
    expect(await verdict(verifierFor([open]), signed({ alg }, signer(key)))).toBe('alice')
  })
})

const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const ed = generateKeyPairSync('ed25519')
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })

function published(key: KeyObject, members: object = {}): JWK {
  return { ...(createPublicKey(key).export({ format: 'jwk' }) as JWK), ...members }
}

const KEYS: readonly JWK[] = [
  published(ec.privateKey, { kid: 'ES256', alg: 'ES256' }),
  published(ed.privateKey, { kid: 'EdDSA', alg: 'EdDSA' }),
  published(rsa.privateKey, { kid: 'RS256', alg: 'RS256' }),
  published(rsa.privateKey, { kid: 'PS256', alg: 'PS256' }),
]

const ecdsa =
  (dsaEncoding: 'ieee-p1363' | 'der', key = ec.privateKey, hash = 'sha256') =>
  (input: Buffer): Buffer =>
    sign(hash, input, { key, dsaEncoding })
const pss =
  (saltLength: number, hash = 'sha256') =>
  (input: Buffer): Buffer =>
    sign(hash, input, { key: rsa.privateKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength })
const pkcs1 =
  (hash = 'sha256') =>
  (input: Buffer): Buffer =>
    sign(hash, input, rsa.privateKey)
const eddsa = (input: Buffer): Buffer => sign(null, input, ed.privateKey)
const padded =
  (signature: (input: Buffer) => Buffer, before: number, after: number) =>
  (input: Buffer): Buffer =>
    Buffer.concat([Buffer.alloc(before), signature(input), Buffer.alloc(after)])

/** The order of P-256. */
const N = BigInt('0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551')
const pair = (r: bigint, s: bigint) => (): Buffer =>
  Buffer.from([r, s].map((one) => one.toString(16).padStart(64, '0')).join(''), 'hex')
const EDGES = [0n, 1n, N - 1n, N, N + 1n, (1n << 256n) - 1n]

describe('signatures', () => {
  test.each<[string, (input: Buffer) => Buffer]>([
    ['ES256', ecdsa('ieee-p1363')],
    ['EdDSA', eddsa],
    ['RS256', pkcs1()],
    ['PS256', pss(32)],
  ])('as they should be are accepted: %s', async (alg, signature) => {
    expect(await verdict(verifierFor(KEYS), signed({ alg, kid: alg }, signature))).toBe('alice')
    expect(await verdict(verifierFor(KEYS), signed({ alg }, signature))).toBe('alice')
  })

  test.each<[string, string, (input: Buffer) => Buffer]>([
    ['ES256', 'in DER', ecdsa('der')],
    ['ES256', 'with another hash', ecdsa('ieee-p1363', ec.privateKey, 'sha512')],
    [
      'ES256',
      'of another key',
      ecdsa('ieee-p1363', generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey),
    ],
    [
      'ES256',
      'on another curve',
      ecdsa('ieee-p1363', generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).privateKey),
    ],
    ['ES256', 'with zeros before it', padded(ecdsa('ieee-p1363'), 2, 0)],
    ['ES256', 'with zeros behind it', padded(ecdsa('ieee-p1363'), 0, 2)],
    ['ES256', 'cut short', (input) => ecdsa('ieee-p1363')(input).subarray(0, 63)],
    ...EDGES.flatMap((r) =>
      EDGES.map((s): [string, string, () => Buffer] => ['ES256', `of r=${r} and s=${s}`, pair(r, s)]),
    ),
    ['EdDSA', 'of zeros', () => Buffer.alloc(64)],
    ['EdDSA', 'with a zero behind it', padded(eddsa, 0, 1)],
    ['EdDSA', 'of something else', () => eddsa(Buffer.from('something else'))],
    ['RS256', 'in the padding of PS256', pss(32)],
    ['RS256', 'with another hash', pkcs1('sha512')],
    ['RS256', 'with SHA-1', pkcs1('sha1')],
    ['RS256', 'with a zero before it', padded(pkcs1(), 1, 0)],
    ['RS256', 'of zero', () => Buffer.alloc(256)],
    ['RS256', 'of one', () => Buffer.alloc(256).fill(1, 255)],
    ['RS256', 'of ones', () => Buffer.alloc(256, 0xff)],
    ['PS256', 'in the padding of RS256', pkcs1()],
    ['PS256', 'without salt', pss(0)],
    ['PS256', 'with a long salt', pss(64)],
    ['PS256', 'with another hash', pss(32, 'sha512')],
  ])('with something wrong are refused: %s %s', async (alg, _what, signature) => {
    const token = signed({ alg, kid: alg }, signature)
    expect(await verdict(verifierFor(KEYS), token)).toBe('ERR_AUTH_TOKEN_INVALID')
  })

  test.each<[string, string]>([
    ['ES256', 'RS256'],
    ['RS256', 'PS256'],
    ['PS256', 'RS256'],
    ['EdDSA', 'ES256'],
  ])('of %s by the key of %s are refused', async (alg, kid) => {
    const makers = { ES256: ecdsa('ieee-p1363'), EdDSA: eddsa, RS256: pkcs1(), PS256: pss(32) }
    const token = signed({ alg, kid }, makers[alg as keyof typeof makers])
    expect(await verdict(verifierFor(KEYS), token)).toBe('ERR_AUTH_TOKEN_INVALID')
  })
})

describe('headers', () => {
  test.each<[string, object]>([
    ['an unknown critical extension', { crit: ['exp'], exp: 1 }],
    ['no critical extension at all', { crit: [] }],
    ['a critical extension that is no list', { crit: 'b64' }],
    ['a payload that is not encoded', { crit: ['b64'], b64: false }],
    ['b64 without crit', { b64: false }],
    ['b64 as it is anyway', { crit: ['b64'], b64: true }],
    ['a key id that is no text', { kid: { a: 1 } }],
    ['a key id of 257 bytes', { kid: 'k'.repeat(257) }],
    ['a key id that is a path', { kid: '../../../../etc/passwd' }],
    ['a key id that is a query', { kid: "' OR 1=1 --" }],
    ['an algorithm in another case', { alg: 'es256' }],
    ['a list of algorithms', { alg: ['ES256'] }],
    ['no algorithm', { alg: undefined }],
    ['a curve without a key', { alg: 'ES256K' }],
    ['an algorithm of encryption', { alg: 'RSA-OAEP' }],
    ['the algorithm of another name', { alg: 'ES384' }],
  ])('with %s are refused', async (_name, header) => {
    const token = signed({ alg: 'ES256', kid: 'ES256', ...header }, ecdsa('ieee-p1363'))
    expect(await verdict(verifierFor(KEYS), token)).toBe('ERR_AUTH_TOKEN_INVALID')
  })

  test('that bring their own key are judged by the published one', async () => {
    const own = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
    for (const header of [
      { jwk: published(own) },
      { jwk: published(own), kid: 'ES256' },
      { jku: `${idp.issuer}/own`, kid: 'own' },
      { x5u: `${idp.issuer}/own`, kid: 'own' },
      { x5c: ['AAAA'], kid: 'ES256' },
    ]) {
      const token = signed({ alg: 'ES256', ...header }, ecdsa('ieee-p1363', own))
      expect(await verdict(verifierFor(KEYS), token)).toBe('ERR_AUTH_TOKEN_INVALID')
    }
    expect(idp.others).toEqual([])
    const mine = signed({ alg: 'ES256', kid: 'ES256', jwk: published(own) }, ecdsa('ieee-p1363'))
    expect(await verdict(verifierFor(KEYS), mine)).toBe('alice')
  })

  test('of a token in a token, of an encrypted one and of a compressed one are refused', async () => {
    const inner = signed({ alg: 'ES256', kid: 'ES256' }, ecdsa('ieee-p1363'))
    const header = encode({ alg: 'ES256', kid: 'ES256', cty: 'JWT' })
    const input = `${header}.${encode(inner)}`
    const nested = `${input}.${ecdsa('ieee-p1363')(Buffer.from(input)).toString('base64url')}`
    const jwe = [encode({ alg: 'dir', enc: 'A256GCM', zip: 'DEF' }), '', 'AAAA', 'AAAA', 'AAAA'].join('.')
    for (const token of [
      nested,
      jwe,
      `${inner}.`,
      `.${inner}`,
      ` ${inner}`,
      `${inner}\n`,
      `Bearer ${inner}`,
    ]) {
      expect(await verdict(verifierFor(KEYS), token)).toBe('ERR_AUTH_TOKEN_INVALID')
    }
  })
})

describe('keys', () => {
  const token = (): string => signed({ alg: 'ES256', kid: 'ES256' }, ecdsa('ieee-p1363'))
  const mine = KEYS[0] as JWK

  test.each<[string, JWK, string]>([
    ['for encryption', { ...mine, use: 'enc' }, 'ERR_AUTH_TOKEN_INVALID'],
    ['for signing alone', { ...mine, key_ops: ['sign'] }, 'ERR_AUTH_TOKEN_INVALID'],
    ['of another algorithm', { ...mine, alg: 'ES384' }, 'ERR_AUTH_TOKEN_INVALID'],
    ['of another kind', { ...mine, kty: 'RSA' }, 'ERR_AUTH_TOKEN_INVALID'],
    ['on another curve', { ...mine, crv: 'P-384' }, 'ERR_AUTH_TOKEN_INVALID'],
    ['on a curve nobody knows', { ...mine, crv: 'secp256k1' }, 'ERR_AUTH_TOKEN_INVALID'],
    // Broken keys are the issuer's fault, and no verdict on the token.
    ['beside its curve', { ...mine, y: mine.x as string }, 'ERR_AUTH_KEYS_UNAVAILABLE'],
    [
      'with a coordinate cut short',
      { ...mine, x: (mine.x as string).slice(0, 40) },
      'ERR_AUTH_KEYS_UNAVAILABLE',
    ],
    [
      'at infinity',
      { ...mine, x: encode('\0'.repeat(32)), y: encode('\0'.repeat(32)) },
      'ERR_AUTH_KEYS_UNAVAILABLE',
    ],
  ])('%s verify nothing, and hinder no other', async (_name, key, code) => {
    expect(await verdict(verifierFor([key]), token())).toBe(code)
    if (code === 'ERR_AUTH_TOKEN_INVALID')
      expect(await verdict(verifierFor([key, mine]), token())).toBe('alice')
    else expect(await verdict(verifierFor([{ ...key, kid: 'broken' }, mine]), token())).toBe('alice')
  })

  test('that are secrets verify nothing', async () => {
    const secret = Buffer.alloc(32, 7)
    const keys = [{ kty: 'oct', k: secret.toString('base64url'), kid: 'secret', alg: 'HS256' }]
    const forged = signed({ alg: 'HS256', kid: 'secret' }, (input) =>
      createHmac('sha256', secret).update(input).digest(),
    )
    expect(await verdict(verifierFor(keys), forged)).toBe('ERR_AUTH_TOKEN_INVALID')
  })

  test('shorter than 2048 bits verify nothing', async () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 1024 })
    const weak = signed({ alg: 'RS256', kid: 'weak' }, (input) => sign('sha256', input, privateKey))
    expect(await verdict(verifierFor([published(privateKey, { kid: 'weak', alg: 'RS256' })]), weak)).not.toBe(
      'alice',
    )
  })
})
