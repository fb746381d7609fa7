import type { KeyObject } from 'node:crypto'
import type { JWK } from 'jose'
import type { TokenAlgorithm } from '../token/algorithms.ts'

/** One key of a ring. */
export interface SigningKeyOptions {
  /** The one algorithm this key signs and verifies. */
  algorithm: TokenAlgorithm
  /**
   * For HS* a secret: text (UTF-8), bytes, a secret `KeyObject` or an `oct` JWK, at least as long as the hash (32, 48 or
   * 64 bytes). For everything else an unencrypted private key: PEM text or bytes, a `KeyObject` or a JWK; a public one
   * makes a key that only verifies.
   */
  key: string | Uint8Array | KeyObject | JWK
  /**
   * Key id, 1–256 printable ASCII characters, unique in its ring. @defaultValue that of a JWK, else the RFC 7638 thumbprint,
   * or for secrets a digest that is the same on every machine and reveals nothing
   */
  kid?: string | undefined
  /** When the key begins to sign, milliseconds since the epoch. It verifies and is published before. @defaultValue at once */
  signFrom?: number | undefined
  /** When the key stops to verify, to sign and to be published, milliseconds since the epoch. @defaultValue never */
  verifyUntil?: number | undefined
}

/** Public members of an asymmetric key, as a JWKS lists them. @see RFC 7517 §4 */
export interface PublicJwk {
  readonly kty: string
  readonly kid: string
  readonly alg: TokenAlgorithm
  readonly use: 'sig'
  readonly crv?: string
  readonly x?: string
  readonly y?: string
  readonly n?: string
  readonly e?: string
}
