import { extractBearer } from '@portcullis/auth-core'
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { CAPABILITY, MAX_CAPABILITIES } from '../client/capabilities.ts'
import { MAX_PEM_LENGTH } from '../client/public-key.ts'
import { errorHandler } from './error-handler.ts'
import { readJson } from './json-body.ts'
import { limitRate } from './rate-limits.ts'
import { MAX_BODY_BYTES, type RouteContext } from './route-context.ts'
import { answer, bodyOf, errorAnswers, type RouteSchema } from './route-schema.ts'

// `namespaceId`, `tier` and anything else are not read: the server decides about them.
const body = z.object({
  name: z.string().min(1).max(64),
  capabilities: z.array(z.string().regex(CAPABILITY)).max(MAX_CAPABILITIES),
  publicKey: z.string().max(MAX_PEM_LENGTH).nullish(),
})

const registered = z.object({
  clientId: z.string(),
  clientSecret: z.string().describe('Shown this once'),
  hostId: z.string(),
  namespaceId: z.string(),
})

/** `POST /auth/register`: JSON, 201. */
export async function registerRoute(app: FastifyInstance, context: RouteContext): Promise<void> {
  const { auth } = context
  app.setErrorHandler(errorHandler('json', context.realm))
  await limitRate(app, auth.store, 'register', context.limits.register)
  const schema: RouteSchema = {
    operationId: 'registerClient',
    summary: 'Register a machine client',
    tags: ['auth'],
    security: auth.isRegistrationOpen ? [{}] : [{ initialAccessToken: [] }],
    headers: {
      type: 'object',
      properties: { authorization: { type: 'string', description: 'Bearer and an initial access token' } },
    },
    body: bodyOf({ json: body }),
    response: {
      201: answer('The new client', registered),
      ...errorAnswers([400, 401, 409, 413, 415, 429, 503], ['json']),
    },
  }
  app.post(
    '/auth/register',
    { schema, bodyLimit: MAX_BODY_BYTES, config: { auth: 'none' } },
    async (request, reply) => {
      // An open registration does not look at tokens at all.
      const initialAccessToken = auth.isRegistrationOpen ? null : extractBearer(request.raw.rawHeaders)
      const client = await auth.register(readJson(body, request.body), { initialAccessToken })
      return reply.code(201).send(client)
    },
  )
}
