import { AuthError, type AuthErrorCode } from '@portcullis/auth-core'
import type { FastifyReply } from 'fastify'
import { internalError, refusalOf, type RefusalOptions } from '../adapter/refusal.ts'
import { OidcError } from '../errors.ts'

/**
 * Puts the headers of a refusal on the reply and returns the error to throw, whose message may reach the peer; the
 * original is its `cause`, for logs.
 */
export function refuse(reply: FastifyReply, error: unknown, options: RefusalOptions): Error {
  const { code, message, challenge, retryAfterSeconds } = refusalOf(error, options)
  if (challenge !== undefined) addChallenge(reply, challenge)
  if (retryAfterSeconds !== undefined) reply.header('retry-after', String(retryAfterSeconds))
  if (OidcError.is(error) && error.message === message) return error
  if (AuthError.is(error)) {
    if (error.code === code && error.message === message) return error
    return new AuthError(code as AuthErrorCode, message, { cause: error, retryAfterSeconds })
  }
  return OidcError.is(error) ? new OidcError(error.code, message, { cause: error }) : internalError(error)
}

/** Beside those of others: an application may take credentials of several kinds. */
function addChallenge(reply: FastifyReply, challenge: string): void {
  const others = [reply.getHeader('www-authenticate') ?? []].flat().map(String)
  reply.header('www-authenticate', others.length === 0 ? challenge : [...others, challenge])
}
