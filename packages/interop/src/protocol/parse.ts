import { InteropError } from '../errors.ts'
import type { ClientMessage, JsonObject } from './message.ts'

/** A JSON value from a client as a message. @throws InteropError `ERR_INTEROP_UNHANDLED_MESSAGE` for anything else. */
export function toClientMessage(value: unknown): ClientMessage {
  if (!isJsonObject(value)) throw unhandled('a message must be a JSON object')
  const { type, domain = 'global' } = value
  if (typeof type !== 'string') throw unhandled('a message needs a "type"', value.request_id)
  if (typeof domain !== 'string' && domain !== null) {
    throw unhandled('the "domain" of a message must be a string', value.request_id)
  }
  return { ...value, type, domain: domain ?? 'global' }
}

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function unhandled(reason: string, requestId: unknown = -1): InteropError {
  return new InteropError('ERR_INTEROP_UNHANDLED_MESSAGE', reason, { requestId })
}
