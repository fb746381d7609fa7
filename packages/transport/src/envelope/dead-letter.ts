import { TransportError } from '../errors.ts'
import type { Scope } from '../scope.ts'

/** A message that a worker gave up on, with what is needed to look at it and to publish it again. */
export interface DeadLetter {
  scope: Scope
  actor: string
  /** Subject the message came from; publishing `payload` there replays it. */
  subject: string
  /** Its position in the inbound stream. */
  sequence: number
  messageId: string
  /** Deliveries made. */
  attempts: number
  reason: { code: string; message: string }
  /** Milliseconds since the epoch. */
  parkedAt: number
  /** The original envelope's bytes, base64: they may not be JSON, which can be why they are here. */
  payload: string
  /** Present when the original was too large to be kept whole: its bytes, of which `payload` has the beginning. */
  payloadBytes?: number | undefined
}

/** Encodes a dead letter as JSON. */
export function encodeDeadLetter(letter: Omit<DeadLetter, 'payload'> & { payload: Uint8Array }): Buffer {
  return Buffer.from(JSON.stringify({ ...letter, payload: Buffer.from(letter.payload).toString('base64') }))
}

/**
 * Reads a dead letter. `payload` stays base64.
 *
 * @throws TransportError `ERR_TRANSPORT_ENVELOPE_INVALID`
 */
export function decodeDeadLetter(payload: Uint8Array): DeadLetter {
  let value: unknown
  try {
    value = JSON.parse(Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength).toString('utf8'))
  } catch (cause) {
    throw new TransportError('ERR_TRANSPORT_ENVELOPE_INVALID', 'the dead letter is not JSON', { cause })
  }
  const letter = (value ?? {}) as Record<string, unknown>
  const { scope, reason, payloadBytes } = letter as {
    scope?: Record<string, unknown> | null
    reason?: Record<string, unknown> | null
    payloadBytes?: unknown
  }
  const texts = [
    scope?.workspaceId,
    scope?.projectId,
    letter.actor,
    letter.subject,
    letter.messageId,
    reason?.code,
    reason?.message,
    letter.payload,
  ]
  const counts = [letter.sequence, letter.attempts, letter.parkedAt, payloadBytes ?? 0]
  if (!texts.every((text) => typeof text === 'string') || !counts.every(isCount)) {
    throw new TransportError(
      'ERR_TRANSPORT_ENVELOPE_INVALID',
      'the dead letter is not what the contract says',
    )
  }
  return value as DeadLetter
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0
}
