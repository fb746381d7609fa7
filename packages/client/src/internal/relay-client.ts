import type {
  ActorHandle,
  Client,
  ClientEvents,
  ClientStatus,
  Frame,
  Receipt,
  SendOptions,
  Session,
} from '../client/client.ts'
import { ClientError } from '../errors.ts'
import { MAX_INTEGER, type Settings } from '../options.ts'
import type { OpenSocket } from '../socket/socket.ts'
import { Backoff } from './backoff.ts'
import { Connection, type SessionFrame } from './connection.ts'
import { createIdSource, encodeFrame } from './encode-frame.ts'
import { Emitter } from './emitter.ts'
import { Outbox } from './outbox.ts'
import { Reauthentication } from './reauthentication.ts'
import { quietTimer, type Timer } from './timer.ts'
import { fetchToken } from './token.ts'

/** What the client takes from outside. Tests replace the randomness. */
export interface Platform {
  openSocket: OpenSocket
  /** A number in [0, 1). */
  random: () => number
}

/** The client's life: one connection after another, and an outbox that outlives them. */
export class RelayClient<Received> implements Client<Received> {
  readonly ready: Promise<Session>
  readonly #settings: Settings
  readonly #platform: Platform
  readonly #backoff: Backoff
  readonly #outbox: Outbox
  readonly #emitter: Emitter<ClientEvents<Received>>
  readonly #nextId: () => string = createIdSource()
  #status: ClientStatus = 'connecting'
  #session: Session | null = null
  #lastError: ClientError | null = null
  #connection: Connection | undefined
  #reauthentication: Reauthentication | undefined
  #retryTimer: Timer | undefined
  #stableTimer: Timer | undefined
  /** The token was refused on the connection before this one, so this one is the last try. */
  #tokenRefused = false
  /** Set once sending is over, and why. */
  #refusing: ClientError | undefined
  #closing: Promise<void> | undefined
  #resolveReady!: (session: Session) => void
  #rejectReady!: (error: ClientError) => void

