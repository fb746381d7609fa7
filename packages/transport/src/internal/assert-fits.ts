import { TransportError } from '../errors.ts'

/** @throws TransportError `ERR_TRANSPORT_TOO_LARGE` */
export function assertFits(payload: Uint8Array, maxBytes: number): void {
  if (payload.length > maxBytes) {
    throw new TransportError(
      'ERR_TRANSPORT_TOO_LARGE',
      `the message has ${payload.length} bytes, the limit is ${maxBytes}`,
    )
  }
}
