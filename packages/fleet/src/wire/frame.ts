import type { z } from 'zod'

/** Of this protocol. Frames of another one are not heard. */
export const FLEET_VERSION = 1
/** Largest frame that is published or read, bytes. */
export const MAX_FRAME_BYTES: number = 256 * 1024

/** The value in a frame, or undefined for anything that is none of this version. Members that are not known are left out. */
export function decodeFrame<T>(payload: Uint8Array, schema: z.ZodType<T>): T | undefined {
  if (payload.length > MAX_FRAME_BYTES) return undefined
  let value: unknown
  try {
    value = JSON.parse(Buffer.from(payload.buffer, payload.byteOffset, payload.length).toString('utf8'))
  } catch {
    return undefined
  }
  const parsed = schema.safeParse(value)
  return parsed.success ? parsed.data : undefined
}

export function encodeFrame(frame: object): Buffer {
  return Buffer.from(JSON.stringify({ v: FLEET_VERSION, ...frame }))
}