  constructor(settings: Settings, platform: Platform) {
    this.#settings = settings
    this.#platform = platform
    this.#backoff = new Backoff(settings.reconnectBaseMs, settings.reconnectCapMs, platform.random)
    this.#outbox = new Outbox({ maxCount: settings.maxQueueCount, maxBytes: settings.maxQueueBytes })
    this.#emitter = new Emitter((event, cause) => {
      const error = new ClientError('listener_failed', `A listener of "${event}" failed`, { cause })
      // A failing error listener must not be told about itself.
      if (event === 'error') this.#lastError = error
      else this.#report(error)
    })
    this.ready = new Promise((resolve, reject) => {
      this.#resolveReady = resolve
      this.#rejectReady = reject
    })
    // Awaiting it is optional.
    this.ready.catch(() => {})
    // Not before the caller has had a chance to add listeners.
    queueMicrotask(() => void this.#connect())
  }

  get status(): ClientStatus {
    return this.#status
  }

  get session(): Session | null {
    return this.#session
  }

  get lastError(): ClientError | null {
    return this.#lastError
  }

  get pendingCount(): number {
    return this.#outbox.pendingCount
  }

  on<Event extends keyof ClientEvents<Received>>(
    event: Event,
    listener: ClientEvents<Received>[Event],
  ): () => void {
    return this.#emitter.on(event, listener)
  }

  // Async, so that whatever is wrong arrives the same way: as a rejection.
  async send<Sent extends Frame>(frame: Sent, options: SendOptions = {}): Promise<Receipt> {
    const { timeoutMs = this.#settings.sendTimeoutMs } = options
    if (!Number.isInteger(timeoutMs) || timeoutMs < 1 || timeoutMs > MAX_INTEGER) {
      throw new TypeError(`"timeoutMs" option must be an integer from 1 to ${MAX_INTEGER}`)
    }
    const encoded = encodeFrame(frame, this.#nextId)
    if (this.#refusing) throw this.#refusing
    return await this.#outbox.push(encoded, timeoutMs)
  }

  actor<Sent extends object = Record<string, unknown>>(actor: string, actorId: string): ActorHandle<Sent> {
    return {
      actor,
      actorId,
      send: async (message, options) => await this.send({ ...message, actor, actorId }, options),
    }
  }

  async drain(): Promise<void> {
    this.#refusing ??= new ClientError('closed', 'The client is closing')
    await this.#outbox.settled()
    await this.close()
  }

  close(): Promise<void> {
    return this.#finish(new ClientError('closed', 'The client is closed'))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.drain()
  }

  async #connect(): Promise<void> {
    if (this.#closing) return
    let token: string | null
    try {
      token = await fetchToken(this.#settings)
    } catch (error) {
      this.#ended(error as ClientError, 0)
      return
    }
    // Closed while waiting for the token.
    if (this.#closing) return
    this.#connection = new Connection(this.#settings, this.#platform.openSocket, token, {
      welcome: (session) => this.#welcomed(session),
      frame: (frame) => this.#receive(frame),
      invalid: (error) => this.#report(error),
      end: (error, retryAfterMs) => this.#ended(error, retryAfterMs),
    })
  }

  #welcomed(session: Session): void {
    const connection = this.#connection
    this.#session = session
    this.#stableTimer = quietTimer(() => {
      this.#backoff.reset()
      this.#tokenRefused = false
    }, this.#settings.stableAfterMs)
    this.#reauthentication = new Reauthentication({
      settings: this.#settings,
      random: this.#platform.random,
      maxPayloadBytes: session.limits.maxPayloadBytes,
      send: (frame, token) => connection?.sendToken(frame, token),
      report: (error) => this.#report(error),
    })
    this.#outbox.open(session.limits, (text) => connection?.send(text))
    this.#resolveReady(session)
    this.#setStatus('connected')
  }

  #receive(frame: SessionFrame): void {
    switch (frame.type) {
      case 'message': {
        const info = { seq: frame.seq, sessionId: this.#session?.sessionId ?? '' }
        this.#emitter.emit('message', frame.message as Received, info)
        return
      }
      case 'ack':
        this.#answer(frame.seq, frame.id, { duplicate: frame.duplicate })
        return
      case 'nack':
        this.#answer(frame.seq, frame.id, this.#serverError('rejected', frame, frame.retryable))
        return
      case 'reauth_required':
        this.#reauthentication?.required(frame.deadline, frame.remainingMs)
        return
      case 'reauthenticated':
        this.#reauthentication?.succeeded(frame.deadline)
        return
      case 'error': {
        const isAnswer = this.#reauthentication?.failed(frame.code, () =>
          this.#serverError('reauth_failed', frame),
        )
        if (!isAnswer) this.#report(this.#serverError('server_error', frame))
      }
    }
  }

  #answer(seq: number, id: string | undefined, outcome: ClientError | { duplicate: boolean }): void {
    if (this.#outbox.answer(seq, id, outcome)) return
    this.#report(new ClientError('invalid_frame', 'The server answered a frame that was not sent'))
  }

  #serverError(
    code: 'rejected' | 'server_error' | 'reauth_failed',
    frame: { code: string; message: string },
    retryable?: boolean,
  ): ClientError {
    const redact = (text: string): string => this.#connection?.redact(text) ?? ''
    const serverCode = redact(frame.code)
    const message = frame.message === '' ? serverCode : `${serverCode}: ${redact(frame.message)}`
    return new ClientError(code, message, { serverCode, retryable })
  }

  /** A connection, or the attempt at one, is over. */
  #ended(error: ClientError, retryAfterMs: number): void {
    if (this.#closing) return
    clearTimeout(this.#stableTimer)
    this.#reauthentication?.stop()
    this.#reauthentication = undefined
    this.#connection = undefined
    this.#session = null
    this.#outbox.suspend()
    const oneMoreTry = error.code === 'unauthorized' && !this.#tokenRefused
    if (error.code === 'unauthorized') this.#tokenRefused = true
    if (error.retryable || oneMoreTry) {
      // Set before listeners hear of it: one of them may call close().
      this.#retryTimer = setTimeout(() => void this.#connect(), this.#backoff.next(retryAfterMs))
      this.#report(error)
      if (this.#status === 'connected') this.#setStatus('reconnecting')
    } else {
      this.#report(error)
      void this.#finish(new ClientError('closed', 'The server ended the connection', { cause: error }), error)
    }
  }

  #finish(refusal: ClientError, readyError: ClientError = refusal): Promise<void> {
    if (this.#closing) return this.#closing
    // Set first: a listener of what follows may call close() again.
    this.#closing = this.#connection?.close() ?? Promise.resolve()
    this.#refusing = refusal
    this.#reauthentication?.stop()
    this.#reauthentication = undefined
    this.#connection = undefined
    this.#session = null
    clearTimeout(this.#retryTimer)
    clearTimeout(this.#stableTimer)
    this.#outbox.close(refusal)
    this.#rejectReady(readyError)
    this.#setStatus('closed')
    return this.#closing
  }

  #report(error: ClientError): void {
    this.#lastError = error
    this.#emitter.emit('error', error)
  }

  #setStatus(status: ClientStatus): void {
    this.#status = status
    this.#emitter.emit('status', status)
  }
}
