/** Says that access tokens are void before their time. Kept until the last of them would have expired. */
export interface Revocation {
  /**
   * `client`: every token of a client issued until `at`. `family`: every access token of a refresh family.
   * `token`: one access token.
   */
  readonly kind: 'client' | 'family' | 'token'
  /** A client id, a family id (`sid`) or a `jti`. */
  readonly id: string
  /** Milliseconds since the epoch. */
  readonly at: number
  /** When it may be forgotten, milliseconds since the epoch. */
  readonly expiresAt: number
}
