import { apiKeyInvalid } from '../access/authenticate.ts'
import { assertOwnOrigin } from '../access/origin.ts'
import type { Api, ApiContext } from '../context.ts'
import { meOf } from '../me/me-schema.ts'
import { operation } from '../operation/operation.ts'
import { openSession } from './open-session.ts'
import { csrfTokenOf } from './session-cookie.ts'
import { type SignInState, signInSchema, signInStateSchema } from './session-schemas.ts'

const tag = 'session'

/** `/session`: the console's own. */
export async function sessionRoutes(app: Api, context: ApiContext): Promise<void> {
  const { store, cookie, authenticator, login } = context

  app.get(
    '/session',
    operation({
      operationId: 'getSignInState',
      summary: 'Show who is signed in, and how somebody can',
      tag,
      role: 'public',
      answer: [200, signInStateSchema, 'The state of this browser'],
    }),
    async (request): Promise<SignInState> => {
      const caller = request.portcullisCaller
      const state = {
        signedIn: caller !== null,
        setupNeeded: await store.setup.isNeeded(),
        methods: { apiKey: true, oidc: login !== null },
      } as const
      if (caller === null) return state
      const { principal, sessionSecret } = caller
      return {
        ...state,
        me: meOf(principal),
        ...(sessionSecret !== null && { csrfToken: csrfTokenOf(sessionSecret) }),
      }
    },
  )

  app.post(
    '/session',
    operation({
      operationId: 'signIn',
      summary: 'Sign in to the console with an API key',
      tag,
      role: 'public',
      body: signInSchema,
      answer: [204, null, 'The cookie of a session'],
      headers: ['set-cookie'],
      refusals: [403],
    }),
    async (request, reply) => {
      assertOwnOrigin(request, context)
      const key = await authenticator.attempt(request, async () => {
        const record = await store.apiKeys.authenticate(request.body.apiKey)
        if (record === null) throw apiKeyInvalid()
        return record
      })
      await openSession(context, request, reply, { kind: 'api-key', key })
      return reply.code(204).send()
    },
  )

  app.delete(
    '/session',
    operation({
      operationId: 'signOut',
      summary: 'Sign out of the console',
      tag,
      role: 'public',
      answer: [204, null, 'The session is over'],
      headers: ['set-cookie'],
      refusals: [403],
    }),
    async (request, reply) => {
      const secret = request.portcullisCaller?.sessionSecret ?? null
      if (secret !== null) await store.consoleSessions.delete(secret)
      cookie.clear(reply)
      return reply.code(204).send()
    },
  )
}
