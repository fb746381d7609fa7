import { quietTimer, type Timer } from './timer.ts'

export interface HeartbeatOptions {
  pingAfterMs: number
  pongTimeoutMs: number
  ping: () => void
  dead: () => void
}

/**
 * Notices a connection that is open in name only. Any frame is a sign of life. One timer looks at a timestamp, so that
 * a busy connection pays for an assignment per frame and not for a timer.
 */
export class Heartbeat {
  readonly #options: HeartbeatOptions
  #timer: Timer
  #receivedAt = performance.now()

  constructor(options: HeartbeatOptions) {
    this.#options = options
    this.#timer = quietTimer(this.#check, options.pingAfterMs)
  }

  received(): void {
    this.#receivedAt = performance.now()
  }

  stop(): void {
    clearTimeout(this.#timer)
  }

  #check = (): void => {
    const { pingAfterMs, pongTimeoutMs, ping } = this.#options
    const remainingMs = this.#receivedAt + pingAfterMs - performance.now()
    // Timers may fire up to a millisecond early.
    if (remainingMs > 1) {
      this.#timer = quietTimer(this.#check, Math.ceil(remainingMs))
      return
    }
    const seenAt = this.#receivedAt
    this.#timer = quietTimer(() => this.#judge(seenAt), pongTimeoutMs)
    ping()
  }

  #judge(seenAt: number): void {
    if (this.#receivedAt > seenAt) this.#check()
    else this.#options.dead()
  }
}
