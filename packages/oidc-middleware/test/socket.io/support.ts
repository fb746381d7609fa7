import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Server, type ServerOptions } from 'socket.io'
import { io, type ManagerOptions, type Socket as Client, type SocketOptions } from 'socket.io-client'
import { allowInsecureHttp, createVerifier, type OidcVerifier } from '../../src/index.ts'
import { AUDIENCE, type TestIssuer } from '../support/issuer.ts'

/** What a client is given beside its namespace. */
export type ClientOptions = Partial<ManagerOptions & SocketOptions>

/** A Socket.IO server on loopback. */
export interface TestServer extends AsyncDisposable {
  readonly io: Server
  readonly url: string
  /** A client with a connection of its own that does not come back by itself. */
  client(token: unknown, options?: ClientOptions & { nsp?: string }): Client
}

export async function startServer(
  setup: (io: Server) => void,
  options: Partial<ServerOptions> = {},
): Promise<TestServer> {
  const http = createServer()
  const server = new Server(http, options)
  setup(server)
  await new Promise<void>((resolve) => {
    http.listen(0, '127.0.0.1', resolve)
  })
  const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`
  const clients: Client[] = []
  return {
    io: server,
    url,
    client(token, { nsp = '/', ...rest } = {}) {
      const client = connectTo(url + nsp, { auth: { token }, ...rest })
      clients.push(client)
      return client
    },
    async [Symbol.asyncDispose]() {
      for (const client of clients) client.disconnect()
      await server.close()
    },
  }
}

export function connectTo(url: string, options: ClientOptions): Client {
  return io(url, { transports: ['websocket'], forceNew: true, reconnection: false, ...options })
}

/** `connected`, or what a `connect_error` says. */
export async function outcome(client: Client): Promise<{ message: string; data?: unknown }> {
  return new Promise((resolve) => {
    client.once('connect', () => resolve({ message: 'connected' }))
    client.once('connect_error', (error: Error & { data?: unknown }) =>
      resolve({ message: error.message, data: error.data }),
    )
  })
}

/** The arguments of the next `event`. */
export async function next(
  emitter: { once(event: string, listener: (...args: never[]) => void): unknown },
  event: string,
): Promise<unknown[]> {
  return new Promise((resolve) => {
    emitter.once(event, (...args: unknown[]) => resolve(args))
  })
}

export function verifierOf({ issuer, jwksUri }: TestIssuer): OidcVerifier {
  return createVerifier({ issuer, audience: AUDIENCE, jwksUri, [allowInsecureHttp]: true })
}

/** `exp` in so many seconds; within the clock tolerance a past one is accepted. */
export function expiresIn(seconds: number): { exp: number } {
  return { exp: Math.floor(Date.now() / 1000) + seconds }
}
