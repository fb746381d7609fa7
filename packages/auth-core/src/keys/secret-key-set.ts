import { webcrypto } from 'node:crypto'
import type { CryptoKey } from 'jose'
import type { TokenAlgorithm } from '../token/algorithms.ts'
import type { KeySet } from './key-set.ts'

/** Shortest secret for HS256, bytes. @see RFC 7518 §3.2 */
export const MIN_SECRET_BYTES = 32

const HASHES: Partial<Record<TokenAlgorithm, { hash: string; bytes: number }>> = {
  HS256: { hash: 'SHA-256', bytes: 32 },
  HS384: { hash: 'SHA-384', bytes: 48 },
  HS512: { hash: 'SHA-512', bytes: 64 },
}

/**
 * A key set of shared secrets for HS256, HS384 and HS512. Several secrets verify side by side, which is how a secret
 * is rotated: put the new one first, remove the old one when its last token has expired.
 *
 * @param secrets - text (UTF-8) or bytes, each at least 32 bytes. A secret shorter than the hash of HS384 (48) or HS512
 *   (64) never verifies that algorithm.
 * @throws TypeError when there is no secret or one is too short; the message does not contain it
 * @see RFC 7518 §3.2
 */
export function createSecretKeySet(secrets: string | Uint8Array | readonly (string | Uint8Array)[]): KeySet {
  const list = typeof secrets === 'string' || secrets instanceof Uint8Array ? [secrets] : secrets
  if (!Array.isArray(list) || list.length === 0)
    throw new TypeError('"secrets" must name at least one secret')
  const raw = list.map(toBytes)
  const imported = new Map<TokenAlgorithm, Promise<CryptoKey[]>>()

  return Object.freeze({
    kind: 'secret' as const,
    async candidates({ alg }): Promise<readonly CryptoKey[]> {
      const known = HASHES[alg]
      if (known === undefined) return []
      let keys = imported.get(alg)
      if (keys === undefined) {
        keys = Promise.all(
          raw.filter((one) => one.byteLength >= known.bytes).map((one) => toKey(one, known.hash)),
        )
        imported.set(alg, keys)
      }
      return keys
    },
  } satisfies KeySet)
}

function toBytes(secret: string | Uint8Array): Uint8Array<ArrayBuffer> {
  if (typeof secret !== 'string' && !(secret instanceof Uint8Array)) {
    throw new TypeError('a secret must be a string or bytes')
  }
  const bytes = new Uint8Array(typeof secret === 'string' ? Buffer.from(secret, 'utf8') : secret)
  if (bytes.byteLength < MIN_SECRET_BYTES) {
    throw new TypeError(
      `a secret must have at least ${MIN_SECRET_BYTES} bytes, this one has ${bytes.byteLength}`,
    )
  }
  return bytes
}

async function toKey(bytes: Uint8Array<ArrayBuffer>, hash: string): Promise<CryptoKey> {
  return webcrypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash }, false, ['verify'])
}
