import { AuthError, type TokenClaims } from '@portcullis/auth-core'
import { TIERS, type Tier } from '../client/client-record.ts'
import { isNamespaceId } from '../internal/namespace-id.ts'
import type { TokenSettings } from './token-settings.ts'

/** The claims of an access token. Members of RFC 9068 may be absent in tokens of other issuers with the same keys. */
export interface AccessClaims extends TokenClaims {
  readonly iat: number
  readonly namespaceId: string
  readonly tier: Tier
  readonly type: 'machine' | 'user'
  readonly iss?: string
  readonly aud?: string | readonly string[]
  readonly client_id?: string
  readonly jti?: string
  /** Space-separated. */
  readonly scope?: string
  /** Family id. */
  readonly sid?: string
}

const OPTIONAL_TEXTS = ['iss', 'client_id', 'jti', 'scope', 'sid'] as const
/** What only ID tokens have. @see OIDC Core §2, §3.3.2.11 */
const ID_TOKEN_CLAIMS = ['nonce', 'at_hash', 'c_hash'] as const

/**
 * Checks that verified claims are those of an access token for us, in this order: `typ`, not an ID token, `iss` and `aud`,
 * the claims themselves.
 *
 * @throws AuthError `ERR_AUTH_TOKEN_INVALID`
 * @see RFC 9068 §4, RFC 8725 §3.11
 */
export function readAccessClaims(
  claims: TokenClaims,
  typ: string | undefined,
  settings: TokenSettings,
): AccessClaims {
  if (typ !== 'at+jwt' && (settings.isStrict || (typ !== undefined && typ !== 'jwt'))) {
    throw invalid('it is not an access token')
  }
  if (ID_TOKEN_CLAIMS.some((name) => name in claims) || claims['token_use'] === 'id') {
    throw invalid('it is an ID token')
  }
  for (const name of OPTIONAL_TEXTS) {
    if (claims[name] !== undefined && typeof claims[name] !== 'string')
      throw invalid(`"${name}" must be text`)
  }
  checkIssuer(claims['iss'], settings)
  checkAudience(claims['aud'], settings)
  const { iat, namespaceId, tier, type } = claims
  if (typeof iat !== 'number') throw invalid('"iat" is missing')
  if (type !== 'machine' && type !== 'user') throw invalid('it is not an access token')
  if (!isNamespaceId(namespaceId)) throw invalid('"namespaceId" is malformed')
  if (!TIERS.includes(tier as Tier)) throw invalid('"tier" is unknown')
  return claims as AccessClaims
}

function checkIssuer(issuer: unknown, { acceptedIssuers, isStrict }: TokenSettings): void {
  if (issuer === undefined) {
    if (isStrict) throw invalid('"iss" is missing')
    return
  }
  if (acceptedIssuers !== null && !acceptedIssuers.includes(issuer as string)) {
    throw invalid('"iss" is another one')
  }
}

function checkAudience(audience: unknown, { acceptedAudiences, isStrict }: TokenSettings): void {
  if (audience === undefined) {
    if (isStrict) throw invalid('"aud" is missing')
    return
  }
  const list: unknown[] = Array.isArray(audience) ? audience : [audience]
  if (list.some((one) => typeof one !== 'string')) throw invalid('"aud" must be text')
  if (acceptedAudiences !== null && !list.some((one) => acceptedAudiences.includes(one as string))) {
    throw invalid('"aud" is another one')
  }
}

function invalid(reason: string): AuthError {
  return new AuthError('ERR_AUTH_TOKEN_INVALID', `the token is invalid: ${reason}`)
}
