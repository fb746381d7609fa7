import type { Session } from '../client/client.ts'
import { ClientError } from '../errors.ts'
import type { Settings } from '../options.ts'
import type { OpenSocket, Socket, SocketEnd } from '../socket/socket.ts'
import { endError } from './end-error.ts'
import { Heartbeat } from './heartbeat.ts'
import { parseServerFrame, PROTOCOL, type ServerFrame } from './protocol.ts'
import { Redactor } from './redactor.ts'

// How long a polite close may take.
const CLOSE_TIMEOUT_MS = 1000
// Text of a server goes into our error messages; this much of it.
const MAX_QUOTE_LENGTH = 200

/** Frames that concern the client once a session stands. */
export type SessionFrame = Extract<
  ServerFrame,
  { type: 'message' | 'ack' | 'nack' | 'error' | 'reauth_required' | 'reauthenticated' }
>

/** Calls back until `end`, which comes exactly once, or until `close()`. */
export interface ConnectionEvents {
  welcome(session: Session): void
  frame(frame: SessionFrame): void
  /** The server broke the protocol; the frame is ignored. */
  invalid(error: ClientError): void
  end(error: ClientError, retryAfterMs: number): void
}

/** One WebSocket from the attempt to its end: opening, welcome, heartbeat, close. */
export class Connection {
  readonly #settings: Settings
  readonly #events: ConnectionEvents
  readonly #redactor = new Redactor(MAX_QUOTE_LENGTH)
  readonly #socket: Socket | undefined
  readonly #connectTimer: ReturnType<typeof setTimeout>
  #heartbeat: Heartbeat | undefined
  #welcomed = false
  #done = false
  #socketEnded: () => void = () => {}

  constructor(settings: Settings, openSocket: OpenSocket, token: string | null, events: ConnectionEvents) {
    this.#settings = settings
    this.#events = events
    if (token !== null) this.#redactor.add(token)
    this.#connectTimer = setTimeout(() => {
      const limit = settings.connectTimeoutMs
      this.#drop(new ClientError('connect_timeout', `No welcome from the server in ${limit} ms`))
    }, settings.connectTimeoutMs)
    const protocols = token === null ? [PROTOCOL] : [PROTOCOL, `bearer.${token}`]
    try {
      this.#socket = openSocket(settings.url, protocols, {
        open: () => {},
        text: (text) => this.#receive(text),
        binary: () => this.#invalid('a binary frame'),
        end: (end) => this.#end(end),
      })
    } catch {
      // No cause: what a platform throws here quotes the sub-protocol, and with it the token.
      queueMicrotask(() => this.#finish(new ClientError('connect_failed', 'The socket could not be created')))
    }
  }

  send(text: string): void {
    this.#socket?.send(text)
  }

  /** Sends a frame with a token in it, which no error will quote. */
  sendToken(frame: string, token: string): void {
    this.#redactor.add(token)
    this.send(frame)
  }

  /** Makes server text fit for an error message: without any token of this connection, and short. */
  redact(text: string): string {
    return this.#redactor.redact(text)
  }

  /** Ends without further callbacks. Resolves when the socket is gone. */
  async close(): Promise<void> {
    if (!this.#stop() || !this.#socket) return
    const socket = this.#socket
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => {
        socket.terminate()
        resolve()
      }, CLOSE_TIMEOUT_MS)
      this.#socketEnded = () => {
        clearTimeout(timer)
        resolve()
      }
      socket.close()
    })
  }

  #receive(text: string): void {
    if (this.#done) return
    this.#heartbeat?.received()
    const frame = parseServerFrame(text)
    if (frame === null) {
      this.#invalid('a frame that is none')
    } else if (frame.type === 'welcome') {
      this.#welcome(frame.session)
    } else if (frame.type === 'error' || (this.#welcomed && isSessionFrame(frame))) {
      this.#events.frame(frame)
    } else if (isSessionFrame(frame)) {
      this.#invalid(`a frame of type ${frame.type} before the welcome`)
    }
  }

  #welcome(session: Session): void {
    if (this.#welcomed) {
      this.#invalid('a second welcome')
      return
    }
    this.#welcomed = true
    clearTimeout(this.#connectTimer)
    const { pingAfterMs, pongTimeoutMs } = this.#settings
    this.#heartbeat = new Heartbeat({
      pingAfterMs,
      pongTimeoutMs,
      ping: () => this.send('{"type":"ping"}'),
      dead: () => {
        this.#drop(new ClientError('heartbeat_timeout', `No pong from the server in ${pongTimeoutMs} ms`))
      },
    })
    this.#events.welcome(session)
  }

  #invalid(what: string): void {
    if (!this.#done) this.#events.invalid(new ClientError('invalid_frame', `The server sent ${what}`))
  }

  #drop(error: ClientError): void {
    this.#finish(error)
    this.#socket?.terminate()
  }

  #end(end: SocketEnd): void {
    this.#socketEnded()
    this.#finish(
      endError(end, this.#welcomed, (text) => this.redact(text)),
      end.refusal?.retryAfterMs,
    )
  }

  #finish(error: ClientError, retryAfterMs = 0): void {
    if (this.#stop()) this.#events.end(error, retryAfterMs)
  }

  /** False when it was stopped before. */
  #stop(): boolean {
    if (this.#done) return false
    this.#done = true
    clearTimeout(this.#connectTimer)
    this.#heartbeat?.stop()
    return true
  }
}

function isSessionFrame(frame: ServerFrame): frame is SessionFrame {
  return frame.type !== 'welcome' && frame.type !== 'pong' && frame.type !== 'unknown'
}
