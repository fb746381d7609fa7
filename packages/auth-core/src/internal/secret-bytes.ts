import type { TokenAlgorithm } from '../token/algorithms.ts'

/** Bytes of the hash, and thus of the shortest secret for each algorithm that has one. @see RFC 7518 §3.2 */
export const LEAST_SECRET_BYTES: Partial<Record<TokenAlgorithm, number>> = { HS256: 32, HS384: 48, HS512: 64 }

const PEM = /-----BEGIN [A-Z0-9 ]+-----/

/** Copies, so that bytes changed later do not change the key. */
export function secretBytes(secret: string | Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(typeof secret === 'string' ? Buffer.from(secret, 'utf8') : secret)
}

/** A public key used as a secret is the classic confusion, and everybody knows it. */
export function isPem(secret: Uint8Array): boolean {
  return PEM.test(Buffer.from(secret).toString('latin1'))
}
