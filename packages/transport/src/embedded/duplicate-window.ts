import { Fifo } from '../internal/fifo.ts'

interface Seen {
  readonly id: string
  readonly sequence: number
  readonly at: number
}

/** Remembers message ids for a while, and at most so many. */
export class DuplicateWindow {
  readonly #seen = new Map<string, Seen>()
  /** Oldest first. A map is no queue: finding its first entry walks over all that were deleted before it. */
  readonly #ages = new Fifo<Seen>()
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
    const seen: Seen = { id, sequence, at: now }
    this.#seen.set(id, seen)
    this.#ages.push(seen)
    for (let oldest = this.#ages.peek(); oldest; oldest = this.#ages.peek()) {
      if (this.#ages.length <= this.#maxCount && now - oldest.at <= this.#windowMs) return
      this.#ages.shift()
      // Unless it was added again since.
      if (this.#seen.get(oldest.id) === oldest) this.#seen.delete(oldest.id)
    }
  }
}
