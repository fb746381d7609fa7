import {
  AuthError,
  createCachedVerifier,
  type TokenClaims,
  type TokenVerifier,
  integerOption,
} from '@portcullis/auth-core'
import { contextOf } from '../context/context-of.ts'
import { createIssuer, type Issuer } from './issuer.ts'
import { unverifiedIssuer } from './unverified-issuer.ts'
import type { IssuerConfig, VerifierConfig } from './verifier-config.ts'
import type { OidcVerifier } from './verifier.ts'

const MAX_ISSUERS = 100

/** @see ECMA-262, Time Values and Time Range */
const MAX_DATE_MS = 8.64e15

/**
 * Makes the verifier that every adapter of this package takes. In order: the token's size and syntax, its issuer (which
 * only chooses among those configured), algorithm, signature, `exp` and `sub` (both required), `nbf`, `iat`, `iss`, `aud`,
 * and that it is no ID token. Keys are downloaded on first use; make one verifier and keep it.
 *
 * @throws TypeError naming the option that is wrong
 * @see RFC 8725, RFC 9068 §4
 */
export function createVerifier(config: VerifierConfig): OidcVerifier {
  if (typeof config !== 'object' || config === null) throw new TypeError('"config" must be an object')
  const issuers = new Map<string, Issuer>()
  for (const one of issuerList(config)) {
    const issuer = createIssuer(one, config)
    if (issuers.has(issuer.issuer)) throw new TypeError('"issuers" names an issuer twice')
    issuers.set(issuer.issuer, issuer)
  }
  const verifyClaims = remembering(async (token) => {
    const issuer = issuers.get(unverifiedIssuer(token) ?? '')
    if (issuer === undefined) {
      throw new AuthError(
        'ERR_AUTH_TOKEN_INVALID',
        'the token is invalid: its "iss" is missing or not accepted',
      )
    }
    return issuer.verify(token)
  }, config.maxCachedTokens)

  return Object.freeze({
    async verify(token) {
      if (token === null || token === undefined || token === '') {
        throw new AuthError('ERR_AUTH_TOKEN_REQUIRED', 'a token is required')
      }
      const claims = await verifyClaims(token)
      return { claims, context: contextOf(claims), expiresAtMs: endOf(claims) }
    },
  } satisfies OidcVerifier)
}

/** `exp` may have a fraction, and be later than a Date can tell. */
function endOf({ exp }: TokenClaims): number {
  return Math.min(Math.floor(exp * 1000), MAX_DATE_MS)
}

function issuerList(config: VerifierConfig): readonly IssuerConfig[] {
  if (!('issuers' in config)) return [config]
  const { issuers } = config
  if ('issuer' in config) throw new TypeError('"issuer" and "issuers" exclude each other')
  if (!Array.isArray(issuers) || issuers.length === 0 || issuers.length > MAX_ISSUERS) {
    throw new TypeError(`"issuers" must be a list of 1 to ${MAX_ISSUERS}`)
  }
  return issuers as readonly IssuerConfig[]
}

function remembering(verify: TokenVerifier, maxCachedTokens: number | undefined): TokenVerifier {
  if (maxCachedTokens === 0) return async (token): Promise<TokenClaims> => verify(token)
  const maxEntries = integerOption('maxCachedTokens', maxCachedTokens, 10_000, 2, 10_000_000)
  return createCachedVerifier(verify, { maxEntries })
}

export type { VerifierConfig } from './verifier-config.ts'
