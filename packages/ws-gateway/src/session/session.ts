import { type OutboundDelivery, outboundPrefix, sliceOutboundMessage } from '@portcullis/transport'
import type { RawData, WebSocket } from 'ws'
import type { Grant } from '../authorizer/authorizer.ts'
import { assertGrantHolds, isRevoked, revocationOf } from '../authorizer/grant-holds.ts'
import { closeCodeOf, GatewayError, type GatewayErrorCode } from '../errors.ts'
import { closeSocket } from '../internal/close-socket.ts'
import { readHost } from '../internal/host.ts'
import type { GatewaySettings } from '../options.ts'
import { readClientFrame } from '../protocol/client-frame.ts'
import {
  ackFrame,
  errorFrame,
  messageFrame,
  nackFrame,
  PONG_FRAME,
  reauthenticatedFrame,
  reauthErrorFrame,
  reauthRequiredFrame,
  welcomeFrame,
} from '../protocol/server-frames.ts'
import { PROTOCOL_PLAIN, PROTOCOL_V1 } from '../protocol/subprotocols.ts'
import type { ProjectCounts } from '../project/project-counts.ts'
import type { Counts } from '../stats.ts'
import { Inbound } from './inbound.ts'
import { gatewayErrorOf } from './publish-error.ts'
import { isSamePrincipal, Reauthenticator, type SessionRequest } from './reauthenticator.ts'
import { SessionClock } from './session-clock.ts'
import type { SessionInfo } from './session-info.ts'

/** What a session is made of. */
export interface SessionParts {
  id: string
  grant: Grant
  /** Of the upgrade. Without credentials: it is kept for as long as the session. */
  request: SessionRequest
  socket: WebSocket
  settings: GatewaySettings
  counts: Counts
  project: ProjectCounts
}

/** Longest host that is shown as it was sent, characters. */
const MAX_ODD_HOST = 255

/** No error object: a client can cause it at will, and a stack costs more than the refusal. */
const RATE_LIMITED = { code: 'rate_limited', message: 'too many frames in a second' } as const

/** One authorised socket: its frames to the engine, the engine's messages to it. */
export class Session {
  readonly id: string
  readonly socket: WebSocket
  readonly connectedAt: number = Date.now()
  readonly project: ProjectCounts
  readonly #settings: GatewaySettings
  readonly #counts: Counts
  readonly #host: string
  readonly #clientAddress: string
  /** What the client was told, so that it may rely on it: a reauth does not change it. */
  readonly #maxPayloadBytes: number
  readonly #isV1: boolean
  readonly #outboundPrefix: Buffer
  readonly #clock: SessionClock
  /** Of `portcullis.v1` only. */
  readonly #reauthenticator: Reauthenticator | undefined
  readonly #inbound: Inbound
  #grant: Grant
  #received = 0
  #delivered = 0

  constructor({ id, grant, request, socket, settings, counts, project }: SessionParts) {
    this.id = id
    this.#grant = grant
    this.socket = socket
    this.project = project
    this.#settings = settings
    this.#counts = counts
    this.#host = readHost(request.host) ?? request.host.slice(0, MAX_ODD_HOST)
    this.#clientAddress = request.clientAddress
    this.#maxPayloadBytes = Math.min(
      grant.limits?.maxPayloadBytes ?? settings.maxPayloadBytes,
      settings.maxPayloadBytes,
    )
    this.#isV1 = socket.protocol === PROTOCOL_V1
    const { workspaceId, projectId } = grant
    this.#inbound = new Inbound(
      { sessionId: id, grant, isV1: this.#isV1, socket, settings },
      {
        stored: (seq, frameId, isDuplicate, tookMs) => {
          this.#counts.acked += 1
          this.project.stored(tookMs)
          if (this.#isV1) this.#send(ackFrame(seq, frameId, isDuplicate))
        },
        refused: (error, seq, frameId) => {
          this.#refuse(error, () => nackFrame(seq, frameId, error.code, error.message))
        },
        limited: (waitMs, seq, frameId) => {
          const { code, message } = RATE_LIMITED
          this.#refuse(RATE_LIMITED, () => nackFrame(seq, frameId, code, message, waitMs))
        },
      },
    )
    this.#outboundPrefix = outboundPrefix({ workspaceId, projectId }, id)
    this.#reauthenticator = this.#isV1 ? new Reauthenticator(settings, request) : undefined
    this.#clock = new SessionClock(grant.expiresAtMs, settings.reauthNoticeMs, {
      notice: (deadline, remainingMs) => {
        if (this.#isV1) this.#send(reauthRequiredFrame(deadline, remainingMs))
      },
      expired: () => this.#expire(),
    })
    socket.on('message', (data, isBinary) => this.#onFrame(data, isBinary))
    socket.once('close', () => {
      this.#clock.stop()
      this.#reauthenticator?.stop()
    })
  }

