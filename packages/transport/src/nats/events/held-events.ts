export interface HeldEvent {
  readonly subject: string
  readonly payload: Uint8Array
}

/** Events of a time without a connection, oldest first, bounded in count and bytes: the oldest go. */
export class HeldEvents {
  readonly #maxCount: number
  readonly #maxBytes: number
  #events: HeldEvent[] = []
  #bytes = 0

  constructor(maxCount: number, maxBytes: number) {
    this.#maxCount = maxCount
    this.#maxBytes = maxBytes
  }

  get count(): number {
    return this.#events.length
  }

  get bytes(): number {
    return this.#bytes
  }

  hold(event: HeldEvent): void {
    this.#events.push(event)
    this.#bytes += event.payload.length
    while (this.#events.length > this.#maxCount || this.#bytes > this.#maxBytes) {
      this.#bytes -= this.#events.shift()?.payload.length ?? 0
    }
  }

  take(): HeldEvent[] {
    this.#bytes = 0
    return this.#events.splice(0)
  }
}
