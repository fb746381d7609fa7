import { AuthError } from '@portcullis/auth-core'
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { TIERS } from '../client/client-record.ts'
import { errorHandler } from './error-handler.ts'
import { refuse } from './refusal.ts'
import { requestToken } from './request-token.ts'
import type { RouteContext } from './route-context.ts'
import { answer, errorAnswers, type RouteSchema } from './route-schema.ts'

const context = z.object({
  type: z.enum(['machine', 'user']),
  userId: z.string(),
  namespaceId: z.string(),
  tier: z.enum(TIERS),
  permissions: z.array(z.string()),
  clientId: z.string().nullable(),
  familyId: z.string().nullable(),
  tokenId: z.string().nullable(),
  expiresAt: z.int().describe('Milliseconds since the epoch'),
})

/** `GET /auth/context`: what the bearer of an access token is to handlers, as `request.authContext` has it. */
export async function contextRoute(app: FastifyInstance, { auth, realm }: RouteContext): Promise<void> {
  app.setErrorHandler(errorHandler('json', realm))
  const schema: RouteSchema = {
    operationId: 'getContext',
    summary: 'Show whom an access token belongs to',
    tags: ['auth'],
    security: [{ accessToken: [] }],
    response: {
      200: answer('The context of the token', context),
      ...errorAnswers([400, 401, 503], ['json']),
    },
  }
  // Looks at the token itself, because these routes also stand without `gatewayAuth`.
  app.get('/auth/context', { schema, config: { auth: 'none' } }, async (request, reply) => {
    try {
      const token = requestToken(request)
      if (token === null) throw new AuthError('ERR_AUTH_TOKEN_REQUIRED', 'a token is required')
      return await auth.verify(token)
    } catch (error) {
      throw refuse(reply, error, realm)
    }
  })
}
