import type { AddressInfo } from 'node:net'
import {
  createAuthService,
  createKeyRing,
  createMemoryStore,
  type AuthService,
  type RegistrationOption,
} from '@portcullis/gateway-auth'
import { authRoutes, gatewayAuth, internalRoutes } from '@portcullis/gateway-auth/fastify'
import fastify from 'fastify'

/** The routes of a gateway for machine clients, as the gateway has them. */
export interface RunningGateway extends AsyncDisposable {
  readonly url: string
  readonly auth: AuthService
  readonly internalSecret: string
}

/** Starts it, with the store in memory. */
export async function startGateway(registration: RegistrationOption = 'open'): Promise<RunningGateway> {
  const internalSecret = 'Vq0x7dGZr3tYb1nLk9eWc5uJh2mPs8aF'
  const keys = createKeyRing([{ algorithm: 'HS256', key: Buffer.alloc(32, 5) }])
  const auth = createAuthService({
    issuer: 'http://gateway.example.com',
    keys,
    store: createMemoryStore(),
    registration,
  })
  const app = fastify()
  await app.register(gatewayAuth, { auth, internalSecrets: internalSecret })
  await app.register(authRoutes, { auth, rateLimits: { register: false, token: false, management: false } })
  await app.register(internalRoutes, { auth })
  app.get('/health/ready', { config: { auth: 'none' } }, async () => ({ ok: true }))
  app.addHook('onClose', () => auth.close())
  await app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = app.server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/`,
    auth,
    internalSecret,
    [Symbol.asyncDispose]: () => app.close().then(() => undefined),
  }
}
