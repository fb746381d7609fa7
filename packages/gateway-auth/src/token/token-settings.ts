import { createKeyRing, type KeyRing, integerOption } from '@portcullis/auth-core'

/** What signs and verifies tokens: one secret for HS256, or a key ring. */
export type TokenConfig = (
  | { secret: string | Uint8Array; keys?: undefined }
  | { keys: KeyRing; secret?: undefined }
) & {
  /** `iss` of signed tokens, and the one accepted where a token has any. @defaultValue none, and any */
  issuer?: string | undefined
  /** `aud` of signed tokens, and the one accepted where a token has any. @defaultValue the issuer */
  audience?: string | undefined
  /** Life of an access token, seconds, 1 to 86400. @defaultValue 900 */
  accessTtlSeconds?: number | undefined
  /** Life of a refresh token, seconds, 1 to 31536000. @defaultValue 2592000, 30 days */
  refreshTtlSeconds?: number | undefined
  /** Accept only access tokens as in RFC 9068: `typ: at+jwt`, `iss`, `aud`. @defaultValue false */
  strictTokens?: boolean | undefined
  /** Accepted clock difference, seconds, 0 to 60. @defaultValue 5 */
  clockToleranceSeconds?: number | undefined
}

/** A {@link TokenConfig} that was checked. */
export interface TokenSettings {
  readonly keys: KeyRing
  readonly issuer: string | undefined
  readonly audience: string | undefined
  /** Null accepts any. */
  readonly acceptedIssuers: readonly string[] | null
  /** Null accepts any. */
  readonly acceptedAudiences: readonly string[] | null
  readonly isStrict: boolean
  readonly clockToleranceSeconds: number
  readonly accessTtlSeconds: number
  readonly refreshTtlSeconds: number
}

/** One ring per configuration object, so that a secret is imported once and not on each call. */
const known = new WeakMap<TokenConfig, TokenSettings>()

/** @throws TypeError naming what is wrong; never shows the secret */
export function tokenSettings(config: TokenConfig): TokenSettings {
  if (typeof config !== 'object' || config === null) throw new TypeError('"config" must be an object')
  const found = known.get(config)
  if (found !== undefined) return found
  const { issuer } = config
  const audience = config.audience ?? issuer
  for (const [name, value] of Object.entries({ issuer, audience })) {
    if (value !== undefined && (typeof value !== 'string' || value === '')) {
      throw new TypeError(`"${name}" must be a non-empty string`)
    }
  }
  if (config.strictTokens === true && issuer === undefined) {
    throw new TypeError('"issuer" is needed with "strictTokens"')
  }
  const settings: TokenSettings = Object.freeze({
    keys: ringOf(config),
    issuer,
    audience,
    acceptedIssuers: issuer === undefined ? null : [issuer],
    acceptedAudiences: audience === undefined ? null : [audience],
    isStrict: config.strictTokens === true,
    ...lifetimes(config),
  })
  known.set(config, settings)
  return settings
}

/** @throws TypeError naming the option */
export function lifetimes(
  config: Pick<TokenConfig, 'accessTtlSeconds' | 'refreshTtlSeconds' | 'clockToleranceSeconds'>,
): Pick<TokenSettings, 'accessTtlSeconds' | 'refreshTtlSeconds' | 'clockToleranceSeconds'> {
  return {
    accessTtlSeconds: integerOption('accessTtlSeconds', config.accessTtlSeconds, 900, 1, 86_400),
    refreshTtlSeconds: integerOption(
      'refreshTtlSeconds',
      config.refreshTtlSeconds,
      30 * 86_400,
      1,
      365 * 86_400,
    ),
    clockToleranceSeconds: integerOption('clockToleranceSeconds', config.clockToleranceSeconds, 5, 0, 60),
  }
}

/** @throws TypeError when it is not a key ring */
export function assertKeyRing(keys: unknown): asserts keys is KeyRing {
  if (typeof (keys as KeyRing | undefined)?.sign !== 'function' || (keys as KeyRing).kind !== 'ring') {
    throw new TypeError('"keys" must be a key ring, made by createKeyRing')
  }
}

function ringOf({ keys, secret }: TokenConfig): KeyRing {
  if (keys !== undefined && secret !== undefined)
    throw new TypeError('"secret" and "keys" exclude each other')
  if (secret !== undefined) return createKeyRing([{ algorithm: 'HS256', key: secret }])
  assertKeyRing(keys)
  return keys
}
