import { STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Refusal } from '../adapter/refusal.ts'

const GRACE_MS = 500

/** Answers an upgrade with an HTTP response and ends the connection (RFC 6455 section 4.2.2, RFC 9110 section 15). */
export function refuseUpgrade(socket: Duplex, refusal: Refusal): void {
  if (socket.destroyed || !socket.writable) {
    socket.destroy()
    return
  }
  const { statusCode, code, message, challenge, retryAfterSeconds } = refusal
  const error = STATUS_CODES[statusCode] ?? 'Error'
  const body = JSON.stringify({ statusCode, error, code, message })
  const lines = [
    `HTTP/1.1 ${statusCode} ${error}`,
    'Connection: close',
    'Content-Type: application/json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Cache-Control: no-store',
  ]
  if (challenge !== undefined) lines.push(`WWW-Authenticate: ${challenge}`)
  if (retryAfterSeconds !== undefined) lines.push(`Retry-After: ${retryAfterSeconds}`)
  socket.end(`${lines.join('\r\n')}\r\n\r\n${body}`)
  // Unread input would turn the end into a reset, which can overtake the answer.
  socket.resume()
  // The peer may never read it, or never close its side.
  const timer = setTimeout(() => socket.destroy(), GRACE_MS).unref()
  socket.once('close', () => clearTimeout(timer))
}
