import { STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import { AuthError, challenge } from '@portcullis/auth-core'
import { GatewayError } from '../errors.ts'

const GRACE_MS = 500

/** What a refused client is answered with. */
export interface Refusal {
  statusCode: number
  code: string
  message: string
  retryAfterSeconds: number | undefined
}

/** Reads any error as a refusal; the text of one that was not written for a peer stays inside. */
export function refusalOf(error: unknown): Refusal {
  if (GatewayError.is(error)) {
    const { statusCode, peerCode, message, retryAfterSeconds } = error
    return { statusCode, code: peerCode, message, retryAfterSeconds }
  }
  if (AuthError.is(error) && error.statusCode < 500) {
    return {
      statusCode: error.statusCode,
      code: error.code,
      message: error.message,
      retryAfterSeconds: undefined,
    }
  }
  if (AuthError.is(error)) {
    return {
      statusCode: error.statusCode,
      code: error.code,
      message: 'authentication is not available',
      retryAfterSeconds: 1,
    }
  }
  return {
    statusCode: 500,
    code: 'internal_error',
    message: 'something went wrong',
    retryAfterSeconds: undefined,
  }
}

/** Answers an upgrade with an HTTP response and ends the connection (RFC 6455 section 4.2.2, RFC 9110 section 15). */
export function refuse(socket: Duplex, refusal: Refusal): void {
  if (socket.destroyed || !socket.writable) {
    socket.destroy()
    return
  }
  const { statusCode, code, message, retryAfterSeconds } = refusal
  const error = STATUS_CODES[statusCode] ?? 'Error'
  const body = JSON.stringify({ statusCode, error, code, message })
  const lines = [
    `HTTP/1.1 ${statusCode} ${error}`,
    'Connection: close',
    'Content-Type: application/json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Cache-Control: no-store',
  ]
  // The version we speak, for one that asked for another (RFC 6455 section 4.4).
  if (statusCode === 400) lines.push('Sec-WebSocket-Version: 13')
  if (statusCode === 401) lines.push(`WWW-Authenticate: ${bearerChallenge(code)}`)
  if (retryAfterSeconds !== undefined) lines.push(`Retry-After: ${retryAfterSeconds}`)
  socket.end(`${lines.join('\r\n')}\r\n\r\n${body}`)
  // Unread input would turn the end into a reset, which can overtake the answer.
  socket.resume()
  // The peer may never read it, or never close its side.
  const timer = setTimeout(() => socket.destroy(), GRACE_MS).unref()
  socket.once('close', () => clearTimeout(timer))
}

function bearerChallenge(code: string): string {
  if (code === 'ERR_AUTH_TOKEN_REQUIRED') return challenge('ERR_AUTH_TOKEN_REQUIRED')
  const isExpired = code === 'ERR_AUTH_TOKEN_EXPIRED' || code === 'token_expired'
  return challenge(isExpired ? 'ERR_AUTH_TOKEN_EXPIRED' : 'ERR_AUTH_TOKEN_INVALID')
}
