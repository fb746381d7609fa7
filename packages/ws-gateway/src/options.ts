import type { IncomingMessage } from 'node:http'
import { compileOrigins, type OriginCheck } from '@portcullis/auth-core'
import type { Transport } from '@portcullis/transport'
import type { Authorizer } from './authorizer/authorizer.ts'
import { MAX_TIMER_MS, positive } from './internal/positive.ts'
import type { SessionInfo } from './session/session-info.ts'

/** The part of a pino logger that the gateway uses. */
export interface GatewayLogger {
  debug(details: object, message: string): void
  info(details: object, message: string): void
  warn(details: object, message: string): void
  error(details: object, message: string): void
}

export interface GatewayOptions {
  /** Started by `start()`, closed by whoever made it. */
  transport: Transport
  authorize: Authorizer
  /** Paths that are upgraded. @defaultValue ["/ws", "/"] */
  paths?: readonly string[] | undefined
  /**
   * Origins of pages that may connect: `https://app.example.com`, `https://*.example.com`, `http://localhost:*`, `null`,
   * or `*` for any. Without it a page's origin must have the host and port that it connects to. Requests without an
   * `Origin` header are not from pages and pass.
   */
  allowedOrigins?: readonly string[] | undefined
  /** The address that limits are counted by. @defaultValue the address of the socket's peer */
  clientAddress?: ((request: IncomingMessage) => string) | undefined
  /** Longest wait for the authorizer, milliseconds. @defaultValue 5000 */
  authorizeTimeoutMs?: number | undefined
  /** How long before its token expires a `portcullis.v1` session is asked for a new one, milliseconds. @defaultValue 60000 */
  reauthNoticeMs?: number | undefined
  /** New tokens that one session may try per minute, at most 1000. @defaultValue 10 */
  maxReauthsPerMinute?: number | undefined
  /** Largest frame from a client, bytes, at most 1048576. @defaultValue 65536 */
  maxPayloadBytes?: number | undefined
  /** Most fragments of one message. @defaultValue 1024 */
  maxFragments?: number | undefined
  /** Frames of one session that wait for the engine; past it the socket is not read. @defaultValue 64 */
  maxInFlightFrames?: number | undefined
  /** Bytes waiting to be written to one socket; past it the session is closed as a slow consumer. @defaultValue 1048576 */
  maxBufferedBytes?: number | undefined
  /** Longest wait for the engine before a frame is refused, milliseconds. @defaultValue 5000 */
  publishTimeoutMs?: number | undefined
  /** Time between pings, milliseconds. @defaultValue 25000 */
  pingIntervalMs?: number | undefined
  /** Wait for a pong before the peer counts as dead, milliseconds. @defaultValue 8000 */
  pongTimeoutMs?: number | undefined
  /** Sockets of this process, those still authorising included. @defaultValue 10000 */
  maxConnections?: number | undefined
  /** Sockets per client address. @defaultValue 100 */
  maxConnectionsPerAddress?: number | undefined
  /** Sockets per user of a project. @defaultValue 32 */
  maxConnectionsPerUser?: number | undefined
  /** Sockets per project. @defaultValue 10000 */
  maxConnectionsPerProject?: number | undefined
  /** New sockets per second and client address, with a burst of twice as many. @defaultValue 50 */
  connectRatePerAddress?: number | undefined
  /**
   * `gateway`: one consumer for all sessions, session ids `<gateway>.<random>`. `session`: one consumer per session and
   * plain session ids, as zocket does; costs a server-side consumer each. @defaultValue "gateway"
   */
  outboundConsumer?: 'gateway' | 'session' | undefined
  /** Projects without a session whose counters are kept; the one that was left first is forgotten. @defaultValue 1000 */
  maxIdleProjects?: number | undefined
  /** Told of every session when it opens. What it throws is logged, and changes nothing. */
  onSessionOpen?: ((session: SessionInfo) => void) | undefined
  /** Told of every session that `onSessionOpen` was told of, once, when its socket is closed. */
  onSessionClose?: ((session: SessionInfo) => void) | undefined
  /** Silent by default. Given ids and codes, never tokens, headers or frames. */
  logger?: GatewayLogger | undefined
}

