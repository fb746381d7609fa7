import type { Duplex } from 'node:stream'

/** An upgrade that nobody has decided on yet. */
export interface UpgradeWatch {
  /** Rejects when the client goes away, or it takes too long. Never resolves. */
  readonly interrupted: Promise<never>
  /** The socket is somebody else's now. */
  release(): void
}

/** Watches the socket of an upgrade while it is decided on. */
export function watchUpgrade(socket: Duplex, timeoutMs: number, late: () => Error): UpgradeWatch {
  const { promise, reject } = withReject()
  const leave = (): void => {
    // HTTP servers leave a socket half open when the client is through; no WebSocket comes of that any more.
    socket.destroy()
    reject(new Error('the client has left'))
  }
  socket.once('end', leave).once('close', leave)
  const timer = setTimeout(() => reject(late()), timeoutMs).unref()
  return {
    interrupted: promise,
    release() {
      clearTimeout(timer)
      socket.off('end', leave).off('close', leave)
    },
  }
}

/** `Promise.withResolvers` came with Node 22. */
function withReject(): { promise: Promise<never>; reject: (error: Error) => void } {
  let reject: (error: Error) => void = () => undefined
  const promise = new Promise<never>((_resolve, refuse) => {
    reject = refuse
  })
  return { promise, reject }
}
