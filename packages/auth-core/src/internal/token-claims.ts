import type { JWTPayload } from 'jose'
import type { TokenClaims } from '../token/verify.ts'
import { invalidToken } from './token-header.ts'

/** What jose does not check: a usable subject, finite times, and an `iat` that is not in the future. */
export function checkClaims(payload: JWTPayload, clockToleranceSeconds: number): TokenClaims {
  const { sub, exp } = payload
  if (typeof sub !== 'string' || sub === '') throw invalidToken('"sub" must be a non-empty string')
  for (const name of ['exp', 'nbf', 'iat'] as const) {
    const value: unknown = payload[name]
    // 1e999 is legal JSON and parses as Infinity, a token that never expires.
    if (value !== undefined && (typeof value !== 'number' || !Number.isFinite(value))) {
      throw invalidToken(`"${name}" must be a number`)
    }
  }
  const now = Math.floor(Date.now() / 1000)
  if (payload.iat !== undefined && payload.iat > now + clockToleranceSeconds) {
    throw invalidToken('"iat" is in the future')
  }
  return { ...payload, sub, exp: exp as number }
}
