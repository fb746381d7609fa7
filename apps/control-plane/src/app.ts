import { errorBody, registryRoutes } from '@portcullis/registry/fastify'
import type { Registry } from '@portcullis/registry'
import fastify, { type FastifyInstance, type FastifyReply, type FastifyServerOptions } from 'fastify'
import { healthRoutes } from './health.ts'

/** What the control plane is made of. */
export interface AppOptions {
  registry: Registry
  internalTokens: readonly string[]
  logger: FastifyServerOptions['logger']
}

/** Composes the HTTP application. It does not listen yet. */
export async function createApp({ registry, internalTokens, logger }: AppOptions): Promise<FastifyInstance> {
  const app = fastify({
    ...(logger !== undefined && { logger }),
    // Gateways call directly; whatever X-Forwarded-* says comes from somebody else.
    trustProxy: false,
    bodyLimit: 64 * 1024,
    requestTimeout: 10_000,
    // Errors before routing, such as a malformed URL, do not reach the error handler below.
    frameworkErrors: (error, _request, reply: FastifyReply) => {
      const body = errorBody(error)
      void reply.code(body.statusCode).send(body)
    },
  })

  app.setErrorHandler(async (error, request, reply) => {
    const body = errorBody(error)
    if (body.statusCode >= 500) request.log.error({ err: error }, 'request failed')
    return reply.code(body.statusCode).send(body)
  })
  app.setNotFoundHandler(async (_request, reply) => {
    const error = { statusCode: 404, code: 'ERR_NOT_FOUND', message: 'there is nothing here' }
    return reply.code(404).send(errorBody(error))
  })

  await app.register(healthRoutes)
  await app.register(registryRoutes, { registry, internalTokens })
  return app
}
