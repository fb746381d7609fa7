import type { TokenClaims } from '@portcullis/auth-core'

/** What an application knows about a user. */
export interface LocalUser {
  /** The local id; also accepted as `userId`. */
  readonly id?: string | number | undefined
  readonly userId?: string | number | undefined
  /** Wins over the roles of the token; null or absent leaves those. */
  readonly role?: string | null | undefined
  readonly isDisabled?: boolean | undefined
}

/** Where users are looked up, and made at their first visit. */
export interface UserDirectory {
  /**
   * @param sub - unique with its issuer only: a directory for several issuers keeps users by `claims.iss` and this
   * @param claims - those of the verified token, which MUST NOT be changed; absent in an IOServer application, which has one issuer
   */
  findOrCreate(
    sub: string,
    profile: { email: string | null; name: string | null },
    claims?: TokenClaims,
  ): Promise<LocalUser> | LocalUser
}
