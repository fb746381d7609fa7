import type { KeyObject } from 'node:crypto'
import type { CryptoKey } from 'jose'
import type { TokenAlgorithm } from '../token/algorithms.ts'

/** What of an unverified token header may choose a key: nothing that could name a place to fetch one from. */
export interface KeyQuery {
  readonly alg: TokenAlgorithm
  /** Used as a lookup key only. At most 256 bytes. */
  readonly kid?: string | undefined
}

/** A key to verify with: secrets are verified fastest as a `KeyObject`, all others as a `CryptoKey`. */
export type VerificationKey = CryptoKey | KeyObject

/** A source of verification keys. Made by `createKeyRing`, `createSecretKeySet` and `createRemoteKeySet`. */
export interface KeySet {
  /** `secret` sets verify HS* only, `public` sets everything else only; in a `ring` each key has one algorithm. */
  readonly kind: 'secret' | 'public' | 'ring'
  /**
   * The keys that may have signed a token with this header, best first. MUST resolve an empty list when it is certain
   * that there is none, and MUST reject with `ERR_AUTH_KEYS_UNAVAILABLE` when that cannot be known.
   */
  candidates(query: KeyQuery): Promise<readonly VerificationKey[]>
}
