import type { FastifyInstance, FastifyPluginAsync } from 'fastify'
import { z } from 'zod'
import { ASSERTION_ALGORITHMS } from '../client/public-key.ts'
import type { AuthService } from '../service/service-types.ts'
import { answer, describeOnly, type RouteSchema } from './route-schema.ts'

/** Options of {@link metadataRoutes}. */
export interface MetadataRoutesOptions {
  auth: AuthService
}

const METADATA_PATH = '/.well-known/oauth-authorization-server'
const MAX_AGE = 'public, max-age=300'

const metadata = z.looseObject({ issuer: z.string(), token_endpoint: z.string(), jwks_uri: z.string() })
const keySet = z.object({ keys: z.array(z.looseObject({ kty: z.string() })) })

/**
 * `GET /.well-known/oauth-authorization-server` (RFC 8414) and `GET /.well-known/jwks.json` (RFC 7517). Part of
 * `authRoutes`; register them once more at the root when those have a prefix, because clients look for the metadata of
 * `https://host/path` under `https://host/.well-known/oauth-authorization-server/path`.
 *
 * @throws TypeError when `auth` is not an auth service
 */
export const metadataRoutes: FastifyPluginAsync<MetadataRoutesOptions> = async (app, { auth }) => {
  if (typeof auth?.issuer !== 'string') throw new TypeError('"auth" must be an auth service')
  describeOnly(app)
  addRoutes(app, auth)
}

function addRoutes(app: FastifyInstance, auth: AuthService): void {
  const document = metadataOf(auth)
  const metadataSchema = (operationId: string): RouteSchema => ({
    operationId,
    summary: 'Where everything is and what it can do',
    tags: ['auth'],
    security: [{}],
    response: { 200: answer('Authorization server metadata', metadata) },
  })
  const open = { auth: 'none' } as const
  app.get(METADATA_PATH, { schema: metadataSchema('getMetadata'), config: open }, async (_request, reply) =>
    reply.header('cache-control', MAX_AGE).send(document),
  )
  const path = new URL(auth.issuer).pathname.replace(/\/$/, '')
  // A path with the router's own signs in it cannot be registered as it is.
  if (/^[\w./~-]+$/.test(path)) {
    const schema = metadataSchema('getMetadataOfPath')
    app.get(`${METADATA_PATH}${path}`, { schema, config: open }, async (_request, reply) =>
      reply.header('cache-control', MAX_AGE).send(document),
    )
  }
  const keysSchema: RouteSchema = {
    operationId: 'getKeys',
    summary: 'The public keys of the tokens',
    tags: ['auth'],
    security: [{}],
    response: { 200: answer('A JSON Web Key Set; empty when tokens are signed with a secret', keySet) },
  }
  app.get('/.well-known/jwks.json', { schema: keysSchema, config: open }, async (_request, reply) =>
    reply.header('cache-control', MAX_AGE).send(auth.keys.jwks()),
  )
}

/** @see RFC 8414 §2 */
function metadataOf({ issuer, allowedCapabilities }: AuthService): Record<string, unknown> {
  const base = issuer.replace(/\/$/, '')
  const methods = ['client_secret_basic', 'client_secret_post', 'private_key_jwt']
  const algorithms = [...ASSERTION_ALGORITHMS]
  return {
    issuer,
    token_endpoint: `${base}/auth/token`,
    revocation_endpoint: `${base}/auth/revoke`,
    introspection_endpoint: `${base}/auth/introspect`,
    jwks_uri: `${base}/.well-known/jwks.json`,
    // No flow of ours goes through a browser.
    response_types_supported: [],
    grant_types_supported: ['client_credentials', 'refresh_token'],
    ...(allowedCapabilities !== null && { scopes_supported: [...allowedCapabilities] }),
    token_endpoint_auth_methods_supported: methods,
    token_endpoint_auth_signing_alg_values_supported: algorithms,
    revocation_endpoint_auth_methods_supported: methods,
    revocation_endpoint_auth_signing_alg_values_supported: algorithms,
    introspection_endpoint_auth_methods_supported: methods,
    introspection_endpoint_auth_signing_alg_values_supported: algorithms,
  }
}
