import { AuthError } from '../errors.ts'
import { headerValues } from '../internal/header-values.ts'
import type { HeaderSource } from './header-source.ts'
import { assertTokenSyntax } from './token-syntax.ts'

/**
 * Reads the bearer token of an `Authorization` header. The scheme is matched case-insensitively.
 *
 * @returns the token, or null when there is no `Authorization` header or it uses another scheme
 * @throws AuthError `ERR_AUTH_REQUEST_INVALID` for several `Authorization` headers, `ERR_AUTH_TOKEN_INVALID` for a token
 *   that is empty, malformed or longer than 8 KiB
 * @see RFC 6750 §2.1, RFC 9110 §11.1
 */
export function extractBearer(headers: HeaderSource): string | null {
  const values = headerValues(headers, 'authorization')
  if (values.length > 1) {
    throw new AuthError('ERR_AUTH_REQUEST_INVALID', 'more than one Authorization header')
  }
  const value = values[0]?.trim()
  if (value === undefined || !/^bearer(?:$| )/i.test(value)) return null
  return assertTokenSyntax(value.slice('bearer'.length).trimStart())
}
