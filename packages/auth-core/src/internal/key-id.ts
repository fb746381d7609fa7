import { createHash, createHmac } from 'node:crypto'
import type { PublicJwk } from '../keys/signing-key.ts'
import type { TokenAlgorithm } from '../token/algorithms.ts'

const MEMBERS = {
  RSA: ['e', 'kty', 'n'],
  EC: ['crv', 'kty', 'x', 'y'],
  OKP: ['crv', 'kty', 'x'],
} as const

/** The members that make a public key, in the order of the thumbprint; everything else in a JWK stays behind. */
export function publicMembers(
  jwk: Record<string, unknown>,
): Pick<PublicJwk, 'kty' | 'crv' | 'x' | 'y' | 'n' | 'e'> {
  const names = MEMBERS[jwk['kty'] as keyof typeof MEMBERS]
  return Object.fromEntries(names.map((name) => [name, jwk[name]])) as { kty: string }
}

/** @see RFC 7638 §3 */
export function thumbprint(members: ReturnType<typeof publicMembers>): string {
  return createHash('sha256').update(JSON.stringify(members)).digest('base64url')
}

/** The same for the same secret everywhere; whoever can tell the secret from it could also tell it from any token. */
export function secretKeyId(secret: Uint8Array, algorithm: TokenAlgorithm): string {
  return createHmac('sha256', secret)
    .update(`portcullis key id ${algorithm}`)
    .digest()
    .subarray(0, 16)
    .toString('base64url')
}
