import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { addressKey, compileOrigins, integerOption } from '@portcullis/auth-core'
import { type ServerOptions, type WebSocket, WebSocketServer } from 'ws'
import type { InteropGateway } from '../gateway/gateway.ts'
import { refuseUpgrade } from './refuse-upgrade.ts'
import { serveSocket } from './serve-socket.ts'

export interface InteropUpgradeOptions {
  /** Path of the upgrade, without a query. @defaultValue "/gw" */
  path?: string | undefined
  /**
   * Origins whose pages may connect: `https://app.example`, `https://*.example`, `null` (pages from files), `*`. Clients
   * that are no pages send none, and may always connect.
   * @defaultValue the origin of the gateway itself
   */
  allowedOrigins?: readonly string[] | undefined
  /** Most open sockets. @defaultValue 10000 */
  maxConnections?: number | undefined
  /** Most open sockets of one client address, of IPv6 of one /64. @defaultValue 1000 */
  maxConnectionsPerAddress?: number | undefined
  /** The address of a client, behind a proxy for instance. @defaultValue that of the socket */
  clientAddress?: ((request: IncomingMessage) => string | undefined) | undefined
  /** How long a socket may be open without a peer, milliseconds; then it is closed with 1008. @defaultValue 10000 */
  helloTimeoutMs?: number | undefined
  /** How often a socket is pinged, milliseconds; one that has not answered by the next time is gone. @defaultValue 20000 */
  pingIntervalMs?: number | undefined
}

/** Answers WebSocket upgrades for a gateway. */
export interface InteropUpgrade {
  /** Whether the request is for this path. */
  handles(request: IncomingMessage): boolean
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void
  /** Open sockets. */
  readonly connections: number
  /** Takes no more, and ends those that are open. Idempotent. */
  close(): Promise<void>
}

const CLOSE_TIMEOUT_MS = 2000

/** @throws TypeError naming the option that is wrong */
export function createInteropUpgrade(
  gateway: InteropGateway,
  options: InteropUpgradeOptions = {},
): InteropUpgrade {
  const { path = '/gw', allowedOrigins, clientAddress = socketAddress } = options
  if (typeof gateway?.connect !== 'function') throw new TypeError('"gateway" must be an interop gateway')
  if (typeof path !== 'string' || !path.startsWith('/')) throw new TypeError('"path" must begin with a slash')
  if (typeof clientAddress !== 'function') throw new TypeError('"clientAddress" must be a function')
  const isAllowed = compileOrigins(allowedOrigins)
  const maxConnections = integerOption('maxConnections', options.maxConnections, 10_000, 1)
  const maxPerAddress = integerOption('maxConnectionsPerAddress', options.maxConnectionsPerAddress, 1000, 1)
  const pingIntervalMs = integerOption('pingIntervalMs', options.pingIntervalMs, 20_000, 1, 2 ** 31 - 1)
  const helloTimeoutMs = integerOption('helloTimeoutMs', options.helloTimeoutMs, 10_000, 1, 2 ** 31 - 1)
  const { maxMessageBytes, maxBufferedBytes } = gateway.limits
  // The types do not know `closeTimeout` yet.
  const serverOptions: ServerOptions & { closeTimeout: number } = {
    noServer: true,
    maxPayload: maxMessageBytes,
    clientTracking: true,
    closeTimeout: CLOSE_TIMEOUT_MS,
  }
  const server = new WebSocketServer(serverOptions)
  const ofAddress = new Map<string, number>()
  let closing: Promise<void> | undefined

  function count(webSocket: WebSocket, key: string): void {
    ofAddress.set(key, (ofAddress.get(key) ?? 0) + 1)
    webSocket.once('close', () => {
      const left = (ofAddress.get(key) ?? 1) - 1
      if (left > 0) ofAddress.set(key, left)
      else ofAddress.delete(key)
    })
  }

  return {
    handles: ({ url = '' }) => (url.split('?', 1)[0] ?? '') === path,
    handleUpgrade(request, socket, head) {
      // Before anything else: a reset without a listener would end the process.
      socket.on('error', () => socket.destroy())
      const { origin, host = '' } = request.headers
      if (origin !== undefined && !isAllowed(origin, host)) {
        refuseUpgrade(socket, 'ERR_INTEROP_ORIGIN_REFUSED', 'pages of this origin may not connect')
        return
      }
      if (closing !== undefined || !gateway.accepting || server.clients.size >= maxConnections) {
        refuseUpgrade(socket, 'ERR_INTEROP_TOO_MANY_CONNECTIONS', 'there is no room for another connection')
        return
      }
      const remoteAddress = clientAddress(request)
      const key = addressKey(remoteAddress ?? '')
      if ((ofAddress.get(key) ?? 0) >= maxPerAddress) {
        refuseUpgrade(socket, 'ERR_INTEROP_TOO_MANY_CONNECTIONS', 'there are too many from this address')
        return
      }
      server.handleUpgrade(request, socket, head, (webSocket) => {
        count(webSocket, key)
        serveSocket(
          gateway,
          { webSocket, socket, remoteAddress, isPage: origin !== undefined },
          {
            helloTimeoutMs,
            pingIntervalMs,
            maxBufferedBytes,
          },
        )
      })
    },
    get connections() {
      return server.clients.size
    },
    close() {
      closing ??= new Promise((resolve) => {
        for (const client of server.clients) client.close(1001, 'the gateway is closing')
        server.close(() => resolve())
      })
      return closing
    },
  }
}

function socketAddress({ socket }: IncomingMessage): string | undefined {
  return socket.remoteAddress
}
