import { AuthError, createTokenVerifier, type TokenClaims } from '@portcullis/auth-core'
import { isUuid } from '../internal/uuid.ts'
import { scopesOf } from './auth-context.ts'
import { nullIfRefused } from './null-if-refused.ts'
import { tokenSettings, type TokenConfig, type TokenSettings } from './token-settings.ts'
import { REFRESH_TYP, typOf } from './token-type.ts'

/** What the first token of a family says about it. */
export interface FirstToken {
  readonly clientId: string
  /** The scope asked for; null means all of the client's capabilities. */
  readonly scope: readonly string[] | null
  /** When the family began, milliseconds since the epoch, a whole second. */
  readonly issuedAt: number
}

/** What a refresh token says. */
export interface RefreshClaims {
  readonly hostId: string
  /** Its id, a UUID. */
  readonly jti: string
  readonly familyId: string
  /** Milliseconds since the epoch. */
  readonly expiresAt: number
  /** Null unless the token is the first of its family, which is good without a record. Only a service issues such. */
  readonly first: FirstToken | null
}

/** Verifies refresh tokens with settings that were checked. Rejects with `AuthError`s. */
export type RefreshVerifier = (token: unknown) => Promise<RefreshClaims>

const known = new WeakMap<TokenSettings, RefreshVerifier>()

/**
 * Verifies a refresh token: signature, times, `typ`, `type`. Whether it is the live one of its family is known to the store.
 *
 * @returns what it says, or null for whatever is not a refresh token of ours
 * @throws AuthError `ERR_AUTH_KEYS_UNAVAILABLE`, when nothing can be said about the token
 * @throws TypeError naming what is wrong in `config`
 */
export async function verifyRefreshToken(token: unknown, config: TokenConfig): Promise<RefreshClaims | null> {
  const settings = tokenSettings(config)
  let verify = known.get(settings)
  if (verify === undefined) known.set(settings, (verify = refreshVerifier(settings)))
  return nullIfRefused(verify(token))
}

/** The verifier for these settings; see {@link verifyRefreshToken}. */
export function refreshVerifier(settings: TokenSettings): RefreshVerifier {
  const verify = createTokenVerifier({
    keys: settings.keys,
    clockToleranceSeconds: settings.clockToleranceSeconds,
  })
  return async (token) => {
    const claims = await verify(token)
    const { sub, exp, jti, sid, type } = claims
    const isRefresh = typOf(token as string) === REFRESH_TYP && type === 'refresh'
    if (!isRefresh || !isUuid(jti) || !isUuid(sid)) {
      throw notRefresh()
    }
    return { hostId: sub, jti, familyId: sid, expiresAt: Math.ceil(exp * 1000), first: readFirst(claims) }
  }
}

function readFirst({ first, client_id: clientId, scope, iat }: TokenClaims): FirstToken | null {
  if (first === undefined) return null
  const isWellFormed =
    first === true &&
    typeof clientId === 'string' &&
    clientId !== '' &&
    (scope === undefined || typeof scope === 'string') &&
    Number.isSafeInteger(iat) &&
    (iat as number) >= 0
  if (!isWellFormed) throw notRefresh()
  return { clientId, scope: scope === undefined ? null : scopesOf(scope), issuedAt: (iat as number) * 1000 }
}

function notRefresh(): AuthError {
  return new AuthError('ERR_AUTH_TOKEN_INVALID', 'the token is invalid: it is not a refresh token')
}
