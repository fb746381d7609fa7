import type { Duplex } from 'node:stream'

let corked: Set<Duplex> | undefined

/** Collects what is written to the socket in this turn of the event loop into one write. */
export function corkForTurn(socket: Duplex): void {
  if (corked === undefined) {
    corked = new Set()
    setImmediate(uncork)
  }
  if (corked.has(socket)) return
  corked.add(socket)
  socket.cork()
}

function uncork(): void {
  const sockets = corked ?? []
  corked = undefined
  for (const socket of sockets) socket.uncork()
}
