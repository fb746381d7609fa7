import { GatewayError } from '../errors.ts'
import type { Grant } from './authorizer.ts'

const MESSAGES = {
  token_revoked: 'the token was revoked',
  grant_withdrawn: 'what was granted has changed, so ask again',
}

/** Whether a grant was withdrawn. */
export function isRevoked(grant: Grant): boolean {
  // A promise, or nothing, of a function that was written wrong must not keep a socket open.
  const answer: unknown = grant.isRevoked ? grant.isRevoked() : false
  return answer !== false
}

/** What to tell the client of a grant that was withdrawn. */
export function revocationOf({ revokedCode = 'token_revoked' }: Grant): GatewayError {
  return new GatewayError(revokedCode, MESSAGES[revokedCode])
}

/**
 * Makes sure that a grant may still be used.
 *
 * @throws GatewayError `token_expired`, `token_revoked`, `grant_withdrawn`
 */
export function assertGrantHolds(grant: Grant): void {
  if (grant.expiresAtMs !== undefined && grant.expiresAtMs <= Date.now()) {
    throw new GatewayError('token_expired', 'the token has expired')
  }
  if (isRevoked(grant)) throw revocationOf(grant)
}
