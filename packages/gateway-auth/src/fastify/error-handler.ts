import { AuthError, challenge } from '@portcullis/auth-core'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { GatewayAuthError } from '../errors.ts'
import { oauthErrorOf, statusText } from './refusal.ts'

/** How a route's errors look. */
export type ErrorStyle = 'json' | 'oauth' | 'by-content-type'

const FORM = 'application/x-www-form-urlencoded'

/** An error, read for the peer. */
interface Refusal {
  readonly statusCode: number
  readonly code: string
  readonly message: string
  readonly retryAfterSeconds: number | undefined
}

/**
 * An error handler of auth routes: `{statusCode, error, code, message}`, or `{error, error_description}` as in RFC 6749
 * §5.2. What a peer has sent is never in it.
 */
export function errorHandler(
  style: ErrorStyle,
  realm: string,
): (error: unknown, request: FastifyRequest, reply: FastifyReply) => FastifyReply {
  return (error, request, reply) => {
    const isOauth = style === 'oauth' || (style === 'by-content-type' && isForm(request))
    const refusal = refusalOf(error)
    if (refusal.statusCode >= 500) request.log.error({ err: error }, 'request failed')
    if (refusal.retryAfterSeconds !== undefined) {
      reply.header('retry-after', String(refusal.retryAfterSeconds))
    }
    const { code } = refusal
    // RFC 6749 has 400 for a bad grant; the JSON form of the routes has 401.
    const statusCode = isOauth && code === 'ERR_REFRESH_TOKEN_INVALID' ? 400 : refusal.statusCode
    // A route that has looked at an access token has said more about it.
    if (statusCode === 401 && !reply.hasHeader('www-authenticate')) {
      reply.header('www-authenticate', challengeFor(code, realm))
    }
    reply.code(statusCode).type('application/json; charset=utf-8')
    if (isOauth) {
      return reply.send({
        error: oauthErrorOf(code, statusCode),
        error_description: asDescription(refusal.message),
      })
    }
    return reply.send({ statusCode, error: statusText(statusCode), code, message: refusal.message })
  }
}

/** Whether a request says that its body is a form. */
export function isForm(request: FastifyRequest): boolean {
  const type = request.headers['content-type']?.split(';', 1)[0]
  return type?.trim().toLowerCase() === FORM
}

function refusalOf(error: unknown): Refusal {
  if (AuthError.is(error) || GatewayAuthError.is(error)) {
    const { statusCode, code, message, expose, retryAfterSeconds } = error
    return {
      statusCode,
      code,
      message: expose ? message : statusText(statusCode),
      retryAfterSeconds: retryAfterSeconds ?? (statusCode === 503 ? 1 : undefined),
    }
  }
  const { statusCode, code } = (error ?? {}) as { statusCode?: unknown; code?: unknown }
  if (
    typeof statusCode !== 'number' ||
    !Number.isInteger(statusCode) ||
    statusCode < 400 ||
    statusCode > 499
  ) {
    return { statusCode: 500, code: 'ERR_INTERNAL', message: statusText(500), retryAfterSeconds: undefined }
  }
  // The framework's own messages quote the request: its content type, its body.
  if (statusCode === 415)
    return framework(415, 'ERR_MEDIA_TYPE_UNSUPPORTED', 'the media type is not supported')
  if (statusCode === 413) return framework(413, 'ERR_BODY_TOO_LARGE', 'the body is too large')
  if (statusCode === 400) return framework(400, 'ERR_REQUEST_INVALID', 'the body is malformed')
  // A hook of the application has refused, with a status of its own.
  return framework(
    statusCode,
    typeof code === 'string' ? code : 'ERR_REQUEST_REFUSED',
    statusText(statusCode),
  )
}

function framework(statusCode: number, code: string, message: string): Refusal {
  return { statusCode, code, message, retryAfterSeconds: undefined }
}

function challengeFor(code: string, realm: string): string {
  if (code === 'ERR_CLIENT_INVALID') return `Basic realm="${realm}", charset="UTF-8"`
  return challenge('ERR_AUTH_TOKEN_INVALID', { realm })
}

/** `error_description` has printable ASCII without quotes and backslashes. @see RFC 6749 §5.2 */
function asDescription(message: string): string {
  return message.replaceAll('"', "'").replace(/[^\x20\x21\x23-\x5b\x5d-\x7e]/g, '')
}
