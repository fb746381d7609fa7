/** One session of a gateway, as its control planes see it. Texts are cut to the lengths given, times to the year 9999. */
export interface FleetSession {
  /** Letters, digits, `_`, `-` and dots, 1–160 characters. */
  sessionId: string
  workspaceId: string
  projectId: string
  /** Cut to 512 characters. */
  userId: string | null
  /** The host the client asked for. Cut to 255 characters. */
  host: string
  /** Cut to 64 characters. */
  clientAddress: string
  connectedAtMs: number
  /** The sub-protocol, or an empty text. Cut to 64 characters. */
  protocol: string
  expiresAtMs: number | null
  /** Frames of the client since the session began. */
  received: number
  /** Messages written to the client since the session began. */
  delivered: number
  /** Frames that wait for the engine. */
  inFlight: number
  /** Bytes that wait for the client. */
  bufferedBytes: number
}
