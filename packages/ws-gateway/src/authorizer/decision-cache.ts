interface Entry<Value> {
  value: Value
  bytes: number
  /** By a clock that only goes forward. */
  endsAt: number
}

export interface DecisionCacheOptions {
  /** 0: nothing is kept. */
  ttlMs: number
  maxEntries: number
  maxBytes: number
}

/**
 * What was decided, for a while. Bounded in time, number and bytes; the one that was used least lately goes first. Times are
 * of `performance.now()`: a wall clock that is set back keeps nothing longer.
 */
export class DecisionCache<Value> {
  readonly #options: DecisionCacheOptions
  readonly #entries = new Map<string, Entry<Value>>()
  #bytes = 0
  #nextPurge = 0

  constructor(options: DecisionCacheOptions) {
    this.#options = options
  }

  get size(): number {
    return this.#entries.size
  }

  get(key: string, now: number): Value | undefined {
    const entry = this.#entries.get(key)
    if (entry === undefined) return undefined
    this.#entries.delete(key)
    if (entry.endsAt <= now) {
      this.#bytes -= entry.bytes
      return undefined
    }
    // To the end: the front goes first.
    this.#entries.set(key, entry)
    return entry.value
  }

  /** @param maxMs for this one, where it is less than for all */
  set(key: string, value: Value, bytes: number, now: number, maxMs: number = Number.POSITIVE_INFINITY): void {
    const { ttlMs, maxEntries, maxBytes } = this.#options
    this.delete(key)
    const keptMs = Math.min(ttlMs, maxMs)
    if (keptMs <= 0 || bytes > maxBytes) return
    this.#purge(now)
    this.#entries.set(key, { value, bytes, endsAt: now + keptMs })
    this.#bytes += bytes
    for (const first of this.#entries.keys()) {
      if (this.#entries.size <= maxEntries && this.#bytes <= maxBytes) return
      this.delete(first)
    }
  }

  delete(key: string): void {
    this.#bytes -= this.#entries.get(key)?.bytes ?? 0
    this.#entries.delete(key)
  }

  clear(): void {
    this.#entries.clear()
    this.#bytes = 0
  }

  /** Once in a while: what is over says something about people, and nobody needs it any more. */
  #purge(now: number): void {
    if (now < this.#nextPurge) return
    this.#nextPurge = now + this.#options.ttlMs
    for (const [key, { endsAt }] of this.#entries) if (endsAt <= now) this.delete(key)
  }
}
