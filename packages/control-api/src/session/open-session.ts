import type { ConsolePrincipal } from '@portcullis/registry/postgres'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { ApiContext } from '../context.ts'

/**
 * Opens a session of the console in the browser that asks. One that the browser had before ends: nobody who knows its cookie stays
 * signed in beside the one who is there now.
 */
export async function openSession(
  { store, cookie, sessionTtlMs }: Pick<ApiContext, 'store' | 'cookie' | 'sessionTtlMs'>,
  request: FastifyRequest,
  reply: FastifyReply,
  principal: ConsolePrincipal,
): Promise<void> {
  const session = await store.consoleSessions.create({ principal, ttlMs: sessionTtlMs })
  const before = request.portcullisCaller?.sessionSecret ?? null
  if (before !== null) await store.consoleSessions.delete(before)
  cookie.write(reply, session.secret, session.expiresAtMs)
}
