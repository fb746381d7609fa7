import { AuthError, extractBearer } from '@portcullis/auth-core'
import type { FastifyRequest } from 'fastify'

/**
 * The access token of a request, null without one.
 *
 * @throws AuthError `ERR_AUTH_REQUEST_INVALID` when the request carries several, `ERR_AUTH_TOKEN_INVALID` for a malformed one
 * @see RFC 6750 §2
 */
export function requestToken(request: FastifyRequest): string | null {
  const token = extractBearer(request.raw.rawHeaders)
  if (token !== null && hasQueryToken(request.url)) {
    throw new AuthError('ERR_AUTH_REQUEST_INVALID', 'more than one token in the request')
  }
  return token
}

function hasQueryToken(url: string): boolean {
  const start = url.indexOf('?')
  return start >= 0 && new URLSearchParams(url.slice(start + 1)).has('access_token')
}
