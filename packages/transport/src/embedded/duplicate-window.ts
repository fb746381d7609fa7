/** Remembers message ids for a while, and at most so many. */
export class DuplicateWindow {
  readonly #seen = new Map<string, { sequence: number; at: number }>()
  readonly #windowMs: number
  readonly #maxCount: number

  constructor(windowMs: number, maxCount: number) {
    this.#windowMs = windowMs
    this.#maxCount = maxCount
  }

  /** The sequence the id was stored under, when that is inside the window. */
  find(id: string, now: number): number | undefined {
    const seen = this.#seen.get(id)
    return seen !== undefined && now - seen.at <= this.#windowMs ? seen.sequence : undefined
  }

  add(id: string, sequence: number, now: number): void {
    this.#seen.delete(id)
    this.#seen.set(id, { sequence, at: now })
    // Insertion order is age order, so expired entries are always in front.
    for (const [oldest, { at }] of this.#seen) {
      if (this.#seen.size <= this.#maxCount && now - at <= this.#windowMs) break
      this.#seen.delete(oldest)
    }
  }
}