  /** What the session may do; another one after a reauth, for the same user. */
  get grant(): Grant {
    return this.#grant
  }

  /** Sends the welcome, to a client that asked for it, and watches the clock. */
  open(): void {
    if (this.endIfRevoked()) return
    if (this.#isV1) {
      const limits = {
        maxPayloadBytes: this.#maxPayloadBytes,
        maxInFlightFrames: this.#settings.maxInFlightFrames,
        messagesPerSecond: this.#grant.limits?.messagesPerSecond,
      }
      this.#send(welcomeFrame({ sessionId: this.id, userId: this.#grant.userId, limits }))
    }
    this.#clock.start()
  }

  /** The session as it is now. */
  info(): SessionInfo {
    const { workspaceId, projectId, userId, expiresAtMs } = this.#grant
    return {
      sessionId: this.id,
      workspaceId,
      projectId,
      userId,
      host: this.#host,
      clientAddress: this.#clientAddress,
      connectedAtMs: this.connectedAt,
      protocol: this.#isV1 ? PROTOCOL_V1 : PROTOCOL_PLAIN,
      expiresAtMs: expiresAtMs ?? null,
      received: this.#received,
      delivered: this.#delivered,
      inFlight: this.#inbound.inFlightCount,
      bufferedBytes: this.socket.bufferedAmount,
    }
  }

