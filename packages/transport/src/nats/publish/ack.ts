import type { Msg } from '@nats-io/transport-node'
import { TransportError } from '../../errors.ts'
import type { PublishReceipt } from '../../transport.ts'

/** What the server says about one publication: stored, try again later, or refused for good. */
export type PubAck = { receipt: PublishReceipt } | { retry: TransportError } | { refused: TransportError }

interface PubAckBody {
  seq?: number
  duplicate?: boolean
  error?: { code: number; err_code?: number; description?: string }
}

// https://github.com/nats-io/nats-server/blob/main/server/errors.json
const MESSAGE_TOO_LARGE = 10054
const STREAM_LIMITS = new Set([10023, 10047, 10077, 10167])

/** Reads a JetStream publish acknowledgement (ADR-22, `io.nats.jetstream.api.v1.pub_ack_response`). */
export function readPubAck(message: Msg): PubAck {
  if (message.data.length === 0) {
    // 503: nobody listens on the subject, that is, the stream is gone for now.
    return { retry: new TransportError('ERR_TRANSPORT_UNAVAILABLE', 'no stream takes the message') }
  }
  let body: PubAckBody
  try {
    body = message.json<PubAckBody>()
  } catch (cause) {
    return {
      retry: new TransportError('ERR_TRANSPORT_UNAVAILABLE', 'the acknowledgement is not JSON', { cause }),
    }
  }
  if (body.error === undefined && body.seq !== undefined) {
    return { receipt: { sequence: body.seq, duplicate: body.duplicate === true } }
  }
  const { code = 500, err_code: errCode = 0, description = 'refused' } = body.error ?? {}
  const cause = new Error(`${errCode}: ${description}`)
  if (errCode === MESSAGE_TOO_LARGE) {
    return {
      refused: new TransportError(
        'ERR_TRANSPORT_TOO_LARGE',
        'the stream does not take messages of this size',
        { cause },
      ),
    }
  }
  if (STREAM_LIMITS.has(errCode)) {
    return {
      refused: new TransportError('ERR_TRANSPORT_STREAM_FULL', 'the stream has reached its limits', {
        cause,
      }),
    }
  }
  // 503: no leader, or JetStream is not up yet.
  if (code === 503) {
    return {
      retry: new TransportError('ERR_TRANSPORT_UNAVAILABLE', 'the stream is not available', { cause }),
    }
  }
  return { refused: new TransportError('ERR_TRANSPORT_REFUSED', 'the server refused the message', { cause }) }
}
