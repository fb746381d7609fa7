import { challenge, type AuthErrorCode } from '@portcullis/auth-core'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { PROBLEM_TYPE } from './problem-schema.ts'
import { problemOf, refusalOf } from './problem-of.ts'

/** Codes that a challenge says more about. */
const CHALLENGES: Readonly<Record<string, AuthErrorCode>> = {
  ERR_AUTH_TOKEN_INVALID: 'ERR_AUTH_TOKEN_INVALID',
  ERR_AUTH_TOKEN_EXPIRED: 'ERR_AUTH_TOKEN_EXPIRED',
  ERR_API_KEY_INVALID: 'ERR_AUTH_TOKEN_INVALID',
}

/**
 * Answers with a problem (RFC 9457): an error handler for Fastify, for `setErrorHandler` and `frameworkErrors`. A 5xx is logged
 * and never says what failed inside.
 *
 * @see RFC 9457, RFC 9110 §11.6.1
 */
export function sendProblem(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const refusal = refusalOf(error)
  if (refusal.status >= 500) request.log.error({ err: error }, 'request failed')
  if (refusal.retryAfterSeconds !== undefined) reply.header('retry-after', String(refusal.retryAfterSeconds))
  if (refusal.status === 401) {
    reply.header('www-authenticate', challenge(CHALLENGES[refusal.code] ?? 'ERR_AUTH_TOKEN_REQUIRED'))
  }
  return reply
    .code(refusal.status)
    .header('cache-control', 'no-store')
    .type(PROBLEM_TYPE)
    .serializer((payload: unknown) => JSON.stringify(payload))
    .send(problemOf(refusal, request.url))
}
