/** Longest time between two looks at the clock: it may be set, and timers may sleep with the machine. */
const MAX_WAIT_MS = 60_000

export interface SessionClockEvents {
  /** The session ends in `remainingMs`. Told once per deadline. */
  notice(deadline: number, remainingMs: number): void
  expired(): void
}

/**
 * When a session ends. Two clocks are asked, and the first that says so ends it: the wall clock, which tokens speak of,
 * and the monotonic one, for the time that was left when the token was taken. So a wall clock that is set back cannot
 * prolong a session, and one that is set forward ends it within a minute.
 */
export class SessionClock {
  readonly #events: SessionClockEvents
  #noticeMs: number
  #deadline: number
  /** The same of the monotonic clock. */
  #endsAt: number
  #isNoticed = false
  #isStopped = false
  #timer: NodeJS.Timeout | undefined

  /** @param deadline milliseconds since the epoch */
  constructor(deadline: number, noticeMs: number, events: SessionClockEvents) {
    this.#events = events
    this.#noticeMs = noticeMs
    this.#deadline = deadline
    this.#endsAt = monotonic(deadline)
  }

  get deadline(): number {
    return this.#deadline
  }

  get remainingMs(): number {
    return Math.min(this.#deadline - Date.now(), this.#endsAt - performance.now())
  }

  get isOver(): boolean {
    return this.remainingMs <= 0
  }

  /** Begins to call back; at once, if something is due. */
  start(): void {
    this.#check()
  }

  /**
   * Goes on with another deadline.
   *
   * @param noticeMs as for the constructor. A token that lives no longer than twice that is noticed at half of its life:
   *   a notice right after a reauth would be answered with one more
   */
  renew(deadline: number, noticeMs: number): void {
    if (deadline !== this.#deadline) {
      this.#isNoticed = false
      this.#deadline = deadline
      this.#endsAt = monotonic(deadline)
      this.#noticeMs = Math.min(noticeMs, this.remainingMs / 2)
    }
    this.#check()
  }

  /** Calls back no more. */
  stop(): void {
    this.#isStopped = true
    clearTimeout(this.#timer)
  }

  readonly #check = (): void => {
    clearTimeout(this.#timer)
    if (this.#isStopped) return
    const { remainingMs } = this
    if (remainingMs <= 0) {
      this.#events.expired()
      return
    }
    if (!this.#isNoticed && remainingMs <= this.#noticeMs) {
      this.#isNoticed = true
      this.#events.notice(this.#deadline, remainingMs)
    }
    const waitMs = this.#isNoticed ? remainingMs : remainingMs - this.#noticeMs
    // Rounded up, or the last look would come too early, and then every millisecond.
    if (!this.#isStopped) {
      this.#timer = setTimeout(this.#check, Math.ceil(Math.min(waitMs, MAX_WAIT_MS))).unref()
    }
  }
}

function monotonic(deadline: number): number {
  return performance.now() + deadline - Date.now()
}
