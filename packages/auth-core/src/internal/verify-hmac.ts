import { createHmac, timingSafeEqual, type KeyObject } from 'node:crypto'
import { UnsecuredJWT, type JWTClaimVerificationOptions, type JWTPayload } from 'jose'
import type { TokenHeader } from './token-header.ts'

/**
 * Verifies an HS* token without leaving the thread: a HMAC takes microseconds, the way through WebCrypto and its thread
 * pool ten times that. The claims are checked by jose all the same; for that they are handed over as an unsecured token,
 * after the signature was found right.
 *
 * @returns the claims, or null when this key did not sign the token
 * @throws the errors of `jwtVerify` for claims that are not accepted
 */
export function verifyHmac(
  token: string,
  key: KeyObject,
  { alg, typ }: TokenHeader,
  checks: JWTClaimVerificationOptions,
): JWTPayload | null {
  const end = token.lastIndexOf('.')
  const expected = createHmac(`sha${alg.slice(2)}`, key)
    .update(token.slice(0, end))
    .digest()
  const given = Buffer.from(token.slice(end + 1), 'base64url')
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return null
  const header = Buffer.from(JSON.stringify({ alg: 'none', typ })).toString('base64url')
  return UnsecuredJWT.decode(`${header}.${token.slice(token.indexOf('.') + 1, end)}.`, checks).payload
}
