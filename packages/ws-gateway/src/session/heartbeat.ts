import type { WebSocket } from 'ws'

/**
 * Pings a peer and ends the socket when nothing comes back. Without it a peer that vanished silently stays a session for
 * as long as the kernel retransmits.
 */
export function startHeartbeat(socket: WebSocket, intervalMs: number, timeoutMs: number): void {
  let deadline: NodeJS.Timeout | undefined
  const timer = setInterval(() => {
    // Also while paused: writing finds out when the peer's kernel has forgotten the connection.
    if (socket.readyState === socket.OPEN) socket.ping()
    // While we do not read, we cannot see a pong.
    if (socket.isPaused) return
    // Also while closing: a peer that closed its side and reads nothing would keep ours for ever.
    deadline ??= setTimeout(() => {
      deadline = undefined
      if (!socket.isPaused) socket.terminate()
    }, timeoutMs).unref()
  }, intervalMs).unref()
  const isAlive = (): void => {
    clearTimeout(deadline)
    deadline = undefined
  }
  // A pong waits behind the frames that back-pressure keeps in the peer's queue: they say as much.
  for (const event of ['pong', 'ping', 'message']) socket.on(event, isAlive)
  socket.once('close', () => {
    clearInterval(timer)
    clearTimeout(deadline)
  })
}
