import type { Protocol } from '../protocol/subprotocols.ts'

/** An open session, as it was when it was asked for. */
export interface SessionInfo {
  readonly sessionId: string
  readonly workspaceId: string
  readonly projectId: string
  /** Null for an anonymous session. */
  readonly userId: string | null
  /** The host that the client asked for, without port, in the one spelling that hosts are compared in; as sent when it has none. */
  readonly host: string
  /** The peer's address, behind trusted proxies the client's. */
  readonly clientAddress: string
  /** Milliseconds since the epoch. */
  readonly connectedAtMs: number
  /** `portcullis.plain` also for a client that named none. */
  readonly protocol: Protocol
  /** When its token ends, milliseconds since the epoch; null when it does not. */
  readonly expiresAtMs: number | null
  /** Frames of the client, refused ones included; control frames are none. */
  readonly received: number
  /** Messages written to the client's socket. */
  readonly delivered: number
  /** Frames that the engine has not answered yet. */
  readonly inFlight: number
  /** Bytes that wait to be written to the client's socket. */
  readonly bufferedBytes: number
}
