import { createSecretKey } from 'node:crypto'
import { isPem, LEAST_SECRET_BYTES, secretBytes } from '../internal/secret-bytes.ts'
import type { KeySet, VerificationKey } from './key-set.ts'

/** Shortest secret for HS256, bytes. @see RFC 7518 §3.2 */
export const MIN_SECRET_BYTES = 32

/**
 * A key set of shared secrets for HS256, HS384 and HS512. Several secrets verify side by side, which is how a secret
 * is rotated: put the new one first, remove the old one when its last token has expired.
 *
 * @param secrets - text (UTF-8) or bytes, each at least 32 bytes. A secret shorter than the hash of HS384 (48) or HS512
 *   (64) never verifies that algorithm.
 * @throws TypeError when there is no secret, or one is too short or a PEM key; the message does not contain it
 * @see RFC 7518 §3.2
 */
export function createSecretKeySet(secrets: string | Uint8Array | readonly (string | Uint8Array)[]): KeySet {
  const list = typeof secrets === 'string' || secrets instanceof Uint8Array ? [secrets] : secrets
  if (!Array.isArray(list) || list.length === 0)
    throw new TypeError('"secrets" must name at least one secret')
  const keys = list.map((secret) => createSecretKey(toBytes(secret)))

  return Object.freeze({
    kind: 'secret' as const,
    async candidates({ alg }): Promise<readonly VerificationKey[]> {
      const least = LEAST_SECRET_BYTES[alg] ?? Infinity
      return keys.filter(({ symmetricKeySize }) => (symmetricKeySize ?? 0) >= least)
    },
  } satisfies KeySet)
}

function toBytes(secret: string | Uint8Array): Uint8Array<ArrayBuffer> {
  if (typeof secret !== 'string' && !(secret instanceof Uint8Array)) {
    throw new TypeError('a secret must be a string or bytes')
  }
  const bytes = secretBytes(secret)
  if (isPem(bytes)) throw new TypeError('a secret is a PEM key, not a secret')
  if (bytes.byteLength < MIN_SECRET_BYTES) {
    throw new TypeError(
      `a secret must have at least ${MIN_SECRET_BYTES} bytes, this one has ${bytes.byteLength}`,
    )
  }
  return bytes
}
