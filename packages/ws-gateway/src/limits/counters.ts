/** Counts per key, up to a limit. */
export class Counters {
  readonly #counts = new Map<string, number>()
  readonly #limit: number

  constructor(limit: number) {
    this.#limit = limit
  }

  /**
   * Counts one more and returns the way to undo it, once; null at the limit.
   *
   * @param limit for this one, where it is smaller than that of all keys
   */
  take(key: string, limit: number = this.#limit): (() => void) | null {
    const count = this.#counts.get(key) ?? 0
    if (count >= Math.min(limit, this.#limit)) return null
    this.#counts.set(key, count + 1)
    let isReleased = false
    return () => {
      if (isReleased) return
      isReleased = true
      const left = (this.#counts.get(key) ?? 1) - 1
      if (left > 0) this.#counts.set(key, left)
      else this.#counts.delete(key)
    }
  }

  count(key: string): number {
    return this.#counts.get(key) ?? 0
  }
}
