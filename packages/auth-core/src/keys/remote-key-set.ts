import { createRemoteJWKSet, customFetch, errors, type CryptoKey } from 'jose'
import { AuthError } from '../errors.ts'
import type { EgressFetch } from '../egress/egress-fetch.ts'
import { boundedFetch } from '../internal/bounded-fetch.ts'
import { integerOption } from '../integer-option.ts'
import { isLoopback } from '../internal/loopback.ts'
import type { KeyQuery, KeySet } from './key-set.ts'

/** Permits `http:` key URLs on loopback addresses. For tests and development; a symbol so that no JSON can set it. */
export const allowInsecureHttp: unique symbol = Symbol('allowInsecureHttp')

/** Options of {@link createRemoteKeySet}. */
export interface RemoteKeySetOptions {
  /** Longest wait for one download, milliseconds, integer ≥ 1. @defaultValue 5000 */
  timeoutMs?: number | undefined
  /** Shortest time between two downloads caused by unknown keys or failures, milliseconds, integer ≥ 0. @defaultValue 30000 */
  cooldownMs?: number | undefined
  /** Age at which cached keys are downloaded again, milliseconds, integer ≥ 1. @defaultValue 600000 */
  cacheMaxAgeMs?: number | undefined
  /** How long past `cacheMaxAgeMs` keys still verify while the endpoint fails, milliseconds, integer ≥ 0. @defaultValue 3600000 */
  staleIfErrorMs?: number | undefined
  /** Largest accepted key set, bytes. @defaultValue 262144 */
  maxBytes?: number | undefined
  /** Most keys in a set. @defaultValue 100 */
  maxKeys?: number | undefined
  /**
   * What downloads. For a URL that a tenant chose: `createPublicFetch()` of `@portcullis/auth-core/egress`, which reaches
   * public addresses only. @defaultValue the global `fetch`, which reaches whatever this machine reaches
   */
  egress?: EgressFetch | undefined
  [allowInsecureHttp]?: boolean | undefined
}

/** Before the first success there is nothing to fall back on, so a failure is retried sooner than after `cooldownMs`. */
const COLD_RETRY_MS = 1000

/** A token without `kid` may fit many keys; each one tried costs a signature check. */
const MAX_CANDIDATES = 8

/**
 * A key set downloaded from a JWKS endpoint on first use. Concurrent callers share one download; redirects, non-JSON,
 * oversized and slow answers are failures.
 *
 * An unknown key causes a download at most once per `cooldownMs`, however many tokens ask. When the endpoint fails,
 * keys already held keep verifying for `cacheMaxAgeMs + staleIfErrorMs` after their download; whatever needs a key that
 * is not held rejects with `ERR_AUTH_KEYS_UNAVAILABLE`, because nothing is known about such a token.
 *
 * @throws TypeError for a URL that is not `https:` (see {@link allowInsecureHttp}) or has credentials, and for numbers
 *   out of range
 * @see RFC 7517 §5, RFC 8725 §3.10
 */
export function createRemoteKeySet(url: string | URL, options: RemoteKeySetOptions = {}): KeySet {
  const timeoutMs = integerOption('timeoutMs', options.timeoutMs, 5000, 1)
  const cooldownMs = integerOption('cooldownMs', options.cooldownMs, 30_000, 0)
  const cacheMaxAgeMs = integerOption('cacheMaxAgeMs', options.cacheMaxAgeMs, 600_000, 1)
  const staleIfErrorMs = integerOption('staleIfErrorMs', options.staleIfErrorMs, 3_600_000, 0)
  const maxBytes = integerOption('maxBytes', options.maxBytes, 262_144, 1)
  const maxKeys = integerOption('maxKeys', options.maxKeys, 100, 1)
  const { egress } = options
  if (egress !== undefined && typeof egress !== 'function') throw new TypeError('"egress" must be a function')

  // jose measures its cooldown from the last success, so a failing endpoint would be asked once per token. Here jose
  // only downloads, parses and selects; when to download is decided below.
  const remote = createRemoteJWKSet(keyUrl(url, options[allowInsecureHttp] === true), {
    timeoutDuration: timeoutMs,
    cooldownDuration: Infinity,
    cacheMaxAge: Infinity,
    [customFetch]: boundedFetch({ maxBytes, maxKeys }, egress),
  })

  let downloadedAt: number | undefined
  let attemptedAt = -Infinity
  let failure: unknown
  let pending: Promise<void> | undefined

  /** Joins or starts a download, unless the last one began less than `afterMs` ago. Never rejects. */
  async function refresh(afterMs: number): Promise<void> {
    if (pending === undefined && performance.now() - attemptedAt >= afterMs) {
      attemptedAt = performance.now()
      pending = remote
        .reload()
        .then(
          () => {
            downloadedAt = performance.now()
            failure = undefined
          },
          (error: unknown) => {
            failure = error
          },
        )
        .finally(() => {
          pending = undefined
        })
    }
    await pending
  }

  async function ensureUsable(): Promise<void> {
    if (downloadedAt === undefined) await refresh(Math.min(cooldownMs, COLD_RETRY_MS))
    // A failed attempt is repeated after the cooldown only: until then callers use the stale keys without waiting.
    else if (ageMs() >= cacheMaxAgeMs) await refresh(failure === undefined ? 0 : cooldownMs)
    if (ageMs() >= cacheMaxAgeMs + staleIfErrorMs) throw unavailable(failure)
  }

  function ageMs(): number {
    return downloadedAt === undefined ? Infinity : performance.now() - downloadedAt
  }

  return Object.freeze({
    kind: 'public' as const,
    async candidates(query): Promise<readonly CryptoKey[]> {
      await ensureUsable()
      const known = await select(remote, query)
      if (known.length > 0) return known
      await refresh(cooldownMs)
      const found = await select(remote, query)
      if (found.length === 0 && failure !== undefined) throw unavailable(failure)
      return found
    },
  } satisfies KeySet)
}

async function select(
  remote: ReturnType<typeof createRemoteJWKSet>,
  { alg, kid }: KeyQuery,
): Promise<CryptoKey[]> {
  try {
    return [await remote(kid === undefined ? { alg } : { alg, kid })]
  } catch (error) {
    if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JOSENotSupported) return []
    // A key that does not import is the issuer's fault, not the bearer's.
    if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw unavailable(error)
    const keys: CryptoKey[] = []
    for await (const key of error) if (keys.push(key) === MAX_CANDIDATES) break
    return keys
  }
}

function keyUrl(input: string | URL, insecure: boolean): URL {
  const url = URL.canParse(input.toString()) ? new URL(input) : undefined
  if (url === undefined) throw new TypeError('"url" must be an absolute URL')
  if (url.username !== '' || url.password !== '') throw new TypeError('"url" must not contain credentials')
  if (url.protocol === 'https:' || (insecure && url.protocol === 'http:' && isLoopback(url))) return url
  throw new TypeError('"url" must be https: (http: only on loopback, with allowInsecureHttp)')
}

function unavailable(cause: unknown): AuthError {
  return new AuthError('ERR_AUTH_KEYS_UNAVAILABLE', 'the verification keys are unavailable', { cause })
}
