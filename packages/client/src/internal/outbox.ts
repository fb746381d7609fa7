import type { Receipt, Session } from '../client/client.ts'
import { ClientError } from '../errors.ts'
import { quietTimer, type Timer } from './timer.ts'

type Limits = Session['limits']

export interface OutboxOptions {
  maxCount: number
  maxBytes: number
}

/** A frame that has been encoded. */
export interface EncodedFrame {
  id: string
  text: string
  bytes: number
}

interface Entry extends EncodedFrame {
  promise: Promise<Receipt>
  settle: (outcome: Receipt | ClientError) => void
  timer: Timer
  settled: boolean
}

/**
 * The frames without an answer, in the order of the `send` calls: first those in flight on this connection, then those
 * waiting for it or for room in the server's window. When the connection goes, the ones in flight become the head of
 * the waiting ones again, so the order never changes. A frame without answer is answered by its timer.
 */
export class Outbox {
  readonly #options: OutboxOptions
  readonly #ids = new Set<string>()
  // A Set is a queue in insertion order with removal from the middle, which timeouts need.
  #waiting = new Set<Entry>()
  // By the number that the server gives a frame. Keeps settled entries: they still take up the server's window.
  #inFlight = new Map<number, Entry>()
  #bytes = 0
  #lastSeq = 0
  #limits: Limits | undefined
  #write: ((text: string) => void) | undefined

  constructor(options: OutboxOptions) {
    this.#options = options
  }

  get pendingCount(): number {
    return this.#ids.size
  }

  /** Queues a frame and writes it if it may leave. Throws a ClientError when it is refused. */
  push(frame: EncodedFrame, timeoutMs: number): Promise<Receipt> {
    this.#refuse(frame)
    let settle!: Entry['settle']
    const promise = new Promise<Receipt>((resolve, reject) => {
      settle = (outcome) => (ClientError.is(outcome) ? reject(outcome) : resolve(outcome))
    })
    const timer = quietTimer(() => {
      this.#waiting.delete(entry)
      this.#settle(entry, new ClientError('timeout', `No acknowledgement in ${timeoutMs} ms`))
    }, timeoutMs)
    const entry: Entry = { ...frame, promise, settle, timer, settled: false }
    this.#ids.add(frame.id)
    this.#bytes += frame.bytes
    this.#waiting.add(entry)
    this.#flush()
    return promise
  }

  /** A session begins: writes what waits, as far as the window allows. */
  open(limits: Limits, write: (text: string) => void): void {
    this.#limits = limits
    this.#lastSeq = 0
    this.#write = write
    this.#flush()
  }

  /** The session is gone, and with it every number and answer of it. */
  suspend(): void {
    this.#write = undefined
    const unanswered = [...this.#inFlight.values()].filter((entry) => !entry.settled)
    this.#waiting = new Set([...unanswered, ...this.#waiting])
    this.#inFlight = new Map()
  }

  /** An answer from the server. False when it answers nothing that was sent. */
  answer(seq: number, id: string | undefined, outcome: ClientError | { duplicate: boolean }): boolean {
    const entry = this.#inFlight.get(seq)
    if (entry === undefined || (id !== undefined && id !== entry.id)) return false
    this.#inFlight.delete(seq)
    this.#settle(entry, ClientError.is(outcome) ? outcome : { id: entry.id, duplicate: outcome.duplicate })
    this.#flush()
    return true
  }

  /** Rejects everything. */
  close(error: ClientError): void {
    this.suspend()
    for (const entry of this.#waiting) this.#settle(entry, error)
    this.#waiting.clear()
  }

  /** Resolves when every frame now in the outbox has its answer. Never rejects. */
  async settled(): Promise<void> {
    await Promise.allSettled([...this.#inFlight.values(), ...this.#waiting].map((entry) => entry.promise))
  }

  #refuse({ id, bytes }: EncodedFrame): void {
    const { maxBytes, maxCount } = this.#options
    if (bytes > (this.#limits?.maxPayloadBytes ?? maxBytes) || bytes > maxBytes) throw tooLarge(bytes)
    if (this.#ids.has(id)) {
      throw new ClientError('duplicate_id', 'A frame with this id is still unacknowledged')
    }
    if (this.#ids.size >= maxCount || this.#bytes + bytes > maxBytes) {
      throw new ClientError(
        'queue_full',
        `${this.#ids.size} frames (${this.#bytes} bytes) are unacknowledged`,
      )
    }
  }

  #flush(): void {
    for (const entry of this.#waiting) {
      if (!this.#write || !this.#limits || this.#inFlight.size >= this.#limits.maxInFlightFrames) return
      this.#waiting.delete(entry)
      // Queued before the limit was known, or under another one.
      if (entry.bytes > this.#limits.maxPayloadBytes) {
        this.#settle(entry, tooLarge(entry.bytes))
        continue
      }
      this.#inFlight.set(++this.#lastSeq, entry)
      this.#write(entry.text)
    }
  }

  #settle(entry: Entry, outcome: Receipt | ClientError): void {
    if (entry.settled) return
    entry.settled = true
    clearTimeout(entry.timer)
    this.#ids.delete(entry.id)
    this.#bytes -= entry.bytes
    entry.settle(outcome)
  }
}

function tooLarge(bytes: number): ClientError {
  return new ClientError('payload_too_large', `The frame is too long: ${bytes} bytes`)
}
