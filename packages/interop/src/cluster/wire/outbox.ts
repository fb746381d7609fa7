/** What is sent as one: to everybody, or to one node. */
export interface Batch<To> {
  /** Undefined: everybody. */
  readonly to: To | undefined
  /** Entries as JSON. Undefined for a message that could not be sent, whose place in the sequence stays empty. */
  readonly entries: string[] | undefined
  /** Characters of the entries. */
  size: number
}

/**
 * Collects messages into batches, for each receiver in the order in which they were put: a batch to everybody ends those to
 * single nodes that are open, and the other way round.
 */
export class Outbox<To> {
  readonly #maxBatch: number
  #cast: Batch<To> | undefined
  readonly #directs = new Map<To, Batch<To>>()
  #ready: Batch<To>[] = []
  /** Characters of all that waits. */
  size = 0

  constructor(maxBatch: number) {
    this.#maxBatch = maxBatch
  }

  put(to: To | undefined, json: string): void {
    const batch = this.#open(to)
    batch.entries?.push(json)
    batch.size += json.length + 1
    this.size += json.length + 1
    if (batch.size >= this.#maxBatch) this.#seal(batch)
  }

  /** Leaves a gap where a message should be, so that its receivers notice. */
  skip(to: To | undefined): void {
    this.#seal(this.#open(to))
    this.#ready.push({ to, entries: undefined, size: 0 })
  }

  /** True when there are batches that nothing will be added to. */
  get hasReady(): boolean {
    return this.#ready.length > 0
  }

  /** Ends every batch. */
  seal(): void {
    if (this.#cast !== undefined) this.#seal(this.#cast)
    for (const batch of this.#directs.values()) this.#seal(batch)
  }

  /** Batches that have ended, in order. */
  takeReady(): Batch<To>[] {
    const ready = this.#ready
    this.#ready = []
    for (const { size } of ready) this.size -= size
    return ready
  }

  #open(to: To | undefined): Batch<To> {
    if (to === undefined) {
      for (const batch of this.#directs.values()) this.#seal(batch)
      this.#cast ??= { to, entries: [], size: 0 }
      return this.#cast
    }
    if (this.#cast !== undefined) this.#seal(this.#cast)
    let batch = this.#directs.get(to)
    if (batch === undefined) {
      batch = { to, entries: [], size: 0 }
      this.#directs.set(to, batch)
    }
    return batch
  }

  #seal(batch: Batch<To>): void {
    if (batch.to === undefined) this.#cast = undefined
    else this.#directs.delete(batch.to)
    if (batch.size > 0) this.#ready.push(batch)
  }
}
