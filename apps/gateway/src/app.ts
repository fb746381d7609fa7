import { STATUS_CODES } from 'node:http'
import {
  authRoutes,
  type AuthRateLimits,
  gatewayAuth,
  internalRoutes,
} from '@portcullis/gateway-auth/fastify'
import { interopGateway, type InteropPluginOptions } from '@portcullis/interop/fastify'
import type { Transport } from '@portcullis/transport'
import type { Gateway } from '@portcullis/ws-gateway'
import { wsGateway } from '@portcullis/ws-gateway/fastify'
import fastify, { type FastifyBaseLogger, type FastifyInstance, type FastifyReply } from 'fastify'
import type { Auth } from './auth/create-auth.ts'
import type { EdgeAuthorizer } from './authorize/create-authorizer.ts'
import type { Fleet } from './fleet/create-fleet.ts'
import { healthRoutes } from './health.ts'
import { metricsRoutes } from './metrics.ts'

/** What the gateway's HTTP application is made of. */
export interface AppOptions {
  gateway: Gateway
  authorizer: Pick<EdgeAuthorizer, 'stats'>
  fleet: Pick<Fleet, 'isLinked' | 'stats'>
  /** Whether upgrades of the relay are let in. */
  isRelaying: () => boolean
  /** Absent where there is no interop gateway. */
  interop?: InteropPluginOptions | undefined
  transport: Transport
  /** Started by whoever made it: the gateway relays while its store is away. */
  auth: Auth
  /** What `x-internal-secret` may hold; none closes `/internal`. */
  internalSecrets: readonly string[]
  /** Requests of machine clients per address. */
  rateLimits?: AuthRateLimits | undefined
  /** Addresses whose `X-Forwarded-For` is believed. */
  trustedProxies: readonly string[]
  logger: FastifyBaseLogger
}

/** Composes the HTTP application. It does not listen yet. */
export async function createApp({
  gateway,
  authorizer,
  fleet,
  isRelaying,
  interop,
  transport,
  auth,
  internalSecrets,
  rateLimits,
  trustedProxies,
  logger,
}: AppOptions): Promise<FastifyInstance> {
  const app = fastify({
    loggerInstance: logger,
    trustProxy: trustedProxies.length > 0 ? [...trustedProxies] : false,
    bodyLimit: 64 * 1024,
    requestTimeout: 10_000,
    keepAliveTimeout: 5000,
    // A client that sends its headers byte by byte is gone within 10 s.
    http: { headersTimeout: 8000, connectionsCheckingInterval: 1000 },
    // Errors before routing, such as a malformed URL, do not reach the error handler below.
    frameworkErrors: (error, _request, reply: FastifyReply) => {
      void sendError(reply, error.statusCode ?? 400, error.code, 'the request is malformed')
    },
  })
  app.setErrorHandler<Error & { statusCode?: number; code?: string }>(async (error, request, reply) => {
    const { statusCode = 500, code = 'ERR_INTERNAL' } = error
    if (statusCode >= 500) request.log.error({ err: error }, 'request failed')
    return sendError(reply, statusCode, code, statusCode >= 500 ? 'something went wrong' : error.message)
  })
  // Fastify's own answer quotes the URL, in which a token may stand.
  app.setNotFoundHandler(async (_request, reply) =>
    sendError(reply, 404, 'ERR_NOT_FOUND', 'there is nothing here'),
  )
  // Closed by default: a route is for machine clients unless it says otherwise.
  await app.register(gatewayAuth, { auth: auth.service, internalSecrets, startAuth: false })
  await app.register(authRoutes, { auth: auth.service, internalSecrets, rateLimits, startAuth: false })
  await app.register(internalRoutes, { auth: auth.service, startAuth: false })
  await app.register(healthRoutes, { transport, auth, isRelaying })
  await app.register(metricsRoutes, {
    gateway,
    authorizer,
    fleet,
    interop: interop?.gateway,
    transport,
    auth,
  })
  if (interop !== undefined) await app.register(interopGateway, interop)
  await app.register(wsGateway, {
    gateway,
    shareUpgrades: (request) => interop !== undefined && app.interop.handles(request),
  })
  return app
}

/** Answers in the shape that refused upgrades have as well. */
function sendError(reply: FastifyReply, statusCode: number, code: string, message: string): FastifyReply {
  return reply.code(statusCode).send({ statusCode, error: STATUS_CODES[statusCode], code, message })
}
