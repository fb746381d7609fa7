import type { FirstToken, RefreshClaims } from '../token/verify-refresh-token.ts'
import type { TokenFamily } from './token-family.ts'

/**
 * How long a record is kept past the end of its tokens, milliseconds. A token verifies up to a minute past its end, and
 * clocks differ. Without a record a first token looks unused: its record must be there for as long as it verifies.
 */
const KEPT_AFTER_END_MS = 120_000

/** The clocks of two machines that accept each other's tokens differ by no more, milliseconds. */
const MOST_CLOCK_DIFFERENCE_MS = 60_000

/** How long tokens and families live. */
export interface FamilyLifetimes {
  readonly refreshTtlSeconds: number
  readonly familyTtlSeconds: number
}

/** The furthest end of any record of a family, milliseconds from now. */
export function furthestEndMs(lifetimes: FamilyLifetimes): number {
  return firstLifeMs(lifetimes) + MOST_CLOCK_DIFFERENCE_MS + KEPT_AFTER_END_MS
}

/** How long the first token of a family lives, milliseconds. */
export function firstLifeMs({ refreshTtlSeconds, familyTtlSeconds }: FamilyLifetimes): number {
  return Math.min(refreshTtlSeconds, familyTtlSeconds) * 1000
}

/** The first record of a family whose live token is this one. */
export function newFamily(
  { familyId, jti, expiresAt }: Pick<RefreshClaims, 'familyId' | 'jti' | 'expiresAt'>,
  { clientId, scope, issuedAt }: FirstToken,
  familyTtlSeconds: number,
): TokenFamily {
  return {
    familyId,
    clientId,
    jti,
    expiresAt: expiresAt + KEPT_AFTER_END_MS,
    createdAt: issuedAt,
    endsAt: issuedAt + familyTtlSeconds * 1000,
    scope,
    previous: null,
    revokedAt: null,
  }
}

/** What is known of a family of which nothing but the id is known: it may have a first token, issued until now. */
export function unknownFamily(familyId: string, now: number, lifetimes: FamilyLifetimes): TokenFamily {
  const first = { familyId, jti: '', expiresAt: now + firstLifeMs(lifetimes) }
  return newFamily(first, { clientId: '', scope: null, issuedAt: now }, lifetimes.familyTtlSeconds)
}

/** The record after its live token was used for another one. Never kept shorter than before. */
export function succeedingFamily(
  family: TokenFamily,
  next: { jti: string; now: number; refreshTtlSeconds: number; previous: TokenFamily['previous'] },
): TokenFamily {
  const end = Math.min(next.now + next.refreshTtlSeconds * 1000, family.endsAt)
  return {
    ...family,
    jti: next.jti,
    expiresAt: Math.max(family.expiresAt, end + KEPT_AFTER_END_MS),
    previous: next.previous,
  }
}
