/** What a client pays for; handed on in every access token. */
export const TIERS = ['free', 'pro', 'enterprise'] as const

/** One of {@link TIERS}. */
export type Tier = (typeof TIERS)[number]

/** A registered machine client. Never holds the secret itself. */
export interface ClientRecord {
  /** `c_` and 32 hex characters. */
  readonly clientId: string
  /** A UUID; the `sub` of the client's tokens. */
  readonly hostId: string
  /** The tenant: 32 hex characters, made by the server. */
  readonly namespaceId: string
  /** A label, not unique, 1 to 64 characters. */
  readonly name: string
  /** What the client may do; `permissions` of its `AuthContext`, `scope` of its access tokens. */
  readonly capabilities: readonly string[]
  readonly tier: Tier
  /** bcrypt, `$2b$`. */
  readonly secretHash: string
  /** A PEM public key, for `private_key_jwt`. */
  readonly publicKey: string | null
  /** Milliseconds since the epoch. */
  readonly createdAt: number
  /** Milliseconds since the epoch; null while the client may get tokens. */
  readonly disabledAt: number | null
}
