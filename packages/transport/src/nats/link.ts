import { jetstream, jetstreamManager } from '@nats-io/jetstream'
import {
  type NatsConnection,
  PermissionViolationError,
  type Subscription as NatsSubscription,
} from '@nats-io/transport-node'
import { TransportError } from '../errors.ts'
import { callBack } from '../internal/call-back.ts'
import type { StreamDrift, TransportState } from '../transport.ts'
import { Connector } from './connection.ts'
import { HeldEvents } from './events/held-events.ts'
import type { InboundConnection, InboundConsumption } from './inbound/inbound-consumption.ts'
import { LeaseBucket } from './inbound/lease-bucket.ts'
import type { NatsSettings } from './options.ts'
import type { OutboundSubscription } from './outbound/outbound-subscription.ts'
import type { Publisher } from './publish/publisher.ts'
import { INBOUND_STREAM, OUTBOUND_STREAM } from './streams/definitions.ts'
import { ensureStreams } from './streams/ensure.ts'
import type { Turn } from './turn.ts'

export interface LinkEvents {
  publisher: Publisher
  turn: Turn
  onState: (state: TransportState, error?: Error) => void
  onDrift: (drift: readonly StreamDrift[]) => void
  /** A setting that cannot work: no attempt will help. */
  onFatal: (error: Error) => void
}

interface EventListener {
  subject: string
  onEvent: (payload: Uint8Array, subject: string) => void
  subscription: NatsSubscription | undefined
}

const RETRY_MS = 500
const JETSTREAM_TIMEOUT_MS = 3000
const MAX_HELD_EVENTS = 10_000
const MAX_HELD_EVENT_BYTES = 16 * 1024 * 1024

/**
 * Everything that lives on a connection, put back in the one right order after each (re)connect: streams, then outbound
 * consumers, then held publications, then inbound consumers.
 */
export class NatsLink {
  readonly #settings: NatsSettings
  readonly #events: LinkEvents
  readonly #connector: Connector
  readonly #inbound = new Set<InboundConsumption>()
  readonly #outbound = new Set<OutboundSubscription>()
  readonly #listeners = new Set<EventListener>()
  readonly #heldEvents = new HeldEvents(MAX_HELD_EVENTS, MAX_HELD_EVENT_BYTES)
  #connection: NatsConnection | undefined
  /** What consumers need, while established. */
  #established: { inbound: InboundConnection; outboundCreated: string } | undefined
  #establishedAt = 0
  /** Counts (re)connects: work begun before the last one gives up. */
  #generation = 0
  #retry: NodeJS.Timeout | undefined

