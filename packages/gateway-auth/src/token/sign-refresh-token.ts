import { randomUUID } from 'node:crypto'
import { tokenSettings, type TokenConfig, type TokenSettings } from './token-settings.ts'
import { REFRESH_TYP } from './token-type.ts'

/** Where a refresh token belongs. */
export interface RefreshTokenInput {
  /** The family it continues. @defaultValue a new one */
  familyId?: string | undefined
  /** Its own id. @defaultValue a random UUID */
  jti?: string | undefined
  /** Milliseconds since the epoch. @defaultValue now */
  issuedAt?: number | undefined
  /** It ends no later, milliseconds since the epoch. */
  notAfter?: number | undefined
}

/** What the first token of a family says beyond the others, because no record says it before its first use. */
export interface FirstTokenInput {
  clientId: string
  /** The scope asked for; null means all of the client's capabilities. */
  scope: readonly string[] | null
}

/**
 * Signs a refresh token (`typ: refresh+jwt`, `type: refresh`), which is no access token anywhere. It is worth something
 * once it is saved.
 *
 * @throws TypeError when `hostId` is empty, or naming what is wrong in `config`
 */
export async function signRefreshToken(
  hostId: string,
  config: TokenConfig,
  input: RefreshTokenInput = {},
): Promise<string> {
  return signRefresh(hostId, input, tokenSettings(config))
}

/**
 * {@link signRefreshToken} with settings that were checked.
 *
 * @param first - makes it the first token of a new family, which is good without being saved
 */
export async function signRefresh(
  hostId: string,
  input: RefreshTokenInput,
  settings: TokenSettings,
  first: FirstTokenInput | null = null,
): Promise<string> {
  if (typeof hostId !== 'string' || hostId === '') throw new TypeError('"hostId" must be a non-empty string')
  const iat = Math.floor((input.issuedAt ?? Date.now()) / 1000)
  const claims = {
    sub: hostId,
    type: 'refresh',
    jti: input.jti ?? randomUUID(),
    sid: input.familyId ?? randomUUID(),
    iat,
    exp: Math.min(iat + settings.refreshTtlSeconds, Math.floor((input.notAfter ?? Infinity) / 1000)),
    ...(first !== null && {
      first: true,
      client_id: first.clientId,
      ...(first.scope !== null && { scope: first.scope.join(' ') }),
    }),
  }
  return settings.keys.sign(claims, { typ: REFRESH_TYP })
}
