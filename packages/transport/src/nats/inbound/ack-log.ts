const MAX_RECENT = 1024

/**
 * The acks of the recent past, to be sent again after a reconnect: whether the last ones reached the server before the
 * cut is unknown, and a repeated ack does no harm. Forgotten when the stream was made anew, because its sequences then
 * mean other messages.
 */
export class AckLog {
  #created: string | undefined
  #recent: string[] = []

  /** A connection to a stream with this creation time begins. */
  begin(created: string): void {
    if (this.#created !== created) this.#recent = []
    this.#created = created
  }

  /** Notes an ack; false when it belongs to an earlier life of the stream and must not be sent. */
  add(reply: string, created: string): boolean {
    if (this.#created !== undefined && this.#created !== created) return false
    this.#recent.push(reply)
    if (this.#recent.length > 2 * MAX_RECENT) this.#recent = this.#recent.slice(-MAX_RECENT)
    return true
  }

  recent(): readonly string[] {
    return this.#recent
  }
}
