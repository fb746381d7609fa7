import { createHmac, randomBytes } from 'node:crypto'
import type { SecretHasher } from '@portcullis/auth-core/hashing'

const MAX_ENTRIES = 10_000

/** A hasher that remembers for a while which secrets it found right. */
export type CachingHasher = Pick<SecretHasher, 'hash' | 'verify'>

/**
 * Wraps a hasher so that a right secret is not hashed again for `ttlMs`. Only right ones are remembered, as an HMAC of
 * secret and hash under a key that never leaves the process: neither can be had from it, and a new hash (a new secret)
 * matches no entry. Holds 10000 entries at most; the oldest goes first.
 *
 * @param ttlMs - 0 remembers nothing
 */
export function cachingHasher(hasher: CachingHasher, ttlMs: number): CachingHasher {
  if (ttlMs === 0) return hasher
  const key = randomBytes(32)
  /** When each entry ends, in the order of insertion and so of ending. */
  const known = new Map<string, number>()

  return {
    hash: async (secret) => hasher.hash(secret),
    verify: async (secret, hash) => {
      if (hash === null || typeof secret !== 'string') return hasher.verify(secret, hash)
      const digest = createHmac('sha256', key).update(hash).update('\0').update(secret).digest('base64url')
      if ((known.get(digest) ?? 0) > Date.now()) return true
      const isRight = await hasher.verify(secret, hash)
      if (isRight) remember(digest)
      return isRight
    },
  }

  function remember(digest: string): void {
    known.delete(digest)
    const now = Date.now()
    for (const [oldest, end] of known) {
      if (end > now && known.size < MAX_ENTRIES) break
      known.delete(oldest)
    }
    known.set(digest, now + ttlMs)
  }
}
