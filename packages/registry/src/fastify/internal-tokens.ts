import { AuthError, extractBearer, timingSafeEqualText, type HeaderSource } from '@portcullis/auth-core'
import { RegistryError } from '../errors.ts'

/** Checks the internal token of a request; throws `ERR_INTERNAL_TOKEN_INVALID` unless it is one of the accepted ones. */
export type InternalTokenCheck = (headers: HeaderSource) => void

/**
 * Makes the check for callers from inside. How long a token has to be is the application's rule: 32 random bytes where
 * strangers can reach the route.
 *
 * @throws TypeError when there is no token or one is empty
 */
export function internalTokenCheck(tokens: string | readonly string[]): InternalTokenCheck {
  const accepted = typeof tokens === 'string' ? [tokens] : [...(tokens ?? [])]
  if (accepted.length === 0) throw new TypeError('"internalTokens" must name at least one token')
  for (const token of accepted) {
    if (typeof token !== 'string' || token === '') throw new TypeError('"internalTokens" must not be empty')
  }
  return (headers) => {
    const offered = bearerOrNull(headers)
    // Every accepted token is compared, so that the time does not tell which one came close.
    const matches = accepted.filter((token) => timingSafeEqualText(token, offered))
    if (matches.length === 0) {
      throw new RegistryError('ERR_INTERNAL_TOKEN_INVALID', 'the internal token is missing or wrong')
    }
  }
}

/** A malformed header is as wrong as a missing one, and gets the same answer. */
function bearerOrNull(headers: HeaderSource): string | null {
  try {
    return extractBearer(headers)
  } catch (error) {
    if (AuthError.is(error)) return null
    throw error
  }
}
