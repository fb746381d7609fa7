import { GATEWAY_ERRORS, type GatewayErrorCode } from '../errors.ts'
import { PROTOCOL_V1 } from './subprotocols.ts'

/** The control frames of `portcullis.v1` that a server sends, as JSON text. See docs/protocol.md. */

export function welcomeFrame(session: {
  sessionId: string
  userId: string | null
  limits: { maxPayloadBytes: number; maxInFlightFrames: number; messagesPerSecond?: number | undefined }
}): string {
  return JSON.stringify({ type: 'welcome', protocol: PROTOCOL_V1, ...session })
}

/** @param seq number of the application frame in its session, from 1 */
export function ackFrame(seq: number, id: string | undefined, isDuplicate: boolean): string {
  return JSON.stringify({ type: 'ack', seq, id, ...(isDuplicate ? { duplicate: true } : {}) })
}

/** @param waitMs how long until the same frame can be taken, where that is known */
export function nackFrame(
  seq: number,
  id: string | undefined,
  code: GatewayErrorCode,
  message: string,
  waitMs?: number,
): string {
  const { retryable } = GATEWAY_ERRORS[code]
  const retryAfterMs = waitMs === undefined ? undefined : Math.ceil(waitMs)
  return JSON.stringify({ type: 'nack', seq, id, code, message, retryable, retryAfterMs })
}

export function errorFrame(code: GatewayErrorCode, message: string): string {
  return JSON.stringify({ type: 'error', code, message })
}

/**
 * The token of the session will expire.
 *
 * @param deadline milliseconds since the epoch
 * @param remainingMs the same as a duration, for a client whose clock is not ours
 */
export function reauthRequiredFrame(deadline: number, remainingMs: number): string {
  return JSON.stringify({
    type: 'reauth_required',
    deadline: Math.floor(deadline),
    remainingMs: Math.max(0, Math.floor(remainingMs)),
  })
}

/** @param deadline milliseconds since the epoch; undefined when the session does not expire any more */
export function reauthenticatedFrame(deadline: number | undefined): string {
  return JSON.stringify({
    type: 'reauthenticated',
    deadline: deadline === undefined ? null : Math.floor(deadline),
  })
}

/** A `reauth` came to nothing, and the session goes on with the token that it has. */
export function reauthErrorFrame(code: GatewayErrorCode, message: string): string {
  return JSON.stringify({ type: 'error', code, message, retryable: GATEWAY_ERRORS[code].retryable })
}

export const PONG_FRAME: string = JSON.stringify({ type: 'pong' })

const MESSAGE_TAIL = Buffer.from('}')

/** Wraps the bytes of a worker's message without serialising them again. */
export function messageFrame(sequence: number, message: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from(`{"type":"message","seq":${sequence},"message":`), message, MESSAGE_TAIL])
}
