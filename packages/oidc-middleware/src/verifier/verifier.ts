import type { TokenClaims } from '@portcullis/auth-core'
import type { OidcUserContext } from '../context/user-context.ts'

/** A verified access token. */
export interface VerifiedToken {
  readonly claims: TokenClaims
  /** A new object on each call. */
  readonly context: OidcUserContext
  /** When the token ends, whole milliseconds since the epoch. */
  readonly expiresAtMs: number
}

/** Verifies access tokens of the issuers it was made for. */
export interface OidcVerifier {
  /**
   * @throws AuthError and nothing else, whatever `token` is: `ERR_AUTH_TOKEN_REQUIRED` (null, undefined, ''),
   *   `ERR_AUTH_TOKEN_INVALID`, `ERR_AUTH_TOKEN_EXPIRED`, `ERR_AUTH_KEYS_UNAVAILABLE` (503: the keys could not be had)
   */
  verify(token: unknown): Promise<VerifiedToken>
}
