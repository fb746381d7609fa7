import { STATUS_CODES } from 'node:http'
import { AuthError } from '@portcullis/auth-core'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { DEFAULT_REALM, refusalOf } from '../adapter/refusal.ts'
import { requestToken } from '../adapter/request-token.ts'
import type { IOServerAppHandle } from './app-handle.ts'
import { appOidc, type AppOidc } from './app-oidc.ts'

/**
 * Middleware for controllers: lets only requests with a valid access token through and puts `oidc`, `sub`, `userId`,
 * `userRole`, `roles`, `permissions` and `features` on them. Refusals are answered with
 * `{ statusCode, error, code, message }`, and `WWW-Authenticate` or `Retry-After`.
 *
 * @see RFC 6750 §3
 */
export class OidcHttpMiddleware {
  /** Called by IOServer. */
  handle(appHandle: IOServerAppHandle): (request: never, reply: never, done: () => void) => void {
    const app = appOidc(appHandle)
    // Not async: Fastify refuses an async hook of three parameters, and IOServer would serve the route as a 404.
    return (request: FastifyRequest, reply: FastifyReply, done: () => void): void => {
      void admit(request, reply, done, app)
    }
  }
}

/** Never rejects. */
async function admit(
  request: FastifyRequest,
  reply: FastifyReply,
  done: () => void,
  app: AppOidc,
): Promise<void> {
  try {
    await authenticate(request, app)
  } catch (error) {
    refuse(reply, error, app)
    return
  }
  try {
    done()
  } catch (error) {
    // Of a hook after this one: thrown from here it would be nobody's.
    refuse(reply, error, app)
  }
}

async function authenticate(request: FastifyRequest, { verifier, users }: AppOidc): Promise<void> {
  const offered = requestToken(request)
  if (offered === null) throw new AuthError('ERR_AUTH_TOKEN_REQUIRED', 'a token is required')
  const { context } = await verifier.verify(offered)
  const oidc = await users.resolve(context)
  const { sub, userId, userRole, roles, permissions, features } = oidc
  Object.assign(request, { oidc, sub, userId, userRole, roles, permissions, features })
}

/** Not through `done`: IOServer's error handler leaves out the code. */
function refuse(reply: FastifyReply, error: unknown, { report }: AppOidc): void {
  const { statusCode, code, message, challenge, retryAfterSeconds } = refusalOf(error, {
    realm: DEFAULT_REALM,
  })
  if (statusCode >= 500) report(error)
  if (reply.sent) return
  if (challenge !== undefined) reply.header('www-authenticate', challenge)
  if (retryAfterSeconds !== undefined) reply.header('retry-after', String(retryAfterSeconds))
  void reply.code(statusCode).send({ statusCode, error: STATUS_CODES[statusCode] ?? 'Error', code, message })
}
