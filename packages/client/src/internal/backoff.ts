/** Exponential backoff with full jitter: after n failures a uniformly random delay in [0, min(cap, base * 2^(n-1))). */
export class Backoff {
  readonly #baseMs: number
  readonly #capMs: number
  readonly #random: () => number
  #attempts = 0

  constructor(baseMs: number, capMs: number, random: () => number) {
    this.#baseMs = baseMs
    this.#capMs = capMs
    this.#random = random
  }

  /** Delay before the next attempt, milliseconds. Never sooner than the server asked for. */
  next(retryAfterMs = 0): number {
    // 2 ** 1024 is Infinity, which the cap handles.
    const ceiling = Math.min(this.#capMs, this.#baseMs * 2 ** this.#attempts)
    this.#attempts += 1
    return retryAfterMs + Math.floor(this.#random() * ceiling)
  }

  reset(): void {
    this.#attempts = 0
  }
}
