import { GatewayError } from '../errors.ts'
import type { Grant } from './authorizer.ts'

/** Whether a grant was withdrawn. */
export function isRevoked(grant: Grant): boolean {
  // A promise, or nothing, of a function that was written wrong must not keep a socket open.
  const answer: unknown = grant.isRevoked ? grant.isRevoked() : false
  return answer !== false
}

/**
 * Makes sure that a grant may still be used.
 *
 * @throws GatewayError `token_expired`, `token_revoked`
 */
export function assertGrantHolds(grant: Grant): void {
  if (grant.expiresAtMs !== undefined && grant.expiresAtMs <= Date.now()) {
    throw new GatewayError('token_expired', 'the token has expired')
  }
  if (isRevoked(grant)) throw new GatewayError('token_revoked', 'the token was revoked')
}
