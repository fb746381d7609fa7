import { lengthInWords, timeInWords } from '../output/time-in-words.ts'
import type { DecodedToken } from './decode.ts'

/** Accepted clock difference of the verifiers here, milliseconds. */
const TOLERANCE_MS = 5000

const DAY_MS = 86_400_000

/** Largest token that gateways read, bytes. */
const MAX_TOKEN_BYTES = 8192

/** What somebody should know about a token before using or accepting it, in sentences. */
export function warningsOf({ header, claims }: DecodedToken, token: string, nowMs: number): string[] {
  return [
    ...headerWarnings(header),
    ...timeWarnings(claims, nowMs),
    ...claimWarnings(header, claims),
    ...sizeWarning(token),
  ]
}

function* headerWarnings({
  alg,
  typ,
  crit,
  b64,
  jku,
  x5u,
  jwk,
  x5c,
}: DecodedToken['header']): Iterable<string> {
  if (typeof alg !== 'string') yield 'it names no algorithm and is refused everywhere'
  else if (alg.toLowerCase() === 'none') yield 'it is not signed (alg "none"): anybody can have written it'
  if (crit !== undefined || b64 !== undefined)
    yield 'its header has extensions ("crit", "b64"), which are refused'
  const links = Object.entries({ jku, x5u, jwk, x5c }).filter(([, value]) => value !== undefined)
  if (links.length > 0) {
    yield `its header brings or links a key (${links.map(([name]) => name).join(', ')}), which nobody should follow`
  }
  if (typeof typ === 'string' && /refresh|rt\+jwt/i.test(typ))
    yield 'it is a refresh token, and not for requests'
}

function* timeWarnings({ exp, nbf, iat }: DecodedToken['claims'], nowMs: number): Iterable<string> {
  for (const [name, value] of Object.entries({ exp, nbf, iat })) {
    if (value !== undefined && typeof value !== 'number') yield `"${name}" is no number and is refused`
  }
  if (exp === undefined) yield 'it has no "exp" and is refused: a token has to end'
  if (typeof exp === 'number' && exp * 1000 <= nowMs) yield `it has expired ${timeInWords(exp * 1000, nowMs)}`
  if (typeof nbf === 'number' && nbf * 1000 > nowMs + TOLERANCE_MS) {
    yield `it is not good before ${timeInWords(nbf * 1000, nowMs)}`
  }
  if (typeof iat === 'number' && iat * 1000 > nowMs + TOLERANCE_MS) {
    yield `it was issued in the future (${timeInWords(iat * 1000, nowMs)}): a clock is wrong`
  }
  if (typeof exp !== 'number') return
  const lifeMs = typeof iat === 'number' ? (exp - iat) * 1000 : exp * 1000 - nowMs
  if (lifeMs > DAY_MS) yield `it lives ${lengthInWords(lifeMs)}: whoever finds it can use it that long`
  // Milliseconds where seconds belong are a date tens of thousands of years away.
  if (exp > 100_000_000_000) yield '"exp" looks like milliseconds; it is in seconds'
}

function* claimWarnings(
  { typ }: DecodedToken['header'],
  { sub, iss, aud, nonce, at_hash }: DecodedToken['claims'],
): Iterable<string> {
  if (typeof sub !== 'string' || sub === '')
    yield 'it has no "sub" and is refused: a token has to be somebody’s'
  if (iss === undefined) yield 'it has no "iss": it does not say who issued it'
  if (aud === undefined) yield 'it has no "aud": it does not say for whom it is'
  if ((nonce ?? at_hash) !== undefined && typ !== 'at+jwt') {
    yield 'it looks like an ID token, which is for the application that logged somebody in and not for requests'
  }
}

function* sizeWarning(token: string): Iterable<string> {
  if (token.length > MAX_TOKEN_BYTES)
    yield `it has ${token.length} bytes; more than ${MAX_TOKEN_BYTES} are refused`
}
