/**
 * One chain of refresh tokens, from a token request to its end. Exactly one token of it is live: the one whose `jti` is
 * here. Any other token that carries the family's id and a good signature was used before, which is how reuse is seen.
 *
 * One record per family, inserted with the first refresh and replaced by compare-and-set with each later one, makes a
 * refresh atomic in every store. A family whose first token was neither used nor revoked has no record.
 */
export interface TokenFamily {
  /** A UUID, the claim `sid` of its refresh and access tokens. */
  readonly familyId: string
  /** Empty when the family was revoked by its id alone, before its first use. */
  readonly clientId: string
  /** `jti` of the live refresh token; empty as `clientId` is. */
  readonly jti: string
  /** Until when the record is kept, milliseconds since the epoch: longer than any token of the family verifies. */
  readonly expiresAt: number
  /** When the family began, milliseconds since the epoch. */
  readonly createdAt: number
  /** No token of the family lives longer, milliseconds since the epoch. */
  readonly endsAt: number
  /** The scope asked for; null means all of the client's capabilities. */
  readonly scope: readonly string[] | null
  /** The token used last, only while it may be used again (a grace window is set). */
  readonly previous: {
    readonly jti: string
    /** Milliseconds since the epoch. */
    readonly usedAt: number
    /** The answer that replaced it, encrypted. */
    readonly sealed: string
  } | null
  /** Milliseconds since the epoch; null while alive. */
  readonly revokedAt: number | null
}
