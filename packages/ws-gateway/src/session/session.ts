import { type OutboundDelivery, outboundPrefix, sliceOutboundMessage } from '@portcullis/transport'
import type { RawData, WebSocket } from 'ws'
import type { Grant } from '../authorizer/authorizer.ts'
import { assertGrantHolds, isRevoked } from '../authorizer/grant-holds.ts'
import { closeCodeOf, GatewayError, type GatewayErrorCode } from '../errors.ts'
import { closeSocket } from '../internal/close-socket.ts'
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
import { PROTOCOL_V1 } from '../protocol/subprotocols.ts'
import type { Counts } from '../stats.ts'
import { Inbound } from './inbound.ts'
import { gatewayErrorOf } from './publish-error.ts'
import { isSamePrincipal, Reauthenticator, type SessionRequest } from './reauthenticator.ts'
import { SessionClock } from './session-clock.ts'

/** What a session is made of. */
export interface SessionParts {
  id: string
  grant: Grant
  /** Of the upgrade. Without credentials: it is kept for as long as the session. */
  request: SessionRequest
  socket: WebSocket
  settings: GatewaySettings
  counts: Counts
}

/** One authorised socket: its frames to the engine, the engine's messages to it. */
export class Session {
  readonly id: string
  readonly socket: WebSocket
  readonly connectedAt: number = Date.now()
  readonly #settings: GatewaySettings
  readonly #counts: Counts
  readonly #isV1: boolean
  readonly #outboundPrefix: Buffer
  readonly #clock: SessionClock
  /** Of `portcullis.v1` only. */
  readonly #reauthenticator: Reauthenticator | undefined
  readonly #inbound: Inbound
  #grant: Grant

  constructor({ id, grant, request, socket, settings, counts }: SessionParts) {
    this.id = id
    this.#grant = grant
    this.socket = socket
    this.#settings = settings
    this.#counts = counts
    this.#isV1 = socket.protocol === PROTOCOL_V1
    const { workspaceId, projectId } = grant
    this.#inbound = new Inbound(
      { sessionId: id, grant, isV1: this.#isV1, socket, settings },
      {
        stored: (seq, frameId, isDuplicate) => {
          this.#counts.acked += 1
          if (this.#isV1) this.#send(ackFrame(seq, frameId, isDuplicate))
        },
        refused: (error, seq, frameId) => {
          this.#refuse(error, () => nackFrame(seq, frameId, error.code, error.message))
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
      const { maxPayloadBytes, maxInFlightFrames } = this.#settings
      const limits = { maxPayloadBytes, maxInFlightFrames }
      this.#send(welcomeFrame({ sessionId: this.id, userId: this.#grant.userId, limits }))
    }
    this.#clock.start()
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
      this.end('token_revoked', 'the token was revoked')
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
    try {
      if (isBinary) throw new GatewayError('frame_binary', 'frames are text')
      const frame = readClientFrame(bytes.toString('utf8'), this.#isV1)
      if (frame.kind === 'control') this.#onControl(frame)
      else this.#inbound.take(frame, bytes)
    } catch (error) {
      const refusal = GatewayError.is(error) ? error : gatewayErrorOf(error)
      this.#refuse(refusal, () => errorFrame(refusal.code, refusal.message))
    }
  }

  /** Tells a `portcullis.v1` client by a frame; without the sub-protocol only a close can tell. */
  #refuse({ code, message }: GatewayError, frame: () => string): void {
    this.#counts.nack(code)
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

  /** @throws GatewayError `reauth_failed`; and whatever the grant throws */
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
      throw new GatewayError('reauth_failed', error.message)
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
