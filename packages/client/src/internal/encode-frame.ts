import type { Frame } from '../client/client.ts'
import type { EncodedFrame } from './outbox.ts'

const MAX_ID_LENGTH = 128
const encoder = new TextEncoder()

/** Encodes a frame, with an id if it has none. Throws a TypeError for what is no frame. */
export function encodeFrame(frame: Frame, nextId: () => string): EncodedFrame {
  if (typeof frame !== 'object' || frame === null || Array.isArray(frame)) {
    throw new TypeError('A frame must be an object')
  }
  const { actor, actorId, id = nextId(), ...rest } = frame
  if (typeof actor !== 'string' || actor === '') throw new TypeError('"actor" must be a non-empty string')
  if (typeof actorId !== 'string' || actorId === '')
    throw new TypeError('"actorId" must be a non-empty string')
  if (typeof id !== 'string' || id === '' || id.length > MAX_ID_LENGTH) {
    throw new TypeError(`"id" must be a string of 1 to ${MAX_ID_LENGTH} characters`)
  }
  const text = JSON.stringify({ actor, actorId, id, ...rest })
  return { id, text, bytes: encoder.encode(text).byteLength }
}

/** Ids that no other client makes: 64 random bits per client and a counter. */
export function createIdSource(): () => string {
  const prefix = Array.from(crypto.getRandomValues(new Uint8Array(8)), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('')
  let count = 0
  return () => `${prefix}-${(++count).toString(36)}`
}
