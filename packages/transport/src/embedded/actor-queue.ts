import { callBack } from '../internal/call-back.ts'
import type { ConsumeSettings } from '../internal/consume-settings.ts'
import { Fifo } from '../internal/fifo.ts'
import type { InboundDelivery } from '../transport.ts'

/** A message that waits for a worker, or for the ack of one. */
export interface StoredMessage {
  readonly subject: string
  readonly payload: Uint8Array
  readonly messageId: string
  readonly sequence: number
  readonly storedAt: number
  deliveries: number
  /** When the current delivery counts as lost, milliseconds since the epoch. */
  deadline: number
}

/** The work queue of one actor type: one active consumer, the others stand by, deliveries in stream order. */
export class ActorQueue {
  readonly #waiting = new Fifo<StoredMessage>()
  readonly #inFlight = new Map<number, StoredMessage>()
  readonly #consumers: ConsumeSettings[] = []
  readonly #forget: (message: StoredMessage) => void
  #scheduled = false
  #sweep: NodeJS.Timeout | undefined

  constructor(forget: (message: StoredMessage) => void) {
    this.#forget = forget
  }

  get isIdle(): boolean {
    return this.#consumers.length === 0 && this.#waiting.length === 0 && this.#inFlight.size === 0
  }

  push(message: StoredMessage): void {
    this.#waiting.push(message)
    this.#schedule()
  }

  /** Drops what waited too long. Messages in a worker's hands stay. */
  expire(storedBefore: number): void {
    for (let head = this.#waiting.peek(); head && head.storedAt < storedBefore; head = this.#waiting.peek()) {
      this.#waiting.shift()
      this.#forget(head)
    }
  }

  addConsumer(consumer: ConsumeSettings): () => void {
    this.#consumers.push(consumer)
    if (this.#consumers.length === 1) this.#activate(consumer)
    return () => this.#removeConsumer(consumer)
  }

  #removeConsumer(consumer: ConsumeSettings): void {
    const index = this.#consumers.indexOf(consumer)
    if (index === -1) return
    this.#consumers.splice(index, 1)
    if (index > 0) return
    clearInterval(this.#sweep)
    // What the consumer held comes again, before everything that waits: order per actor id is the promise. It was given
    // back, not failed at, so the count of its deliveries begins anew.
    const given = [...this.#inFlight.values()].toSorted((a, b) => a.sequence - b.sequence)
    for (const message of given) message.deliveries = 0
    this.#waiting.putBack(given)
    this.#inFlight.clear()
    callBack(consumer.onActive, false, false)
    const next = this.#consumers[0]
    if (next) this.#activate(next)
  }

  #activate(consumer: ConsumeSettings): void {
    this.#sweep = setInterval(() => this.#redeliver(consumer), Math.max(10, consumer.ackWaitMs / 4)).unref()
    callBack(consumer.onActive, true, false)
    this.#schedule()
  }

  /** Deliveries happen outside the publisher's call stack, as they would over a network. */
  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    setImmediate(() => {
      this.#scheduled = false
      this.#deliver()
    })
  }

  #deliver(): void {
    const consumer = this.#consumers[0]
    while (consumer && consumer === this.#consumers[0] && this.#inFlight.size < consumer.maxInFlight) {
      const message = this.#waiting.shift()
      if (!message) return
      this.#inFlight.set(message.sequence, message)
      this.#hand(consumer, message)
    }
  }

  #redeliver(consumer: ConsumeSettings): void {
    const now = Date.now()
    for (const message of this.#inFlight.values()) {
      if (message.deadline <= now) this.#hand(consumer, message)
    }
  }

  #hand(consumer: ConsumeSettings, message: StoredMessage): void {
    message.deliveries += 1
    message.deadline = Date.now() + consumer.ackWaitMs
    const delivery: InboundDelivery = {
      subject: message.subject,
      payload: message.payload,
      sequence: message.sequence,
      messageId: message.messageId,
      attempt: message.deliveries,
      ack: () => {
        // An ack after the consumer lost the queue is as good: the message was handled.
        if (!this.#inFlight.delete(message.sequence)) return
        this.#forget(message)
        this.#schedule()
      },
      touch: () => {
        message.deadline = Date.now() + consumer.ackWaitMs
      },
    }
    callBack(consumer.onDelivery, delivery)
  }
}
