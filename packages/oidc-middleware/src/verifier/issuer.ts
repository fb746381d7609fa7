import {
  allowInsecureHttp,
  AuthError,
  createRemoteKeySet,
  createTokenVerifier,
  type KeySet,
  type RemoteKeySetOptions,
  type TokenClaims,
  integerOption,
} from '@portcullis/auth-core'
import { assertAccessToken } from './assert-access-token.ts'
import { createDiscoveredKeySet } from './discovered-key-set.ts'
import type { AccessTokenAlgorithm, IssuerConfig, VerifierOptions } from './verifier-config.ts'

/** One configured issuer, ready to verify. */
export interface Issuer {
  readonly issuer: string
  readonly audience: string | readonly string[]
  readonly algorithms: readonly AccessTokenAlgorithm[]
  readonly keys: KeySet
  verify(token: unknown): Promise<TokenClaims>
}

/** One algorithm of each kind that providers sign with; both names of Ed25519 (RFC 8037, RFC 9864). */
const DEFAULT_ALGORITHMS = ['RS256', 'ES256', 'PS256', 'EdDSA', 'Ed25519'] as const

/** Told to whoever meets keys that cannot be had, seconds: a first download is tried again after one. */
const RETRY_AFTER_SECONDS = 5

/**
 * Checks one issuer's part of the configuration.
 *
 * @param keys - used in place of a key set made from the configuration
 * @throws TypeError naming the option that is wrong
 */
export function createIssuer(config: IssuerConfig, options: VerifierOptions, keys?: KeySet): Issuer {
  if (typeof config !== 'object' || config === null)
    throw new TypeError('"issuers" must be a list of objects')
  const { issuer, audience, algorithms = DEFAULT_ALGORITHMS } = config
  if (typeof issuer !== 'string' || issuer === '') throw new TypeError('"issuer" must be a non-empty string')
  // Without an audience, a token that the provider made for anybody else would be good here.
  if (audience === undefined || audience === null) throw new TypeError('"audience" is required')
  if (typeof audience !== 'string' && !Array.isArray(audience)) {
    throw new TypeError('"audience" must be a string or a list')
  }
  for (const name of ['strict', 'discovery'] as const) {
    const value: unknown = name === 'strict' ? options.strict : config.discovery
    if (value !== undefined && typeof value !== 'boolean') throw new TypeError(`"${name}" must be a boolean`)
  }
  const answering = withRetryAfter(keys ?? keySetOf(config, options))
  const verify = createTokenVerifier({
    keys: answering,
    algorithms,
    issuer,
    audience,
    clockToleranceSeconds: options.clockToleranceSeconds,
    ...(options.strict === true && { typ: 'at+jwt' }),
  })
  return Object.freeze({
    issuer,
    audience,
    algorithms,
    keys: answering,
    async verify(token: unknown) {
      const claims = await verify(token)
      assertAccessToken(token as string, claims)
      return claims
    },
  })
}

function keySetOf({ issuer, jwksUri, discovery }: IssuerConfig, options: VerifierOptions): KeySet {
  if ((jwksUri === undefined) === (discovery !== true)) {
    throw new TypeError('exactly one of "jwksUri" and "discovery" is required')
  }
  const limits = keyOptions(options)
  if (jwksUri === undefined) return createDiscoveredKeySet(issuer, limits)
  return keySetAt(jwksUri, limits)
}

/** The options of a key set with the longer cooldown of this package. */
export function keyOptions(options: VerifierOptions): RemoteKeySetOptions & { timeoutMs: number } {
  return {
    timeoutMs: integerOption('timeoutMs', options.timeoutMs, 5000, 1),
    cooldownMs: integerOption('cooldownMs', options.cooldownMs, 300_000, 0),
    cacheMaxAgeMs: options.cacheMaxAgeMs,
    staleIfErrorMs: options.staleIfErrorMs,
    egress: options.egress,
    [allowInsecureHttp]: options[allowInsecureHttp],
  }
}

/**
 * The key set of a URL.
 *
 * @throws TypeError for a URL that keys may not come from, under the name that the option has here
 */
export function keySetAt(jwksUri: string | URL, options: RemoteKeySetOptions): KeySet {
  if (typeof jwksUri !== 'string' && !((jwksUri as unknown) instanceof URL)) {
    throw new TypeError('"jwksUri" must be a URL')
  }
  try {
    return createRemoteKeySet(jwksUri, options)
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    throw new TypeError(error.message.replace('"url"', '"jwksUri"'), { cause: error })
  }
}

function withRetryAfter(keys: KeySet): KeySet {
  return Object.freeze({
    kind: keys.kind,
    async candidates(query) {
      try {
        return await keys.candidates(query)
      } catch (error) {
        if (!AuthError.is(error) || error.retryAfterSeconds !== undefined) throw error
        throw new AuthError(error.code, error.message, {
          cause: error.cause,
          retryAfterSeconds: RETRY_AFTER_SECONDS,
        })
      }
    },
  } satisfies KeySet)
}
