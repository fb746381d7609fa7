import type { AuthStore } from '../store/auth-store.ts'
import type { RefreshClaims } from '../token/verify-refresh-token.ts'
import { firstLifeMs, newFamily, type FamilyLifetimes } from './new-family.ts'
import type { TokenFamily } from './token-family.ts'

/** A family with what a change of it must name. */
export interface FoundFamily {
  readonly family: TokenFamily
  /** Null while the family has no record. */
  readonly version: string | null
}

/**
 * The family of a verified refresh token. A family has no record before its first token is used: then it is what that
 * token says.
 *
 * @returns null when there is no record and the token may not be the first use: it is a later one of its family, it has
 *   ended, or it is older than the memory of the store
 * @throws GatewayAuthError `ERR_AUTH_STORE_UNAVAILABLE`
 */
export async function findFamilyOf(
  store: AuthStore,
  claims: RefreshClaims,
  lifetimes: FamilyLifetimes,
): Promise<FoundFamily | null> {
  const stored = await store.findFamily(claims.familyId)
  if (stored !== null) return { family: stored.value, version: stored.version }
  const { first, expiresAt } = claims
  if (first === null) return null
  // Whatever the store does not answer for may have been used. Not "<": a store that says nothing is not trusted.
  const isRemembered = first.issuedAt >= store.rememberedSince
  // Read after the answer: an answer that took its time may be about a record that ended meanwhile. The second end is
  // that of today's configuration, which a revocation by id goes by.
  const hasEnded = Date.now() >= Math.min(expiresAt, first.issuedAt + firstLifeMs(lifetimes))
  if (!isRemembered || hasEnded) return null
  return { family: newFamily(claims, first, lifetimes.familyTtlSeconds), version: null }
}

/** Stores the next state of a family that was found. False when another change was first. */
export async function writeFamily(
  store: AuthStore,
  next: TokenFamily,
  { version }: Pick<FoundFamily, 'version'>,
): Promise<boolean> {
  return version === null ? store.insertFamily(next) : store.replaceFamily(next, version)
}
