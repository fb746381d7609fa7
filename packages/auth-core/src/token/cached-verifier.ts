import { hash } from 'node:crypto'
import { MAX_TOKEN_BYTES } from '../bearer/token-syntax.ts'
import { deepFreeze } from '../internal/deep-freeze.ts'
import { GenerationCache } from '../internal/generation-cache.ts'
import { integerOption } from '../integer-option.ts'
import type { TokenClaims, TokenVerifier } from './verify.ts'

/** Fits into two maps, which take about sixteen million each. */
const MAX_ENTRIES = 10_000_000

/** Options of {@link createCachedVerifier}. */
export interface CachedVerifierOptions {
  /** Most tokens remembered, integer 2–10000000. Past it the half that was used least recently goes. @defaultValue 10000 */
  maxEntries?: number | undefined
  /** The key ring that `verify` uses: everything is forgotten when its keys change. */
  keys?: { readonly generation: number } | undefined
}

/** A verifier that remembers tokens it has found good. */
export interface CachedVerifier extends TokenVerifier {
  /** Tokens remembered now. */
  readonly size: number
  /**
   * Forgets the tokens whose claims match, and whatever is being verified at the moment.
   *
   * @returns how many were remembered
   */
  forget(matches: (claims: TokenClaims) => boolean): number
  /** Forgets everything. */
  clear(): void
}

/**
 * Wraps a verifier so that a token is verified once and then recognised by its digest until `exp`; at `exp` and after,
 * the wrapped verifier decides again. Only success is remembered, never a failure, and no token is held. Concurrent calls
 * with one token share one verification.
 *
 * A remembered token is not checked again for anything but `exp`: when one may be revoked, call `forget`, and check the
 * revocation itself outside.
 *
 * @returns claims that are frozen throughout, because all callers with one token get the same object
 * @throws TypeError naming the option that is wrong
 */
export function createCachedVerifier(
  verify: TokenVerifier,
  options: CachedVerifierOptions = {},
): CachedVerifier {
  if (typeof verify !== 'function') throw new TypeError('"verify" must be a function')
  const { keys } = options
  if (keys !== undefined && typeof keys?.generation !== 'number') {
    throw new TypeError('"keys" must be a key ring')
  }
  const maxEntries = integerOption('maxEntries', options.maxEntries, 10_000, 2, MAX_ENTRIES)
  const known = new GenerationCache<TokenClaims>(maxEntries)
  const pending = new Map<string, Promise<TokenClaims>>()
  let generation = keys?.generation
  /** Changes when results still under way must not be remembered. */
  let epoch = 0

  function clear(): void {
    epoch += 1
    known.clear()
    // Who comes after this must not join a verification that began before it.
    pending.clear()
  }

  function followKeys(): void {
    if (keys === undefined || keys.generation === generation) return
    generation = keys.generation
    clear()
  }

  async function verifyAndKeep(token: unknown, digest: string): Promise<TokenClaims> {
    const began = epoch
    const claims = deepFreeze(await verify(token))
    followKeys()
    if (epoch === began && isCurrent(claims)) known.set(digest, claims)
    return claims
  }

  async function verifyShared(token: unknown, digest: string): Promise<TokenClaims> {
    const shared = verifyAndKeep(token, digest).finally(() => {
      if (pending.get(digest) === shared) pending.delete(digest)
    })
    // Bounded like the rest: beyond it callers do not share.
    if (pending.size < maxEntries) pending.set(digest, shared)
    return shared
  }

  async function cached(token: unknown): Promise<TokenClaims> {
    // Refused unread anyway, so not worth a digest.
    if (typeof token !== 'string' || token.length > MAX_TOKEN_BYTES) return verify(token)
    followKeys()
    const digest = hash('sha256', token, 'base64url')
    const claims = known.get(digest)
    if (claims !== undefined) {
      if (isCurrent(claims)) return claims
      known.delete(digest)
    }
    return pending.get(digest) ?? verifyShared(token, digest)
  }

  return Object.freeze(
    Object.defineProperties(cached as CachedVerifier, {
      size: {
        get(): number {
          followKeys()
          return known.size
        },
      },
      forget: {
        value(matches: (claims: TokenClaims) => boolean): number {
          epoch += 1
          pending.clear()
          return known.deleteWhere(matches)
        },
      },
      clear: { value: clear },
    }),
  )
}

function isCurrent(claims: TokenClaims): boolean {
  return Date.now() < claims.exp * 1000
}
