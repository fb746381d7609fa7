import type { IncomingMessage, Server } from 'node:http'
import type { Server as HttpsServer } from 'node:https'
import type { Duplex } from 'node:stream'
import { AuthError, compileOrigins, extractUpgradeToken, integerOption } from '@portcullis/auth-core'
import type { WebSocket, WebSocketServer } from 'ws'
import { checkRealm, DEFAULT_REALM, refusalOf } from '../adapter/refusal.ts'
import { usersOption, type UsersOption } from '../adapter/users-option.ts'
import { verifierOption, type VerifierOption } from '../adapter/verifier-option.ts'
import { checkSocketTimes } from '../socket/socket-session.ts'
import { assertCurrent, authenticateToken, type AuthenticatedUpgrade } from './authenticate-upgrade.ts'
import { closeSocket, openSession } from './open-session.ts'
import { hideProtocolToken } from './protocol-token.ts'
import { refuseUpgrade } from './refuse-upgrade.ts'
import { watchUpgrade } from './watch-upgrade.ts'

/** Options of {@link createUpgradeGuard}. */
export interface UpgradeGuardOptions extends VerifierOption {
  /** Made with `noServer: true`. Its `connection` event comes with the socket, the request and the session. */
  server: WebSocketServer
  /** Where users are looked up; without it a valid token is enough. */
  users?: UsersOption | undefined
  /**
   * Pages that may connect, such as `https://app.example.com`, `https://*.example.com`, `null` or `*`. What is no browser sends
   * no origin and is not asked for one. @defaultValue pages of the host they connect to
   */
  allowedOrigins?: readonly string[] | undefined
  /**
   * Whether the token is spoken of in band: `reauth_required`, `reauth`, `reauthenticated` and `error` frames. Without it a
   * socket ends at its deadline in silence, and every message is the application's. @defaultValue true
   */
  reauth?: boolean | undefined
  /** How long before the deadline the client is asked for a token, milliseconds, 0 = never. @defaultValue 60000 */
  reauthNoticeMs?: number | undefined
  /** Time between two looks at the user of an open socket, milliseconds, 0 = never. @defaultValue 60000 */
  recheckMs?: number | undefined
  /** Longest time for a decision, milliseconds. @defaultValue 10000 */
  timeoutMs?: number | undefined
  /** Most upgrades that are being decided on; others get 503. @defaultValue 1000 */
  maxPending?: number | undefined
  /** Protection space in `WWW-Authenticate`. @defaultValue 'portcullis' */
  realm?: string | undefined
  /**
   * Told about faults: what was answered with 500 or 503, and what a `connection` listener threw. @defaultValue the former are
   * ignored, the latter are uncaught exceptions as with `ws` alone
   */
  onError?: ((error: unknown, request: IncomingMessage) => void) | undefined
}

/** Decides on upgrades before their 101. */
export interface UpgradeGuard {
  /** Takes every upgrade of a server. */
  attach(server: Server | HttpsServer): void
  /** Decides on one upgrade, for servers with several kinds of sockets. */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void
}

/**
 * Puts a `ws` server behind access tokens. An upgrade is refused with an HTTP answer and the body `{statusCode, error, code,
 * message}`: 401 without a token or for a bad one, 400 for several, 403 for a page from elsewhere or a disabled user, 503 with
 * `Retry-After` when nobody could decide, 500 when the user could not be looked up.
 *
 * An open socket is closed with 4401 (`token_expired`) at the end of its token, and with 4403 for a token of somebody else
 * (`reauth_mismatch`) or when its user was disabled (`user_disabled`).
 *
 * @throws TypeError naming the option that is wrong
 */
