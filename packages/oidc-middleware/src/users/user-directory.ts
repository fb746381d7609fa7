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
  findOrCreate(
    sub: string,
    profile: { email: string | null; name: string | null },
  ): Promise<LocalUser> | LocalUser
}
