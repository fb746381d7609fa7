import { randomUUID } from 'node:crypto'
import { consolePages } from '@portcullis/console'
import { controlApi, ControlApiError, type ControlApiOptions, sendProblem } from '@portcullis/control-api'
import { registryRoutes } from '@portcullis/registry/fastify'
import type { Registry } from '@portcullis/registry'
import fastify, { type FastifyBaseLogger, type FastifyInstance, type FastifyServerOptions } from 'fastify'
import { healthRoutes } from './health.ts'

/** What every application of the control plane is made of. */
export interface AppOptions {
  logger: FastifyServerOptions['logger'] | FastifyBaseLogger
  /** Whether the database was reached. @defaultValue yes */
  isReady?: (() => boolean) | undefined
  /** Whose `X-Forwarded-For` is believed. @defaultValue nobody's */
  trustedProxies?: readonly string[] | undefined
  /** The routes of gateways; left out where they have a listener of their own. */
  internal?: InternalOptions | undefined
  /** The API and the console; left out on the listener of gateways. */
  api?: ControlApiOptions | undefined
}

/** What decides for gateways. */
export interface InternalOptions {
  registry: Pick<Registry, 'authorize'>
  internalTokens: readonly string[]
}

/** Ids in paths are as long as those that clients make up. */
const MAX_PARAM_LENGTH = 1024

/** Composes an HTTP application. It does not listen yet. */
export async function createApp(options: AppOptions): Promise<FastifyInstance> {
  const { logger, isReady = () => true, trustedProxies = [], internal, api } = options
  const app = fastify({
    ...loggerOption(logger),
    trustProxy: trustedProxies.length > 0 ? [...trustedProxies] : false,
    bodyLimit: 64 * 1024,
    requestTimeout: 10_000,
    routerOptions: { maxParamLength: MAX_PARAM_LENGTH },
    // Told apart over all processes, in the log as in the audit log.
    genReqId: () => randomUUID(),
    // Errors before routing, such as a malformed URL, do not reach the error handler below.
    frameworkErrors: (error, request, reply) => void sendProblem(error, request, reply),
  })
  app.setErrorHandler(sendProblem)
  app.setNotFoundHandler(() => {
    throw new ControlApiError('ERR_NOT_FOUND', 'there is nothing here')
  })

  await app.register(healthRoutes, { isReady })
  if (internal !== undefined) await app.register(registryRoutes, internal)
  if (api !== undefined) {
    await app.register(controlApi, api)
    await app.register(consolePages)
  }
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
