import { TransportError } from '../errors.ts'
import type { Scope } from '../scope.ts'

/** The members that every relay envelope has, with whatever else came along. */
export interface ParsedEnvelope {
  scope: Scope
  sessionId: string
  message: unknown
  [member: string]: unknown
}

/** Reads a payload of either direction and checks the common members. */
export function parseEnvelope(payload: Uint8Array): ParsedEnvelope {
  let value: unknown
  try {
    value = JSON.parse(Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength).toString('utf8'))
  } catch (cause) {
    throw new TransportError('ERR_TRANSPORT_ENVELOPE_INVALID', 'the envelope is not JSON', { cause })
  }
  if (typeof value !== 'object' || value === null) {
    throw new TransportError('ERR_TRANSPORT_ENVELOPE_INVALID', 'the envelope is not an object')
  }
  const envelope = value as Partial<ParsedEnvelope>
  const scope: Partial<Scope> | null | undefined = envelope.scope
  if (
    typeof scope !== 'object' ||
    scope === null ||
    typeof scope.workspaceId !== 'string' ||
    typeof scope.projectId !== 'string' ||
    typeof envelope.sessionId !== 'string' ||
    !('message' in envelope)
  ) {
    throw new TransportError(
      'ERR_TRANSPORT_ENVELOPE_INVALID',
      'an envelope has "scope" {workspaceId, projectId}, "sessionId" and "message"',
    )
  }
  return envelope as ParsedEnvelope
}
