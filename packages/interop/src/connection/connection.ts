import type { Authenticator } from '@portcullis/auth-core'
import type { ServerMessage } from '../protocol/message.ts'
import type { SharedMember } from '../protocol/shared-member.ts'

/** The other end of a connection: a socket, or a client in this process. None of its functions throws. */
export interface ConnectionEnd {
  /** Address of the client; absent for clients in this process. */
  readonly remoteAddress?: string | undefined
  /** True for clients in this process: what they say of themselves is believed. */
  readonly trusted: boolean
  /** Consulted for `gateway-client`. */
  readonly onAuthenticate?: Authenticator | undefined
  deliver(peerId: string | null, message: ServerMessage, shared: SharedMember | undefined): void
  /** False while too much waits to be read. */
  writable(): boolean
  /** Ends the connection from this side. Codes are those of WebSocket (RFC 6455 §7.4). */
  close(code: number, reason: string): void
}

/** A connection as the engine has it. */
export interface Connection {
  /** A JSON value as it came in, in order. Never throws. */
  receive(value: unknown): void
  /** Something came in that is no JSON. */
  receiveMalformed(reason: string): void
  /** The other end does not read what it is sent, and is about to be ended for that. */
  overrun(): void
  /** Hellos that wait for their authenticator; each settles once it was answered. */
  readonly hellos: Iterable<Promise<void>>
  /** Peers that were welcomed on it, and are here. */
  readonly peerCount: number
  /** The connection is gone, and its peers with it. Idempotent. */
  closed(): void
}
