import { AuthError, type TokenClaims } from '@portcullis/auth-core'

/**
 * Claims of ID tokens (OIDC Core §2, §3.3.2.11), and the one of security events and logout tokens (RFC 8417 §2.2), which some
 * issuers sign without a `typ`.
 */
const OTHER_CLAIMS = ['nonce', 'at_hash', 'c_hash', 's_hash', 'events'] as const

/** Kinds of token by a claim `typ`, as Keycloak sets it, that are no access tokens. */
const OTHER_KINDS = new Set(['id', 'refresh', 'offline', 'logout'])

/**
 * Refuses a token that was verified but is not an access token. An ID token says to a client who signed in; a service that
 * takes it for an access token lets in whoever that client shows it to. A header `typ` of `at+jwt` settles it; `JWT` or
 * none leaves the claims to judge by, any other is some other kind of token.
 *
 * @throws AuthError `ERR_AUTH_TOKEN_INVALID`
 * @see RFC 8725 §3.11 and §3.12, RFC 9068 §2.1
 */
export function assertAccessToken(token: string, claims: TokenClaims): void {
  const typ = mediaTypeOf(token)
  const { token_use: use, typ: kind } = claims
  if (typ !== null && typ !== 'at+jwt' && typ !== 'jwt') throw notAccess()
  if (use === 'id' || (typeof kind === 'string' && OTHER_KINDS.has(kind.toLowerCase()))) throw notAccess()
  if (typ !== 'at+jwt' && OTHER_CLAIMS.some((name) => claims[name] !== undefined)) throw notAccess()
}

/** Header `typ` as RFC 7515 §4.1.9 compares it; null when there is none. The header was parsed once already. */
function mediaTypeOf(token: string): string | null {
  const header = JSON.parse(
    Buffer.from(token.slice(0, token.indexOf('.')), 'base64url').toString('utf8'),
  ) as { typ?: unknown }
  if (header.typ === undefined) return null
  if (typeof header.typ !== 'string') throw notAccess()
  return header.typ.toLowerCase().replace(/^application\//, '')
}

function notAccess(): AuthError {
  return new AuthError('ERR_AUTH_TOKEN_INVALID', 'the token is invalid: it is not an access token')
}
