import type { OutboundDelivery, Subscription } from '@portcullis/transport'
import { WebSocket } from 'ws'
import type { Grant } from '../authorizer/authorizer.ts'
import type { GatewayErrorCode } from '../errors.ts'
import type { GatewaySettings } from '../options.ts'
import type { Counts } from '../stats.ts'
import type { ProjectCounters } from '../project/project-counters.ts'
import { Projects } from '../project/projects.ts'
import { startHeartbeat } from './heartbeat.ts'
import { noticeConnected, noticeDisconnected } from './notices.ts'
import type { SessionRequest } from './reauthenticator.ts'
import type { SessionInfo } from './session-info.ts'
import { Session } from './session.ts'
import { SessionIds } from './session-ids.ts'

/** A session's way to the engine, opened before its socket is. */
export interface SessionSeat {
  id: string
  /** Gives up the consumer. Nobody can wait for that, so a failure is only logged. */
  release(): void
}

/** Longest reason that a client is told, characters. */
const MAX_REASON = 256

/** The sessions of this process, by id. */
export class Sessions {
  readonly #settings: GatewaySettings
  readonly #counts: Counts
  readonly #ids: SessionIds
  readonly #sessions = new Map<string, Session>()
  readonly #projects: Projects
  #subscription: Subscription | undefined
  #isClosed = false
  #onEmpty: (() => void)[] = []

  constructor(settings: GatewaySettings, counts: Counts) {
    this.#settings = settings
    this.#counts = counts
    this.#ids = new SessionIds(settings.outboundConsumer)
    this.#projects = new Projects(settings.maxIdleProjects)
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
    const { logger, pingIntervalMs, pongTimeoutMs, onSessionOpen, onSessionClose } = this.#settings
    const session = new Session({
      id: seat.id,
      grant,
      request,
      socket,
      settings: this.#settings,
      counts: this.#counts,
      project: this.#projects.of(grant),
    })
    const ids = { sessionId: session.id, workspaceId: grant.workspaceId, projectId: grant.projectId }
    this.#sessions.set(session.id, session)
    this.#projects.opened(session.project)
    startHeartbeat(socket, pingIntervalMs, pongTimeoutMs)
    socket.once('close', (code) => {
      this.#sessions.delete(session.id)
      this.#projects.closed(session.project)
      if (this.#sessions.size === 0) for (const resolve of this.#onEmpty.splice(0)) resolve()
      noticeDisconnected(this.#settings, session)
      this.#tell(onSessionClose, session)
      seat.release()
      logger.debug({ ...ids, code }, 'session closed')
    })
    noticeConnected(this.#settings, session)
    this.#tell(onSessionOpen, session)
    session.open()
    logger.debug(ids, 'session opened')
  }

  /** Closes the sessions whose grants were withdrawn; returns how many. */
  endRevoked(): number {
    // A copy: what it asks is the application's, and may close others.
    return [...this.#sessions.values()].filter((session) => session.endIfRevoked()).length
  }

  /** The sessions, each as it is when it is asked for. */
  *infos(): Generator<SessionInfo> {
    for (const session of this.#sessions.values()) yield session.info()
  }

  projectCounters(): Iterable<ProjectCounters> {
    return this.#projects.counters()
  }

  /** Closes one session for good; false when it is not open. */
  endOne(sessionId: string, reason: string = 'the session was closed'): boolean {
    const session = this.#sessions.get(sessionId)
    if (session?.socket.readyState !== WebSocket.OPEN) return false
    this.#settings.logger.info({ sessionId }, 'closed a session on request')
    session.end('session_closed', reason.slice(0, MAX_REASON).toWellFormed())
    return true
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

  /** Whatever the application's listener does, the session goes its way. */
  #tell(listener: (session: SessionInfo) => void, session: Session): void {
    try {
      listener(session.info())
    } catch (error) {
      this.#settings.logger.error({ sessionId: session.id, err: error }, 'a listener failed')
    }
  }

  #deliver(delivery: OutboundDelivery): void {
    // Gone sessions are no error: workers answer whoever asked, who may have left.
    this.#sessions.get(delivery.sessionId)?.deliver(delivery)
  }
}
