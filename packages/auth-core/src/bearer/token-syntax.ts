import { AuthError } from '../errors.ts'

/** Longest token that is looked at at all, bytes. Longer ones are refused unread. */
export const MAX_TOKEN_BYTES = 8192

const B64TOKEN = /^[A-Za-z0-9\-._~+/]+=*$/

/**
 * Returns `token` when it has the syntax of a bearer token.
 *
 * @throws AuthError `ERR_AUTH_TOKEN_INVALID` when it is empty, longer than {@link MAX_TOKEN_BYTES}, or has characters
 *   outside `b64token`
 * @see RFC 6750 §2.1
 */
export function assertTokenSyntax(token: string): string {
  // The length comes first so that an oversized token costs nothing. Legal characters are all ASCII: length is bytes.
  if (token.length > MAX_TOKEN_BYTES) throw new AuthError('ERR_AUTH_TOKEN_INVALID', 'the token is too long')
  if (!B64TOKEN.test(token)) throw new AuthError('ERR_AUTH_TOKEN_INVALID', 'the token is malformed')
  return token
}
