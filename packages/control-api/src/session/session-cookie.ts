import { createHmac } from 'node:crypto'
import { timingSafeEqualText } from '@portcullis/auth-core'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Settings } from '../settings.ts'

/** What the store makes: 256 random bits. */
const SECRET = /^[A-Za-z0-9_-]{43}$/

/** The cookie of the console, which holds the secret of a session and nothing else. */
export interface SessionCookie {
  readonly name: string
  /** Null when there is none, or one that cannot be a secret of ours. */
  read(request: FastifyRequest): string | null
  write(reply: FastifyReply, secret: string, expiresAtMs: number): void
  clear(reply: FastifyReply): void
}

/**
 * The cookie of a server: `__Host-portcullis`, which browsers take from this host alone and send over `https:` alone. Where people
 * come over `http:`, as on a machine that somebody develops on, it has another name, because browsers refuse that one there.
 *
 * @see RFC 6265bis §4.1.3.2
 */
export function createSessionCookie({ publicUrl }: Pick<Settings, 'publicUrl'>): SessionCookie {
  const secure = publicUrl?.protocol !== 'http:'
  const name = secure ? '__Host-portcullis' : 'portcullis'
  const attributes = { httpOnly: true, secure, sameSite: 'lax', path: '/' } as const
  return {
    name,
    read(request) {
      const value = request.cookies[name]
      return value !== undefined && SECRET.test(value) ? value : null
    },
    write(reply, secret, expiresAtMs) {
      const maxAge = Math.max(0, Math.floor((expiresAtMs - Date.now()) / 1000))
      reply.setCookie(name, secret, { ...attributes, maxAge })
    },
    clear(reply) {
      reply.clearCookie(name, attributes)
    },
  }
}

/** The CSRF token of a session: told to its own pages, and computed from the secret that only the cookie has. */
export function csrfTokenOf(secret: string): string {
  return createHmac('sha256', secret).update('portcullis csrf token').digest('base64url')
}

/** Whether a request has the CSRF token of its session. */
export function hasCsrfToken(request: FastifyRequest, secret: string): boolean {
  const offered = request.headers['x-csrf-token']
  return typeof offered === 'string' && timingSafeEqualText(csrfTokenOf(secret), offered)
}
