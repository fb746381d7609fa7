import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** A TCP proxy in front of a server, to do to one connection what a network does. */
export interface TcpProxy extends AsyncDisposable {
  /** Of the server, by way of this proxy. */
  readonly url: string
  /** Resets every connection and refuses new ones. */
  cut(): void
  restore(): void
  /** Throws away what the server says. */
  mute(): void
  unmute(): void
}

/** Starts a proxy on loopback, in front of the server at `target`, such as `nats://127.0.0.1:4222`. */
export async function startTcpProxy(target: string): Promise<TcpProxy> {
  const url = new URL(target)
  const { hostname, port } = url
  const sockets = new Set<Socket>()
  let isCut = false
  let isMuted = false
  const server = createServer((client) => {
    if (isCut) {
      client.resetAndDestroy()
      return
    }
    const upstream = connect(Number(port), hostname)
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(socket)
      socket.on('error', () => undefined)
      socket.on('close', () => {
        sockets.delete(socket)
        other.destroy()
      })
    }
    client.on('data', (chunk) => upstream.write(chunk))
    upstream.on('data', (chunk) => {
      if (!isMuted) client.write(chunk)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  url.hostname = '127.0.0.1'
  url.port = String((server.address() as AddressInfo).port)
  const end = (): void => {
    for (const socket of sockets) socket.resetAndDestroy()
  }
  return {
    url: url.href,
    cut: () => {
      isCut = true
      end()
    },
    restore: () => {
      isCut = false
    },
    mute: () => {
      isMuted = true
    },
    unmute: () => {
      isMuted = false
    },
    [Symbol.asyncDispose]: async () => {
      end()
      server.close()
      await once(server, 'close')
    },
  }
}
