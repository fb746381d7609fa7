/** Sums of fractions: whoever waited for as long as was said is not sent away for the last of them. */
const ALMOST_ONE = 1 - 1e-6

/** How many frames one session may send: so many per second, and as many at once. */
export class SessionRate {
  readonly #perMs: number
  readonly #burst: number
  #tokens: number
  #at: number

  /** `now` is of a clock that only goes forward, in milliseconds, here and below. */
  constructor(perSecond: number, now: number) {
    this.#perMs = perSecond / 1000
    this.#burst = perSecond
    this.#tokens = perSecond
    this.#at = now
  }

  /** Takes a place for one frame. Returns 0, or how long until there is one, milliseconds: then none was taken. */
  take(now: number): number {
    const tokens = Math.min(this.#burst, this.#tokens + (now - this.#at) * this.#perMs)
    this.#at = now
    const isFree = tokens >= ALMOST_ONE
    this.#tokens = isFree ? tokens - 1 : tokens
    return isFree ? 0 : (1 - tokens) / this.#perMs
  }
}
