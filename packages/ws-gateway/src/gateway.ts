import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { type ServerOptions, WebSocketServer } from 'ws'
import type { Grant } from './authorizer/authorizer.ts'
import { assertGrantHolds } from './authorizer/grant-holds.ts'
import { closeCodeOf, GatewayError } from './errors.ts'
import { closeSocket } from './internal/close-socket.ts'
import { ConnectionLimits } from './limits/connection-limits.ts'
import { type GatewayOptions, type GatewaySettings, gatewaySettings } from './options.ts'
import { chooseProtocol } from './protocol/subprotocols.ts'
import type { ProjectCounters } from './project/project-counters.ts'
import type { SessionInfo } from './session/session-info.ts'
import { type SessionRequest, withoutCredentials } from './session/reauthenticator.ts'
import { type SessionSeat, Sessions } from './session/sessions.ts'
import { Counts, type GatewayStats } from './stats.ts'
import type { UpgradeAttempt } from './upgrade/attempt.ts'
import { requestPath } from './upgrade/check-path.ts'
import { PendingUpgrades } from './upgrade/pending.ts'
import { decideUpgrade } from './upgrade/pipeline.ts'
import { refusalOf, refuse } from './upgrade/refuse.ts'

/** The WebSocket edge on any Node HTTP server. */
export interface Gateway extends AsyncDisposable {
  /** Starts the transport and the outbound consumer. Upgrades before that are refused with 503. Idempotent. */
  start(): Promise<void>
  /** Takes every upgrade of a server; those at other paths are answered with 404. */
  attach(server: Server): void
  /** Whether the relay answers upgrades at the path of this request. */
  handles(request: IncomingMessage): boolean
  /** Decides on one upgrade, for servers with several kinds of sockets. */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void
  stats(): GatewayStats
  /** The open sessions, each as it is when the iterator comes to it. */
  sessions(): Iterable<SessionInfo>
  /**
   * What was done for each project. A project without a session may be forgotten (`maxIdleProjects`), and starts at zero
   * when it comes back.
   */
  projects(): Iterable<ProjectCounters>
  /**
   * Closes one session for good, with 4403 (`session_closed`): `@portcullis/client` does not connect again by itself. It
   * keeps nobody out: who may come back is up to the authorizer.
   *
   * @param reason told to a client of `portcullis.v1`; no more than 256 characters of it
   * @returns whether it was open
   */
  closeSession(sessionId: string, reason?: string): boolean
  /**
   * Asks the grant of every session whether it was revoked, and closes those that say so with 4401 and the grant's
   * `revokedCode`. Call it whenever something was revoked. Upgrades under way are asked before their 101.
   *
   * @returns how many were closed, those with 1011 included whose `isRevoked` threw
   */
  closeRevoked(): number
  /**
   * Refuses new upgrades, closes the sessions with 1012 and waits until what they sent is stored. Idempotent.
   * @param options.timeoutMs longest wait, milliseconds; default 10000
   */
  drain(options?: { timeoutMs?: number | undefined }): Promise<void>
  /** Ends all sockets now, also those that a drain is waiting for. Idempotent. */
  close(): Promise<void>
}

/**
 * Makes a gateway. Opens nothing until `start()`.
 *
 * @throws TypeError naming the option
 */
export function createGateway(options: GatewayOptions): Gateway {
  return new RelayGateway(gatewaySettings(options))
}

const CLOSE_TIMEOUT_MS = 2000

class RelayGateway implements Gateway {
  readonly #settings: GatewaySettings
  readonly #counts = new Counts()
  readonly #limits: ConnectionLimits
  readonly #sessions: Sessions
  readonly #server: WebSocketServer
  readonly #pending = new PendingUpgrades()
  #start: Promise<void> | undefined
  #isStarted = false
  #end: Promise<void> | undefined
  /** Resolves when a drain may wait no longer. */
  readonly #hurried: Promise<void>
  #hurry!: () => void

