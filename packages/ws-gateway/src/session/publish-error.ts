import { TransportError, type TransportErrorCode } from '@portcullis/transport'
import { GatewayError, type GatewayErrorCode } from '../errors.ts'

const CODES: Record<TransportErrorCode, GatewayErrorCode> = {
  ERR_TRANSPORT_SUBJECT_INVALID: 'invalid_subject',
  ERR_TRANSPORT_TOO_LARGE: 'frame_too_large',
  ERR_TRANSPORT_UNAVAILABLE: 'broker_unavailable',
  ERR_TRANSPORT_TIMEOUT: 'broker_timeout',
  ERR_TRANSPORT_BACKLOG_FULL: 'backlog_full',
  ERR_TRANSPORT_STREAM_FULL: 'stream_full',
  ERR_TRANSPORT_REFUSED: 'broker_refused',
  ERR_TRANSPORT_CLOSED: 'broker_unavailable',
  ERR_TRANSPORT_ENVELOPE_INVALID: 'internal_error',
  ERR_TRANSPORT_STREAM_DRIFT: 'internal_error',
  ERR_TRANSPORT_CONSUMER_CONFLICT: 'internal_error',
  ERR_TRANSPORT_DEAD_LETTER_INCOMPLETE: 'internal_error',
}

const MESSAGES: Partial<Record<GatewayErrorCode, string>> = {
  invalid_subject:
    '"actor" or "actorId" cannot be a name: empty, too long, or with characters that are not text',
  frame_too_large: 'the frame is too large for the message engine',
  broker_unavailable: 'the message engine is not available',
  broker_timeout: 'the message engine did not answer in time',
  backlog_full: 'too many frames wait for the message engine',
  stream_full: 'too many messages wait for workers',
  broker_refused: 'the message engine refused the frame',
}

/** What a client is told when its frame could not be stored. */
export function gatewayErrorOf(error: unknown): GatewayError {
  // An error of another installed copy can have a code that this one does not know.
  const code = (TransportError.is(error) ? CODES[error.code] : undefined) ?? 'internal_error'
  return new GatewayError(code, MESSAGES[code] ?? 'something went wrong', { cause: error })
}
