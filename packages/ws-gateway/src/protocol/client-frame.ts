import { GatewayError } from '../errors.ts'

/** A frame of a client, read as far as the relay needs it. */
export type ClientFrame =
  | { kind: 'application'; actor: string; actorId: string; id: unknown }
  | { kind: 'control'; type: string; token: unknown }

const MAX_ID_LENGTH = 128

/**
 * Reads the routing fields of a frame.
 *
 * @param allowsControl whether a frame without `actor` may be a control frame
 * @throws GatewayError `frame_not_json`, `routing_missing`
 */
export function readClientFrame(text: string, allowsControl: boolean): ClientFrame {
  let frame: unknown
  try {
    frame = JSON.parse(text)
  } catch {
    throw new GatewayError('frame_not_json', 'a frame is one JSON object')
  }
  if (typeof frame !== 'object' || frame === null || Array.isArray(frame)) {
    throw new GatewayError('routing_missing', 'a frame is one JSON object')
  }
  const { actor, actorId, id, type, token } = frame as Record<string, unknown>
  if (allowsControl && actor === undefined && typeof type === 'string')
    return { kind: 'control', type, token }
  if (typeof actor !== 'string' || typeof actorId !== 'string') {
    throw new GatewayError(
      'routing_missing',
      'a frame names its addressee with the strings "actor" and "actorId"',
    )
  }
  return { kind: 'application', actor, actorId, id }
}

/**
 * Reads the member that makes a frame of `portcullis.v1` idempotent. Without the sub-protocol `id` is the application's:
 * two frames about one thing may well have the same, and the second must not vanish.
 *
 * @throws GatewayError `invalid_id`
 */
export function readFrameId(id: unknown): string | undefined {
  if (id === undefined) return undefined
  if (typeof id === 'string' && id.length > 0 && id.length <= MAX_ID_LENGTH && id.isWellFormed()) return id
  throw new GatewayError('invalid_id', `"id" is a string of 1 to ${MAX_ID_LENGTH} characters`)
}
