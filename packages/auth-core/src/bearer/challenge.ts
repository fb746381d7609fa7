import type { AuthErrorCode } from '../errors.ts'

/** Options of {@link challenge}. */
export interface ChallengeOptions {
  /** Protection space. @defaultValue 'portcullis' */
  realm?: string | undefined
  /** Human-readable reason; printable ASCII without `"` and `\`. Left out when no credentials were sent. */
  description?: string | undefined
  /** Space-separated scopes that would be enough. */
  scope?: string | undefined
}

const OAUTH_ERRORS: Partial<Record<AuthErrorCode, string>> = {
  ERR_AUTH_TOKEN_INVALID: 'invalid_token',
  ERR_AUTH_TOKEN_EXPIRED: 'invalid_token',
  ERR_AUTH_REQUEST_INVALID: 'invalid_request',
  ERR_FORBIDDEN: 'insufficient_scope',
}

const QUOTABLE = /^[\x20\x21\x23-\x5b\x5d-\x7e]*$/

/**
 * Builds the value of `WWW-Authenticate` for a refusal. A request without credentials
 * (`ERR_AUTH_TOKEN_REQUIRED`) gets no `error` attribute.
 *
 * @throws TypeError when an option has characters that cannot stand in a quoted attribute
 * @see RFC 6750 §3
 */
export function challenge(code: AuthErrorCode, options: ChallengeOptions = {}): string {
  const error = OAUTH_ERRORS[code]
  const attributes: [string, string | undefined][] = [
    ['realm', options.realm ?? 'portcullis'],
    ['error', error],
    ['error_description', error === undefined ? undefined : options.description],
    ['scope', options.scope],
  ]
  const parts: string[] = []
  for (const [name, value] of attributes) {
    if (value === undefined) continue
    // A quote or a line break here would let a value write attributes or headers of its own.
    if (!QUOTABLE.test(value)) throw new TypeError(`"${name}" has characters that cannot be quoted`)
    parts.push(`${name}="${value}"`)
  }
  return `Bearer ${parts.join(', ')}`
}
