// `AsyncDisposable` for those who compile without @types/node; kept in the declarations.
/// <reference lib="esnext.disposable" preserve="true" />
import type { ClientError } from '../errors.ts'

/**
 * `connecting` until the first welcome, then `connected` and `reconnecting` in turn. `closed` is the end: by `close()`,
 * or by a server that said that connecting again cannot help.
 */
export type ClientStatus = 'connecting' | 'connected' | 'reconnecting' | 'closed'

/** What the server granted. Each connection is a session of its own. */
export interface Session {
  sessionId: string
  /** Null for an anonymous session. */
  userId: string | null
  limits: {
    /** Longest encoded frame, bytes. */
    maxPayloadBytes: number
    /** Most frames waiting for their `ack` at one time; the client keeps to it by itself. */
    maxInFlightFrames: number
  }
}

/** A message for an actor. Other members are the application's. */
export interface Frame {
  /** Actor type. */
  actor: string
  actorId: string
  /** Makes the frame idempotent within a session, 1 to 128 characters. @defaultValue a unique one */
  id?: string | undefined
}

export interface SendOptions {
  /** Milliseconds. @defaultValue the client's `sendTimeoutMs` */
  timeoutMs?: number | undefined
}

/** The server stored the frame and will have it handled. */
export interface Receipt {
  /** Id of the frame. */
  id: string
  /** True when this session had sent a frame with this id before. */
  duplicate: boolean
}

export interface MessageInfo {
  /** Strictly increasing within a session, with gaps. */
  seq: number
  sessionId: string
}

/** Listeners by event. What a listener throws becomes an `error` event; what an `error` listener throws is dropped. */
export interface ClientEvents<Received> {
  /** A worker sent something. */
  message: (message: Received, info: MessageInfo) => unknown
  status: (status: ClientStatus) => unknown
  /** Reports; the client has dealt with it already. Without a listener it is kept in `lastError` only. */
  error: (error: ClientError) => unknown
}

/** One addressee. */
export interface ActorHandle<Sent extends object> {
  readonly actor: string
  readonly actorId: string
  /** As `client.send`, with the address added. */
  send(message: Sent, options?: SendOptions): Promise<Receipt>
}

/**
 * A client of the relay. An open client keeps a Node process alive, connected or not, like an open socket; `close()`
 * releases it.
 */
export interface Client<Received = unknown> extends AsyncDisposable {
  readonly status: ClientStatus
  /** Null while not connected. */
  readonly session: Session | null
  /** The latest `error` event. */
  readonly lastError: ClientError | null
  /** Frames without an answer, queued or in flight. */
  readonly pendingCount: number
  /** The first session. Rejects with a ClientError when the client closes without ever having had one. */
  readonly ready: Promise<Session>

  /** Adds a listener; returns the way to remove it. */
  on<Event extends keyof ClientEvents<Received>>(
    event: Event,
    listener: ClientEvents<Received>[Event],
  ): () => void

  /**
   * Sends a frame, or queues it while not connected. Frames leave in the order of the calls. Resolves when the server
   * has stored the frame; rejects with a {@link ClientError} (`queue_full`, `payload_too_large`, `duplicate_id`,
   * `timeout`, `rejected`, `closed`) and with a TypeError for something that is no frame.
   */
  send<Sent extends Frame>(frame: Sent, options?: SendOptions): Promise<Receipt>

  /** Binds `send` to one addressee and its messages to a type. */
  actor<Sent extends object = Record<string, unknown>>(actor: string, actorId: string): ActorHandle<Sent>

  /** Takes no more frames, waits for the answers to those it has, then closes. Never rejects. */
  drain(): Promise<void>

  /** Ends now: what is unacknowledged is rejected with `closed`. Idempotent, never rejects. */
  close(): Promise<void>
}
