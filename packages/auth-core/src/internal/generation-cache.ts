/**
 * A bounded map that keeps what was used recently. When the young half is full it becomes the old one and what was old
 * is dropped at once: deleting the oldest entry of a `Map` one by one walks over all that were deleted before it.
 */
export class GenerationCache<V> {
  readonly #half: number
  #young = new Map<string, V>()
  #old = new Map<string, V>()

  /** @param maxEntries - at least 2; the half that was used last is always there */
  constructor(maxEntries: number) {
    this.#half = Math.floor(maxEntries / 2)
  }

  get size(): number {
    return this.#young.size + this.#old.size
  }

  get(key: string): V | undefined {
    const young = this.#young.get(key)
    if (young !== undefined) return young
    const old = this.#old.get(key)
    if (old !== undefined) this.set(key, old)
    return old
  }

  set(key: string, value: V): void {
    this.#old.delete(key)
    if (this.#young.size >= this.#half && !this.#young.has(key)) {
      this.#old = this.#young
      this.#young = new Map()
    }
    this.#young.set(key, value)
  }

  delete(key: string): void {
    if (!this.#young.delete(key)) this.#old.delete(key)
  }

  /** Deletes every entry that matches and says how many there were. */
  deleteWhere(matches: (value: V) => boolean): number {
    let count = 0
    for (const half of [this.#young, this.#old]) {
      for (const [key, value] of half) if (matches(value) && half.delete(key)) count += 1
    }
    return count
  }

  clear(): void {
    this.#young = new Map()
    this.#old = new Map()
  }
}
