import type { DeadLetters } from './dead-letters.ts'
import type { Scope } from './scope.ts'

/** A frame on its way from a client to a worker. Published to `inbound.{ws}.{proj}.{actor}.{actorId}`. */
export interface InboundMessage {
  scope: Scope
  /** Actor type, as the client wrote it; encoded into a subject token by the engine. */
  actor: string
  actorId: string
  /** An encoded inbound envelope, see `encodeInboundEnvelope`. */
  payload: Uint8Array
  /** Two publications with one id inside the duplicate window are stored once. */
  messageId: string
}

/** A message on its way from a worker to one session. Published to `outbound.{ws}.{proj}.{sessionId}`. */
export interface OutboundMessage {
  scope: Scope
  sessionId: string
  /** An encoded outbound envelope, see `encodeOutboundEnvelope`. */
  payload: Uint8Array
  messageId: string
}

/** A message that a worker gave up on. Published to `dlq.{ws}.{proj}.{actor}`. */
export interface DeadLetterMessage {
  scope: Scope
  actor: string
  /** An encoded dead letter, see `encodeDeadLetter`. */
  payload: Uint8Array
  messageId: string
}

/** What the engine promises once a publication is stored. */
export interface PublishReceipt {
  /** Position in the stream, strictly increasing, not contiguous per subject. */
  sequence: number
  /** True when the message id was already stored inside the duplicate window. */
  duplicate: boolean
}

export interface PublishOptions {
  /**
   * Longest wait for the engine's acknowledgement, milliseconds. While the engine is away the message is held and sent
   * again in order. `Infinity` holds it until the transport closes.
   * @defaultValue 5000
   */
  deadlineMs?: number | undefined
}

/** One inbound message in the hands of a consumer, which MUST `ack()` it or leave it to be delivered again. */
export interface InboundDelivery {
  readonly subject: string
  readonly payload: Uint8Array
  /** Stream sequence: per actor id, deliveries arrive in this order. */
  readonly sequence: number
  /** The id it was published under, or one derived from its place in the stream. Stable across redeliveries. */
  readonly messageId: string
  /** 1 for the first delivery. Counts deliveries to consumers that died, and not those to consumers that were closed. */
  readonly attempt: number
  /** Done: the engine forgets the message. */
  ack(): void
  /** Still working: puts the redelivery off by another `ackWaitMs`. */
  touch(): void
}

export interface ConsumeInboundOptions {
  scope: Scope
  /** Actor type to consume. */
  actor: string
  onDelivery: (delivery: InboundDelivery) => void
  /**
   * Called with true when this consumer becomes the active one and with false when it stops being it. Of all consumers
   * of one actor type exactly one is active; the others stand by, so that deliveries stay in order per actor id.
   * `resumed` says that nobody else was active in between: what was in hand stays in hand. Otherwise everything that was
   * not acknowledged is delivered again.
   */
  onActive?: ((active: boolean, resumed: boolean) => void) | undefined
  /** Most deliveries without an ack at one time. @defaultValue 256 (contract: max_ack_pending) */
  maxInFlight?: number | undefined
  /** Silence after which a delivery counts as lost, milliseconds. @defaultValue 30000 */
  ackWaitMs?: number | undefined
}

export interface OutboundDelivery {
  readonly scope: Scope
  readonly sessionId: string
  readonly payload: Uint8Array
  readonly sequence: number
}

/**
 * Whose outbound messages to receive: all sessions of one gateway (their ids start with `<gatewayId>.`), or one session,
 * after a sequence the client has seen already.
 */
export type OutboundFilter =
  | { gatewayId: string }
  | { scope: Scope; sessionId: string; afterSequence?: number | undefined }

export interface Subscription {
  close(): Promise<void>
}

export type TransportState = 'idle' | 'connecting' | 'connected' | 'disconnected' | 'closed'

/** A stream setting that differs from what this process was configured with. */
export interface StreamDrift {
  stream: string
  setting: string
  expected: unknown
  actual: unknown
  /** True when the stream was brought in line. */
  corrected: boolean
}

export interface TransportStatus {
  /** `connected` means ready: streams ensured, consumers re-created, held publications sent. */
  state: TransportState
  /** Milliseconds since the epoch. */
  since: number
  /** What the last attempt failed with. */
  error?: Error | undefined
  drift: readonly StreamDrift[]
  /** Messages held for an acknowledgement. */
  pendingCount: number
  pendingBytes: number
}

/**
 * The relay's message engine. Both engines pass one contract suite (`@portcullis/transport/testing`).
 *
 * Publications are at least once with duplicate suppression; per subject they keep the order of the calls. Every method
 * rejects with a `TransportError`.
 */
export interface Transport extends AsyncDisposable {
  readonly engine: 'embedded' | 'nats'
  /** Resolves when ready. Keeps trying while the engine is away; rejects on `signal` or on a setting that cannot work. */
  start(options?: { signal?: AbortSignal | undefined }): Promise<void>
  status(): TransportStatus
  /** Calls back on every change of state; returns the way to stop it. */
  onStatus(listener: (status: TransportStatus) => void): () => void

  publishInbound(message: InboundMessage, options?: PublishOptions): Promise<PublishReceipt>
  consumeInbound(options: ConsumeInboundOptions): Promise<Subscription>

  publishOutbound(message: OutboundMessage, options?: PublishOptions): Promise<PublishReceipt>
  subscribeOutbound(
    filter: OutboundFilter,
    onDelivery: (delivery: OutboundDelivery) => void,
  ): Promise<Subscription>

  publishDeadLetter(message: DeadLetterMessage, options?: PublishOptions): Promise<PublishReceipt>
  /** What was given up on, for people to look at. */
  readonly deadLetters: DeadLetters

  /**
   * At most once, to whoever listens then (core NATS). For notices that may be missed; held, bounded, while the engine is
   * away.
   */
  publishEvent(subject: string, payload: Uint8Array): void
  /** `subject` may use `*` and `>`. */
  subscribeEvents(
    subject: string,
    onEvent: (payload: Uint8Array, subject: string) => void,
  ): Promise<Subscription>

  /** Stops consuming, waits for held publications, then closes. Idempotent. */
  drain(options?: { timeoutMs?: number | undefined }): Promise<void>
  /** Ends now; held publications are refused. Idempotent. */
  close(): Promise<void>
  /** Resolves, never rejects. */
  readonly closed: Promise<Error | undefined>
}
