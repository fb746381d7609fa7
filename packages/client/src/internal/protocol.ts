import type { Session } from '../client/client.ts'

/** The sub-protocol that a server must choose. */
export const PROTOCOL = 'portcullis.v1'

/** A frame from the server. */
export type ServerFrame =
  | { type: 'welcome'; session: Session }
  | { type: 'message'; seq: number; message: unknown }
  | { type: 'ack'; seq: number; id: string | undefined; duplicate: boolean }
  | { type: 'nack'; seq: number; id: string | undefined; code: string; message: string; retryable: boolean }
  | { type: 'error'; code: string; message: string }
  | { type: 'pong' }
  /** The token will expire; both in milliseconds, `deadline` since the epoch. */
  | { type: 'reauth_required'; deadline: number; remainingMs: number }
  /** `deadline` is null when the session does not expire any more. */
  | { type: 'reauthenticated'; deadline: number | null }
  /** From a newer server; to be ignored. */
  | { type: 'unknown' }

type Members = Record<string, unknown>

/** Reads a frame; null when it is not one. */
export function parseServerFrame(text: string): ServerFrame | null {
  let frame: unknown
  try {
    frame = JSON.parse(text)
  } catch {
    return null
  }
  if (!isObject(frame) || typeof frame['type'] !== 'string') return null
  const { type, seq, code, message } = frame
  const id = typeof frame['id'] === 'string' ? frame['id'] : undefined
  switch (type) {
    case 'welcome':
      return parseWelcome(frame)
    case 'message':
      return isCount(seq) && 'message' in frame ? { type, seq, message } : null
    case 'ack':
      return isCount(seq) ? { type, seq, id, duplicate: frame['duplicate'] === true } : null
    case 'nack':
      if (!isCount(seq) || typeof code !== 'string') return null
      return { type, seq, id, code, message: asText(message), retryable: frame['retryable'] === true }
    case 'error':
      return typeof code === 'string' ? { type, code, message: asText(message) } : null
    case 'pong':
      return { type }
    case 'reauth_required': {
      const { deadline, remainingMs } = frame
      return isDuration(deadline) && isDuration(remainingMs) ? { type, deadline, remainingMs } : null
    }
    case 'reauthenticated': {
      const { deadline } = frame
      return deadline === null || isDuration(deadline) ? { type, deadline } : null
    }
    default:
      return { type: 'unknown' }
  }
}

function parseWelcome(frame: Members): ServerFrame | null {
  const { protocol, sessionId, userId, limits } = frame
  if (protocol !== PROTOCOL || typeof sessionId !== 'string' || !isObject(limits)) return null
  const { maxPayloadBytes, maxInFlightFrames } = limits
  if (!isCount(maxPayloadBytes) || !isCount(maxInFlightFrames)) return null
  return {
    type: 'welcome',
    session: {
      sessionId,
      userId: typeof userId === 'string' ? userId : null,
      limits: { maxPayloadBytes, maxInFlightFrames },
    },
  }
}

function isObject(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 1
}

function isDuration(value: unknown): value is number {
  return Number.isFinite(value) && (value as number) >= 0
}

function asText(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
