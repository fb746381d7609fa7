import { AuthError, extractBearer } from '@portcullis/auth-core'

/** What is read of an HTTP request. One of Fastify fits. */
export interface TokenRequest {
  /** Request target, such as `/me?page=2`. */
  readonly url: string
  readonly raw: { readonly rawHeaders: readonly string[] }
}

/**
 * The access token of an HTTP request, which stands in `Authorization: Bearer`; null without one. A query parameter
 * `access_token` is no token here, and beside the header one method too many.
 *
 * @throws AuthError `ERR_AUTH_REQUEST_INVALID` when the request carries several, `ERR_AUTH_TOKEN_INVALID` for a malformed one
 * @see RFC 6750 §2 ("clients MUST NOT use more than one method")
 */
export function requestToken({ url, raw }: TokenRequest): string | null {
  const token = extractBearer(raw.rawHeaders)
  if (token === null) return null
  const start = url.indexOf('?')
  if (start >= 0 && new URLSearchParams(url.slice(start + 1)).has('access_token')) {
    throw new AuthError('ERR_AUTH_REQUEST_INVALID', 'more than one token in the request')
  }
  return token
}
