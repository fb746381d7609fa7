import { JetStreamApiError } from '@nats-io/jetstream'
import { PermissionViolationError, TimeoutError } from '@nats-io/transport-node'
import { TransportError } from '../../errors.ts'

const STREAM_LIMITS: ReadonlySet<number> = new Set([10023, 10047, 10077, 10167])

/** What a request to JetStream failed with, in the transport's words. */
export function jetStreamError(error: unknown): TransportError {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof PermissionViolationError) {
      return new TransportError('ERR_TRANSPORT_REFUSED', 'the server does not permit the request', {
        cause: error,
      })
    }
    if (cause instanceof TimeoutError) {
      return new TransportError('ERR_TRANSPORT_TIMEOUT', 'the server did not answer in time', {
        cause: error,
      })
    }
    // Its class is not exported.
    if (cause.name === 'JetStreamNotEnabled') {
      return new TransportError('ERR_TRANSPORT_UNAVAILABLE', 'the server has no JetStream', { cause: error })
    }
    if (cause instanceof JetStreamApiError) {
      if (STREAM_LIMITS.has(cause.code)) {
        return new TransportError('ERR_TRANSPORT_STREAM_FULL', 'the stream has reached its limits', {
          cause: error,
        })
      }
      if (cause.status !== 503) {
        return new TransportError('ERR_TRANSPORT_REFUSED', 'the server refused the request', { cause: error })
      }
    }
  }
  return new TransportError('ERR_TRANSPORT_UNAVAILABLE', 'the server could not be asked', { cause: error })
}
