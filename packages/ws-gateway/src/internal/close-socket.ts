import type { WebSocket } from 'ws'

/** Closes a socket. `ws` destroys it when the peer does not answer within the server's `closeTimeout`. */
export function closeSocket(socket: WebSocket, code: number, reason: string): void {
  // A paused socket would never read the peer's close frame.
  if (socket.isPaused) socket.resume()
  socket.close(code, reason)
}
