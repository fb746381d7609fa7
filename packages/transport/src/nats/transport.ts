import type { DeadLetters } from '../dead-letters.ts'
import { TransportError } from '../errors.ts'
import { assertFits } from '../internal/assert-fits.ts'
import { consumeSettings } from '../internal/consume-settings.ts'
import { LONGEST_TIMER_MS } from '../internal/settings.ts'
import { StatusBoard } from '../internal/status-board.ts'
import {
  assertEventSubject,
  deadLetterSubject,
  inboundSubject,
  outboundSubject,
} from '../subject/subjects.ts'
import type {
  ConsumeInboundOptions,
  DeadLetterMessage,
  InboundMessage,
  OutboundDelivery,
  OutboundFilter,
  OutboundMessage,
  PublishOptions,
  PublishReceipt,
  StreamDrift,
  Subscription,
  Transport,
  TransportStatus,
} from '../transport.ts'
import { pause } from '../internal/pause.ts'
import { NatsDeadLetters } from './dead-letters/dead-letters.ts'
import { InboundConsumption } from './inbound/inbound-consumption.ts'
import { NatsLink } from './link.ts'
import { type NatsSettings, natsSettings, type NatsTransportOptions } from './options.ts'
import { OutboundSubscription } from './outbound/outbound-subscription.ts'
import { outboundFilter } from './outbound/filter.ts'
import { Publisher } from './publish/publisher.ts'
import { Turn } from './turn.ts'
import { untilConnected } from './until-connected.ts'

const STOP_MS = 1000

/**
 * A transport on NATS JetStream, server 2.9.10 or newer. Opens nothing until `start()`, then keeps itself connected:
 * after every reconnect the streams are ensured, consumers continue where they stopped, and held publications are sent.
 *
 * @throws TypeError naming the option
 */
export function createNatsTransport(options: NatsTransportOptions = {}): Transport {
  return new NatsTransport(natsSettings(options))
}

class NatsTransport implements Transport {
  readonly engine = 'nats'
  readonly deadLetters: DeadLetters = new NatsDeadLetters(() => {
    this.#assertStarted()
    return this.#link.connected()
  })
  readonly #settings: NatsSettings
  readonly #status = new StatusBoard()
  readonly #publisher: Publisher
  readonly #link: NatsLink
  #drift: readonly StreamDrift[] = []
  #start: Promise<void> | undefined
  #close: Promise<void> | undefined

  constructor(settings: NatsSettings) {
    this.#settings = settings
    const turn = new Turn()
    this.#publisher = new Publisher(settings, turn, () => this.#link.reestablish())
    this.#link = new NatsLink(settings, {
      publisher: this.#publisher,
      turn,
      onState: (state, error) => this.#status.set(state, error),
      onDrift: (drift) => {
        this.#drift = drift
      },
      onFatal: (error) => void this.#end(error),
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
      drift: this.#drift,
      pendingCount: this.#publisher.pendingCount,
      pendingBytes: this.#publisher.pendingBytes,
    })
  }

  onStatus(listener: (status: TransportStatus) => void): () => void {
    return this.#status.listen(() => listener(this.status()))
  }

  async publishInbound(message: InboundMessage, options?: PublishOptions): Promise<PublishReceipt> {
    this.#assertStarted()
    const subject = inboundSubject(message.scope, message.actor, message.actorId)
    return this.#publisher.publish(subject, message.payload, message.messageId, options)
  }

  async consumeInbound(options: ConsumeInboundOptions): Promise<Subscription> {
    this.#assertStarted()
    const consumption = new InboundConsumption(consumeSettings(options), this.#settings.leaseMs, {
      onError: (error) => this.#link.report(error),
      onStreamMissing: () => this.#link.reestablish(),
    })
    await this.#link.addInbound(consumption)
    return { close: () => this.#link.removeInbound(consumption) }
  }

  async publishOutbound(message: OutboundMessage, options?: PublishOptions): Promise<PublishReceipt> {
    this.#assertStarted()
    const subject = outboundSubject(message.scope, message.sessionId)
    return this.#publisher.publish(subject, message.payload, message.messageId, options)
  }

  async subscribeOutbound(
    filter: OutboundFilter,
    onDelivery: (delivery: OutboundDelivery) => void,
  ): Promise<Subscription> {
    this.#assertStarted()
    const { subject, afterSequence } = outboundFilter(filter)
    const subscription = new OutboundSubscription(subject, afterSequence, onDelivery, () =>
      this.#link.reestablish(),
    )
    await this.#link.addOutbound(subscription)
    return { close: () => this.#link.removeOutbound(subscription) }
  }

  async publishDeadLetter(message: DeadLetterMessage, options?: PublishOptions): Promise<PublishReceipt> {
    this.#assertStarted()
    const subject = deadLetterSubject(message.scope, message.actor)
    // A dead letter holds its message in base64.
    const maxBytes = this.#settings.maxMessageBytes * 2
    return this.#publisher.publish(subject, message.payload, message.messageId, options, maxBytes)
  }

  publishEvent(subject: string, payload: Uint8Array): void {
    this.#assertStarted()
    assertEventSubject(subject, false)
    // A server drops the whole connection past its own limit.
    assertFits(payload, Math.min(this.#settings.maxMessageBytes, this.#link.maxPayload))
    this.#link.publishEvent(subject, payload)
  }

  async subscribeEvents(
    subject: string,
    onEvent: (payload: Uint8Array, subject: string) => void,
  ): Promise<Subscription> {
    this.#assertStarted()
    assertEventSubject(subject, true)
    const close = this.#link.subscribeEvents(subject, onEvent)
    return { close: async () => close() }
  }

  async drain(options: { timeoutMs?: number | undefined } = {}): Promise<void> {
    if (this.#status.state === 'closed') return
    await this.#link.stopConsuming()
    let timer: NodeJS.Timeout | undefined
    const timeout = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, Math.min(options.timeoutMs ?? 5000, LONGEST_TIMER_MS))
    })
    await Promise.race([this.#publisher.idle(), timeout])
    clearTimeout(timer)
    await this.close()
  }

  close(): Promise<void> {
    return this.#end()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.drain()
  }

  #end(error?: Error): Promise<void> {
    this.#close ??= (async () => {
      this.#publisher.close()
      // A server that does not answer is not waited for: leases and consumers end by themselves.
      await Promise.race([this.#link.stopConsuming(), pause(STOP_MS)])
      await this.#link.close()
      this.#status.close(error)
    })()
    return this.#close
  }

  #begin(signal: AbortSignal | undefined): Promise<void> {
    return untilConnected(this.#status, {
      start: () => this.#link.start(),
      end: (error) => void this.#end(error),
      signal,
      closedMessage: 'the transport was closed while starting',
    })
  }

  #assertStarted(): void {
    this.#status.assertNotClosed()
    if (!this.#start) throw new TransportError('ERR_TRANSPORT_CLOSED', 'the transport was not started')
  }
}
