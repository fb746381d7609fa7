import type { OpenSocket } from './socket.ts'

/** The part of the global WebSocket in use. Spelled out, so that neither our build nor yours needs the DOM library. */
interface WebSocketLike {
  addEventListener(type: 'open', listener: () => void): void
  addEventListener(type: 'message', listener: (event: { data: unknown }) => void): void
  addEventListener(type: 'close', listener: (event: { code: number; reason: string }) => void): void
  addEventListener(type: 'error', listener: () => void): void
  send(text: string): void
  close(code?: number): void
}

/** Opens a socket with the platform's own WebSocket. */
export const openBrowserSocket: OpenSocket = (url, protocols, events) => {
  const { WebSocket } = globalThis as unknown as {
    WebSocket: new (url: string, protocols: string[]) => WebSocketLike
  }
  const socket = new WebSocket(url, protocols)
  let opened = false

  // Says nothing by design of the platform; `close` follows.
  socket.addEventListener('error', () => {})
  socket.addEventListener('open', () => {
    opened = true
    events.open()
  })
  socket.addEventListener('message', ({ data }) => {
    if (typeof data === 'string') events.text(data)
    else events.binary()
  })
  socket.addEventListener('close', ({ code, reason }) => events.end({ closeCode: code, reason }))

  return {
    send: (text) => socket.send(text),
    // A status code is refused by some platforms before the socket is open.
    close: () => (opened ? socket.close(1000) : socket.close()),
    terminate: () => socket.close(),
  }
}
