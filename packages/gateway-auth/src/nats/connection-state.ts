import type { NatsConnection } from '@nats-io/transport-node'

/**
 * Whether a connection is up. A client keeps what it is given while it is disconnected, and sends it later: a change
 * whose caller was told that it failed would happen after all.
 */
export class ConnectionState {
  readonly #listeners = new Set<(isUp: boolean) => void>()
  #connection: NatsConnection | undefined
  #stop: () => void = () => undefined
  #isUp = false
  #isClosed = false

  /** @param connection one that is still to come counts as down */
  constructor(connection: NatsConnection | Promise<NatsConnection>) {
    if (!(connection instanceof Promise)) this.#watch(connection)
    else connection.then((one) => this.#watch(one)).catch(() => undefined)
  }

  /** The connection while it is up. */
  get connection(): NatsConnection | undefined {
    return this.#isUp && this.#connection?.isClosed() === false ? this.#connection : undefined
  }

  get isUp(): boolean {
    return this.connection !== undefined
  }

  /** Calls back on every change until the returned function is called. */
  onChange(listener: (isUp: boolean) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  close(): void {
    this.#isClosed = true
    this.#listeners.clear()
    this.#stop()
  }

  #watch(connection: NatsConnection): void {
    if (this.#isClosed) return
    this.#connection = connection
    this.#isUp = true
    const statuses = connection.status()
    this.#stop = () => (statuses as { stop?: () => void }).stop?.()
    void (async () => {
      for await (const { type } of statuses) {
        if (type === 'disconnect' || type === 'close') this.#set(false)
        else if (type === 'reconnect') this.#set(true)
      }
    })()
  }

  #set(isUp: boolean): void {
    this.#isUp = isUp
    for (const listener of this.#listeners) listener(isUp)
  }
}
