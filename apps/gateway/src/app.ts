import type { Transport } from '@portcullis/transport'
import type { Gateway } from '@portcullis/ws-gateway'
import { wsGateway } from '@portcullis/ws-gateway/fastify'
import fastify, { type FastifyBaseLogger, type FastifyInstance } from 'fastify'
import { healthRoutes } from './health.ts'
import { metricsRoutes } from './metrics.ts'

/** What the gateway's HTTP application is made of. */
export interface AppOptions {
  gateway: Gateway
  transport: Transport
  logger: FastifyBaseLogger
}

/** Composes the HTTP application. It does not listen yet. */
export async function createApp({ gateway, transport, logger }: AppOptions): Promise<FastifyInstance> {
  const app = fastify({
    loggerInstance: logger,
    bodyLimit: 64 * 1024,
    requestTimeout: 10_000,
    // A client that sends its headers byte by byte is gone within 10 s.
    http: { headersTimeout: 8000, connectionsCheckingInterval: 1000 },
  })
  app.setErrorHandler<Error & { statusCode?: number; code?: string }>(async (error, request, reply) => {
    const statusCode = error.statusCode ?? 500
    if (statusCode >= 500) request.log.error({ err: error }, 'request failed')
    const message = statusCode >= 500 ? 'something went wrong' : error.message
    return reply.code(statusCode).send({ statusCode, code: error.code ?? 'ERR_INTERNAL', message })
  })
  await app.register(healthRoutes, { transport })
  await app.register(metricsRoutes, { gateway, transport })
  await app.register(wsGateway, { gateway })
  return app
}
