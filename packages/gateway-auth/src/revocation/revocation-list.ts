import type { Revocation } from './revocation.ts'

/** What of a token decides whether it is revoked. Times are seconds since the epoch, as in the token. */
export interface RevocableClaims {
  readonly iat?: unknown
  readonly client_id?: unknown
  readonly sid?: unknown
  readonly jti?: unknown
}

/**
 * The revocations that live tokens may be subject to, in memory.
 *
 * Bounded: past `maxEntries` the one that ends first is folded into a date, and every token issued until that date is
 * refused. Tokens may then be refused for no reason of their own, but no revocation is ever forgotten.
 */
export class RevocationList {
  readonly #maxEntries: number
  readonly #entries = new Map<string, Revocation>()
  /** Every token issued until then is refused, milliseconds since the epoch. */
  #floor = -Infinity

  constructor(maxEntries: number) {
    this.#maxEntries = maxEntries
  }

  get size(): number {
    return this.#entries.size
  }

  /** @returns whether it says anything new */
  add(revocation: Revocation): boolean {
    const now = Date.now()
    if (revocation.expiresAt <= now) return false
    const key = keyOf(revocation.kind, revocation.id)
    const known = this.#entries.get(key)
    if (known !== undefined && known.at >= revocation.at && known.expiresAt >= revocation.expiresAt)
      return false
    this.#entries.delete(key)
    this.#entries.set(key, {
      ...revocation,
      at: Math.max(revocation.at, known?.at ?? 0),
      expiresAt: Math.max(revocation.expiresAt, known?.expiresAt ?? 0),
    })
    this.#trim(now)
    return known === undefined || known.at < revocation.at
  }

  isRevoked(claims: RevocableClaims): boolean {
    // Without a time of issue nothing can be said in the token's favour.
    const issuedAt = typeof claims.iat === 'number' ? claims.iat * 1000 : -Infinity
    if (issuedAt <= this.#floor) return true
    if (this.#entries.size === 0) return false
    if (typeof claims.sid === 'string' && this.#entries.has(keyOf('family', claims.sid))) return true
    if (typeof claims.jti === 'string' && this.#entries.has(keyOf('token', claims.jti))) return true
    if (typeof claims.client_id !== 'string') return false
    const client = this.#entries.get(keyOf('client', claims.client_id))
    return client !== undefined && issuedAt <= client.at
  }

  /** Until when every token of a client is void, milliseconds since the epoch; null when that is not known of any. */
  voidUntil(clientId: string): number | null {
    return this.#entries.get(keyOf('client', clientId))?.at ?? null
  }

  /** Drops what has ended, looking at the oldest entries only: most end in the order in which they came. */
  #trim(now: number): void {
    for (const [key, { at, expiresAt }] of this.#entries) {
      if (expiresAt > now) {
        if (this.#entries.size <= this.#maxEntries) return
        this.#floor = Math.max(this.#floor, at)
      }
      this.#entries.delete(key)
    }
  }
}

function keyOf(kind: Revocation['kind'], id: string): string {
  return `${kind}:${id}`
}
