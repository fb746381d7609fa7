import type { ChannelHandlers } from './cluster.ts'
import type { RemoteNode } from './remote-node.ts'
import type { ClusterSettings } from './settings.ts'
import { type Batch, Outbox } from './wire/outbox.ts'
import type { Publisher } from './wire/publisher.ts'

/** A channel that is open. */
export interface OpenChannel {
  readonly name: string
  readonly handlers: ChannelHandlers
}

export interface SenderEvents {
  /** Whether the node is still up, in the session that it was put to. */
  isUp(remote: RemoteNode): boolean
  /** Calls a handler of a channel; what it throws is logged. */
  guarded(channel: string, step: () => void): void
}

/** Sends what the channels say: what is put in one turn of the event loop goes out together at its end. */
export class Sender {
  readonly #settings: ClusterSettings
  readonly #publisher: Publisher
  readonly #events: SenderEvents
  readonly #outbox: Outbox<RemoteNode>
  #isConnected = false
  #turn: NodeJS.Immediate | undefined
  /** The channel that has put something off. */
  #collecting: OpenChannel | undefined

  constructor(settings: ClusterSettings, publisher: Publisher, events: SenderEvents) {
    this.#settings = settings
    this.#publisher = publisher
    this.#events = events
    this.#outbox = new Outbox(settings.partBytes)
  }

  /** Without a connection what is sent is held, up to a bound. */
  get isConnected(): boolean {
    return this.#isConnected
  }

  set isConnected(isConnected: boolean) {
    this.#isConnected = isConnected
    if (isConnected) this.#publishReady()
  }

  /** To one node, or to all. */
  put(channel: OpenChannel, to: RemoteNode | undefined, message: unknown): void {
    this.#collected(channel)
    const json = this.#encode(channel, message)
    if (json !== undefined) this.#outbox.put(to, json)
    // Its receivers must not go on as if nothing had been said.
    else this.#outbox.skip(to)
    if (this.#isConnected && this.#outbox.hasReady) this.#publishReady()
    this.#schedule()
  }

  /** The channel has put something off until something else is put, or until the end of this turn. */
  collect(channel: OpenChannel): void {
    if (this.#collecting === channel) return
    this.#collected(channel)
    this.#collecting = channel
    this.#schedule()
  }

  /** Sends all that waits. */
  flush(): void {
    this.#collected()
    this.#outbox.seal()
    if (this.#isConnected) this.#publishReady()
    else if (this.#outbox.size > this.#settings.maxHeldBytes) {
      this.#outbox.takeReady()
      // All receivers notice, by the number that is missing.
      this.#outbox.skip(undefined)
      this.#settings.logger.warn(
        {},
        'the engine is away for too long: what was held is dropped, and told anew when it is back',
      )
    }
  }

  close(): void {
    clearImmediate(this.#turn)
  }

  #schedule(): void {
    this.#turn ??= setImmediate(() => {
      this.#turn = undefined
      this.flush()
    })
  }

  #collected(but?: OpenChannel): void {
    if (this.#collecting === undefined || this.#collecting === but) return
    const { name, handlers } = this.#collecting
    this.#collecting = undefined
    this.#events.guarded(name, () => handlers.flush?.())
  }

  /** Undefined for a message that cannot be sent. */
  #encode({ name: channel }: OpenChannel, message: unknown): string | undefined {
    const { logger, maxMessageBytes } = this.#settings
    try {
      const json = JSON.stringify([channel, message ?? null])
      if (fits(json, maxMessageBytes)) return json
      logger.error({ channel, length: json.length }, 'a message is too large for the cluster')
    } catch (error) {
      logger.error({ err: error, channel }, 'a message to the cluster is no JSON')
    }
    return undefined
  }

  #publishReady(): void {
    for (const batch of this.#outbox.takeReady()) this.#publish(batch)
  }

  #publish({ to, entries }: Batch<RemoteNode>): void {
    if (to === undefined) {
      if (entries === undefined) this.#publisher.skipCast()
      else this.#publisher.cast(`[${entries.join(',')}]`)
    } else if (this.#events.isUp(to)) {
      if (entries === undefined) this.#publisher.skipDirect(to)
      else this.#publisher.direct(to, 'data', `[${entries.join(',')}]`)
    }
  }
}

/** Whether the text has at most so many bytes, of which no character has more than three. */
export function fits(text: string, maxBytes: number): boolean {
  return text.length * 3 <= maxBytes || (text.length <= maxBytes && Buffer.byteLength(text) <= maxBytes)
}
