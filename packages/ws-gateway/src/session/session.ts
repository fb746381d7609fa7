import { createHash } from 'node:crypto'
import {
  inboundPrefix,
  type OutboundDelivery,
  outboundPrefix,
  sliceOutboundMessage,
  spliceInboundEnvelope,
} from '@portcullis/transport'
import type { RawData, WebSocket } from 'ws'
import type { Grant } from '../authorizer/authorizer.ts'
import { closeCodeOf, GatewayError, type GatewayErrorCode } from '../errors.ts'
import { closeSocket } from '../internal/close-socket.ts'
import type { GatewaySettings } from '../options.ts'
import { readClientFrame, readFrameId } from '../protocol/client-frame.ts'
import {
  ackFrame,
  errorFrame,
  messageFrame,
  nackFrame,
  PONG_FRAME,
  welcomeFrame,
} from '../protocol/server-frames.ts'
import { PROTOCOL_V1 } from '../protocol/subprotocols.ts'
import type { Counts } from '../stats.ts'
import { gatewayErrorOf } from './publish-error.ts'

/** What a session is made of. */
export interface SessionParts {
  id: string
  grant: Grant
  socket: WebSocket
  settings: GatewaySettings
  counts: Counts
}

/** One authorised socket: its frames to the engine, the engine's messages to it. */
export class Session {
  readonly id: string
  readonly grant: Grant
  readonly socket: WebSocket
  readonly connectedAt: number = Date.now()
  readonly #settings: GatewaySettings
  readonly #counts: Counts
  readonly #isV1: boolean
  readonly #inboundPrefix: Buffer
  readonly #outboundPrefix: Buffer
  /** Application frames received. */
  #frameCount = 0
  readonly #inFlight = new Set<Promise<void>>()
  #takesFrames = true

