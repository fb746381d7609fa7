import type { FastifyInstance, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { errorHandler } from './error-handler.ts'
import { formCredentials } from './form-credentials.ts'
import { formParameters, readForms, requiredParameter } from './form.ts'
import { INTERNAL_SECRET_HEADER } from './internal-secret.ts'
import { limitRate } from './rate-limits.ts'
import { MAX_BODY_BYTES, type RouteContext } from './route-context.ts'
import { answer, bodyOf, errorAnswers, type RouteSchema } from './route-schema.ts'

const formBody = z.object({
  token: z.string(),
  token_type_hint: z.string().optional().describe('Not needed, and not read'),
  client_id: z.string().optional(),
  client_secret: z.string().optional(),
  client_assertion_type: z.string().optional(),
  client_assertion: z.string().optional(),
})
const introspection = z.looseObject({ active: z.boolean() })

/** `POST /auth/revoke` (RFC 7009) and `POST /auth/introspect` (RFC 7662): forms, with client authentication. */
export async function managementRoutes(app: FastifyInstance, context: RouteContext): Promise<void> {
  const { auth } = context
  app.setErrorHandler(errorHandler('oauth', context.realm))
  await readForms(app)
  await limitRate(app, auth.store, 'management', context.limits.management)

  const revokeSchema: RouteSchema = {
    operationId: 'revokeToken',
    summary: 'Revoke a token of the calling client',
    description: 'A refresh token ends with its family, an access token alone. An unknown token is no error.',
    tags: ['auth'],
    security: [{}, { clientBasic: [] }],
    body: bodyOf({ form: formBody }),
    response: {
      200: answer('The token is not good for anything any more'),
      ...errorAnswers([400, 401, 413, 415, 429, 503], ['oauth']),
    },
  }
  app.post(
    '/auth/revoke',
    { schema: revokeSchema, bodyLimit: MAX_BODY_BYTES, config: { auth: 'none' } },
    async (request, reply) => {
      const parameters = formParameters(request.body)
      const token = requiredParameter(parameters, 'token')
      const owner = await auth.authenticateClient(formCredentials(request, parameters))
      await auth.revokeToken(token, owner)
      return reply.code(200).send()
    },
  )

  const introspectSchema: RouteSchema = {
    operationId: 'introspectToken',
    summary: 'Ask what a token says and whether it is good',
    description: 'A client sees tokens of its own namespace, a caller with the internal secret all.',
    tags: ['auth'],
    security: [{}, { clientBasic: [] }, { internalSecret: [] }],
    headers: {
      type: 'object',
      properties: { [INTERNAL_SECRET_HEADER]: { type: 'string', description: 'Instead of a client' } },
    },
    body: bodyOf({ form: formBody }),
    response: {
      200: answer('What there is to say', introspection),
      ...errorAnswers([400, 401, 403, 413, 415, 429, 503], ['oauth']),
    },
  }
  app.post(
    '/auth/introspect',
    { schema: introspectSchema, bodyLimit: MAX_BODY_BYTES, config: { auth: 'none' } },
    async (request) => {
      const parameters = formParameters(request.body)
      const token = requiredParameter(parameters, 'token')
      return auth.introspect(token, await visibleTo(request, parameters))
    },
  )

  async function visibleTo(
    request: FastifyRequest,
    parameters: ReadonlyMap<string, string>,
  ): Promise<{ namespaceId?: string }> {
    if (context.assertInternal !== null && INTERNAL_SECRET_HEADER in request.headers) {
      context.assertInternal(request)
      return {}
    }
    const { namespaceId } = await auth.authenticateClient(formCredentials(request, parameters))
    return { namespaceId }
  }
}
