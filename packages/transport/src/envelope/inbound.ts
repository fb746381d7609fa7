import { TransportError } from '../errors.ts'
import type { Scope } from '../scope.ts'
import { parseEnvelope } from './parse.ts'

/** What a worker receives for one client frame (docs/protocol.md). */
export interface InboundEnvelope<Message = unknown> {
  scope: Scope
  sessionId: string
  userId: string | null
  claims: Record<string, unknown>
  message: Message
}

/** The part of an inbound envelope that is the same for every frame of a session, made once per session. */
export function inboundPrefix(session: Omit<InboundEnvelope, 'message'>): Buffer {
  const { workspaceId, projectId } = session.scope
  const head = JSON.stringify({
    scope: { workspaceId, projectId },
    sessionId: session.sessionId,
    userId: session.userId,
    claims: session.claims,
  })
  return Buffer.from(`${head.slice(0, -1)},"message":`)
}

/** Splices the bytes of a frame, which MUST be one valid JSON text, into an envelope without serialising it again. */
export function spliceInboundEnvelope(prefix: Uint8Array, frame: Uint8Array): Buffer {
  const envelope = Buffer.allocUnsafe(prefix.length + frame.length + 1)
  envelope.set(prefix, 0)
  envelope.set(frame, prefix.length)
  envelope[envelope.length - 1] = 0x7d // }
  return envelope
}

/** Encodes an envelope whose message is a value. */
export function encodeInboundEnvelope(envelope: InboundEnvelope): Buffer {
  const { message, ...session } = envelope
  return spliceInboundEnvelope(inboundPrefix(session), Buffer.from(JSON.stringify(message)))
}

/** @throws TransportError `ERR_TRANSPORT_ENVELOPE_INVALID` */
export function decodeInboundEnvelope(payload: Uint8Array): InboundEnvelope {
  const envelope = parseEnvelope(payload)
  const { userId = null, claims = {} } = envelope
  if (userId !== null && typeof userId !== 'string') {
    throw new TransportError('ERR_TRANSPORT_ENVELOPE_INVALID', '"userId" must be a string or null')
  }
  if (typeof claims !== 'object' || claims === null || Array.isArray(claims)) {
    throw new TransportError('ERR_TRANSPORT_ENVELOPE_INVALID', '"claims" must be an object')
  }
  return { ...envelope, userId, claims: claims as Record<string, unknown> }
}
