import { AuthError } from '../errors.ts'
import { MAX_TOKEN_BYTES } from '../bearer/token-syntax.ts'
import type { KeyQuery } from '../keys/key-set.ts'
import type { TokenAlgorithm } from '../token/algorithms.ts'

const MAX_KID_BYTES = 256
// Fatal: bytes that are no text would become characters that nobody sent.
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const COMPACT_JWS = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/

/** What of a token's header matters after it was checked. */
export interface TokenHeader extends KeyQuery {
  /** As the token has it: of any type, and compared only when one is asked for. */
  readonly typ: unknown
}

/**
 * Checks everything about an untrusted token that needs no key, cheapest first, and returns what may choose one.
 * `jku`, `x5u`, `x5c` and `jwk` are not even looked at.
 */
export function readTokenHeader(token: unknown, allowed: readonly TokenAlgorithm[]): TokenHeader {
  if (typeof token !== 'string') throw invalidToken('it is not a string')
  if (token.length > MAX_TOKEN_BYTES) throw invalidToken('it is too long')
  if (!COMPACT_JWS.test(token)) throw invalidToken('it is not a compact JWS')
  const parts = token.split('.')
  if (!parts.every(isCanonical)) throw invalidToken('it is not canonical base64url')
  const header = parseObject(parts[0] as string)
  const { alg, kid, typ } = header
  if (!isAllowed(alg, allowed)) throw invalidToken('its algorithm is not allowed')
  if ('crit' in header || 'b64' in header) throw invalidToken('it needs extensions that are not supported')
  if (kid === undefined) return { alg, typ }
  if (typeof kid !== 'string' || Buffer.byteLength(kid) > MAX_KID_BYTES)
    throw invalidToken('its key id is malformed')
  return { alg, kid, typ }
}

/** The error for any token that does not verify. `reason` is fixed text: nothing of the token may get into it. */
export function invalidToken(reason: string, cause?: unknown): AuthError {
  const message = `the token is invalid: ${reason}`
  return new AuthError('ERR_AUTH_TOKEN_INVALID', message, cause === undefined ? undefined : { cause })
}

/** Decoders ignore the spare bits of the last character, which would give one signature several spellings. */
function isCanonical(part: string): boolean {
  const last = part.at(-1) as string
  if (part.length % 4 === 2) return 'AQgw'.includes(last)
  if (part.length % 4 === 3) return 'AEIMQUYcgkosw048'.includes(last)
  return part.length % 4 === 0
}

function isAllowed(alg: unknown, allowed: readonly string[]): alg is TokenAlgorithm {
  return typeof alg === 'string' && allowed.includes(alg)
}

function parseObject(part: string): Record<string, unknown> {
  let value: unknown
  try {
    value = JSON.parse(UTF8.decode(Buffer.from(part, 'base64url')))
  } catch {
    // No cause: the parser's message quotes the token.
    throw invalidToken('its header is not JSON')
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw invalidToken('its header is not an object')
  }
  return value as Record<string, unknown>
}
