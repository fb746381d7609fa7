import type { Tier } from '../client/client-record.ts'
import type { AccessClaims } from './access-claims.ts'

/** Who a request comes from, read from its access token. */
export interface AuthContext {
  readonly type: 'machine' | 'user'
  /** `sub` of the token; the host id of a machine client. */
  readonly userId: string
  /** The tenant. Scope all data by it. */
  readonly namespaceId: string
  readonly tier: Tier
  /** `scope` of the token: what the caller may do. */
  readonly permissions: readonly string[]
  /** Null for a token that does not name its client. */
  readonly clientId: string | null
  /** The family of refresh tokens that the token belongs to, if any. */
  readonly familyId: string | null
  /** `jti` of the token, if it has one. */
  readonly tokenId: string | null
  /** When the token ends, milliseconds since the epoch. */
  readonly expiresAt: number
}

/** The context of verified claims: a new object on each call, which nobody else can change. */
export function authContextOf(claims: AccessClaims): AuthContext {
  return Object.freeze({
    type: claims.type,
    userId: claims.sub,
    namespaceId: claims.namespaceId,
    tier: claims.tier,
    permissions: Object.freeze(scopesOf(claims.scope)),
    clientId: claims.client_id ?? null,
    familyId: claims.sid ?? null,
    tokenId: claims.jti ?? null,
    expiresAt: claims.exp * 1000,
  })
}

/** The single scopes of a `scope` claim. @see RFC 6749 §3.3 */
export function scopesOf(scope: string | undefined): string[] {
  return scope === undefined ? [] : scope.split(' ').filter((one) => one !== '')
}