  constructor(settings: NatsSettings, events: LinkEvents) {
    this.#settings = settings
    this.#events = events
    this.#connector = new Connector(settings, {
      onConnected: (connection, isNew) => this.#onConnected(connection, isNew),
      onDisconnected: (error) => this.#onDisconnected(error),
      onFailed: (error) => this.#onFailed(error),
    })
  }

  start(): void {
    this.#connector.start()
  }

  /** The connection, while everything is in place. @throws TransportError `ERR_TRANSPORT_UNAVAILABLE` */
  connected(): NatsConnection {
    if (this.#established && this.#connection && !this.#connection.isClosed()) return this.#connection
    throw new TransportError('ERR_TRANSPORT_UNAVAILABLE', 'the server is away')
  }

  /** Largest message of the server, bytes; infinite while it is not known. */
  get maxPayload(): number {
    return this.#connection?.info?.max_payload ?? Number.POSITIVE_INFINITY
  }

  /** Notes an error that does not change the state. */
  report(error: Error): void {
    this.#events.onState(this.#established ? 'connected' : 'disconnected', error)
  }

  /** A stream seems to be gone although the connection is not. Once per `RETRY_MS`, whatever seems to be gone. */
  reestablish(): void {
    const connection = this.#connection
    if (!this.#established || !connection) return
    this.#suspend()
    const generation = this.#generation
    const wait = Math.max(0, this.#establishedAt + RETRY_MS - Date.now())
    this.#retry = setTimeout(() => void this.#establish(connection, generation), wait)
  }

  /** @throws TransportError `ERR_TRANSPORT_CONSUMER_CONFLICT` */
  async addInbound(consumption: InboundConsumption): Promise<void> {
    this.#inbound.add(consumption)
    if (!this.#established) return
    const error = await consumption.establish(this.#established.inbound)
    // Everything else is tried again; this stays as it is.
    if (!TransportError.is(error) || error.code !== 'ERR_TRANSPORT_CONSUMER_CONFLICT') return
    await this.removeInbound(consumption)
    throw error
  }

  async removeInbound(consumption: InboundConsumption): Promise<void> {
    this.#inbound.delete(consumption)
    await consumption.close()
  }

  async addOutbound(subscription: OutboundSubscription): Promise<void> {
    this.#outbound.add(subscription)
    const established = this.#established
    if (!established) return
    try {
      await subscription.establish(established.inbound.js, established.outboundCreated)
    } catch (cause) {
      // Reconnecting has put it back, or is about to.
      if (established !== this.#established) return
      this.#outbound.delete(subscription)
      await subscription.close()
      throw new TransportError('ERR_TRANSPORT_UNAVAILABLE', 'the server did not create the consumer', {
        cause,
      })
    }
  }

  async removeOutbound(subscription: OutboundSubscription): Promise<void> {
    this.#outbound.delete(subscription)
    await subscription.close()
  }

  publishEvent(subject: string, payload: Uint8Array): void {
    if (this.#established && this.#connection && !this.#connection.isClosed()) {
      this.#connection.publish(subject, payload)
      return
    }
    // The client library throws away what is written while disconnected, and a worker waits for these notices.
    this.#heldEvents.hold({ subject, payload })
  }

  subscribeEvents(subject: string, onEvent: EventListener['onEvent']): () => void {
    const listener: EventListener = { subject, onEvent, subscription: undefined }
    this.#listeners.add(listener)
    if (this.#connection && !this.#connection.isClosed()) this.#listen(this.#connection, listener)
    return () => {
      this.#listeners.delete(listener)
      listener.subscription?.unsubscribe()
    }
  }

  async stopConsuming(): Promise<void> {
    const consumers = [...this.#inbound, ...this.#outbound]
    this.#inbound.clear()
    this.#outbound.clear()
    await Promise.all(consumers.map((consumer) => consumer.close()))
  }

  async close(): Promise<void> {
    this.#generation += 1
    this.#suspend()
    await this.#connector.close()
  }

  #onConnected(connection: NatsConnection, isNew: boolean): void {
    this.#generation += 1
    this.#connection = connection
    if (isNew) {
      this.#events.publisher.attach(connection)
      for (const listener of this.#listeners) this.#listen(connection, listener)
    }
    this.#suspend()
    void this.#establish(connection, this.#generation)
  }

  #onDisconnected(error?: Error): void {
    this.#generation += 1
    this.#suspend()
    this.#events.onState('disconnected', error)
  }

  #onFailed(error: Error): void {
    if (error instanceof PermissionViolationError && error.operation === 'publish') {
      this.#events.publisher.refuse(error.subject, error)
    }
    this.report(error)
  }

  #suspend(): void {
    clearTimeout(this.#retry)
    this.#established = undefined
    this.#events.publisher.hold()
    for (const subscription of this.#outbound) subscription.suspend()
    for (const consumption of this.#inbound) consumption.suspend()
  }

  async #establish(connection: NatsConnection, generation: number): Promise<void> {
    try {
      const jsm = await jetstreamManager(connection, { timeout: JETSTREAM_TIMEOUT_MS, checkAPI: false })
      const { drift, created } = await ensureStreams(jsm, this.#settings)
      const js = jetstream(connection, { timeout: JETSTREAM_TIMEOUT_MS })
      const outboundCreated = created.get(OUTBOUND_STREAM) ?? ''
      for (const subscription of this.#outbound) {
        if (generation !== this.#generation) return
        await subscription.establish(js, outboundCreated)
      }
      if (generation !== this.#generation) return
      this.#events.onDrift(drift)
      this.#establishedAt = Date.now()
      this.#established = {
        outboundCreated,
        inbound: {
          js,
          jsm,
          leases: new LeaseBucket(connection, this.#settings, JETSTREAM_TIMEOUT_MS),
          created: created.get(INBOUND_STREAM) ?? '',
          publish: (subject, payload) => {
            this.#events.turn.atEnd(() => {
              if (!connection.isClosed()) connection.publish(subject, payload)
            })
          },
        },
      }
      this.#events.publisher.release()
      for (const { subject, payload } of this.#heldEvents.take()) connection.publish(subject, payload)
      this.#events.onState('connected')
      const { inbound } = this.#established
      // Not waited for: it reports by itself, and goes on with the next renewal.
      for (const consumption of this.#inbound) void consumption.establish(inbound)
    } catch (error) {
      if (generation !== this.#generation) return
      if (TransportError.is(error) && error.code === 'ERR_TRANSPORT_STREAM_DRIFT') {
        this.#events.onFatal(error)
        return
      }
      this.#established = undefined
      this.#events.onState('disconnected', error as Error)
      this.#retry = setTimeout(() => void this.#establish(connection, generation), RETRY_MS)
    }
  }

  #listen(connection: NatsConnection, listener: EventListener): void {
    listener.subscription = connection.subscribe(listener.subject, {
      callback: (error, message) => {
        if (!error) callBack(listener.onEvent, message.data, message.subject)
      },
    })
  }
}
