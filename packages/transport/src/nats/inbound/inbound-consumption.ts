import type { ConsumerMessages, JetStreamClient, JetStreamManager, JsMsg } from '@nats-io/jetstream'
import { TransportError } from '../../errors.ts'
import { callBack } from '../../internal/call-back.ts'
import type { ConsumeSettings } from '../../internal/consume-settings.ts'
import { inboundFilter } from '../../subject/subjects.ts'
import type { InboundDelivery } from '../../transport.ts'
import { INBOUND_STREAM } from '../streams/definitions.ts'
import { isStreamNotFound } from '../streams/ensure.ts'
import { AckLog } from './ack-log.ts'
import { type Durable, openDurable, releaseDurable, widenDurable } from './durable.ts'
import { Lease } from './lease.ts'
import type { LeaseBucket } from './lease-bucket.ts'

/** What a consumption needs of the current connection. */
export interface InboundConnection {
  js: JetStreamClient
  jsm: JetStreamManager
  leases: LeaseBucket
  /** When INBOUND was created: acks of an earlier life of the stream would hit other messages. */
  created: string
  publish: (subject: string, payload: string) => void
}

export interface InboundConsumptionEvents {
  /** A renewal failed; another follows. */
  onError: (error: Error) => void
  onStreamMissing: () => void
}

const ACK = '+ACK'
const WORKING = '+WPI'

/** One worker's claim on an actor type: active while it holds the lease, standing by otherwise. */
export class InboundConsumption {
  readonly #settings: ConsumeSettings
  readonly #events: InboundConsumptionEvents
  readonly #lease: Lease
  readonly #acks = new AckLog()
  #leaseMs: number
  #connection: InboundConnection | undefined
  #messages: ConsumerMessages | undefined
  #durable: Durable | undefined
  #renewals: NodeJS.Timeout | undefined
  #expiry: NodeJS.Timeout | undefined
  #ticking: Promise<Error | undefined> | undefined
  #expiresAt = 0
  /** Somebody else may have been active since this one was; remembered until it is active again. */
  #hasTaken = false
  #wasActive = false
  #isClosed = false
  #closing: Promise<void> | undefined

  constructor(settings: ConsumeSettings, leaseMs: number, events: InboundConsumptionEvents) {
    // Throws on names that cannot be subjects, before anything is opened. The subject, and not the name of the durable
    // consumer, is the key: two scopes can share that name, and must not wait for each other.
    this.#lease = new Lease(
      inboundFilter(settings.scope, settings.actor).slice('inbound.'.length, -'.>'.length),
    )
    this.#settings = settings
    this.#leaseMs = leaseMs
    this.#events = events
  }

  /** Begins, or begins again after a reconnect. Resolves with what the first attempt failed with. */
  establish(connection: InboundConnection): Promise<Error | undefined> {
    this.#acks.begin(connection.created)
    this.#connection = connection
    for (const subject of this.#acks.recent()) connection.publish(subject, ACK)
    // A renewal that waits for an answer over an earlier connection is not waited for; it ends without effect.
    this.#ticking = undefined
    this.#scheduleRenewals()
    return this.#tick()
  }

  /** The connection is gone: stop being active, keep what is in hand. */
  suspend(): void {
    this.#connection = undefined
    clearInterval(this.#renewals)
    this.#deactivate()
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    this.#isClosed = true
    clearInterval(this.#renewals)
    await this.#ticking
    const wasActive = this.#messages !== undefined
    this.#deactivate()
    const connection = this.#connection
    if (!connection) return
    try {
      if (wasActive) await releaseDurable(connection.jsm, this.#settings)
      const { kv } = await connection.leases.open()
      await this.#lease.release(kv)
    } catch {
      // Without a server there is nobody to tell: the lease expires by itself.
    }
  }

  #scheduleRenewals(): void {
    clearInterval(this.#renewals)
    this.#renewals = setInterval(() => void this.#tick(), this.#leaseMs / 4).unref()
  }

  #tick(): Promise<Error | undefined> {
    if (this.#ticking) return this.#ticking
    const ticking = this.#attempt().finally(() => {
      if (this.#ticking === ticking) this.#ticking = undefined
    })
    this.#ticking = ticking
    return ticking
  }

  async #attempt(): Promise<Error | undefined> {
    const connection = this.#connection
    if (!connection || this.#isClosed) return undefined
    try {
      await this.#renew(connection)
      return undefined
    } catch (cause) {
      const error = cause as Error
      if (connection !== this.#connection || this.#isClosed) return undefined
      if (!TransportError.is(error)) connection.leases.forget()
      if (isStreamNotFound(error)) this.#events.onStreamMissing()
      this.#events.onError(error)
      return error
    }
  }

  async #renew(connection: InboundConnection): Promise<void> {
    const isOutdated = (): boolean => connection !== this.#connection || this.#isClosed
    const { kv, ttlMs } = await connection.leases.open()
    const askedAt = Date.now()
    const held = await this.#lease.hold(kv)
    if (isOutdated()) return
    if (!held) {
      this.#deactivate()
      return
    }
    this.#extend(askedAt, ttlMs)
    if (held.taken) {
      this.#hasTaken = true
      this.#deactivate()
    }
    if (this.#messages) return
    const durable = await openDurable(connection.jsm, this.#settings, this.#hasTaken && !this.#wasActive)
    const consumer = await connection.js.consumers.get(INBOUND_STREAM, durable.name)
    if (isOutdated() || Date.now() >= this.#expiresAt) return
    const messages = await consumer.consume({
      max_messages: this.#settings.maxInFlight,
      // The library would go on asking for a consumer that was deleted under it.
      abort_on_missing_resource: true,
      callback: (message) => this.#onMessage(message, connection),
    })
    if (isOutdated()) {
      messages.stop()
      return
    }
    this.#durable = durable
    this.#messages = messages
    void messages.closed().then(() => {
      // Ended by the library: the next renewal opens it again.
      if (this.#messages === messages) this.#messages = undefined
    })
    const hasTaken = this.#hasTaken
    this.#hasTaken = false
    this.#wasActive = true
    callBack(this.#settings.onActive, true, !hasTaken)
  }

  /** Past the lease somebody else may be active, whatever has become of the renewals. */
  #extend(askedAt: number, ttlMs: number): void {
    this.#expiresAt = askedAt + ttlMs
    clearTimeout(this.#expiry)
    this.#expiry = setTimeout(() => this.#deactivate(), this.#expiresAt - Date.now()).unref()
    if (ttlMs === this.#leaseMs) return
    this.#leaseMs = ttlMs
    this.#scheduleRenewals()
  }

  #onMessage(message: JsMsg, connection: InboundConnection): void {
    if (connection !== this.#connection || this.#isClosed) return
    const durable = this.#durable
    const crashes = durable?.floors.filter((floor) => floor >= message.seq).length ?? 0
    if (durable?.isNarrow && crashes === 0) {
      this.#durable = { ...durable, floors: [], isNarrow: false }
      widenDurable(connection.jsm, this.#settings).catch((error: Error) => {
        // Tried again with the next message.
        if (this.#durable?.name === durable.name) this.#durable = durable
        this.#events.onError(error)
      })
    }
    callBack(this.#settings.onDelivery, this.#delivery(message, crashes, connection.created))
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
    clearTimeout(this.#expiry)
    if (!this.#messages) return
    this.#messages.stop()
    this.#messages = undefined
    callBack(this.#settings.onActive, false, false)
  }
}
