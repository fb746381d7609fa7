export interface CircuitOptions {
  /** Failures in a row that open it. */
  failures: number
  openMs: number
}

/**
 * Leaves alone what keeps failing. Open for a while, then half-open: one attempt at a time finds out whether it is back.
 * Times are of `performance.now()`.
 */
export class Circuit {
  readonly #options: CircuitOptions
  #failures = 0
  #openUntil = 0
  #isProbing = false

  constructor(options: CircuitOptions) {
    this.#options = options
  }

  state(now: number): 'closed' | 'open' | 'half-open' {
    if (this.#failures < this.#options.failures) return 'closed'
    return now < this.#openUntil ? 'open' : 'half-open'
  }

  /** Whether an attempt may be made; then exactly one of the three below follows. */
  enter(now: number): boolean {
    const state = this.state(now)
    if (state === 'closed') return true
    if (state === 'open' || this.#isProbing) return false
    this.#isProbing = true
    return true
  }

  succeed(): void {
    this.#failures = 0
    this.#isProbing = false
  }

  fail(now: number): void {
    this.#failures += 1
    this.#isProbing = false
    if (this.#failures >= this.#options.failures) this.#openUntil = now + this.#options.openMs
  }

  /** The attempt came to nothing that says anything. */
  abandon(): void {
    this.#isProbing = false
  }

  /** How long until it may be worth to come again, milliseconds. */
  waitMs(now: number): number {
    return Math.max(0, this.#openUntil - now)
  }
}
