import { createServer, request as httpRequest, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { allowInsecureHttp } from '@portcullis/auth-core'
import { type ClientOptions, WebSocket, WebSocketServer } from 'ws'
import { createVerifier, type OidcVerifier } from '../../src/index.ts'
import { createUpgradeGuard, type SocketSession, type UpgradeGuardOptions } from '../../src/ws/index.ts'
import { AUDIENCE, type TestIssuer } from '../support/issuer.ts'

export function verifierOf({ issuer, jwksUri }: TestIssuer): OidcVerifier {
  return createVerifier({ issuer, audience: AUDIENCE, jwksUri, cooldownMs: 0, [allowInsecureHttp]: true })
}

/** A bare `ws` server behind a guard. */
export interface GuardedServer extends AsyncDisposable {
  readonly http: Server
  readonly webSockets: WebSocketServer
  readonly url: string
  /** Messages that the application got. */
  readonly messages: string[]
  /** Sessions in the order of their sockets. */
  readonly sessions: SocketSession[]
  /** Requests in that order. */
  readonly requests: IncomingMessage[]
}

export async function guardedServer(
  options: Omit<UpgradeGuardOptions, 'server'>,
  onConnection: (socket: WebSocket) => void = () => undefined,
): Promise<GuardedServer> {
  const webSockets = new WebSocketServer({ noServer: true, clientTracking: true })
  const http = createServer()
  createUpgradeGuard({ server: webSockets, ...options }).attach(http)
  const messages: string[] = []
  const sessions: SocketSession[] = []
  const requests: IncomingMessage[] = []
  webSockets.on('connection', (socket: WebSocket, request: IncomingMessage, ...rest: unknown[]) => {
    sessions.push(rest[0] as SocketSession)
    requests.push(request)
    socket.on('message', (data) => messages.push((data as Buffer).toString('utf8')))
    onConnection(socket)
  })
  await new Promise<void>((resolve) => {
    http.listen(0, '127.0.0.1', resolve)
  })
  return {
    http,
    webSockets,
    url: `ws://127.0.0.1:${(http.address() as AddressInfo).port}`,
    messages,
    sessions,
    requests,
    async [Symbol.asyncDispose]() {
      for (const socket of webSockets.clients) socket.terminate()
      http.closeAllConnections()
      await new Promise((resolve) => {
        http.close(resolve)
      })
    },
  }
}

/** A client that keeps what it gets. */
export interface Client {
  readonly socket: WebSocket
  readonly frames: string[]
  readonly closed: Promise<{ code: number; reason: string }>
  /** The first frame with this `type`, now or later. */
  frame(type: string): Promise<Record<string, unknown>>
}

export async function connect(
  url: string,
  token?: string,
  options: ClientOptions & { protocols?: string[] } = {},
): Promise<Client> {
  const { protocols = [], ...rest } = options
  const headers = { ...(token !== undefined && { authorization: `Bearer ${token}` }), ...rest.headers }
  const socket = new WebSocket(url, protocols, { ...rest, headers })
  const frames: string[] = []
  const waiting: (() => void)[] = []
  socket.on('message', (data) => {
    frames.push((data as Buffer).toString('utf8'))
    for (const look of waiting) look()
  })
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.once('close', (code, reason) => resolve({ code, reason: reason.toString() }))
  })
  await new Promise<void>((resolve, reject) => {
    socket.once('open', resolve).once('error', reject)
  })
  return {
    socket,
    frames,
    closed,
    frame: async (type) =>
      new Promise((resolve) => {
        const look = (): void => {
          const found = frames.find((text) => text.includes(`"type":"${type}"`))
          if (found !== undefined) resolve(JSON.parse(found) as Record<string, unknown>)
        }
        waiting.push(look)
        look()
      }),
  }
}

/** The HTTP answer to an upgrade that is refused. */
export interface RefusedUpgrade {
  readonly status: number | undefined
  readonly headers: IncomingMessage['headers']
  readonly body: unknown
}

export async function refused(
  url: string,
  headers: Record<string, string> | string[] = {},
): Promise<RefusedUpgrade> {
  const { host } = new URL(url)
  const handshake = {
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
    'Sec-WebSocket-Version': '13',
  }
  const all = Array.isArray(headers)
    ? [...Object.entries(handshake).flat(), ...(headers.includes('Host') ? [] : ['Host', host]), ...headers]
    : { ...handshake, ...headers }
  return new Promise((resolve, reject) => {
    httpRequest(url.replace('ws:', 'http:'), { headers: all, agent: false })
      .on('upgrade', (_answer, socket) => {
        socket.destroy()
        reject(new Error('the upgrade was accepted'))
      })
      .on('response', (answer) => {
        let text = ''
        answer.setEncoding('utf8').on('data', (part: string) => (text += part))
        answer.on('end', () =>
          resolve({ status: answer.statusCode, headers: answer.headers, body: JSON.parse(text) }),
        )
      })
      .on('error', reject)
      .end()
  })
}
