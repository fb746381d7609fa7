import { errorBody, registryRoutes } from '@portcullis/registry/fastify'
import type { Registry } from '@portcullis/registry'
import fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyServerOptions,
} from 'fastify'
import { healthRoutes } from './health.ts'

/** What the control plane is made of. */
export interface AppOptions {
  registry: Registry
  internalTokens: readonly string[]
  logger: FastifyServerOptions['logger'] | FastifyBaseLogger
  /** Whether the database was reached. @defaultValue yes */
  isReady?: (() => boolean) | undefined
}

/** Composes the HTTP application. It does not listen yet. */
export async function createApp(options: AppOptions): Promise<FastifyInstance> {
  const { registry, internalTokens, logger, isReady = () => true } = options
  const app = fastify({
    ...loggerOption(logger),
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

  await app.register(healthRoutes, { isReady })
  await app.register(registryRoutes, { registry, internalTokens })
  return app
}

/** Fastify takes a logger that is there under another name than the options of one. */
function loggerOption(
  logger: AppOptions['logger'],
): Pick<FastifyServerOptions, 'logger'> | { loggerInstance: FastifyBaseLogger } {
  if (logger === undefined) return {}
  if (typeof logger === 'object' && 'child' in logger) return { loggerInstance: logger }
  return { logger }
}
