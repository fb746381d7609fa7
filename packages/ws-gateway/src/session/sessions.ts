import type { OutboundDelivery, Subscription } from '@portcullis/transport'
import type { WebSocket } from 'ws'
import type { Grant } from '../authorizer/authorizer.ts'
import type { GatewayErrorCode } from '../errors.ts'
import type { GatewaySettings } from '../options.ts'
import type { Counts } from '../stats.ts'
import { startHeartbeat } from './heartbeat.ts'
import { noticeConnected, noticeDisconnected } from './notices.ts'
import type { SessionRequest } from './reauthenticator.ts'
import { Session } from './session.ts'
import { SessionIds } from './session-ids.ts'

/** A session's way to the engine, opened before its socket is. */
export interface SessionSeat {
  id: string
  /** Gives up the consumer. Nobody can wait for that, so a failure is only logged. */
  release(): void
}

/** The sessions of this process, by id. */
export class Sessions {
  readonly #settings: GatewaySettings
  readonly #counts: Counts
  readonly #ids: SessionIds
  readonly #sessions = new Map<string, Session>()
  #subscription: Subscription | undefined
  #isClosed = false
  #onEmpty: (() => void)[] = []

  constructor(settings: GatewaySettings, counts: Counts) {
    this.#settings = settings
    this.#counts = counts
    this.#ids = new SessionIds(settings.outboundConsumer)
  }

  get size(): number {
    return this.#sessions.size
  }

  /** Opens the one consumer of all sessions, in the mode that has one. */
  async start(): Promise<void> {
    const { transport, outboundConsumer } = this.#settings
    if (outboundConsumer === 'session') return
    const { gatewayId } = this.#ids
    const subscription = await transport.subscribeOutbound({ gatewayId }, (delivery) =>
      this.#deliver(delivery),
    )
    if (this.#isClosed) await subscription.close()
    else this.#subscription = subscription
  }

  /** Makes a session id, and its consumer in the mode with one each. */
  async reserve({ workspaceId, projectId }: Grant): Promise<SessionSeat> {
    const { transport, outboundConsumer, logger } = this.#settings
    const id = this.#ids.next()
    if (outboundConsumer === 'gateway') return { id, release: () => undefined }
    const scope = { workspaceId, projectId }
    const subscription = await transport.subscribeOutbound({ scope, sessionId: id }, (delivery) =>
      this.#deliver(delivery),
    )
    const release = (): void => {
      subscription
        .close()
        .catch((error: unknown) => logger.warn({ sessionId: id, err: error }, 'could not close a consumer'))
    }
    return { id, release }
  }

  /** Turns an accepted socket into a session. */
  open(seat: SessionSeat, grant: Grant, request: SessionRequest, socket: WebSocket): void {
    const { logger, pingIntervalMs, pongTimeoutMs } = this.#settings
    const session = new Session({
      id: seat.id,
      grant,
      request,
      socket,
      settings: this.#settings,
      counts: this.#counts,
    })
    const ids = { sessionId: session.id, workspaceId: grant.workspaceId, projectId: grant.projectId }
    this.#sessions.set(session.id, session)
    startHeartbeat(socket, pingIntervalMs, pongTimeoutMs)
    socket.once('close', (code) => {
      this.#sessions.delete(session.id)
      if (this.#sessions.size === 0) for (const resolve of this.#onEmpty.splice(0)) resolve()
      noticeDisconnected(this.#settings, session)
      seat.release()
      logger.debug({ ...ids, code }, 'session closed')
    })
    noticeConnected(this.#settings, session)
    session.open()
    logger.debug(ids, 'session opened')
  }

  /** Closes the sessions whose grants were withdrawn; returns how many. */
  endRevoked(): number {
    // A copy: what it asks is the application's, and may close others.
    return [...this.#sessions.values()].filter((session) => session.endIfRevoked()).length
  }

  /** Closes every session with the code of an error. */
  endAll(code: GatewayErrorCode, message: string): void {
    for (const session of this.#sessions.values()) session.end(code, message)
  }

  /** Ends every socket without a handshake. */
  terminateAll(): void {
    for (const session of this.#sessions.values()) session.socket.terminate()
  }

  /** Reads no more frames; resolves when every frame received by any session was stored or refused. */
  async stopIntake(): Promise<void> {
    const sessions = [...this.#sessions.values()]
    for (const session of sessions) session.stopIntake()
    await Promise.all(sessions.map((session) => session.settled()))
  }

  /** Resolves when the last session is closed. */
  async emptied(): Promise<void> {
    if (this.#sessions.size > 0) await new Promise<void>((resolve) => this.#onEmpty.push(resolve))
  }

  async close(): Promise<void> {
    this.#isClosed = true
    await this.#subscription?.close()
  }

  #deliver(delivery: OutboundDelivery): void {
    // Gone sessions are no error: workers answer whoever asked, who may have left.
    this.#sessions.get(delivery.sessionId)?.deliver(delivery)
  }
}
