import { JetStreamApiError } from '@nats-io/jetstream'
import { GatewayAuthError } from '../errors.ts'

// https://github.com/nats-io/nats-server/blob/main/server/errors.json
const WRONG_LAST_SEQUENCE = new Set([10071, 10164])

/** Makes of whatever keeps NATS from answering `ERR_AUTH_STORE_UNAVAILABLE`. */
export async function askNats<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask()
  } catch (cause) {
    if (cause instanceof TypeError || GatewayAuthError.is(cause)) throw cause
    throw unavailable('NATS cannot be asked', cause)
  }
}

/** The revision that was written, or null when another write was first. */
export async function unlessChanged(write: () => Promise<number>): Promise<number | null> {
  try {
    return await write()
  } catch (error) {
    if (error instanceof JetStreamApiError && WRONG_LAST_SEQUENCE.has(error.code)) return null
    throw error
  }
}

export function unavailable(message: string, cause?: unknown): GatewayAuthError {
  return new GatewayAuthError('ERR_AUTH_STORE_UNAVAILABLE', message, { cause })
}
