import { KeyObject } from 'node:crypto'
import { errors, jwtVerify, type JWTPayload } from 'jose'
import { AuthError } from '../errors.ts'
import { checkClaims } from '../internal/token-claims.ts'
import { invalidToken, readTokenHeader, type TokenHeader } from '../internal/token-header.ts'
import { verifySettings, type VerifySettings } from '../internal/verify-settings.ts'
import { verifyHmac } from '../internal/verify-hmac.ts'
import type { KeySet, VerificationKey } from '../keys/key-set.ts'
import { keyKindOf, type TokenAlgorithm } from './algorithms.ts'

/** Options of {@link verifyToken}. */
export interface VerifyTokenOptions {
  keys: KeySet
  /**
   * Allow-list, mandatory unless `keys` is a ring, which knows the algorithms of its keys: then it is those, also of keys
   * added later. HS* only with a secret key set, everything else only with a public one.
   */
  algorithms?: readonly TokenAlgorithm[] | undefined
  /** Accepted `iss`, compared exactly; the claim is required when this is set. */
  issuer?: string | readonly string[] | undefined
  /** Accepted `aud`, one of which must be in the token; the claim is required when this is set. */
  audience?: string | readonly string[] | undefined
  /** Required `typ` header, such as `at+jwt`; compared as a media type. */
  typ?: string | undefined
  /** Accepted clock difference, seconds, integer 0–60. @defaultValue 5 */
  clockToleranceSeconds?: number | undefined
}

/** The claims of a verified token. `sub` and `exp` (seconds since the epoch) are always there. */
export interface TokenClaims {
  readonly sub: string
  readonly exp: number
  readonly [claim: string]: unknown
}

/** A function that verifies tokens against options that were checked when it was made. */
export type TokenVerifier = (token: unknown) => Promise<TokenClaims>

/**
 * Verifies a signed JWT and returns its claims. In order: size and syntax, header (algorithm, no `crit`, no `b64`, `kid`),
 * signature, then `exp` (required), `nbf`, `iat`, `iss`, `aud`, `typ` and `sub` (required). Of duplicate JSON members the
 * last one counts, in header and payload alike.
 *
 * @throws AuthError and nothing else, whatever `token` is: `ERR_AUTH_TOKEN_EXPIRED`, `ERR_AUTH_KEYS_UNAVAILABLE`, or
 *   `ERR_AUTH_TOKEN_INVALID`. Neither message nor cause contains the token or its claims.
 * @throws TypeError only for mistakes in `options`
 * @see RFC 7519 §7.2, RFC 8725
 */
export async function verifyToken(token: unknown, options: VerifyTokenOptions): Promise<TokenClaims> {
  return createTokenVerifier(options)(token)
}

/**
 * {@link verifyToken} with its options checked once.
 *
 * @throws TypeError naming the option that is wrong
 */
export function createTokenVerifier(options: VerifyTokenOptions): TokenVerifier {
  const settings = verifySettings(options)
  return async (token) => {
    const header = readTokenHeader(token, settings.algorithms())
    const keys = await candidates(settings.keys, header)
    for (const key of keys) {
      const claims = await tryKey(token as string, key, header, settings.jose)
      if (claims !== null) return claims
    }
    throw invalidToken(keys.length === 0 ? 'no key fits it' : 'its signature is wrong')
  }
}

async function candidates(
  keys: KeySet,
  query: Parameters<KeySet['candidates']>[0],
): Promise<readonly VerificationKey[]> {
  try {
    return await keys.candidates(query)
  } catch (error) {
    if (AuthError.is(error)) throw error
    throw new AuthError('ERR_AUTH_KEYS_UNAVAILABLE', 'the verification keys are unavailable', {
      cause: error,
    })
  }
}

type Checks = VerifySettings['jose']

/** The claims, or null when this key did not sign the token. */
async function tryKey(
  token: string,
  key: VerificationKey,
  header: TokenHeader,
  checks: Checks,
): Promise<TokenClaims | null> {
  try {
    const payload =
      key instanceof KeyObject && key.type === 'secret' && keyKindOf(header.alg) === 'secret'
        ? verifyHmac(token, key, header, checks)
        : await verifyWithJose(token, key, header, checks)
    return payload && checkClaims(payload, checks.clockTolerance)
  } catch (error) {
    if (AuthError.is(error)) throw error
    if (error instanceof errors.JWSSignatureVerificationFailed) return null
    if (error instanceof errors.JWTExpired && error.claim === 'exp') {
      throw new AuthError('ERR_AUTH_TOKEN_EXPIRED', 'the token has expired')
    }
    // jose's own errors carry the claims or quote the payload in nested causes; only their fixed message is kept.
    const detail = error instanceof errors.JOSEError ? new Error(error.message) : error
    throw invalidToken(reasonOf(error), detail)
  }
}

async function verifyWithJose(
  token: string,
  key: VerificationKey,
  { alg }: TokenHeader,
  checks: Checks,
): Promise<JWTPayload> {
  return (await jwtVerify(token, key, { ...checks, algorithms: [alg] })).payload
}

function reasonOf(error: unknown): string {
  if (error instanceof errors.JWTClaimValidationFailed)
    return `its "${error.claim}" is missing or not accepted`
  return 'it could not be verified'
}
