import {
  type Consumer,
  type ConsumerMessages,
  DeliverPolicy,
  type JetStreamClient,
  type JsMsg,
  ReplayPolicy,
} from '@nats-io/jetstream'
import { callBack } from '../../internal/call-back.ts'
import type { OutboundDelivery } from '../../transport.ts'
import { OUTBOUND_STREAM } from '../streams/definitions.ts'

/**
 * One ordered consumer on OUTBOUND that continues where it stopped: behind the last sequence it has seen, or from the
 * start when the stream was made anew.
 */
export class OutboundSubscription {
  readonly #filter: string
  readonly #onDelivery: (delivery: OutboundDelivery) => void
  readonly #onLost: () => void
  #lastSequence: number
  #created: string | undefined
  #consumer: Consumer | undefined
  #messages: ConsumerMessages | undefined
  #establishing: Promise<void> | undefined
  #generation = 0
  #isClosed = false

  /** @param onLost the consumer or its stream is gone although the connection is not */
  constructor(
    filter: string,
    afterSequence: number,
    onDelivery: (delivery: OutboundDelivery) => void,
    onLost: () => void,
  ) {
    this.#onLost = onLost
    this.#filter = filter
    this.#lastSequence = afterSequence
    this.#onDelivery = onDelivery
  }

  /** Consumes over the current connection, after the streams were ensured. */
  establish(js: JetStreamClient, created: string): Promise<void> {
    const establishing = this.#establish(js, created)
    this.#establishing = establishing
    return establishing
  }

  async #establish(js: JetStreamClient, created: string): Promise<void> {
    this.suspend()
    const generation = this.#generation
    // Without this the previous consumer would stay on the server until its inactive threshold.
    this.#consumer?.delete().catch(() => false)
    this.#consumer = undefined
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
    const isOutdated = (): boolean => this.#isClosed || generation !== this.#generation
    if (isOutdated()) {
      await consumer.delete().catch(() => false)
      return
    }
    this.#consumer = consumer
    const messages = await consumer.consume({
      max_messages: 1000,
      // The library would find out by two missed heartbeats, and go on in a new stream where the old one had stopped.
      abort_on_missing_resource: true,
      callback: (message) => {
        if (!isOutdated()) this.#onMessage(message)
      },
    })
    if (isOutdated()) {
      messages.stop()
      await consumer.delete().catch(() => false)
      return
    }
    this.#messages = messages
    void messages.closed().then(() => {
      if (!isOutdated()) this.#onLost()
    })
  }

  /** Takes nothing more from this consumer: the next one starts behind the last sequence seen. */
  suspend(): void {
    this.#generation += 1
    this.#messages?.stop()
    this.#messages = undefined
  }

  /** Stops and removes the consumer from the server. */
  async close(): Promise<void> {
    this.#isClosed = true
    // What is being made is removed by whoever makes it.
    await this.#establishing?.catch(() => undefined)
    // Without a server there is nobody to ask: the consumer ends by its inactive threshold.
    if (!this.#messages) return
    this.#messages.stop()
    await this.#consumer?.delete().catch(() => false)
  }

  #onMessage(message: JsMsg): void {
    const sequence = message.seq
    if (this.#isClosed || sequence <= this.#lastSequence) return
    this.#lastSequence = sequence
    const [, workspaceId = '', projectId = '', ...sessionTokens] = message.subject.split('.')
    callBack(this.#onDelivery, {
      scope: { workspaceId, projectId },
      sessionId: sessionTokens.join('.'),
      payload: message.data,
      sequence,
    })
  }
}
