import type { FastifyPluginAsync, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { CAPABILITY, MAX_CAPABILITIES } from '../client/capabilities.ts'
import { TIERS } from '../client/client-record.ts'
import { GatewayAuthError } from '../errors.ts'
import type { AuthService } from '../service/service-types.ts'
import { errorHandler } from './error-handler.ts'
import { internalSecretCheck } from './internal-secret.ts'
import { readJson } from './json-body.ts'
import { DEFAULT_REALM, pluginState } from './plugin-state.ts'
import { MAX_BODY_BYTES } from './route-context.ts'
import { answer, bodyOf, describeOnly, errorAnswers, toSchema, type RouteSchema } from './route-schema.ts'

/** Options of {@link internalRoutes}. */
export interface InternalRoutesOptions {
  auth: AuthService
  /**
   * Whether the plugin starts the service and boots no further without its store. `false` when you start it yourself, and
   * would rather serve other routes meanwhile. @defaultValue true
   */
  startAuth?: boolean | undefined
  /** Accepted values of `x-internal-secret`. @defaultValue those of `gatewayAuth` */
  internalSecrets?: string | readonly string[] | undefined
}

const changes = z.strictObject({
  tier: z.enum(TIERS).optional(),
  capabilities: z.array(z.string().regex(CAPABILITY)).max(MAX_CAPABILITIES).optional(),
  disabled: z.boolean().optional(),
})
const listQuery = z.object({
  namespaceId: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,64}$/)
    .optional(),
  after: z
    .string()
    .regex(/^[\x21-\x7e]{1,128}$/)
    .optional(),
  limit: z
    .string()
    .regex(/^[1-9]\d{0,3}$/)
    .optional()
    .describe('1 to 1000'),
})
const client = z.object({
  clientId: z.string(),
  hostId: z.string(),
  namespaceId: z.string(),
  name: z.string(),
  capabilities: z.array(z.string()),
  tier: z.enum(TIERS),
  publicKey: z.string().nullable(),
  createdAt: z.int().describe('Milliseconds since the epoch'),
  disabledAt: z.int().nullable().describe('Milliseconds since the epoch'),
})
const page = z.object({ clients: z.array(client), next: z.string().nullable() })
const newSecret = z.object({ clientSecret: z.string().describe('Shown this once') })

/**
 * Administration for callers from inside, behind `x-internal-secret`: `GET /internal/clients`,
 * `GET|PATCH|DELETE /internal/clients/:clientId`, `POST /internal/clients/:clientId/secret`,
 * `POST /internal/families/:familyId/revoke`. Has its own guard, so a `prefix` does not open it.
 *
 * @throws TypeError at registration when there is no secret, here or at `gatewayAuth`
 */
export const internalRoutes: FastifyPluginAsync<InternalRoutesOptions> = async (app, options) => {
  const { auth } = options
  if (typeof auth?.updateClient !== 'function') throw new TypeError('"auth" must be an auth service')
  const state = pluginState(app)
  const assertInternal =
    options.internalSecrets === undefined
      ? state?.assertInternal
      : internalSecretCheck(options.internalSecrets)
  if (assertInternal === undefined || assertInternal === null) {
    throw new TypeError('"internalSecrets" is needed, here or at gatewayAuth')
  }
  describeOnly(app)
  app.removeAllContentTypeParsers()
  app.addContentTypeParser(
    'application/json',
    { parseAs: 'string' },
    app.getDefaultJsonParser('error', 'error'),
  )
  app.setErrorHandler(errorHandler('json', state?.realm ?? DEFAULT_REALM))
  app.addHook('onRequest', async (request) => assertInternal(request))
  app.addHook('onSend', async (_request, reply) => {
    reply.header('cache-control', 'no-store')
  })
  const route = (
    operationId: string,
    summary: string,
    response: Record<number, unknown>,
    schema: Partial<RouteSchema> = {},
  ): { schema: RouteSchema; bodyLimit: number; config: { auth: 'internal' } } => ({
    schema: {
      operationId,
      summary,
      tags: ['internal'],
      security: [{ internalSecret: [] }],
      ...schema,
      response: { ...response, ...errorAnswers([400, 403, 404, 503], ['json']) },
    },
    bodyLimit: MAX_BODY_BYTES,
    config: { auth: 'internal' },
  })
  const clientParams = { params: idParams('clientId') }

  app.get(
    '/internal/clients',
    route(
      'listClients',
      'List clients',
      { 200: answer('A page of clients', page) },
      {
        querystring: toSchema(listQuery),
      },
    ),
    async (request) => {
      const { namespaceId, after, limit } = readJson(listQuery, request.query)
      const size = limit === undefined ? 100 : Number(limit)
      if (size > 1000) throw new GatewayAuthError('ERR_REQUEST_INVALID', 'malformed or missing: limit')
      return auth.listClients({ namespaceId, after, limit: size })
    },
  )

  app.get(
    '/internal/clients/:clientId',
    route('getClient', 'Show a client', { 200: answer('The client', client) }, clientParams),
    async (request) => {
      const found = await auth.findClient(idOf(request, 'clientId'))
      if (found === null) throw unknownClient()
      return found
    },
  )

  app.patch(
    '/internal/clients/:clientId',
    route(
      'updateClient',
      'Change or disable a client',
      { 200: answer('The client', client) },
      {
        ...clientParams,
        body: bodyOf({ json: changes }),
      },
    ),
    async (request) => auth.updateClient(idOf(request, 'clientId'), readJson(changes, request.body)),
  )

  app.delete(
    '/internal/clients/:clientId',
    route('deleteClient', 'Delete a client and void its tokens', { 204: answer('It is gone') }, clientParams),
    async (request, reply) => {
      if (!(await auth.deleteClient(idOf(request, 'clientId')))) throw unknownClient()
      return reply.code(204).send()
    },
  )

  app.post(
    '/internal/clients/:clientId/secret',
    route(
      'rotateSecret',
      'Give a client a new secret',
      { 200: answer('The secret', newSecret) },
      clientParams,
    ),
    async (request) => auth.rotateSecret(idOf(request, 'clientId')),
  )

  app.post(
    '/internal/families/:familyId/revoke',
    route(
      'revokeFamily',
      'End a family of tokens',
      { 204: answer('It has ended') },
      {
        params: idParams('familyId'),
      },
    ),
    async (request, reply) => {
      if (!(await auth.revokeFamily(idOf(request, 'familyId')))) {
        throw new GatewayAuthError('ERR_FAMILY_UNKNOWN', 'there is no such family')
      }
      return reply.code(204).send()
    },
  )
  if (options.startAuth !== false) await auth.start()
}

function idParams(name: string): Record<string, unknown> {
  return { type: 'object', properties: { [name]: { type: 'string' } }, required: [name] }
}

function idOf(request: FastifyRequest, name: 'clientId' | 'familyId'): string {
  return (request.params as Record<typeof name, string>)[name]
}

function unknownClient(): GatewayAuthError {
  return new GatewayAuthError('ERR_CLIENT_UNKNOWN', 'there is no such client')
}
