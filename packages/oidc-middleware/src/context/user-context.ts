/** Feature flags of the `features` claim. */
export type OidcFeatures = Record<string, unknown>

/** Who a verified access token belongs to. */
export interface OidcUserContext {
  /** The local user id once a directory has one, else `sub`. */
  userId: string
  sub: string
  email: string | null
  name: string | null
  /** The local role once a directory has one, else `roles[0]`, else `user`. */
  userRole: string
  roles: string[]
  permissions: string[]
  features: OidcFeatures
  /** The claim `org_id`, when it is there. */
  org_id?: string
}
