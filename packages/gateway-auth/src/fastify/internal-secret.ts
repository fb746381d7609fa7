import { timingSafeEqualText } from '@portcullis/auth-core'
import type { FastifyRequest } from 'fastify'
import { GatewayAuthError } from '../errors.ts'

/** Throws `ERR_INTERNAL_SECRET_INVALID` unless the request carries one of the accepted secrets. */
export type InternalSecretCheck = (request: FastifyRequest) => void

/** Where callers from inside put the secret. */
export const INTERNAL_SECRET_HEADER = 'x-internal-secret'

/**
 * Makes the check. Without accepted secrets every request is refused. How long a secret has to be is the application's
 * rule: 32 random bytes where strangers can reach the route.
 *
 * @throws TypeError when a secret is empty or no text; never shows it
 */
export function internalSecretCheck(secrets: string | readonly string[] | undefined): InternalSecretCheck {
  const accepted = typeof secrets === 'string' ? [secrets] : [...(secrets ?? [])]
  for (const secret of accepted) {
    if (typeof secret !== 'string' || secret === '') {
      throw new TypeError('"internalSecrets" must be non-empty texts')
    }
  }
  return (request) => {
    const offered = request.headers[INTERNAL_SECRET_HEADER]
    // Every accepted secret is compared, so that the time does not tell which one came close.
    const matches = accepted.filter((secret) => timingSafeEqualText(secret, offered))
    if (matches.length === 0) {
      throw new GatewayAuthError('ERR_INTERNAL_SECRET_INVALID', 'this route is for callers from inside')
    }
  }
}
