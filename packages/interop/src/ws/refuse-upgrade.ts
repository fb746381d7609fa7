import { STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import { INTEROP_ERRORS, type InteropErrorCode } from '../errors.ts'

/** The codes that have a status. */
export type UpgradeRefusal = {
  [C in InteropErrorCode]: (typeof INTEROP_ERRORS)[C] extends { statusCode: number } ? C : never
}[InteropErrorCode]

/** Answers an upgrade with an HTTP response (RFC 6455 §4.2.2). */
export function refuseUpgrade(socket: Duplex, code: UpgradeRefusal, message: string): void {
  const { statusCode } = INTEROP_ERRORS[code]
  const error = STATUS_CODES[statusCode]
  const body = JSON.stringify({ statusCode, error, code, message })
  const retry = statusCode === 503 ? 'Retry-After: 1\r\n' : ''
  // A reset without a listener would end the process.
  socket.on('error', () => socket.destroy())
  socket.once('finish', () => socket.destroy())
  socket.end(
    `HTTP/1.1 ${statusCode} ${error}\r\nConnection: close\r\n${retry}Content-Type: application/json; charset=utf-8\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  )
}
