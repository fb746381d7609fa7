import {
  type Consumer,
  type ConsumerMessages,
  DeliverPolicy,
  type JetStreamClient,
  type JsMsg,
  ReplayPolicy,
} from '@nats-io/jetstream'
import type { OutboundDelivery } from '../../transport.ts'
import { OUTBOUND_STREAM } from '../streams/definitions.ts'

/**
 * One ordered consumer on OUTBOUND that continues where it stopped: behind the last sequence it has seen, or from the
 * start when the stream was made anew.
 */
export class OutboundSubscription {
  readonly #filter: string
  readonly #onDelivery: (delivery: OutboundDelivery) => void
  #lastSequence: number
  #created: string | undefined
  #consumer: Consumer | undefined
  #messages: ConsumerMessages | undefined
  #generation = 0
  #isClosed = false

  constructor(filter: string, afterSequence: number, onDelivery: (delivery: OutboundDelivery) => void) {
    this.#filter = filter
    this.#lastSequence = afterSequence
    this.#onDelivery = onDelivery
  }

  /** Consumes over the current connection, after the streams were ensured. */
  async establish(js: JetStreamClient, created: string): Promise<void> {
    // What the previous consumer still delivers is old news: the new one starts behind the last sequence seen.
    const generation = (this.#generation += 1)
    this.#messages?.stop()
    if (this.#created !== undefined && this.#created !== created) this.#lastSequence = 0
    this.#created = created
    const consumer = await js.consumers.get(OUTBOUND_STREAM, {
      // A string: a list, even of one, needs server 2.10 and fails inside a retry loop below it.
      filter_subjects: this.#filter,
      deliver_policy: DeliverPolicy.StartSequence,
      opt_start_seq: this.#lastSequence + 1,
      replay_policy: ReplayPolicy.Instant,
      inactive_threshold: 300_000,
    })
    const messages = await consumer.consume({
      max_messages: 1000,
      callback: (message) => {
        if (generation === this.#generation) this.#onMessage(message)
      },
    })
    if (this.#isClosed || generation !== this.#generation) {
      messages.stop()
      return
    }
    this.#consumer = consumer
    this.#messages = messages
  }

  /** Stops and removes the consumer from the server. */
  async close(): Promise<void> {
    this.#isClosed = true
    this.#messages?.stop()
    // Without a server the consumer ends by its inactive threshold.
    await this.#consumer?.delete().catch(() => false)
  }

  #onMessage(message: JsMsg): void {
    const sequence = message.seq
    if (this.#isClosed || sequence <= this.#lastSequence) return
    this.#lastSequence = sequence
    const [, workspaceId = '', projectId = '', ...sessionTokens] = message.subject.split('.')
    this.#onDelivery({
      scope: { workspaceId, projectId },
      sessionId: sessionTokens.join('.'),
      payload: message.data,
      sequence,
    })
  }
}
