import {
  allowInsecureHttp,
  AuthError,
  MAX_TOKEN_BYTES,
  type KeyQuery,
  type KeySet,
} from '@portcullis/auth-core'
import { errors, jwtVerify, type CryptoKey } from 'jose'
import { contextOf } from '../context/context-of.ts'
import { verifierConfigOf, type OidcConfig } from '../config/oidc-config.ts'
import type { OidcUserContext } from '../context/user-context.ts'
import { BoundedMap } from '../internal/bounded-map.ts'
import { createIssuer, keyOptions, keySetAt, type Issuer } from './issuer.ts'
import type { IssuerConfig } from './verifier-config.ts'

/** Issuers and key sets kept for the life of the process; past it the one used least recently goes. */
const MAX_KEPT = 100

const issuers = new BoundedMap<Issuer>(MAX_KEPT)
const keySets = new BoundedMap<KeySet>(MAX_KEPT)

/**
 * Verifies one access token of one auth service, with the checks of `createVerifier`, and returns whose it is. Keys are
 * kept per URL for all calls of the process.
 *
 * @throws the errors of jose, which are `JOSEError`s with a `code`: `JWTExpired`, `JWTClaimValidationFailed`,
 *   `JWSSignatureVerificationFailed`, `JWKSNoMatchingKey`, `JOSEAlgNotAllowed`, `JWTInvalid` and so on; when the keys could
 *   not be had, a plain `JOSEError` or `JWKSTimeout`
 * @throws TypeError for a mistake in `config`
 */
export async function verifyOidcToken(rawJwt: string, config: OidcConfig): Promise<OidcUserContext> {
  const issuer = issuerOf(config)
  try {
    return contextOf(await issuer.verify(rawJwt))
  } catch (error) {
    if (!AuthError.is(error)) throw error
    throw await joseErrorOf(error, rawJwt, issuer)
  }
}

function issuerOf(config: OidcConfig): Issuer {
  const settings = verifierConfigOf(config) as IssuerConfig & { jwksUri: string }
  const insecure = config[allowInsecureHttp] === true
  const { issuer, audience, jwksUri } = settings
  return issuers.getOrMake(JSON.stringify([issuer, audience, jwksUri, insecure]), () => {
    const keys = keySets.getOrMake(`${insecure} ${jwksUri}`, () =>
      keySetAt(jwksUri, keyOptions({ [allowInsecureHttp]: insecure })),
    )
    return createIssuer(settings, {}, keys)
  })
}

/** jose's own error for a token that was refused: it is asked again, with the same key and the same checks. */
async function joseErrorOf(refusal: AuthError, token: unknown, issuer: Issuer): Promise<Error> {
  if (refusal.code === 'ERR_AUTH_KEYS_UNAVAILABLE') {
    if (refusal.cause instanceof errors.JWKSTimeout) return refusal.cause
    return new errors.JOSEError(refusal.message, { cause: refusal.cause })
  }
  if (typeof token !== 'string' || token.length > MAX_TOKEN_BYTES)
    return new errors.JWTInvalid(refusal.message)
  try {
    const { issuer: iss, audience, algorithms } = issuer
    await jwtVerify(token, (header) => firstKey(issuer.keys, header as KeyQuery), {
      issuer: iss,
      audience: [...(typeof audience === 'string' ? [audience] : audience)],
      algorithms: [...algorithms],
      requiredClaims: ['exp', 'sub'],
      clockTolerance: 5,
    })
  } catch (error) {
    if (error instanceof errors.JOSEError) return error
  }
  // Something that jose lets pass: an ID token, an `iat` to come, a signature with a second spelling.
  return new errors.JWTInvalid(refusal.message)
}

async function firstKey(keys: KeySet, query: KeyQuery): Promise<CryptoKey> {
  const [key] = await keys.candidates(query)
  if (key === undefined) throw new errors.JWKSNoMatchingKey()
  return key as CryptoKey
}
