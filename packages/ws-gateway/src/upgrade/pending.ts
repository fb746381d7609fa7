import type { Duplex } from 'node:stream'
import type { GatewayError } from '../errors.ts'

export interface PendingUpgrade {
  /** Aborted when the client goes away, or with the refusal when the gateway shuts down. */
  readonly signal: AbortSignal
  /** The socket is somebody else's now. Idempotent. */
  release(): void
}

/** The sockets that nobody has decided on yet. */
export class PendingUpgrades {
  readonly #pending = new Set<AbortController>()

  watch(socket: Duplex): PendingUpgrade {
    const controller = new AbortController()
    const leave = (): void => {
      controller.abort()
      // HTTP servers leave a socket half open when the client is through; no WebSocket comes of that any more.
      socket.destroy()
    }
    socket.once('end', leave).once('close', leave)
    this.#pending.add(controller)
    return {
      signal: controller.signal,
      release: () => {
        socket.off('end', leave).off('close', leave)
        this.#pending.delete(controller)
      },
    }
  }

  /** Has all of them refused. */
  refuseAll(refusal: GatewayError): void {
    for (const controller of this.#pending) controller.abort(refusal)
  }
}
