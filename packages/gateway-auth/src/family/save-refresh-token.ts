import type { AuthStore } from '../store/auth-store.ts'
import type { TokenConfig } from '../token/token-settings.ts'
import { verifyRefreshToken } from '../token/verify-refresh-token.ts'
import { newFamily } from './new-family.ts'

/** Whom a refresh token is for. */
export interface SaveRefreshTokenInput {
  clientId: string
  /** The scope asked for. @defaultValue null, all of the client's capabilities */
  scope?: readonly string[] | null | undefined
  /** The family lives no longer, however often it is refreshed, seconds. @defaultValue 7776000, 90 days */
  familyTtlSeconds?: number | undefined
}

/**
 * Saves the id of a refresh token, never the token: from now on it can be consumed, once. A token that continues a family
 * (see `consumeRefreshToken`) is saved there already.
 *
 * @returns false when its family holds another live token
 * @throws TypeError when it is not a refresh token of this configuration
 * @throws GatewayAuthError `ERR_AUTH_STORE_UNAVAILABLE`
 */
export async function saveRefreshToken(
  store: AuthStore,
  token: string,
  config: TokenConfig,
  input: SaveRefreshTokenInput,
): Promise<boolean> {
  const claims = await verifyRefreshToken(token, config)
  if (claims === null) throw new TypeError('"token" must be a refresh token of this configuration')
  const { clientId, scope = null, familyTtlSeconds = 90 * 86_400 } = input
  const family = newFamily(claims, { clientId, scope, issuedAt: Date.now() }, familyTtlSeconds)
  if (await store.insertFamily(family)) return true
  const stored = await store.findFamily(claims.familyId)
  return stored?.value.jti === claims.jti && stored.value.revokedAt === null
}
