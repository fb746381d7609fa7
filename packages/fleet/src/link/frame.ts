import { MAX_FRAME_BYTES } from '../wire/frame.ts'

/** A message of a link: the subject, a line feed, the payload. */
export const MAX_LINK_MESSAGE_BYTES: number = MAX_FRAME_BYTES + 256

const NEWLINE = 10

export function encodeMessage(subject: string, payload: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from(`${subject}\n`), payload])
}

/** Undefined for what is none. */
export function decodeMessage(message: Buffer): { subject: string; payload: Buffer } | undefined {
  const end = message.subarray(0, 256).indexOf(NEWLINE)
  if (end < 1) return undefined
  return { subject: message.subarray(0, end).toString('latin1'), payload: message.subarray(end + 1) }
}
