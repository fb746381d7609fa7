import type { FastifyInstance, FastifyPluginAsync } from 'fastify'
import { contextRoute } from './context-route.ts'
import { internalSecretCheck } from './internal-secret.ts'
import { managementRoutes } from './management-routes.ts'
import { metadataRoutes } from './metadata-routes.ts'
import { checkRealm, DEFAULT_REALM, pluginState } from './plugin-state.ts'
import { checkRateLimits } from './rate-limits.ts'
import { registerRoute } from './register-route.ts'
import type { AuthRoutesOptions, RouteContext } from './route-context.ts'
import { describeOnly } from './route-schema.ts'
import { tokenRoutes } from './token-routes.ts'

/**
 * The routes of machine clients: `/auth/register`, `/auth/token`, `/auth/refresh`, `/auth/revoke`, `/auth/introspect`,
 * `/auth/context`, and the documents under `/.well-known`. Not wrapped with `fastify-plugin`, so `prefix` works and
 * parsers, error handlers and limits stay inside. Works with and without `gatewayAuth`.
 *
 * @throws TypeError at registration naming the option that is wrong
 */
export const authRoutes: FastifyPluginAsync<AuthRoutesOptions> = async (app, options) => {
  const context = routeContext(app, options)
  describeOnly(app)
  // The application's own parsers must not decide what gets in here.
  app.removeAllContentTypeParsers()
  app.addContentTypeParser(
    'application/json',
    { parseAs: 'string' },
    app.getDefaultJsonParser('error', 'error'),
  )
  await app.register(async (scope) => {
    neverStore(scope)
    await scope.register(async (inner) => registerRoute(inner, context))
    await scope.register(async (inner) => tokenRoutes(inner, context))
    await scope.register(async (inner) => contextRoute(inner, context))
  })
  await app.register(async (scope) => {
    neverStore(scope)
    // These two read forms alone.
    scope.removeAllContentTypeParsers()
    await managementRoutes(scope, context)
  })
  await app.register(metadataRoutes, { auth: context.auth })
  if (options.startAuth !== false) await context.auth.start()
}

function routeContext(app: FastifyInstance, options: AuthRoutesOptions): RouteContext {
  if (typeof options.auth?.issueTokens !== 'function') throw new TypeError('"auth" must be an auth service')
  const state = pluginState(app)
  return {
    auth: options.auth,
    realm: checkRealm(options.realm ?? state?.realm ?? DEFAULT_REALM),
    limits: checkRateLimits(options.rateLimits),
    assertInternal:
      options.internalSecrets === undefined
        ? (state?.assertInternal ?? null)
        : internalSecretCheck(options.internalSecrets),
  }
}

/** Answers of these routes, errors too, are for one reader. @see RFC 6749 §5.1 */
function neverStore(app: FastifyInstance): void {
  app.addHook('onSend', async (_request, reply) => {
    reply.header('cache-control', 'no-store').header('pragma', 'no-cache')
  })
}
