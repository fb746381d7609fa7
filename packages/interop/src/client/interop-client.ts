import type { AuthenticationRequest, AuthenticationSuccess } from '@portcullis/auth-core'
import type { Connection, ConnectionEnd } from '../connection/connection.ts'
import { encodeMessage } from '../protocol/encode.ts'

/** A message of the gateway to a client in this process; see `docs/interop.md` for what each type carries. */
export interface InteropMessage {
  domain: string
  type: string
  peer_id: string | null
  // The members depend on `type`, and callers read them without a cast, as they do with the product this replaces.
  // oxlint-disable-next-line typescript/no-explicit-any
  [member: string]: any
}

export interface InteropClientOptions {
  /**
   * Decides when this client's hello asks for the authentication method `gateway-client`; a throw refuses.
   * @defaultValue none: the method is unknown
   */
  onAuthenticate?: ((request: AuthenticationRequest) => Promise<AuthenticationSuccess>) | undefined
}

/** A client in the process of the gateway. */
export interface InteropClient {
  /**
   * Sends one message, as JSON would carry it.
   *
   * @throws TypeError when it cannot be written as JSON
   */
  send(message: object): void
  /** Ends the connection, and with it its peers, once what was sent before is answered. Idempotent. */
  close(): void
}

export interface InteropClientEvents {
  /** The callback threw. */
  onFailure(error: unknown): void
  /** The client was closed with something under way; the promise settles once that is done. */
  onClosing(closed: Promise<void>): void
}

/**
 * Connects a callback. Messages in both directions are copies, and are handed over in order after the current turn, so that
 * neither side runs inside the other.
 */
export function createInteropClient(
  connect: (end: ConnectionEnd) => Connection,
  onMessage: (message: InteropMessage) => void,
  { onAuthenticate }: InteropClientOptions,
  { onFailure, onClosing }: InteropClientEvents,
): InteropClient {
  if (typeof onMessage !== 'function') throw new TypeError('"callback" must be a function')
  if (onAuthenticate !== undefined && typeof onAuthenticate !== 'function') {
    throw new TypeError('"onAuthenticate" must be a function')
  }
  let state: 'open' | 'closing' | 'closed' = 'open'
  /** Messages on their way to the gateway. */
  let inFlight = 0

  function end(): void {
    state = 'closed'
    connection.closed()
  }

  /** What was sent before is handled first; an authenticator that was asked may still answer. */
  async function close(): Promise<void> {
    if (state !== 'open') return
    state = 'closing'
    while (inFlight > 0) await Promise.resolve()
    await Promise.all(connection.hellos)
    // The answers are handed over one turn later.
    await Promise.resolve()
    end()
  }

  const connection = connect({
    trusted: true,
    onAuthenticate,
    deliver(peerId, message, shared) {
      const text = encodeMessage(peerId, message, shared)
      queueMicrotask(() => {
        if (state === 'closed') return
        try {
          onMessage(JSON.parse(text) as InteropMessage)
        } catch (error) {
          onFailure(error)
        }
      })
    },
    writable: () => true,
    close() {
      connection.closed()
      // What was sent before still arrives, the reason above all.
      queueMicrotask(() => {
        state = 'closed'
      })
    },
  })
  return {
    send(message) {
      const text = JSON.stringify(message) as string | undefined
      if (text === undefined) throw new TypeError('"message" must be an object')
      if (state !== 'open') return
      inFlight += 1
      queueMicrotask(() => {
        inFlight -= 1
        if (state !== 'closed') connection.receive(JSON.parse(text))
      })
    },
    close() {
      const isIdle = inFlight === 0 && [...connection.hellos].length === 0
      if (state === 'open' && isIdle) end()
      else onClosing(close())
    },
  }
}
