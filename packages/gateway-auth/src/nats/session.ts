import { type JetStreamClient, type JetStreamManager, jetstreamManager } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { askNats, unavailable } from './ask-nats.ts'
import { type Buckets, openBuckets } from './buckets.ts'
import { ConnectionState } from './connection-state.ts'
import type { NatsSettings } from './options.ts'

/** What the operations of a started store work with. */
export interface Started {
  readonly js: JetStreamClient
  readonly jsm: JetStreamManager
  readonly buckets: Buckets
}

/** One store's use of a connection, from its start to its close. */
export class Session {
  readonly settings: NatsSettings
  readonly state: ConnectionState
  #starting: Promise<Started> | undefined
  #started: Started | undefined
  #isClosed = false

  constructor(connection: NatsConnection | Promise<NatsConnection>, settings: NatsSettings) {
    this.settings = settings
    this.state = new ConnectionState(connection)
  }

  async start(): Promise<void> {
    if (this.#started !== undefined) return
    const connection = this.#assertReachable()
    this.#starting ??= this.#open(connection).finally(() => {
      this.#starting = undefined
    })
    await this.#starting
  }

  /** Undefined before the start. */
  get startedWith(): Started | undefined {
    return this.#started
  }

  /** Runs one operation. Rejects with `ERR_AUTH_STORE_UNAVAILABLE` instead while NATS is away. */
  async ask<T>(operation: (started: Started) => Promise<T>): Promise<T> {
    const started = this.#started
    if (started === undefined) throw unavailable('the store is not started')
    this.#assertReachable()
    return askNats(() => operation(started))
  }

  /**
   * Repeats an operation that another write got in the way of, each time on what is there then.
   *
   * @param attempt - resolves undefined when it is to be repeated
   */
  async retry<T>(attempt: (started: Started) => Promise<T | undefined>): Promise<T> {
    // Somebody succeeds in each round, so what takes this long is no longer a race.
    const deadline = Date.now() + 2 * this.settings.timeoutMs
    do {
      const result = await this.ask(attempt)
      if (result !== undefined) return result
    } while (Date.now() < deadline)
    throw unavailable('too many others write the same record')
  }

  close(): void {
    this.#isClosed = true
    this.state.close()
  }

  async #open(connection: NatsConnection): Promise<Started> {
    const { timeoutMs } = this.settings
    return askNats(async () => {
      const jsm = await jetstreamManager(connection, { timeout: timeoutMs, checkAPI: false })
      // Of the manager, so that it asks for no account information either: a right more to give.
      const js = jsm.jetstream()
      this.#started = { js, jsm, buckets: await openBuckets(js, jsm, this.settings) }
      return this.#started
    })
  }

  #assertReachable(): NatsConnection {
    if (this.#isClosed) throw unavailable('the store is closed')
    const { connection } = this.state
    if (connection === undefined) throw unavailable('the connection to NATS is down')
    return connection
  }
}
