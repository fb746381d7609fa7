import { randomUUID } from 'node:crypto'
import { TIERS, type Tier } from '../client/client-record.ts'
import { isNamespaceId } from '../internal/namespace-id.ts'
import { tokenSettings, type TokenConfig, type TokenSettings } from './token-settings.ts'
import { ACCESS_TYP } from './token-type.ts'

/** What an access token says. */
export interface AccessTokenInput {
  /** `sub`. */
  hostId: string
  namespaceId: string
  tier: Tier
  type: 'machine' | 'user'
  /** `client_id`. @defaultValue the host id */
  clientId?: string | undefined
  /** `scope`: what the bearer may do. @defaultValue none */
  permissions?: readonly string[] | undefined
  /** `sid`: the family of refresh tokens it belongs to. */
  familyId?: string | undefined
  /** Milliseconds since the epoch. @defaultValue now */
  issuedAt?: number | undefined
  /** It ends no later, milliseconds since the epoch. */
  notAfter?: number | undefined
}

/**
 * Signs an access token (`typ: at+jwt`): the claims of RFC 9068 with `namespaceId`, `tier` and `type`.
 *
 * @returns the token, and how long it lives, seconds
 * @throws TypeError naming what is wrong in `input` or `config`
 */
export async function signAccessToken(
  input: AccessTokenInput,
  config: TokenConfig,
): Promise<{ token: string; expiresIn: number }> {
  return signAccess(input, tokenSettings(config))
}

/** {@link signAccessToken} with settings that were checked. */
export async function signAccess(
  input: AccessTokenInput,
  settings: TokenSettings,
): Promise<{ token: string; expiresIn: number }> {
  checkInput(input)
  const { hostId, namespaceId, tier, type, permissions = [], familyId } = input
  const iat = Math.floor((input.issuedAt ?? Date.now()) / 1000)
  const exp = Math.min(iat + settings.accessTtlSeconds, Math.floor((input.notAfter ?? Infinity) / 1000))
  const claims = {
    ...(settings.issuer !== undefined && { iss: settings.issuer }),
    ...(settings.audience !== undefined && { aud: settings.audience }),
    sub: hostId,
    client_id: input.clientId ?? hostId,
    iat,
    exp,
    jti: randomUUID(),
    ...(permissions.length > 0 && { scope: permissions.join(' ') }),
    ...(familyId !== undefined && { sid: familyId }),
    namespaceId,
    tier,
    type,
  }
  return { token: await settings.keys.sign(claims, { typ: ACCESS_TYP }), expiresIn: exp - iat }
}

function checkInput(input: AccessTokenInput): void {
  if (typeof input.hostId !== 'string' || input.hostId === '') {
    throw new TypeError('"hostId" must be a non-empty string')
  }
  if (!isNamespaceId(input.namespaceId))
    throw new TypeError('"namespaceId" must be 1 to 64 of A-Z a-z 0-9 _ -')
  if (!TIERS.includes(input.tier)) throw new TypeError('"tier" is unknown')
  if (input.type !== 'machine' && input.type !== 'user')
    throw new TypeError('"type" must be "machine" or "user"')
  if (input.permissions?.some((one) => typeof one !== 'string' || !/^[\x21\x23-\x5b\x5d-\x7e]+$/.test(one))) {
    throw new TypeError('"permissions" must be scopes as in RFC 6749')
  }
}
