import { createTokenVerifier, type TokenVerifier } from '@portcullis/auth-core'
import { readAccessClaims, type AccessClaims } from './access-claims.ts'
import { nullIfRefused } from './null-if-refused.ts'
import { tokenSettings, type TokenConfig, type TokenSettings } from './token-settings.ts'
import { typOf } from './token-type.ts'

/** Verifies access tokens with settings that were checked. Rejects with `AuthError`s. */
export type AccessVerifier = (token: unknown) => Promise<AccessClaims>

const known = new WeakMap<TokenSettings, AccessVerifier>()

/**
 * Verifies an access token: signature, times, `typ`, `iss`, `aud` and claims. Asks no store: whether the token was revoked
 * is known to an `AuthService` only.
 *
 * @returns its claims, or null for whatever is not an access token of ours
 * @throws AuthError `ERR_AUTH_KEYS_UNAVAILABLE`, when nothing can be said about the token
 * @throws TypeError naming what is wrong in `config`
 */
export async function verifyAccessToken(token: unknown, config: TokenConfig): Promise<AccessClaims | null> {
  const settings = tokenSettings(config)
  let verify = known.get(settings)
  if (verify === undefined) known.set(settings, (verify = accessVerifier(settings)))
  return nullIfRefused(verify(token))
}

/** The verifier for these settings; see {@link verifyAccessToken}. */
export function accessVerifier(settings: TokenSettings): AccessVerifier {
  const verify: TokenVerifier = createTokenVerifier({
    keys: settings.keys,
    clockToleranceSeconds: settings.clockToleranceSeconds,
  })
  return async (token) => readAccessClaims(await verify(token), typOf(token as string), settings)
}
