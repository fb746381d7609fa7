import type { NatsConnection, Subscription as NatsSubscription } from '@nats-io/transport-node'
import type { DeadLetters } from '../../dead-letters.ts'
import { TransportError } from '../../errors.ts'
import { assertFits } from '../../internal/assert-fits.ts'
import { callBack } from '../../internal/call-back.ts'
import { positive } from '../../internal/settings.ts'
import { StatusBoard } from '../../internal/status-board.ts'
import { assertEventSubject } from '../../subject/subjects.ts'
import type { Subscription, Transport, TransportStatus } from '../../transport.ts'
import { natsConnectionOptions, type NatsConnectionOptions } from '../connection-options.ts'
import { Connector } from '../connection.ts'
import { NatsDeadLetters } from '../dead-letters/dead-letters.ts'
import { untilConnected } from '../until-connected.ts'
import { HeldEvents } from './held-events.ts'

export interface NatsEventsOptions extends NatsConnectionOptions {
  /** Most events held while the server is away; past it the oldest go. @defaultValue 1000 */
  maxHeldCount?: number | undefined
  /** Their bytes. @defaultValue 4194304 */
  maxHeldBytes?: number | undefined
  /** Largest event, bytes; the server's own limit counts as well. @defaultValue 1048576 */
  maxEventBytes?: number | undefined
}

/**
 * The events of a transport without the rest: no streams, no JetStream. Its `deadLetters` use JetStream when they are called, and
 * reject without it.
 */
export interface NatsEvents extends Pick<
  Transport,
  | 'start'
  | 'status'
  | 'onStatus'
  | 'publishEvent'
  | 'subscribeEvents'
  | 'deadLetters'
  | 'close'
  | 'closed'
  | typeof Symbol.asyncDispose
> {
  readonly engine: 'nats'
}

/**
 * Events over NATS for a process that carries no messages, such as a control plane. Opens nothing until `start()`, which resolves
 * with the first connection; then keeps itself connected until it is closed, whatever the server does. `status()` counts the held
 * events as pending.
 *
 * @throws TypeError naming the option
 */
export function createNatsEvents(options: NatsEventsOptions = {}): NatsEvents {
  return new CoreEvents(options)
}

interface Listener {
  readonly subject: string
  readonly onEvent: (payload: Uint8Array, subject: string) => void
  subscription: NatsSubscription | undefined
}

const MIB = 1024 * 1024

class CoreEvents implements NatsEvents {
  readonly engine = 'nats'
  readonly deadLetters: DeadLetters = new NatsDeadLetters(() => {
    this.#assertStarted()
    if (this.#isConnected && this.#connection) return this.#connection
    throw new TransportError('ERR_TRANSPORT_UNAVAILABLE', 'the server is away')
  })
  readonly #status = new StatusBoard()
  readonly #connector: Connector
  readonly #held: HeldEvents
  readonly #maxEventBytes: number
  readonly #listeners = new Set<Listener>()
  #connection: NatsConnection | undefined
  #isConnected = false
  #start: Promise<void> | undefined
  #close: Promise<void> | undefined

  constructor(options: NatsEventsOptions) {
    const settings = { connection: natsConnectionOptions(options) }
    this.#maxEventBytes = positive('maxEventBytes', options.maxEventBytes, MIB)
    this.#held = new HeldEvents(
      positive('maxHeldCount', options.maxHeldCount, 1000),
      positive('maxHeldBytes', options.maxHeldBytes, 4 * MIB),
    )
    this.#connector = new Connector(settings, {
      onConnected: (connection, isNew) => this.#onConnected(connection, isNew),
      onDisconnected: (error) => {
        this.#isConnected = false
        this.#status.set('disconnected', error)
      },
      onFailed: (error) => this.#status.set(this.#isConnected ? 'connected' : 'disconnected', error),
    })
  }

  get closed(): Promise<Error | undefined> {
    return this.#status.closed
  }

  start(options: { signal?: AbortSignal | undefined } = {}): Promise<void> {
    this.#start ??= this.#begin(options.signal)
    return this.#start
  }

  status(): TransportStatus {
    return this.#status.snapshot({
      drift: [],
      pendingCount: this.#held.count,
      pendingBytes: this.#held.bytes,
    })
  }

  onStatus(listener: (status: TransportStatus) => void): () => void {
    return this.#status.listen(() => listener(this.status()))
  }

  publishEvent(subject: string, payload: Uint8Array): void {
    this.#assertStarted()
    assertEventSubject(subject, false)
    // A server drops the whole connection past its limit.
    assertFits(
      payload,
      Math.min(this.#maxEventBytes, this.#connection?.info?.max_payload ?? Number.POSITIVE_INFINITY),
    )
    if (this.#isConnected && this.#connection && !this.#connection.isClosed()) {
      this.#connection.publish(subject, payload)
      return
    }
    // The client library throws away what is written while disconnected.
    this.#held.hold({ subject, payload })
  }

  async subscribeEvents(subject: string, onEvent: Listener['onEvent']): Promise<Subscription> {
    this.#assertStarted()
    assertEventSubject(subject, true)
    const listener: Listener = { subject, onEvent, subscription: undefined }
    this.#listeners.add(listener)
    if (this.#connection && !this.#connection.isClosed()) listen(this.#connection, listener)
    return {
      close: async () => {
        this.#listeners.delete(listener)
        listener.subscription?.unsubscribe()
      },
    }
  }

  close(): Promise<void> {
    return this.#end()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  #end(error?: Error): Promise<void> {
    this.#close ??= (async () => {
      this.#listeners.clear()
      await this.#connector.close()
      this.#isConnected = false
      this.#status.close(error)
    })()
    return this.#close
  }

  #onConnected(connection: NatsConnection, isNew: boolean): void {
    this.#connection = connection
    this.#isConnected = true
    // A connection that comes back puts its subscriptions back by itself.
    if (isNew) for (const listener of this.#listeners) listen(connection, listener)
    for (const { subject, payload } of this.#held.take()) connection.publish(subject, payload)
    this.#status.set('connected')
  }

  #begin(signal: AbortSignal | undefined): Promise<void> {
    return untilConnected(this.#status, {
      start: () => this.#connector.start(),
      end: (error) => void this.#end(error),
      signal,
      closedMessage: 'it was closed while starting',
    })
  }

  #assertStarted(): void {
    this.#status.assertNotClosed()
    if (!this.#start) throw new TransportError('ERR_TRANSPORT_CLOSED', 'the events were not started')
  }
}

function listen(connection: NatsConnection, listener: Listener): void {
  listener.subscription = connection.subscribe(listener.subject, {
    callback: (error, message) => {
      if (!error) callBack(listener.onEvent, message.data, message.subject)
    },
  })
}
