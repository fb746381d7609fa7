import { connect, type NatsConnection } from '@nats-io/transport-node'
import { pause } from '../internal/pause.ts'
import type { NatsSettings } from './options.ts'

export interface ConnectionEvents {
  /** A connection is there: a first one, a new one, or the old one back (`isNew` false). */
  onConnected: (connection: NatsConnection, isNew: boolean) => void
  onDisconnected: (error?: Error) => void
  /** An attempt failed; another follows. */
  onFailed: (error: Error) => void
}

const RETRY_MS = 500

/** Keeps one connection to NATS for as long as it is not closed, whatever happens on the way. */
export class Connector {
  readonly #settings: Pick<NatsSettings, 'connection'>
  readonly #events: ConnectionEvents
  #connection: NatsConnection | undefined
  #isClosed = false
  #retry: NodeJS.Timeout | undefined

  constructor(settings: Pick<NatsSettings, 'connection'>, events: ConnectionEvents) {
    this.#settings = settings
    this.#events = events
  }

  start(): void {
    void this.#connect()
  }

  /** Ends the connection after writing out what was published. */
  async close(): Promise<void> {
    this.#isClosed = true
    clearTimeout(this.#retry)
    const connection = this.#connection
    if (!connection || connection.isClosed()) return
    // Flushing waits for a pong, which a server that is away never sends.
    await Promise.race([connection.flush().catch(() => undefined), connection.closed(), pause(500)])
    await connection.close()
  }

  async #connect(): Promise<void> {
    try {
      const connection = await connect({
        reconnectTimeWait: 250,
        reconnectJitter: 250,
        ...this.#settings.connection,
        maxReconnectAttempts: -1,
        waitOnFirstConnect: false,
        // A stack trace per request costs more than the request.
        noAsyncTraces: true,
        pingInterval: 1000,
        maxPingOut: 2,
        timeout: 3000,
      })
      if (this.#isClosed) {
        await connection.close()
        return
      }
      this.#connection = connection
      void this.#watch(connection)
      this.#events.onConnected(connection, true)
      const error = await connection.closed()
      // Given up by the client library, for instance after an authorization error: begin again.
      this.#events.onDisconnected(error instanceof Error ? error : undefined)
    } catch (error) {
      this.#events.onFailed(error as Error)
    }
    if (!this.#isClosed) this.#retry = setTimeout(() => void this.#connect(), RETRY_MS)
  }

  async #watch(connection: NatsConnection): Promise<void> {
    for await (const status of connection.status()) {
      if (this.#isClosed) return
      if (status.type === 'disconnect') this.#events.onDisconnected()
      else if (status.type === 'reconnect') this.#events.onConnected(connection, false)
      else if (status.type === 'error') this.#events.onFailed(status.error)
    }
  }
}
