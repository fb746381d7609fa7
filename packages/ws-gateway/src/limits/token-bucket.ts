/** A rate limit per key: so many per second, with a burst. Keys that are full again are forgotten. */
export class TokenBuckets {
  readonly #ratePerSecond: number
  readonly #burst: number
  readonly #buckets = new Map<string, { tokens: number; at: number }>()
  #nextPurge = 0

  constructor(ratePerSecond: number, burst: number) {
    this.#ratePerSecond = ratePerSecond
    this.#burst = burst
  }

  /** Takes one token; false when there is none. `now` is of a clock that only goes forward. */
  take(key: string, now: number = performance.now()): boolean {
    this.#purge(now)
    const bucket = this.#buckets.get(key) ?? { tokens: this.#burst, at: now }
    const tokens = Math.min(this.#burst, bucket.tokens + ((now - bucket.at) / 1000) * this.#ratePerSecond)
    this.#buckets.set(key, { tokens: tokens >= 1 ? tokens - 1 : tokens, at: now })
    return tokens >= 1
  }

  #purge(now: number): void {
    if (now < this.#nextPurge) return
    const refillMs = (this.#burst / this.#ratePerSecond) * 1000
    this.#nextPurge = now + refillMs
    for (const [key, bucket] of this.#buckets) {
      if (now - bucket.at >= refillMs) this.#buckets.delete(key)
    }
  }
}