  constructor(settings: GatewaySettings) {
    this.#settings = settings
    this.#limits = new ConnectionLimits(settings)
    this.#sessions = new Sessions(settings, this.#counts)
    this.#hurried = new Promise((resolve) => {
      this.#hurry = resolve
    })
    // Not in the types of `ws` yet.
    const serverOptions: ServerOptions & { closeTimeout: number } = {
      noServer: true,
      clientTracking: false,
      maxPayload: settings.maxPayloadBytes,
      maxFragments: settings.maxFragments,
      // A few kilobytes can inflate to megabytes, before any limit of ours is asked.
      perMessageDeflate: false,
      handleProtocols: (offered) => chooseProtocol(offered),
      // For peers that do not answer a close frame, whoever began to close.
      closeTimeout: CLOSE_TIMEOUT_MS,
    }
    this.#server = new WebSocketServer(serverOptions)
  }

  start(): Promise<void> {
    this.#start ??= this.#begin().catch((error: unknown) => {
      this.#start = undefined
      throw error
    })
    return this.#start
  }

  attach(server: Server): void {
    server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      this.handleUpgrade(request, socket, head)
    })
  }

  handles(request: IncomingMessage): boolean {
    const path = requestPath(request.url)
    return path !== undefined && this.#settings.paths.has(path)
  }

  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    // First of all: an `error` without a listener ends the process.
    socket.on('error', () => socket.destroy())
    // Gone while others looked at it: there will be no `close` to give a place back at.
    if (socket.destroyed) return
    this.#upgrade(request, socket, head).catch((error: unknown) => {
      // Left while we were deciding: nobody was refused, and an authorizer that was interrupted did not fail.
      if (socket.destroyed) return
      const refusal = refusalOf(error)
      this.#counts.refuse(refusal.code)
      const details = {
        code: refusal.code,
        statusCode: refusal.statusCode,
        err: refusal.statusCode >= 500 ? error : undefined,
      }
      this.#settings.logger[refusal.statusCode >= 500 ? 'warn' : 'debug'](details, 'refused an upgrade')
      refuse(socket, refusal)
    })
  }

  stats(): GatewayStats {
    const { upgradesAccepted, upgradesRefused, sessionsEnded, reauthenticated } = this.#counts
    const { framesIn, framesOut, acked, nacked, misrouted } = this.#counts
    return {
      sessions: this.#sessions.size,
      connections: this.#limits.connectionCount,
      upgradesAccepted,
      upgradesRefused: { ...upgradesRefused },
      sessionsEnded: { ...sessionsEnded },
      reauthenticated,
      framesIn,
      framesOut,
      acked,
      nacked: { ...nacked },
      misrouted,
    }
  }

  sessions(): Iterable<SessionInfo> {
    return this.#sessions.infos()
  }

  projects(): Iterable<ProjectCounters> {
    return this.#sessions.projectCounters()
  }

  closeSession(sessionId: string, reason?: string): boolean {
    if (reason !== undefined && typeof reason !== 'string') throw new TypeError('"reason" must be a string')
    return this.#sessions.endOne(sessionId, reason)
  }

  closeRevoked(): number {
    return this.#sessions.endRevoked()
  }

  drain(options: { timeoutMs?: number | undefined } = {}): Promise<void> {
    this.#end ??= this.#drain(options.timeoutMs ?? 10_000)
    return this.#end
  }

  close(): Promise<void> {
    this.#hurry()
    this.#sessions.terminateAll()
    return this.drain()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.drain()
  }

  async #begin(): Promise<void> {
    if (this.#end) throw draining()
    const { transport } = this.#settings
    // Not awaited yet: the engine may be away for long, and the consumer is put up as soon as it is there.
    const ready = transport.status().state === 'idle' ? transport.start() : undefined
    await Promise.all([ready, this.#sessions.start()])
    this.#isStarted = true
  }

  async #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    if (this.#end) throw draining()
    const clientAddress = this.#settings.clientAddress(request)
    socket.once('close', this.#limits.admit(clientAddress))
    const { signal, release } = this.#pending.watch(socket)
    try {
      const attempt: UpgradeAttempt = {
        request,
        settings: this.#settings,
        isStarted: this.#isStarted,
        signal,
        clientAddress,
        path: '',
        host: '',
        origin: null,
        token: null,
        grant: undefined,
      }
      const grant = await decideUpgrade(attempt)
      signal.throwIfAborted()
      socket.once('close', this.#limits.admitGrant(grant))
      const seat = await this.#reserve(grant)
      let isAccepted = false
      try {
        signal.throwIfAborted()
        // Once more: time has passed.
        assertGrantHolds(grant)
        isAccepted = this.#accept(attempt, socket, head, grant, seat)
      } finally {
        if (!isAccepted) seat.release()
      }
    } finally {
      release()
    }
  }

  async #reserve(grant: Grant): Promise<SessionSeat> {
    try {
      return await this.#sessions.reserve(grant)
    } catch (cause) {
      throw new GatewayError('broker_unavailable', 'the message engine is not available', { cause })
    }
  }

  /** Sends the 101. False when there is no session of it: `ws` destroys a socket that the client has left by now. */
  #accept(attempt: UpgradeAttempt, socket: Duplex, head: Buffer, grant: Grant, seat: SessionSeat): boolean {
    const { logger } = this.#settings
    const { request, host, origin, clientAddress, path } = attempt
    const headers = withoutCredentials(request.headers)
    const kept: SessionRequest = { host, origin, clientAddress, path, headers }
    let isOpen = false
    this.#server.handleUpgrade(request, socket, head, (webSocket) => {
      webSocket.on('error', (error) => logger.debug({ sessionId: seat.id, err: error }, 'socket error'))
      this.#counts.upgradesAccepted += 1
      try {
        this.#sessions.open(seat, grant, kept, webSocket)
        isOpen = true
      } catch (error) {
        // Claims of an authorizer in this process may be anything, also what JSON has no form for.
        logger.error({ sessionId: seat.id, err: error }, 'could not open a session')
        closeSocket(webSocket, closeCodeOf('internal_error'), 'internal_error')
      }
    })
    return isOpen
  }

  async #drain(timeoutMs: number): Promise<void> {
    this.#pending.refuseAll(draining())
    const timer = setTimeout(() => this.#hurry(), timeoutMs)
    await Promise.race([this.#sessions.stopIntake(), this.#hurried])
    this.#sessions.endAll('draining', 'this gateway is shutting down')
    await Promise.race([this.#sessions.emptied(), this.#hurried])
    clearTimeout(timer)
    this.#sessions.terminateAll()
    await this.#sessions.emptied()
    await this.#sessions.close()
  }
}

function draining(): GatewayError {
  return new GatewayError('draining', 'this gateway is shutting down')
}