  constructor({ id, grant, socket, settings, counts }: SessionParts) {
    this.id = id
    this.grant = grant
    this.socket = socket
    this.#settings = settings
    this.#counts = counts
    this.#isV1 = socket.protocol === PROTOCOL_V1
    const { workspaceId, projectId, userId, claims } = grant
    const scope = { workspaceId, projectId }
    this.#inboundPrefix = inboundPrefix({ scope, sessionId: id, userId, claims })
    this.#outboundPrefix = outboundPrefix(scope, id)
    socket.on('message', (data, isBinary) => this.#onFrame(data, isBinary))
  }

  /** Sends the welcome, to a client that asked for it. */
  open(): void {
    if (!this.#isV1) return
    const { maxPayloadBytes, maxInFlightFrames } = this.#settings
    const limits = { maxPayloadBytes, maxInFlightFrames }
    this.#send(welcomeFrame({ sessionId: this.id, userId: this.grant.userId, limits }))
  }

  /** Writes a worker's message to the socket, if it is for this session. */
  deliver(delivery: OutboundDelivery): void {
    if (this.socket.readyState !== this.socket.OPEN) return
    const { sequence } = delivery
    const message = this.#messageIn(delivery)
    if (!message) {
      this.#counts.misrouted += 1
      this.#settings.logger.warn(
        { sessionId: this.id, sequence },
        'dropped a message that is not for its session',
      )
      return
    }
    this.#counts.framesOut += 1
    this.#send(this.#isV1 ? messageFrame(sequence, message) : message)
  }

  /** Closes the socket with the code of an error; a `portcullis.v1` client is told by a frame as well. */
  end(code: GatewayErrorCode, message: string): void {
    if (this.#isV1 && this.socket.readyState === this.socket.OPEN) this.socket.send(errorFrame(code, message))
    closeSocket(this.socket, closeCodeOf(code), code)
  }

  /** Reads no more frames, so that the client keeps and sends again what was not acknowledged. */
  stopIntake(): void {
    this.#takesFrames = false
    this.socket.pause()
  }

  /** Resolves when every frame received was stored or refused. */
  async settled(): Promise<void> {
    while (this.#inFlight.size > 0) await Promise.allSettled(this.#inFlight)
  }

  /**
   * The message of a delivery that is for this session: by its subject, which is what the engine's permissions are about,
   * and by the envelope inside. Null otherwise.
   */
  #messageIn({ scope, payload }: OutboundDelivery): Buffer | null {
    const { workspaceId, projectId } = this.grant
    if (scope.workspaceId !== workspaceId || scope.projectId !== projectId) return null
    try {
      return sliceOutboundMessage(payload, this.#outboundPrefix, this.grant, this.id)
    } catch {
      return null
    }
  }

  #onFrame(data: RawData, isBinary: boolean): void {
    // Nobody could be told what became of a frame that comes while the socket closes.
    if (!this.#takesFrames || this.socket.readyState !== this.socket.OPEN) return
    this.#counts.framesIn += 1
    // `ws` hands out one Buffer unless its binaryType is changed, which nobody does here.
    const bytes = data as Buffer
    try {
      if (isBinary) throw new GatewayError('frame_binary', 'frames are text')
      const frame = readClientFrame(bytes.toString('utf8'), this.#isV1)
      if (frame.kind === 'control') {
        this.#onControl(frame.type)
        return
      }
      this.#frameCount += 1
      this.#onApplicationFrame(frame, bytes, this.#frameCount)
    } catch (error) {
      this.#refuse(GatewayError.is(error) ? error : gatewayErrorOf(error))
    }
  }

  #onApplicationFrame(
    frame: { actor: string; actorId: string; id: unknown },
    bytes: Buffer,
    seq: number,
  ): void {
    let id: string | undefined
    try {
      id = this.#isV1 ? readFrameId(frame.id) : undefined
    } catch (error) {
      this.#nack(error as GatewayError, seq, undefined)
      return
    }
    this.#publish({ ...frame, id }, bytes, seq)
  }

  #publish(
    frame: { actor: string; actorId: string; id: string | undefined },
    bytes: Buffer,
    seq: number,
  ): void {
    const { transport, publishTimeoutMs, maxInFlightFrames } = this.#settings
    const published = transport
      .publishInbound(
        {
          scope: this.grant,
          actor: frame.actor,
          actorId: frame.actorId,
          payload: spliceInboundEnvelope(this.#inboundPrefix, bytes),
          messageId:
            frame.id === undefined ? `${this.id}:${seq}` : `${this.id}:id:${messageIdPart(frame.id)}`,
        },
        // A client without the sub-protocol cannot be told: its frame waits for as long as the socket lives.
        { deadlineMs: this.#isV1 ? publishTimeoutMs : Number.POSITIVE_INFINITY },
      )
      .then(
        ({ duplicate }) => {
          this.#counts.acked += 1
          if (this.#isV1) this.#send(ackFrame(seq, frame.id, duplicate))
        },
        (error: unknown) => this.#onPublishFailed(gatewayErrorOf(error), seq, frame.id),
      )
      .finally(() => {
        this.#inFlight.delete(published)
        const hasRoom = this.#inFlight.size <= maxInFlightFrames / 2
        if (hasRoom && this.#takesFrames && this.socket.isPaused) this.socket.resume()
      })
    this.#inFlight.add(published)
    // Back-pressure on the sender's TCP connection rather than a growing heap.
    if (this.#inFlight.size >= maxInFlightFrames) this.socket.pause()
  }

  #onPublishFailed(error: GatewayError, seq: number, id: string | undefined): void {
    // What a client can cause at will must not fill the log.
    const level = error.code === 'invalid_subject' || error.code === 'frame_too_large' ? 'debug' : 'warn'
    this.#settings.logger[level](
      { sessionId: this.id, code: error.code, err: error.cause },
      'refused a frame',
    )
    this.#nack(error, seq, id)
  }

  /** Refuses an application frame. */
  #nack(error: GatewayError, seq: number, id: string | undefined): void {
    this.#counts.nack(error.code)
    if (this.#isV1) this.#send(nackFrame(seq, id, error.code, error.message))
    else this.end(error.code, error.message)
  }

  /** Refuses a frame that is no application frame. */
  #refuse(error: GatewayError): void {
    this.#counts.nack(error.code)
    if (this.#isV1) this.#send(errorFrame(error.code, error.message))
    else this.end(error.code, error.message)
  }

  #onControl(type: string): void {
    if (type === 'ping') this.#send(PONG_FRAME)
    else this.#refuse(new GatewayError('unsupported_control', 'this server does not know the control frame'))
  }

  #send(frame: string | Buffer): void {
    const { socket } = this
    if (socket.readyState !== socket.OPEN) return
    if (socket.bufferedAmount > this.#settings.maxBufferedBytes) {
      this.#settings.logger.info({ sessionId: this.id }, 'closed a slow consumer')
      // Nothing more is put into the full buffer, not even the error frame.
      closeSocket(socket, closeCodeOf('slow_consumer'), 'slow_consumer')
      return
    }
    socket.send(frame, { binary: false })
  }
}

/** An id that a client chose, in a form that fits into a header line. */
function messageIdPart(id: string): string {
  return /^[A-Za-z0-9_-]{1,64}$/.test(id)
    ? id
    : `sha256.${createHash('sha256').update(id).digest('base64url')}`
}