  /** Writes a worker's message to the socket, if it is for this session. */
  deliver(delivery: OutboundDelivery): void {
    if (!this.#isLive()) return
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
    this.#delivered += 1
    this.project.delivered += 1
    this.#send(this.#isV1 ? messageFrame(sequence, message) : message)
  }

  /** Closes the socket with the code of an error; a `portcullis.v1` client is told by a frame as well. */
  end(code: GatewayErrorCode, message: string): void {
    if (this.socket.readyState === this.socket.OPEN) {
      this.#counts.end(code)
      if (this.#isV1) this.socket.send(errorFrame(code, message))
    }
    closeSocket(this.socket, closeCodeOf(code), code)
  }

  /** Closes an open session whose grant was withdrawn, or cannot say whether it was. True when it did. */
  endIfRevoked(): boolean {
    if (this.socket.readyState !== this.socket.OPEN) return false
    try {
      if (!isRevoked(this.#grant)) return false
      const { code, message } = revocationOf(this.#grant)
      this.end(code, message)
    } catch (error) {
      this.#settings.logger.error({ sessionId: this.id, err: error }, 'could not tell whether it was revoked')
      // The client comes back through the authorizer, which decides anew.
      this.end('internal_error', 'something went wrong')
    }
    return true
  }

  /** Reads no more frames, so that the client keeps and sends again what was not acknowledged. */
  stopIntake(): void {
    this.#inbound.stop()
  }

  /** Resolves when every frame received was stored or refused. */
  settled(): Promise<void> {
    return this.#inbound.settled()
  }

  /**
   * The message of a delivery that is for this session: by its subject, which is what the engine's permissions are about,
   * and by the envelope inside. Null otherwise.
   */
  #messageIn({ scope, payload }: OutboundDelivery): Buffer | null {
    const { workspaceId, projectId } = this.#grant
    if (scope.workspaceId !== workspaceId || scope.projectId !== projectId) return null
    try {
      return sliceOutboundMessage(payload, this.#outboundPrefix, this.#grant, this.id)
    } catch {
      return null
    }
  }

  #onFrame(data: RawData, isBinary: boolean): void {
    // Nobody could be told what became of a frame that comes while the socket closes.
    if (this.#inbound.isStopped || !this.#isLive()) return
    this.#counts.framesIn += 1
    // `ws` hands out one Buffer unless its binaryType is changed, which nobody does here.
    const bytes = data as Buffer
    let isControl = false
    try {
      if (isBinary) throw new GatewayError('frame_binary', 'frames are text')
      if (bytes.length > this.#maxPayloadBytes) {
        this.#refuseLarge()
        return
      }
      const frame = readClientFrame(bytes.toString('utf8'), this.#isV1)
      isControl = frame.kind === 'control'
      if (frame.kind === 'control') this.#onControl(frame)
      else this.#inbound.take(frame, bytes)
    } catch (error) {
      const refusal = GatewayError.is(error) ? error : gatewayErrorOf(error)
      this.#refuse(refusal, () => errorFrame(refusal.code, refusal.message))
    } finally {
      if (!isControl) {
        this.#received += 1
        this.project.received += 1
      }
    }
  }

  /** A frame that the gateway takes and the project does not. Closed in both protocols, as `ws` does at the gateway's limit. */
  #refuseLarge(): void {
    this.#counts.nack('frame_too_large')
    this.project.refused += 1
    this.end('frame_too_large', `a frame has at most ${this.#maxPayloadBytes} bytes here`)
  }

  /** Tells a `portcullis.v1` client by a frame; without the sub-protocol only a close can tell. */
  #refuse({ code, message }: Pick<GatewayError, 'code' | 'message'>, frame: () => string): void {
    this.#counts.nack(code)
    this.project.refused += 1
    if (this.#isV1) this.#send(frame())
    else this.end(code, message)
  }

  #onControl({ type, token }: { type: string; token: unknown }): void {
    if (type === 'ping') this.#send(PONG_FRAME)
    else if (type === 'reauth' && this.#reauthenticator)
      void this.#reauthenticate(this.#reauthenticator, token)
    else throw new GatewayError('unsupported_control', 'this server does not know the control frame')
  }

  /** Never rejects. */
  async #reauthenticate(reauthenticator: Reauthenticator, token: unknown): Promise<void> {
    try {
      const grant = await reauthenticator.ask(token)
      // Too late, or gone: then it changes nothing.
      if (this.#isLive()) this.#goOnWith(grant)
    } catch (error) {
      if (!this.#isLive()) return
      const refusal = GatewayError.is(error)
        ? error
        : new GatewayError('reauth_unavailable', 'something went wrong', { cause: error })
      const { code, message, cause } = refusal
      const isFault = code === 'reauth_unavailable'
      this.#settings.logger[isFault ? 'warn' : 'debug'](
        { sessionId: this.id, code, err: isFault ? cause : undefined },
        'refused a reauth',
      )
      this.#counts.nack(code)
      this.#send(reauthErrorFrame(code, message))
    }
  }

  /** @throws GatewayError `reauth_failed`, `reauth_unavailable`; and whatever the grant throws */
  #goOnWith(grant: Grant): void {
    if (!isSamePrincipal(this.#grant, grant)) {
      this.end('reauth_mismatch', 'the token is for another user, project or issuer')
      return
    }
    try {
      assertGrantHolds(grant)
    } catch (error) {
      if (!GatewayError.is(error)) throw error
      if (error.code === 'token_revoked') {
        this.end(error.code, error.message)
        return
      }
      throw new GatewayError(
        error.code === 'grant_withdrawn' ? 'reauth_unavailable' : 'reauth_failed',
        error.message,
      )
    }
    // May throw: claims of an authorizer in this process may be anything. Then nothing has changed yet.
    this.#inbound.goOnWith(grant)
    this.#grant = grant
    this.#counts.reauthenticated += 1
    this.#clock.renew(grant.expiresAtMs, this.#settings.reauthNoticeMs)
    this.#send(reauthenticatedFrame(grant.expiresAtMs))
  }

  /** Whether frames may pass. Looks at the clock every time, because timers may be late. */
  #isLive(): boolean {
    if (this.socket.readyState !== this.socket.OPEN) return false
    if (!this.#clock.isOver) return true
    this.#expire()
    return false
  }

  #expire(): void {
    this.end('token_expired', 'the token has expired')
  }

  #send(frame: string | Buffer): void {
    if (!this.#isLive()) return
    const { socket } = this
    if (socket.bufferedAmount > this.#settings.maxBufferedBytes) {
      this.#settings.logger.info({ sessionId: this.id }, 'closed a slow consumer')
      // Nothing more is put into the full buffer, not even the error frame.
      this.#counts.end('slow_consumer')
      closeSocket(socket, closeCodeOf('slow_consumer'), 'slow_consumer')
      return
    }
    socket.send(frame, { binary: false })
  }
}
