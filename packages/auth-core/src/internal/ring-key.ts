import { createSecretKey, webcrypto } from 'node:crypto'
import { importJWK, type CryptoKey, type JWK } from 'jose'
import type { VerificationKey } from '../keys/key-set.ts'
import type { PublicJwk, SigningKeyOptions } from '../keys/signing-key.ts'
import { TOKEN_ALGORITHMS, type TokenAlgorithm } from '../token/algorithms.ts'
import { publicMembers, secretKeyId, thumbprint } from './key-id.ts'
import { isJwk, readKeyMaterial, type KeyMaterial } from './key-material.ts'

/** A key of a ring, checked. */
export interface RingKey {
  readonly algorithm: TokenAlgorithm
  readonly kid: string
  readonly signFrom: number
  readonly verifyUntil: number
  readonly canSign: boolean
  /** Undefined for secrets, which are never listed. */
  readonly jwk: PublicJwk | undefined
  /** Imported on first use, once. */
  verifyKey(): Promise<VerificationKey>
  /** Only where {@link canSign}. */
  signKey(): Promise<CryptoKey>
}

const KID = /^[\x20-\x7e]{1,256}$/

/**
 * @param fallbackSignFrom - for a key that says nothing about it
 * @throws TypeError naming the option that is wrong, without key material
 */
export function readRingKey(options: SigningKeyOptions, fallbackSignFrom: number): RingKey {
  if (typeof options !== 'object' || options === null)
    throw new TypeError('a key of a ring must be an object')
  const { algorithm, key } = options
  if (!TOKEN_ALGORITHMS.includes(algorithm)) throw new TypeError('"algorithm" is unknown or forbidden')
  const signFrom = instant('signFrom', options.signFrom, fallbackSignFrom)
  const verifyUntil = instant('verifyUntil', options.verifyUntil, Infinity)
  if (options.signFrom !== undefined && verifyUntil <= signFrom) {
    throw new TypeError('"verifyUntil" must be later than "signFrom"')
  }
  const material = readKeyMaterial(options)
  const members =
    material.kind === 'public' ? publicMembers(material.publicKey.export({ format: 'jwk' })) : undefined
  const kid =
    options.kid ??
    (isJwk(key) ? key.kid : undefined) ??
    (material.kind === 'secret' ? secretKeyId(material.secret, algorithm) : thumbprint(members as PublicJwk))
  if (typeof kid !== 'string' || !KID.test(kid)) {
    throw new TypeError('"kid" must be 1 to 256 printable ASCII characters')
  }
  return Object.freeze({
    algorithm,
    kid,
    signFrom,
    verifyUntil,
    canSign: material.kind === 'secret' || material.privateKey !== undefined,
    jwk: members && Object.freeze({ ...members, kid, alg: algorithm, use: 'sig' as const }),
    verifyKey: once(async () =>
      material.kind === 'secret'
        ? createSecretKey(material.secret)
        : importKey(material, algorithm, 'verify'),
    ),
    signKey: once(() => importKey(material, algorithm, 'sign')),
  })
}

async function importKey(
  material: KeyMaterial,
  algorithm: TokenAlgorithm,
  use: 'sign' | 'verify',
): Promise<CryptoKey> {
  if (material.kind === 'secret') {
    const hash = `SHA-${algorithm.slice(2)}`
    return webcrypto.subtle.importKey('raw', material.secret, { name: 'HMAC', hash }, false, ['sign'])
  }
  const key = use === 'sign' ? material.privateKey : material.publicKey
  return (await importJWK(key?.export({ format: 'jwk' }) as JWK, algorithm)) as CryptoKey
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined
  return () => (made ??= make())
}

function instant(name: string, value: number | undefined, fallback: number): number {
  if (value === undefined) return fallback
  if (typeof value !== 'number' || !Number.isFinite(value)) {
    throw new TypeError(`"${name}" must be milliseconds since the epoch`)
  }
  return value
}
