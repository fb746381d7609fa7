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
