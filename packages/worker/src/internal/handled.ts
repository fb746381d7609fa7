/** Well below the duplicate window of the engines, so that an id that a client may use again is not taken for handled. */
const SAME_ID_MS = 60_000

/** What was handled already: the last so many messages. */
export class Handled {
  readonly #byId = new Map<string, { sequence: number; at: number }>()
  readonly #maxCount: number

  constructor(maxCount: number) {
    this.#maxCount = maxCount
  }

  /**
   * Whether a delivery is of a message that was handled: the same one, or one published again under its id because the
   * stream lost it, or its acknowledgement, meanwhile.
   */
  has(delivery: { messageId: string; sequence: number }): boolean {
    const handled = this.#byId.get(delivery.messageId)
    return (
      handled !== undefined &&
      (handled.sequence === delivery.sequence || Date.now() - handled.at < SAME_ID_MS)
    )
  }

  add({ messageId, sequence }: { messageId: string; sequence: number }): void {
    this.#byId.delete(messageId)
    this.#byId.set(messageId, { sequence, at: Date.now() })
    if (this.#byId.size <= this.#maxCount) return
    const [oldest] = this.#byId.keys()
    if (oldest !== undefined) this.#byId.delete(oldest)
  }
}
