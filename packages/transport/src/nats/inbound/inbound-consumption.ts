import type { ConsumerMessages, JetStreamClient, JetStreamManager, JsMsg } from '@nats-io/jetstream'
import type { KV } from '@nats-io/kv'
import { inboundConsumerName, inboundFilter } from '../../subject/subjects.ts'
import type { ConsumeInboundOptions, InboundDelivery } from '../../transport.ts'
import { INBOUND_STREAM } from '../streams/definitions.ts'
import { AckLog } from './ack-log.ts'
import { type Durable, openDurable, takeOverDurable, widenDurable } from './durable.ts'
import { Lease } from './lease.ts'

/** What a consumption needs of the current connection. */
export interface InboundConnection {
  js: JetStreamClient
  jsm: JetStreamManager
  leases: () => Promise<KV>
  /** When INBOUND was created: acks of an earlier life of the stream would hit other messages. */
  created: string
  publish: (subject: string, payload: string) => void
}

const ACK = '+ACK'
const WORKING = '+WPI'

/** One worker's claim on an actor type: active while it holds the lease, standing by otherwise. */
export class InboundConsumption {
  readonly #options: ConsumeInboundOptions
  readonly #leaseMs: number
  readonly #onError: (error: Error) => void
  readonly #lease: Lease
  readonly #acks = new AckLog()
  #connection: InboundConnection | undefined
  #messages: ConsumerMessages | undefined
  #durable: Durable | undefined
  #timer: NodeJS.Timeout | undefined
  #ticking: Promise<void> | undefined
  #heldAt = 0
  #isClosed = false

  constructor(options: ConsumeInboundOptions, owner: string, leaseMs: number, onError: (error: Error) => void) {
    // Both throw on names that cannot be subjects, before anything is opened.
    inboundFilter(options.scope, options.actor)
    this.#lease = new Lease(inboundConsumerName(options.scope, options.actor), owner)
    this.#options = options
    this.#leaseMs = leaseMs
    this.#onError = onError
  }

  /** Begins, or begins again after a reconnect. */
  async establish(connection: InboundConnection): Promise<void> {
    this.#acks.begin(connection.created)
    this.#connection = connection
    for (const subject of this.#acks.recent()) connection.publish(subject, ACK)
    await this.#tick()
    clearInterval(this.#timer)
    this.#timer = setInterval(() => void this.#tick(), this.#leaseMs / 4).unref()
  }

  /** The connection is gone: stop being active, keep what is in hand. */
  suspend(): void {
    this.#connection = undefined
    this.#deactivate()
  }

  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    clearInterval(this.#timer)
    await this.#ticking
    this.#deactivate()
    const connection = this.#connection
    if (connection) await this.#lease.release(connection.leases)
  }

  #tick(): Promise<void> {
    this.#ticking ??= this.#renew()
      .catch((error: Error) => {
        // Past the lease somebody else may be active; up to it, one failed renewal is no reason to stop.
        if (Date.now() - this.#heldAt > this.#leaseMs) this.#deactivate()
        this.#onError(error)
      })
      .finally(() => {
        this.#ticking = undefined
      })
    return this.#ticking
  }

  async #renew(): Promise<void> {
    const connection = this.#connection
    if (!connection || this.#isClosed) return
    const heldAt = Date.now()
    const isReturning = this.#heldAt > 0
    const held = await this.#lease.hold(await connection.leases())
    if (connection !== this.#connection || this.#isClosed) return
    if (!held) {
      this.#deactivate()
      return
    }
    this.#heldAt = heldAt
    if (held.taken) this.#deactivate()
    if (this.#messages) return
    this.#durable = held.taken
      ? await takeOverDurable(connection.jsm, this.#options, !isReturning)
      : await openDurable(connection.jsm, this.#options)
    const consumer = await connection.js.consumers.get(INBOUND_STREAM, this.#durable.name)
    if (connection !== this.#connection || this.#isClosed) return
    this.#options.onActive?.(true, !held.taken)
    const messages = await consumer.consume({
      max_messages: this.#options.maxInFlight ?? 256,
      callback: (message) => this.#onMessage(message, connection),
    })
    this.#messages = messages
    void messages.closed().then(() => {
      // Ended by the library (the consumer was deleted under it): the next tick opens it again.
      if (this.#messages === messages) this.#messages = undefined
    })
  }

  #onMessage(message: JsMsg, connection: InboundConnection): void {
    if (connection !== this.#connection || this.#isClosed) return
    const durable = this.#durable
    const crashes = durable?.floors.filter((floor) => floor >= message.seq).length ?? 0
    if (durable && durable.maxAckPending === 1 && crashes === 0) {
      this.#durable = { ...durable, floors: [], maxAckPending: this.#options.maxInFlight ?? 256 }
      widenDurable(connection.jsm, this.#options).catch(this.#onError)
    }
    this.#options.onDelivery(this.#delivery(message, crashes, connection.created))
  }

  #delivery(message: JsMsg, crashes: number, created: string): InboundDelivery {
    const { reply = '' } = message as unknown as { reply?: string }
    return {
      subject: message.subject,
      payload: message.data,
      sequence: message.seq,
      messageId: message.headers?.get('Nats-Msg-Id') || `${message.info.timestampNanos}.${message.seq}`,
      attempt: message.info.deliveryCount + crashes,
      ack: () => {
        if (!this.#acks.add(reply, created)) return
        this.#connection?.publish(reply, ACK)
      },
      touch: () => {
        if (this.#connection?.created === created) this.#connection.publish(reply, WORKING)
      },
    }
  }

  #deactivate(): void {
    if (!this.#messages) return
    this.#messages.stop()
    this.#messages = undefined
    this.#options.onActive?.(false, false)
  }
}
