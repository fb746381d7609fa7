import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { Api, ApiContext } from '../context.ts'
import { ControlApiError } from '../errors.ts'
import { operation } from '../operation/operation.ts'
import { sendProblem } from '../problem/send-problem.ts'
import type { LoginAttempt, OidcLogin } from './oidc-login.ts'
import { openSession } from './open-session.ts'
import { ownPath } from './own-path.ts'
import { createSeal } from './sealed-cookie.ts'
import { loginQuery } from './session-schemas.ts'

const tag = 'session'
/** How long somebody has at the provider, milliseconds. */
const ATTEMPT_TTL_MS = 10 * 60_000
/** The longest value that browsers keep. */
const MAX_COOKIE_LENGTH = 4096

interface KeptAttempt extends LoginAttempt {
  readonly returnTo: string
}

/** `/session/oidc/…`: signing in at the identity provider. */
export async function oidcRoutes(app: Api, context: ApiContext): Promise<void> {
  const { login, cookie, publicUrl } = context
  const seal = createSeal(context.cookieKey, 'sign-in attempt')
  const secure = publicUrl?.protocol !== 'http:'
  const name = `${cookie.name}-sign-in`
  // `Lax`: it comes back with the navigation from the provider.
  const attributes = { httpOnly: true, secure, sameSite: 'lax', path: '/' } as const

  app.get(
    '/session/oidc/login',
    operation({
      operationId: 'beginOidcSignIn',
      summary: 'Go to the identity provider',
      description:
        'For browsers, which are sent to `/?signInError=<code>` when the provider cannot be reached. 404 where nobody signs in at one.',
      tag,
      role: 'public',
      query: loginQuery,
      answer: [302, null, 'To the identity provider'],
      headers: ['set-cookie', 'location'],
      refusals: [404],
    }),
    async (request, reply) => {
      const provider = required()
      let begun: Awaited<ReturnType<OidcLogin['begin']>>
      try {
        begun = await provider.begin()
      } catch (error) {
        return refused(error, request, reply)
      }
      const { url, attempt } = begun
      const kept: KeptAttempt = { ...attempt, returnTo: ownPath(request.query.returnTo) }
      const value = seal.seal(JSON.stringify(kept), ATTEMPT_TTL_MS)
      // One that is too long to be kept would end in a refusal that nobody understands.
      const fits = value.length + name.length <= MAX_COOKIE_LENGTH - 200
      const shorter = seal.seal(JSON.stringify({ ...kept, returnTo: '/' }), ATTEMPT_TTL_MS)
      reply.setCookie(name, fits ? value : shorter, { ...attributes, maxAge: ATTEMPT_TTL_MS / 1000 })
      return reply.redirect(url.href, 302)
    },
  )

  app.get(
    '/session/oidc/callback',
    operation({
      operationId: 'completeOidcSignIn',
      summary: 'Come back from the identity provider',
      description:
        'For browsers, which are sent on to the page that they came from; when it did not work out, to `/?signInError=<code>`.',
      tag,
      role: 'public',
      query: z.looseObject({}),
      answer: [302, null, 'To a page of this server'],
      headers: ['set-cookie', 'location'],
      refusals: [404],
    }),
    async (request, reply) => {
      reply.clearCookie(name, attributes)
      try {
        const kept = read(request)
        const person = await required().complete(new URL(request.url, 'http://own.invalid'), kept)
        await openSession(context, request, reply, { kind: 'person', ...person })
        return await reply.redirect(kept.returnTo, 302)
      } catch (error) {
        return refused(error, request, reply)
      }
    },
  )

  function required(): OidcLogin {
    if (login === null)
      throw new ControlApiError('ERR_NOT_FOUND', 'nobody signs in at an identity provider here')
    return login
  }

  function read(request: FastifyRequest): KeptAttempt {
    required()
    const text = seal.open(request.cookies[name] ?? '')
    if (text === null) {
      throw new ControlApiError(
        'ERR_OIDC_LOGIN_FAILED',
        'signing in was not begun in this browser, or too long ago',
      )
    }
    return JSON.parse(text) as KeptAttempt
  }
}

/** A person sees a page and not a problem. */
function refused(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const isBrowser = request.headers.accept?.includes('text/html') === true
  if (!isBrowser) return sendProblem(error, request, reply)
  const { code } = (error ?? {}) as { code?: unknown }
  request.log.warn({ err: error }, 'somebody could not sign in')
  return reply.redirect(
    `/?signInError=${encodeURIComponent(typeof code === 'string' ? code : 'ERR_INTERNAL')}`,
    302,
  )
}
