const WINDOW_MS = 60_000
const MAX_PER_WINDOW = 10

/** Lets tokens of one session be looked at one at a time, and no more than ten in a minute. */
export class ReauthLimiter {
  #isBusy = false
  /** Times of the attempts of the last minute, by a clock that only goes forward. */
  #attempts: number[] = []

  /** @returns what to call when the token was looked at; a sentence for the peer when it is not to be looked at */
  enter(): (() => void) | string {
    if (this.#isBusy) return 'another token is being looked at'
    const now = performance.now()
    this.#attempts = this.#attempts.filter((at) => at > now - WINDOW_MS)
    if (this.#attempts.length >= MAX_PER_WINDOW) return 'too many tokens in a minute'
    this.#attempts.push(now)
    this.#isBusy = true
    return () => {
      this.#isBusy = false
    }
  }
}
