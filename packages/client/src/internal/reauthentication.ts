import { ClientError } from '../errors.ts'
import type { Settings } from '../options.ts'
import { Backoff } from './backoff.ts'
import { quietTimer, type Timer } from './timer.ts'
import { fetchToken } from './token.ts'

export interface ReauthenticationOptions {
  settings: Settings
  /** A number in [0, 1). */
  random: () => number
  /** Longest frame that the server takes, bytes. */
  maxPayloadBytes: number
  /** Puts a `reauth` with this token on the wire. */
  send: (frame: string, token: string) => void
  report: (error: ClientError) => void
}

// Whatever a server asks for. Ours takes as many from a session.
const MAX_ATTEMPTS = 10
const WINDOW_MS = 60_000

/**
 * Gives one session new tokens while it lasts. The server says when; a token that it does not take is followed by another
 * one after a growing random wait, while there is time. One at a time, and never more than ten in a minute.
 */
export class Reauthentication {
  readonly #options: ReauthenticationOptions
  readonly #stopped = new AbortController()
  #isRunning = false
  /** A new token is wanted. Set and cleared as frames come, because two of them can come at once. */
  #isDue = false
  /** The end of the session: the server's word, and the same by our own clock. */
  #deadline = 0
  #endsAt = 0
  /** Times of the attempts of the last minute. */
  #attempts: number[] = []
  /** Takes the answer to the token on its way; null for a good one. */
  #answer: ((error: ClientError | null) => void) | undefined

  constructor(options: ReauthenticationOptions) {
    this.#options = options
  }

  /** The server asks for a new token. */
  required(deadline: number, remainingMs: number): void {
    this.#deadline = deadline
    this.#endsAt = performance.now() + remainingMs
    this.#isDue = true
    if (this.#isRunning || this.#stopped.signal.aborted) return
    this.#isRunning = true
    void this.#run()
  }

  /** The server took a token, and this is the end of the session now. */
  succeeded(deadline: number | null): void {
    const isLater = deadline === null || deadline > this.#deadline
    if (isLater) this.#isDue = false
    // The same token again, as from a cache: in a while it may be a newer one.
    const message = 'The new token expires no later than the one before'
    this.#answer?.(isLater ? null : new ClientError('reauth_failed', message))
  }

  /** The server reports something. False when it is not the answer to a token. */
  failed(serverCode: string, error: () => ClientError): boolean {
    if (!this.#answer || !/^reauth_(?!mismatch$)/.test(serverCode)) return false
    this.#answer(error())
    return true
  }

  /** The session is over. */
  stop(): void {
    this.#stopped.abort()
  }

  /** Never rejects. */
  async #run(): Promise<void> {
    const { settings, random, report } = this.#options
    const backoff = new Backoff(settings.reconnectBaseMs, settings.reconnectCapMs, random)
    try {
      while (this.#isDue && (await this.#admit())) {
        const error = await this.#attempt()
        if (this.#stopped.signal.aborted) return
        if (error === null) {
          backoff.reset()
          continue
        }
        report(error)
        if (!error.retryable || !(await this.#wait(backoff.next()))) return
      }
    } finally {
      // In one step with the look at `#isDue`: a frame may come right after.
      this.#isRunning = false
    }
  }

  /** Counts an attempt, when there is room for one. False when there is none in time. */
  async #admit(): Promise<boolean> {
    const now = performance.now()
    this.#attempts = this.#attempts.filter((at) => at > now - WINDOW_MS)
    const [oldest] = this.#attempts
    if (oldest !== undefined && this.#attempts.length >= MAX_ATTEMPTS) {
      if (!(await this.#wait(Math.ceil(oldest + WINDOW_MS - now)))) return false
      this.#attempts.shift()
    }
    this.#attempts.push(performance.now())
    return true
  }

  /** Null when the server took the token. */
  async #attempt(): Promise<ClientError | null> {
    const { settings, maxPayloadBytes, send } = this.#options
    let token: string | null
    try {
      token = await fetchToken(settings, this.#stopped.signal)
    } catch (cause) {
      const { message, retryable } = cause as ClientError
      return new ClientError('reauth_failed', message, { cause, retryable })
    }
    if (this.#stopped.signal.aborted) return null
    if (token === null)
      return new ClientError('reauth_failed', 'getToken gave no token', { retryable: false })
    const frame = JSON.stringify({ type: 'reauth', token })
    // All of it is ASCII: characters are bytes.
    if (frame.length > maxPayloadBytes) {
      const message = 'The token is longer than a frame that the server takes'
      return new ClientError('reauth_failed', message, { retryable: false })
    }
    const answered = this.#answered()
    send(frame, token)
    return await answered
  }

  /** Resolves with the server's answer, or with an error when none comes. */
  #answered(): Promise<ClientError | null> {
    const { connectTimeoutMs } = this.#options.settings
    return new Promise((resolve) => {
      const settle = (error: ClientError | null): void => {
        this.#answer = undefined
        clearTimeout(timer)
        this.#stopped.signal.removeEventListener('abort', stop)
        resolve(error)
      }
      const stop = (): void => settle(new ClientError('closed', 'The session is over'))
      const timer: Timer = quietTimer(() => {
        settle(new ClientError('reauth_failed', `No answer to the new token in ${connectTimeoutMs} ms`))
      }, connectTimeoutMs)
      this.#stopped.signal.addEventListener('abort', stop)
      this.#answer = settle
    })
  }

  /** False at once when the session will have ended by then, and when it ends before. */
  #wait(ms: number): Promise<boolean> {
    const { signal } = this.#stopped
    if (signal.aborted || performance.now() + ms >= this.#endsAt) return Promise.resolve(false)
    return new Promise((resolve) => {
      const settle = (): void => {
        clearTimeout(timer)
        signal.removeEventListener('abort', settle)
        resolve(!signal.aborted)
      }
      const timer: Timer = quietTimer(settle, ms)
      signal.addEventListener('abort', settle)
    })
  }
}
