import { generateKeyPairSync, randomBytes, webcrypto, type KeyObject } from 'node:crypto'
import { createCachedVerifier, createKeyRing, createTokenVerifier } from '@portcullis/auth-core'
import { createVerifier } from 'fast-jwt'
import { importSPKI, jwtVerify, type CryptoKey } from 'jose'

export const ALGORITHMS = ['HS256', 'ES256', 'EdDSA'] as const

/** A library under one name; `verify` resolves claims or throws. */
export interface Contender {
  readonly name: string
  readonly verify: (token: string) => unknown
}

/** All libraries with one key, and tokens that it signed. */
export interface Comparison {
  readonly contenders: readonly Contender[]
  readonly tokens: readonly string[]
}

const ISSUER = 'https://issuer.example'
const AUDIENCE = 'bench'

/** Everybody checks signature, `exp`, `iss`, `aud` and that there is a `sub`. */
export async function compareVerifiers(
  algorithm: (typeof ALGORITHMS)[number],
  tokenCount: number,
): Promise<Comparison> {
  const { signing, text } = makeKey(algorithm)
  const keys = createKeyRing([{ algorithm, key: signing }])
  const verify = createTokenVerifier({ keys, issuer: ISSUER, audience: AUDIENCE })
  const exp = Math.floor(Date.now() / 1000) + 3600
  const tokens = await Promise.all(
    Array.from({ length: tokenCount }, (_, index) =>
      keys.sign({ sub: `user-${index}`, iss: ISSUER, aud: AUDIENCE, iat: exp - 3600, exp }),
    ),
  )
  // What jose recommends to keep: an imported key.
  const joseKey = await importKey(algorithm, text)
  const joseOptions = {
    issuer: ISSUER,
    audience: AUDIENCE,
    algorithms: [algorithm],
    requiredClaims: ['sub', 'exp'],
  }
  const fastOptions = {
    key: text,
    algorithms: [algorithm],
    allowedIss: ISSUER,
    allowedAud: AUDIENCE,
    requiredClaims: ['sub', 'exp'],
  }
  return {
    tokens,
    contenders: [
      { name: 'jose', verify: async (token) => jwtVerify(token, joseKey, joseOptions) },
      { name: 'fast-jwt', verify: createVerifier(fastOptions) },
      { name: 'portcullis', verify },
      { name: 'fast-jwt, cached', verify: createVerifier({ ...fastOptions, cache: 10_000 }) },
      { name: 'portcullis, cached', verify: createCachedVerifier(verify, { keys }) },
    ],
  }
}

async function importKey(algorithm: (typeof ALGORITHMS)[number], text: string): Promise<CryptoKey> {
  if (algorithm !== 'HS256') return importSPKI(text, algorithm)
  const hmac = { name: 'HMAC', hash: 'SHA-256' }
  return webcrypto.subtle.importKey('raw', Buffer.from(text), hmac, false, ['verify'])
}

function makeKey(algorithm: (typeof ALGORITHMS)[number]): { signing: KeyObject | string; text: string } {
  if (algorithm === 'HS256') {
    const secret = randomBytes(32).toString('hex')
    return { signing: secret, text: secret }
  }
  const { privateKey, publicKey } =
    algorithm === 'ES256'
      ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
      : generateKeyPairSync('ed25519')
  return { signing: privateKey, text: publicKey.export({ format: 'pem', type: 'spki' }) as string }
}
