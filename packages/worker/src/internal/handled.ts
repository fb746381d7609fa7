/** Well below the duplicate window of the engines, so that an id that a client may use again is not taken for handled. */
const SAME_ID_MS = 60_000

interface HandledMessage {
  readonly sequence: number
  readonly at: number
}

/**
 * What was handled already: at least half of the last so many messages. Two maps in turn, because a map is no queue:
 * finding its oldest entry walks over all that were deleted before it.
 */
export class Handled {
  #current = new Map<string, HandledMessage>()
  #previous = new Map<string, HandledMessage>()
  readonly #maxCount: number

  constructor(maxCount: number) {
    this.#maxCount = maxCount
  }

  /**
   * Whether a delivery is of a message that was handled: the same one, or one published again under its id because the
   * stream lost it, or its acknowledgement, meanwhile.
   */
  has(delivery: { messageId: string; sequence: number }): boolean {
    const { messageId, sequence } = delivery
    const handled = this.#current.get(messageId) ?? this.#previous.get(messageId)
    return handled !== undefined && (handled.sequence === sequence || Date.now() - handled.at < SAME_ID_MS)
  }

  add({ messageId, sequence }: { messageId: string; sequence: number }): void {
    this.#current.set(messageId, { sequence, at: Date.now() })
    if (this.#current.size < this.#maxCount / 2) return
    this.#previous = this.#current
    this.#current = new Map()
  }
}
