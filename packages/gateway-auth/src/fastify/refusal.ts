import { STATUS_CODES } from 'node:http'
import { AuthError, challenge } from '@portcullis/auth-core'
import type { FastifyReply } from 'fastify'
import { GATEWAY_AUTH_ERRORS, GatewayAuthError, type GatewayAuthErrorCode } from '../errors.ts'

/**
 * Puts the headers of a refusal on the reply and returns the error to throw: itself when its message may reach the peer,
 * else one with the status text, and the original as `cause` for logs.
 */
export function refuse(reply: FastifyReply, error: unknown, realm: string, scope?: string): Error {
  if (AuthError.is(error)) {
    if (error.statusCode < 500) {
      const description = isQuotable(error.message) ? error.message : undefined
      reply.header('www-authenticate', challenge(error.code, { realm, description, scope }))
    } else {
      reply.header('retry-after', String(error.retryAfterSeconds ?? 1))
    }
    if (error.expose) return error
    return new AuthError(error.code, statusText(error.statusCode), {
      cause: error,
      retryAfterSeconds: error.retryAfterSeconds,
    })
  }
  if (GatewayAuthError.is(error)) {
    if (error.retryAfterSeconds !== undefined) reply.header('retry-after', String(error.retryAfterSeconds))
    if (error.expose) return error
    return new GatewayAuthError(error.code, statusText(error.statusCode), {
      cause: error,
      retryAfterSeconds: error.retryAfterSeconds,
    })
  }
  // A bug, whose message is for logs.
  return new Error(statusText(500), { cause: error })
}

/** The `error` of an RFC 6749 body for a code of either table. */
export function oauthErrorOf(code: string, statusCode: number): string {
  if (Object.hasOwn(GATEWAY_AUTH_ERRORS, code)) {
    return GATEWAY_AUTH_ERRORS[code as GatewayAuthErrorCode].oauthError
  }
  if (statusCode === 401) return 'invalid_token'
  if (statusCode === 429 || statusCode === 503) return 'temporarily_unavailable'
  return statusCode >= 500 ? 'server_error' : 'invalid_request'
}

export function statusText(statusCode: number): string {
  return STATUS_CODES[statusCode] ?? 'Error'
}

function isQuotable(text: string): boolean {
  return /^[\x20\x21\x23-\x5b\x5d-\x7e]*$/.test(text)
}
