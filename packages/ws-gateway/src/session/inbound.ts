import { createHash } from 'node:crypto'
import { inboundPrefix, type Scope, spliceInboundEnvelope } from '@portcullis/transport'
import type { WebSocket } from 'ws'
import type { Grant } from '../authorizer/authorizer.ts'
import type { GatewayError } from '../errors.ts'
import { SessionRate } from '../limits/session-rate.ts'
import type { GatewaySettings } from '../options.ts'
import { readFrameId } from '../protocol/client-frame.ts'
import { gatewayErrorOf } from './publish-error.ts'

/** What became of an application frame; `seq` is its number in the session, from 1. */
export interface InboundEvents {
  /** `tookMs`: since the frame was read. */
  stored(seq: number, id: string | undefined, isDuplicate: boolean, tookMs: number): void
  refused(error: GatewayError, seq: number, id: string | undefined): void
  /** One frame too many for the project's limit; the next one is taken in `waitMs`. */
  limited(waitMs: number, seq: number, id: string | undefined): void
}

/** What the frames of a session are published with. */
export interface InboundParts {
  sessionId: string
  grant: Grant
  /** Whether the client is told what becomes of its frames, and may name them. */
  isV1: boolean
  socket: WebSocket
  settings: GatewaySettings
}

/** An application frame as it was read. */
export interface ApplicationFrame {
  actor: string
  actorId: string
  id: unknown
}

/** The way of one session's application frames to the engine. While too many are on it, the socket is not read. */
export class Inbound {
  readonly #sessionId: string
  readonly #isV1: boolean
  readonly #socket: WebSocket
  readonly #settings: GatewaySettings
  readonly #events: InboundEvents
  readonly #scope: Scope
  #prefix: Buffer
  #rate: SessionRate | undefined
  #messagesPerSecond: number | undefined
  #frameCount = 0
  readonly #inFlight = new Set<Promise<void>>()
  #isStopped = false

  /** @throws what claims throw that have no JSON form: those of an authorizer in this process may be anything */
  constructor({ sessionId, grant, isV1, socket, settings }: InboundParts, events: InboundEvents) {
    this.#sessionId = sessionId
    this.#scope = { workspaceId: grant.workspaceId, projectId: grant.projectId }
    this.#prefix = prefixFor(sessionId, grant)
    this.#limitRate(grant)
    this.#isV1 = isV1
    this.#socket = socket
    this.#settings = settings
    this.#events = events
  }

  get isStopped(): boolean {
    return this.#isStopped
  }

  /** Frames that the engine has not answered yet. */
  get inFlightCount(): number {
    return this.#inFlight.size
  }

  /** Publishes later frames under another grant of the same project. @throws as the constructor does; nothing has changed then */
  goOnWith(grant: Grant): void {
    this.#prefix = prefixFor(this.#sessionId, grant)
    this.#limitRate(grant)
  }

  take(frame: ApplicationFrame, bytes: Buffer): void {
    this.#frameCount += 1
    const seq = this.#frameCount
    let id: string | undefined
    try {
      id = this.#isV1 ? readFrameId(frame.id) : undefined
    } catch (error) {
      this.#events.refused(error as GatewayError, seq, undefined)
      return
    }
    const readAt = performance.now()
    const waitMs = this.#rate?.take(readAt) ?? 0
    if (waitMs > 0) this.#events.limited(waitMs, seq, id)
    else this.#publish(frame, id, bytes, seq, readAt)
  }

  /** Reads no more frames, so that the client keeps and sends again what was not acknowledged. */
  stop(): void {
    this.#isStopped = true
    this.#socket.pause()
  }

  /** Resolves when every frame received was stored or refused. */
  async settled(): Promise<void> {
    while (this.#inFlight.size > 0) await Promise.allSettled(this.#inFlight)
  }

  #limitRate({ limits }: Grant): void {
    const messagesPerSecond = limits?.messagesPerSecond
    // A new token is no new allowance.
    if (messagesPerSecond === this.#messagesPerSecond) return
    this.#messagesPerSecond = messagesPerSecond
    this.#rate =
      messagesPerSecond === undefined ? undefined : new SessionRate(messagesPerSecond, performance.now())
  }

  #publish(
    { actor, actorId }: ApplicationFrame,
    id: string | undefined,
    bytes: Buffer,
    seq: number,
    readAt: number,
  ): void {
    const { transport, publishTimeoutMs, maxInFlightFrames } = this.#settings
    const published = transport
      .publishInbound(
        {
          scope: this.#scope,
          actor,
          actorId,
          payload: spliceInboundEnvelope(this.#prefix, bytes),
          messageId:
            id === undefined ? `${this.#sessionId}:${seq}` : `${this.#sessionId}:id:${messageIdPart(id)}`,
        },
        // A client without the sub-protocol cannot be told: its frame waits for as long as the socket lives.
        { deadlineMs: this.#isV1 ? publishTimeoutMs : Number.POSITIVE_INFINITY },
      )
      .then(
        ({ duplicate }) => this.#events.stored(seq, id, duplicate, performance.now() - readAt),
        (error: unknown) => this.#onFailed(gatewayErrorOf(error), seq, id),
      )
      .finally(() => {
        this.#inFlight.delete(published)
        const hasRoom = this.#inFlight.size <= maxInFlightFrames / 2
        if (hasRoom && !this.#isStopped && this.#socket.isPaused) this.#socket.resume()
      })
    this.#inFlight.add(published)
    // Back-pressure on the sender's TCP connection rather than a growing heap.
    if (this.#inFlight.size >= maxInFlightFrames) this.#socket.pause()
  }

  #onFailed(error: GatewayError, seq: number, id: string | undefined): void {
    // What a client can cause at will must not fill the log.
    const level = error.code === 'invalid_subject' || error.code === 'frame_too_large' ? 'debug' : 'warn'
    this.#settings.logger[level](
      { sessionId: this.#sessionId, code: error.code, err: error.cause },
      'refused a frame',
    )
    this.#events.refused(error, seq, id)
  }
}

function prefixFor(sessionId: string, { workspaceId, projectId, userId, claims }: Grant): Buffer {
  return inboundPrefix({ scope: { workspaceId, projectId }, sessionId, userId, claims })
}

/** An id that a client chose, in a form that fits into a header line. */
function messageIdPart(id: string): string {
  return /^[A-Za-z0-9_-]{1,64}$/.test(id)
    ? id
    : `sha256.${createHash('sha256').update(id).digest('base64url')}`
}