export function createUpgradeGuard(options: UpgradeGuardOptions): UpgradeGuard {
  const { server, reauth = true, onError } = options
  if (typeof server?.handleUpgrade !== 'function') throw new TypeError('"server" must be a WebSocketServer')
  // Otherwise it takes upgrades by itself, and nobody asks for a token.
  if (server.options.noServer !== true) throw new TypeError('"server" must be made with noServer: true')
  if (typeof reauth !== 'boolean') throw new TypeError('"reauth" must be a boolean')
  if (onError !== undefined && typeof onError !== 'function') {
    throw new TypeError('"onError" must be a function')
  }
  const verifier = verifierOption(options)
  const users = usersOption(options.users)
  const realm = checkRealm(options.realm ?? DEFAULT_REALM)
  const isOriginAllowed = compileOrigins(checkPatterns(options.allowedOrigins))
  const times = checkSocketTimes(options)
  const timeoutMs = integerOption('timeoutMs', options.timeoutMs, 10_000, 1, 2 ** 31 - 1)
  const maxPending = integerOption('maxPending', options.maxPending, 1000, 1)
  let pending = 0

  async function decide(request: IncomingMessage): Promise<AuthenticatedUpgrade> {
    checkOrigin(request, isOriginAllowed)
    return authenticateToken(extractUpgradeToken(request).token, { verifier, users })
  }

  async function upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    if (pending >= maxPending) throw unavailable('too many upgrades at once')
    pending += 1
    const watch = watchUpgrade(socket, timeoutMs, () => unavailable('authentication took too long'))
    let identity: AuthenticatedUpgrade
    try {
      identity = await Promise.race([decide(request), watch.interrupted])
    } finally {
      pending -= 1
      watch.release()
    }
    // Once more: time has passed.
    assertCurrent(identity.token)
    hideProtocolToken(request)
    server.handleUpgrade(request, socket, head, (webSocket) => open(webSocket, request, identity))
  }

  function open(webSocket: WebSocket, request: IncomingMessage, identity: AuthenticatedUpgrade): void {
    // First of all: an `error` without a listener ends the process.
    webSocket.on('error', () => undefined)
    try {
      const session = openSession(webSocket, { verifier, users, ...identity, ...times }, reauth)
      server.emit('connection', webSocket, request, session)
    } catch (error) {
      closeSocket(webSocket, 1011, 'internal_error')
      report(error, request)
    }
  }

  /** What a listener throws is the application's mistake, and not to be lost. */
  function report(error: unknown, request: IncomingMessage): void {
    queueMicrotask(() => {
      if (onError === undefined) throw error
      onError(error, request)
    })
  }

  function handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    // First of all: an `error` without a listener ends the process.
    socket.on('error', () => socket.destroy())
    if (socket.destroyed) return
    upgrade(request, socket, head).catch((error: unknown) => {
      // Left while it was decided on: nobody was refused.
      if (socket.destroyed) return
      const refusal = refusalOf(error, { realm })
      const isForbidden = AuthError.is(error) && error.code === 'ERR_FORBIDDEN'
      // A page is not let in by more scope.
      refuseUpgrade(socket, isForbidden ? { ...refusal, challenge: undefined } : refusal)
      if (refusal.statusCode >= 500 && onError !== undefined) report(error, request)
    })
  }

  return Object.freeze({
    attach(http: Server | HttpsServer) {
      http.on('upgrade', handleUpgrade)
    },
    handleUpgrade,
  })
}

/** A page may connect only from an allowed origin: browsers send the header, and pages cannot change it. */
function checkOrigin(
  { headers, rawHeaders }: IncomingMessage,
  isAllowed: ReturnType<typeof compileOrigins>,
): void {
  const hosts = rawHeaders.filter((name, index) => index % 2 === 0 && name.toLowerCase() === 'host')
  // Node keeps the first of several: a proxy in front may have looked at another.
  if (hosts.length > 1) throw new AuthError('ERR_AUTH_REQUEST_INVALID', 'more than one Host header')
  // Version 8 of the protocol, which `ws` takes as well, has the other name.
  const origin = headers.origin ?? headers['sec-websocket-origin']
  if (origin === undefined) return
  if (typeof origin !== 'string' || !isAllowed(origin, headers.host ?? '')) {
    throw new AuthError('ERR_FORBIDDEN', 'pages of this origin may not connect')
  }
}

function checkPatterns(patterns: readonly string[] | undefined): readonly string[] | undefined {
  if (patterns === undefined) return undefined
  if (!Array.isArray(patterns) || patterns.some((one) => typeof one !== 'string')) {
    throw new TypeError('"allowedOrigins" must be a list of origins')
  }
  return patterns
}

function unavailable(message: string): AuthError {
  return new AuthError('ERR_AUTH_KEYS_UNAVAILABLE', message, { retryAfterSeconds: 1 })
}
