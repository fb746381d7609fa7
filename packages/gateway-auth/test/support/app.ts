import fastify, { type FastifyInstance, type FastifyServerOptions } from 'fastify'
import type { AuthServiceOptions } from '../../src/index.ts'
import {
  authRoutes,
  gatewayAuth,
  internalRoutes,
  type AuthRoutesOptions,
  type GatewayAuthOptions,
} from '../../src/fastify/index.ts'
import { INTERNAL, testService, type TestService } from './service.ts'

export interface TestApp extends TestService {
  app: FastifyInstance
}

/** An application with everything of this package and a few routes; `/whoami` answers with the context. */
export async function testApp(
  options: {
    service?: Partial<AuthServiceOptions>
    server?: FastifyServerOptions
    plugin?: Partial<GatewayAuthOptions>
    routes?: Partial<AuthRoutesOptions>
    add?: (app: FastifyInstance) => void | Promise<void>
  } = {},
): Promise<TestApp> {
  const service = await testService(options.service)
  const app = fastify(options.server as FastifyServerOptions)
  const { auth } = service
  await app.register(gatewayAuth, { auth, internalSecrets: INTERNAL, ...options.plugin })
  await app.register(authRoutes, { auth, ...options.routes })
  await app.register(internalRoutes, { auth, internalSecrets: INTERNAL })
  app.get('/whoami', async (request) => ({ auth: request.authContext ?? null }))
  app.get('/open', { config: { auth: 'none' } }, async () => ({ open: true }))
  await options.add?.(app)
  await app.ready()
  return { ...service, app }
}

/** Sends a form. */
export async function postForm(
  app: FastifyInstance,
  url: string,
  parameters: Record<string, string> | string,
  headers: Record<string, string> = {},
): Promise<Awaited<ReturnType<FastifyInstance['inject']>>> {
  return app.inject({
    method: 'POST',
    url,
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    payload: typeof parameters === 'string' ? parameters : new URLSearchParams(parameters).toString(),
  })
}

export function basic(clientId: string, clientSecret: string): Record<string, string> {
  const encode = (text: string): string => encodeURIComponent(text).replaceAll('%20', '+')
  return {
    authorization: `Basic ${Buffer.from(`${encode(clientId)}:${encode(clientSecret)}`).toString('base64')}`,
  }
}

export function bearer(token: string): Record<string, string> {
  return { authorization: `Bearer ${token}` }
}
