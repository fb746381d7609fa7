import type { RefreshClaims } from '../token/verify-refresh-token.ts'
import type { TokenFamily } from './token-family.ts'

/**
 * What a refresh token is to its family: `live` (may be used), `over` (it, or the family, has ended), `replayed` (used a
 * moment ago, inside the grace window), `reused` (used before that, which only a thief or a bug does).
 */
export function tokenState(
  family: TokenFamily,
  { jti, expiresAt }: RefreshClaims,
  now: number,
  graceMs: number,
): 'live' | 'over' | 'replayed' | 'reused' {
  if (family.revokedAt !== null || now >= family.endsAt) return 'over'
  // The clock tolerance is for verification: a token that has ended gets no successor.
  if (family.jti === jti) return now < expiresAt ? 'live' : 'over'
  const { previous } = family
  return previous?.jti === jti && now - previous.usedAt < graceMs ? 'replayed' : 'reused'
}
