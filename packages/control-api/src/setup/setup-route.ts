import { assertOwnOrigin } from '../access/origin.ts'
import type { Api, ApiContext } from '../context.ts'
import { operation } from '../operation/operation.ts'
import { openSession } from '../session/open-session.ts'
import { setupAnswerSchema, setupRequestSchema } from './setup-schemas.ts'

/** Who the audit log says made the first operator. */
const SETUP_ACTOR = 'setup'

/** `POST /setup`: the first operator comes in, once. */
export async function setupRoute(app: Api, context: ApiContext): Promise<void> {
  const { store, authenticator } = context

  app.post(
    '/setup',
    operation({
      operationId: 'setUp',
      summary: 'Become the first operator with the token of a set-up link',
      tag: 'session',
      role: 'public',
      body: setupRequestSchema,
      answer: [201, setupAnswerSchema, 'An API key, and the cookie of a session'],
      headers: ['set-cookie'],
      refusals: [403],
    }),
    async (request, reply) => {
      assertOwnOrigin(request, context)
      const { token, name } = request.body
      const change = { actor: SETUP_ACTOR, requestId: request.id }
      const shown = await authenticator.attempt(request, () => store.setup.consume(token, { name }, change))
      try {
        await openSession(context, request, reply, { kind: 'api-key', key: shown.record })
      } catch (error) {
        // The token is used up: the key has to be shown, and they can sign in with it.
        request.log.warn({ err: error }, 'the first operator is not signed in')
      }
      return reply.code(201).send({ apiKey: shown.key })
    },
  )
}
