import type { Scope } from '../scope.ts'
import { parseEnvelope } from './parse.ts'

/** What a worker publishes for one session (docs/protocol.md). `message` is the last member. */
export interface OutboundEnvelope<Message = unknown> {
  scope: Scope
  sessionId: string
  message: Message
}

/** The bytes with which every outbound envelope of a session starts, as our workers and zocket's write them. */
export function outboundPrefix(scope: Scope, sessionId: string): Buffer {
  const { workspaceId, projectId } = scope
  return Buffer.from(
    `${JSON.stringify({ scope: { workspaceId, projectId }, sessionId }).slice(0, -1)},"message":`,
  )
}

/** Encodes an envelope around a message that is JSON bytes already, so that a broadcast serialises once. */
export function spliceOutboundEnvelope(scope: Scope, sessionId: string, message: Uint8Array): Buffer {
  return Buffer.concat([outboundPrefix(scope, sessionId), message, Buffer.from('}')])
}

/** Encodes an envelope whose message is a value. */
export function encodeOutboundEnvelope(envelope: OutboundEnvelope): Buffer {
  return spliceOutboundEnvelope(
    envelope.scope,
    envelope.sessionId,
    Buffer.from(JSON.stringify(envelope.message)),
  )
}

/**
 * The JSON bytes of the message in an outbound envelope, or null when the envelope is not for this session. Cut out
 * without parsing when the payload starts with the session's prefix; parsed and written again otherwise.
 *
 * @param prefix `outboundPrefix` of the session
 * @throws TransportError `ERR_TRANSPORT_ENVELOPE_INVALID`
 */
export function sliceOutboundMessage(
  payload: Uint8Array,
  prefix: Buffer,
  scope: Scope,
  sessionId: string,
): Buffer | null {
  const bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength)
  if (
    bytes.length > prefix.length + 1 &&
    bytes[bytes.length - 1] === 0x7d &&
    bytes.compare(prefix, 0, prefix.length, 0, prefix.length) === 0
  ) {
    return bytes.subarray(prefix.length, -1)
  }
  const envelope = parseEnvelope(payload)
  const isOurs =
    envelope.sessionId === sessionId &&
    envelope.scope.workspaceId === scope.workspaceId &&
    envelope.scope.projectId === scope.projectId
  return isOurs ? Buffer.from(JSON.stringify(envelope.message)) : null
}
