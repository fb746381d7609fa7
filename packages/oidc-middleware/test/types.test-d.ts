import type { FastifyContextConfig, FastifyInstance } from 'fastify'
import { BaseController, BaseService, type IOServer } from 'ioserver'
import type { Server } from 'socket.io'
import { WebSocketServer } from 'ws'
import { oidcAuth, requirePermission, requireRole } from '../src/fastify/index.ts'
import {
  createUserResolver,
  createVerifier,
  OidcConfigManager,
  OidcHttpMiddleware,
  OidcSocketAdminMiddleware,
  OidcSocketMiddleware,
  verifyOidcToken,
  type OidcConfig,
  type OidcFeatures,
  type OidcUserContext,
  type OidcVerifier,
} from '../src/index.ts'
import { oidcMiddleware, requireRole as requireSocketRole } from '../src/socket.io/index.ts'
import { createUpgradeGuard, sessionOf } from '../src/ws/index.ts'

// Compiled, not run.

const issuer = { issuer: 'https://a.example', audience: 'app' }

export function configures(): void {
  createVerifier({ ...issuer, jwksUri: 'https://a.example/jwks' })
  createVerifier({ issuers: [{ ...issuer, discovery: true, algorithms: ['ES256', 'EdDSA'] }] })
  // @ts-expect-error without an audience every token of the issuer would be good
  createVerifier({ issuer: 'https://a.example', jwksUri: 'https://a.example/jwks' })
  // @ts-expect-error a secret is no published key
  createVerifier({ ...issuer, discovery: true, algorithms: ['HS256'] })
  // @ts-expect-error there is no such algorithm
  createVerifier({ ...issuer, discovery: true, algorithms: ['none'] })
  createUserResolver({ findOrCreate: (sub, { email }) => ({ id: sub, role: email }) })
  // @ts-expect-error a user has no such id
  createUserResolver({ findOrCreate: () => ({ id: { a: 1 } }) })
}

export async function verifies(verifier: OidcVerifier): Promise<void> {
  const { context, claims, expiresAtMs } = await verifier.verify('token')
  context.roles satisfies string[]
  context.email satisfies string | null
  claims.sub satisfies string
  // @ts-expect-error a claim may be anything
  claims['email'] satisfies string
  expiresAtMs satisfies number
}

/** The types of `ioserver-oidc` are those of this package. */
interface PrintedConfig {
  authServiceUrl: string
  appSlug: string
  jwksUri?: string
  issuer?: string
}
interface PrintedContext {
  userId: string
  sub: string
  email: string | null
  name: string | null
  userRole: string
  roles: string[]
  permissions: string[]
  features: Record<string, unknown>
}
export async function keepsTypes(config: PrintedConfig, printed: PrintedContext): Promise<void> {
  config satisfies OidcConfig
  printed satisfies OidcUserContext
  const context: PrintedContext = await verifyOidcToken('token', config)
  context.features satisfies OidcFeatures
}

export function decoratesRequests(app: FastifyInstance, verifier: OidcVerifier): void {
  void app.register(oidcAuth, { verifier, realm: 'app', openRoutes: ['/metrics'] })
  // @ts-expect-error there is no such option
  void app.register(oidcAuth, { verifier, relm: 'app' })
  app.get('/me', { preHandler: requireRole('admin') }, async (request) => {
    request.oidc satisfies OidcUserContext | undefined
    request.features satisfies OidcFeatures | undefined
    request.roles?.includes('admin') satisfies boolean | undefined
    // @ts-expect-error nobody is known on open routes
    request.userId satisfies string
    // @ts-expect-error the context has no such part
    return request.oidc?.user
  })
  app.get('/open', { config: { oidc: 'none' } }, async () => 'open')
  app.get('/a', { config: { oidc: { roles: ['a'] } }, onRequest: requirePermission('a:b') }, async () => 'a')
  // Fastify's own methods take any `config`; what is wrong with one is found when the route is added.
  // @ts-expect-error there is no such access
  ;({ oidc: 'public' }) satisfies FastifyContextConfig
  // @ts-expect-error there is no such need
  ;({ oidc: { role: 'a' } }) satisfies FastifyContextConfig
}

export function decoratesSockets(io: Server, verifier: OidcVerifier): void {
  io.of('/chat').use(oidcMiddleware({ verifier })).use(requireSocketRole('admin'))
  io.on('connection', (socket) => {
    socket.oidc satisfies OidcUserContext | undefined
    socket.permissions satisfies string[] | undefined
    // @ts-expect-error the middleware writes it, nobody else
    socket.userId = 'somebody'
  })
  const typed = io as Server<{ say(text: string): void }, { said(text: string): void }>
  typed.use(oidcMiddleware({ verifier }))
}

export function opensSessions(verifier: OidcVerifier): void {
  const server = new WebSocketServer({ noServer: true })
  createUpgradeGuard({ server, verifier })
  server.on('connection', (socket) => {
    const session = sessionOf(socket)
    session?.context.userId satisfies string | undefined
    session?.deadline satisfies number | undefined
  })
}

class Controller extends BaseController {}
class Service extends BaseService {}

export function joins(server: IOServer): void {
  server.addManager({ name: 'oidcConfig', manager: OidcConfigManager })
  server.addController({ name: 'a', controller: Controller, middlewares: [OidcHttpMiddleware] })
  server.addService({
    name: 'b',
    service: Service,
    middlewares: [OidcSocketMiddleware, OidcSocketAdminMiddleware],
  })
}
