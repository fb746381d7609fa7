import type { Scope } from '../scope.ts'

/** Published on core NATS when a session opens (docs/protocol.md). */
export interface SessionConnectedNotice {
  scope: Scope
  sessionId: string
  userId: string | null
  /** Milliseconds since the epoch. */
  connectedAt: number
}

/** Published on core NATS when a session is gone (docs/protocol.md). */
export interface SessionDisconnectedNotice {
  scope: Scope
  sessionId: string
  /** Milliseconds since the epoch. */
  disconnectedAt: number
}

/** Encodes a notice as JSON. */
export function encodeNotice(notice: SessionConnectedNotice | SessionDisconnectedNotice): Buffer {
  return Buffer.from(JSON.stringify(notice))
}

/** Reads the session id of a notice; null when the payload is not one. */
export function noticeSessionId(payload: Uint8Array): string | null {
  try {
    const notice: unknown = JSON.parse(Buffer.from(payload).toString('utf8'))
    const sessionId = (notice as { sessionId?: unknown } | null)?.sessionId
    return typeof sessionId === 'string' ? sessionId : null
  } catch {
    return null
  }
}