type Replaced = 'allowedOrigins' | 'paths'

export type GatewaySettings = Readonly<
  Required<{ [K in Exclude<keyof GatewayOptions, Replaced>]: NonNullable<GatewayOptions[K]> }> & {
    paths: ReadonlySet<string>
    isOriginAllowed: OriginCheck
  }
>

const nothing = (): void => undefined
const SILENT: GatewayLogger = { debug: nothing, info: nothing, warn: nothing, error: nothing }

/** @throws TypeError naming the option */
export function gatewaySettings(options: GatewayOptions): GatewaySettings {
  if (typeof options?.transport?.publishInbound !== 'function') {
    throw new TypeError('"transport" option must be a transport')
  }
  if (typeof options.authorize !== 'function') throw new TypeError('"authorize" option must be a function')
  const { outboundConsumer = 'gateway' } = options
  if (outboundConsumer !== 'gateway' && outboundConsumer !== 'session') {
    throw new TypeError('"outboundConsumer" option must be gateway or session')
  }
  const paths = new Set(options.paths ?? ['/ws', '/'])
  if (paths.size === 0 || [...paths].some((path) => !path.startsWith('/'))) {
    throw new TypeError('"paths" option must be a list of paths that start with /')
  }
  return Object.freeze({
    transport: options.transport,
    authorize: options.authorize,
    paths,
    isOriginAllowed: compileOrigins(options.allowedOrigins),
    clientAddress:
      options.clientAddress ?? ((request: IncomingMessage) => request.socket.remoteAddress ?? 'unknown'),
    authorizeTimeoutMs: positive('authorizeTimeoutMs', options.authorizeTimeoutMs, 5000, MAX_TIMER_MS),
    reauthNoticeMs: positive('reauthNoticeMs', options.reauthNoticeMs, 60_000, MAX_TIMER_MS),
    maxReauthsPerMinute: positive('maxReauthsPerMinute', options.maxReauthsPerMinute, 10, 1000),
    maxPayloadBytes: positive('maxPayloadBytes', options.maxPayloadBytes, 64 * 1024, 1024 * 1024),
    maxFragments: positive('maxFragments', options.maxFragments, 1024),
    maxInFlightFrames: positive('maxInFlightFrames', options.maxInFlightFrames, 64),
    maxBufferedBytes: positive('maxBufferedBytes', options.maxBufferedBytes, 1024 * 1024),
    publishTimeoutMs: positive('publishTimeoutMs', options.publishTimeoutMs, 5000),
    pingIntervalMs: positive('pingIntervalMs', options.pingIntervalMs, 25_000, MAX_TIMER_MS),
    pongTimeoutMs: positive('pongTimeoutMs', options.pongTimeoutMs, 8000, MAX_TIMER_MS),
    maxConnections: positive('maxConnections', options.maxConnections, 10_000),
    maxConnectionsPerAddress: positive('maxConnectionsPerAddress', options.maxConnectionsPerAddress, 100),
    maxConnectionsPerUser: positive('maxConnectionsPerUser', options.maxConnectionsPerUser, 32),
    maxConnectionsPerProject: positive('maxConnectionsPerProject', options.maxConnectionsPerProject, 10_000),
    connectRatePerAddress: positive('connectRatePerAddress', options.connectRatePerAddress, 50),
    outboundConsumer,
    maxIdleProjects: positive('maxIdleProjects', options.maxIdleProjects, 1000),
    onSessionOpen: callback('onSessionOpen', options.onSessionOpen),
    onSessionClose: callback('onSessionClose', options.onSessionClose),
    logger: options.logger ?? SILENT,
  })
}

function callback(
  name: string,
  value: ((session: SessionInfo) => void) | undefined,
): (session: SessionInfo) => void {
  if (value !== undefined && typeof value !== 'function') {
    throw new TypeError(`"${name}" option must be a function`)
  }
  return value ?? nothing
}
