import type { DeadLetters } from '../dead-letters.ts'
import { TransportError } from '../errors.ts'
import { consumeSettings } from '../internal/consume-settings.ts'
import { StatusBoard } from '../internal/status-board.ts'
import { decodeToken } from '../subject/token.ts'
import type {
  ConsumeInboundOptions,
  DeadLetterMessage,
  InboundMessage,
  OutboundDelivery,
  OutboundFilter,
  OutboundMessage,
  PublishReceipt,
  Subscription,
  Transport,
  TransportStatus,
} from '../transport.ts'
import { EmbeddedBroker } from './broker.ts'

export interface EmbeddedTransportOptions {
  /** Share one broker between transports of a process. @defaultValue a broker of its own */
  broker?: EmbeddedBroker | undefined
}

/**
 * A transport inside this process: no server, no persistence, the semantics of the NATS engine. For development, tests
 * and systems of one process.
 */
export function createEmbeddedTransport(options: EmbeddedTransportOptions = {}): Transport {
  return new EmbeddedTransport(options.broker ?? new EmbeddedBroker())
}

class EmbeddedTransport implements Transport {
  readonly engine = 'embedded'
  readonly deadLetters: DeadLetters
  readonly #broker: EmbeddedBroker
  readonly #status = new StatusBoard()
  readonly #releases = new Set<() => void>()

  constructor(broker: EmbeddedBroker) {
    this.#broker = broker
    this.deadLetters = broker.dead.open(
      () => this.#assertStarted(),
      ({ subject, payload, messageId }) => {
        const [, workspaceId = '', projectId = '', actor = '', actorId = ''] = subject.split('.')
        return broker.inbound.publish({
          scope: { workspaceId, projectId },
          actor: decodeToken(actor),
          actorId: decodeToken(actorId),
          payload,
          messageId,
        })
      },
    )
  }

  get closed(): Promise<Error | undefined> {
    return this.#status.closed
  }

  async start(): Promise<void> {
    this.#status.assertNotClosed()
    this.#status.set('connected')
  }

  status(): TransportStatus {
    return this.#status.snapshot({ pendingCount: 0, pendingBytes: 0, drift: [] })
  }

  onStatus(listener: (status: TransportStatus) => void): () => void {
    return this.#status.listen(() => listener(this.status()))
  }

  async publishInbound(message: InboundMessage): Promise<PublishReceipt> {
    this.#assertStarted()
    return this.#broker.inbound.publish(message)
  }

  async consumeInbound(options: ConsumeInboundOptions): Promise<Subscription> {
    this.#assertStarted()
    return this.#hold(this.#broker.inbound.consume(consumeSettings(options)))
  }

  async publishOutbound(message: OutboundMessage): Promise<PublishReceipt> {
    this.#assertStarted()
    return this.#broker.outbound.publish(message)
  }

  async subscribeOutbound(
    filter: OutboundFilter,
    onDelivery: (delivery: OutboundDelivery) => void,
  ): Promise<Subscription> {
    this.#assertStarted()
    return this.#hold(this.#broker.outbound.subscribe(filter, onDelivery))
  }

  async publishDeadLetter(message: DeadLetterMessage): Promise<PublishReceipt> {
    this.#assertStarted()
    return this.#broker.dead.publish(message)
  }

  publishEvent(subject: string, payload: Uint8Array): void {
    this.#assertStarted()
    this.#broker.publishEvent(subject, payload)
  }

  async subscribeEvents(
    subject: string,
    onEvent: (payload: Uint8Array, subject: string) => void,
  ): Promise<Subscription> {
    this.#assertStarted()
    return this.#hold(this.#broker.subscribeEvents(subject, onEvent))
  }

  async drain(): Promise<void> {
    await this.close()
  }

  async close(): Promise<void> {
    for (const release of this.#releases) release()
    this.#releases.clear()
    this.#status.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  #hold(release: () => void): Subscription {
    this.#releases.add(release)
    return {
      close: async () => {
        this.#releases.delete(release)
        release()
      },
    }
  }

  #assertStarted(): void {
    this.#status.assertNotClosed()
    if (this.#status.state !== 'connected') {
      throw new TransportError('ERR_TRANSPORT_CLOSED', 'the transport was not started')
    }
  }
}
