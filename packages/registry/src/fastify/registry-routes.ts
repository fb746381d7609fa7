import { challenge } from '@portcullis/auth-core'
import type { FastifyPluginAsync } from 'fastify'
import { z } from 'zod'
import type { Registry } from '../authorize/create-registry.ts'
import { RegistryError } from '../errors.ts'
import { errorBody } from './error-body.ts'
import { internalTokenCheck } from './internal-tokens.ts'

/** Options of {@link registryRoutes}. */
export interface RegistryRoutesOptions {
  registry: Pick<Registry, 'authorize'>
  /** Tokens that a gateway may present, 32 random bytes or more in production; two while one is being rotated. */
  internalTokens: string | readonly string[]
}

/** What a caller is told to wait when keys or the store are unavailable, seconds. */
const RETRY_AFTER_SECONDS = 5

// Unknown members are dropped, so that a newer gateway may send more.
const bodySchema = z.object({
  host: z.string(),
  token: z.string().nullish(),
  mode: z.literal('machine').optional(),
})

/**
 * Routes for gateways: `POST /api/registry/authorize` with `{host, token?, mode?}`, answered by a grant. Not wrapped with
 * `fastify-plugin`, so `prefix` works and the guard and the error handler stay inside.
 *
 * In order: internal token (401), body (400), decision (400, 401, 403, 404, 503). Errors are
 * `{statusCode, error, code, message}`; 503 carries `Retry-After`.
 *
 * @throws TypeError at registration when an option is wrong
 */
export const registryRoutes: FastifyPluginAsync<RegistryRoutesOptions> = async (app, options) => {
  if (typeof options.registry?.authorize !== 'function') throw new TypeError('"registry" must be a registry')
  const assertInternal = internalTokenCheck(options.internalTokens)

  // onRequest runs before the body is read: a stranger makes us parse nothing.
  app.addHook('onRequest', async (request) => assertInternal(request.raw.rawHeaders))

  app.setErrorHandler(async (error, request, reply) => {
    const body = errorBody(error)
    if (body.statusCode >= 500) request.log.error({ err: error }, 'request failed')
    if (body.statusCode === 503) reply.header('retry-after', String(RETRY_AFTER_SECONDS))
    if (body.code === 'ERR_INTERNAL_TOKEN_INVALID') {
      reply.header('www-authenticate', challenge('ERR_AUTH_TOKEN_INVALID', { realm: 'internal' }))
    }
    return reply.code(body.statusCode).send(body)
  })

  app.post('/api/registry/authorize', async (request, reply) => {
    const body = bodySchema.safeParse(request.body)
    if (!body.success) {
      throw new RegistryError(
        'ERR_REQUEST_INVALID',
        'the body must be {"host": string, "token"?: string | null, "mode"?: "machine"}',
      )
    }
    reply.header('cache-control', 'no-store')
    return options.registry.authorize(body.data)
  })
}
