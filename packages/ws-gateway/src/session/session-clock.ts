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
  #deadline: number | undefined
  /** The same of the monotonic clock. */
  #endsAt = Number.POSITIVE_INFINITY
  #isNoticed = false
  #timer: NodeJS.Timeout | undefined

  /** @param deadline milliseconds since the epoch; undefined when the session does not expire */
  constructor(deadline: number | undefined, noticeMs: number, events: SessionClockEvents) {
    this.#events = events
    this.#noticeMs = noticeMs
    this.#set(deadline)
  }

  /** Infinity when the session does not expire. */
  get remainingMs(): number {
    if (this.#deadline === undefined) return Number.POSITIVE_INFINITY
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
  renew(deadline: number | undefined, noticeMs: number): void {
    if (deadline !== this.#deadline) {
      this.#isNoticed = false
      this.#set(deadline)
      this.#noticeMs = Math.min(noticeMs, this.remainingMs / 2)
    }
    this.#check()
  }

  stop(): void {
    clearTimeout(this.#timer)
  }

  #set(deadline: number | undefined): void {
    this.#deadline = deadline
    this.#endsAt =
      deadline === undefined ? Number.POSITIVE_INFINITY : performance.now() + deadline - Date.now()
  }

  readonly #check = (): void => {
    clearTimeout(this.#timer)
    const { remainingMs } = this
    if (this.#deadline === undefined) return
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
    this.#timer = setTimeout(this.#check, Math.ceil(Math.min(waitMs, MAX_WAIT_MS))).unref()
  }
}
