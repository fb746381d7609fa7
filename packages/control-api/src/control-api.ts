import type { FastifyPluginAsync } from 'fastify'
import { serializerCompiler, validatorCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod'
import { guardRoutes } from './access/access-hooks.ts'
import { createAuthenticator } from './access/authenticate.ts'
import { apiKeyRoutes } from './api-keys/api-key-routes.ts'
import { auditRoutes } from './audit-log/audit-routes.ts'
import type { ApiContext } from './context.ts'
import { deadLetterRoutes } from './dead-letters/dead-letter-routes.ts'
import { docsPage } from './document/docs-page.ts'
import { documentRoute } from './document/document-route.ts'
import { registerDocument } from './document/openapi.ts'
import { ControlApiError } from './errors.ts'
import { gatewayRoute } from './gateways/gateway-route.ts'
import { readJsonOnly } from './http/json-bodies.ts'
import { interopRoutes } from './interop/interop-routes.ts'
import { createRateLimits } from './limits/rate-limits.ts'
import { liveSessionRoutes } from './live-sessions/session-routes.ts'
import { meRoute } from './me/me-route.ts'
import { memberRoutes } from './members/member-routes.ts'
import { metricsRoute } from './metrics/metrics-route.ts'
import type { ControlApiOptions } from './options.ts'
import { sendProblem } from './problem/send-problem.ts'
import { blockedUserRoutes } from './projects/blocked-user-routes.ts'
import { projectRoutes } from './projects/project-routes.ts'
import { secretRoutes } from './projects/secret-routes.ts'
import { tokenTestRoute } from './projects/token-test-route.ts'
import { createOidcLogin } from './session/oidc-login.ts'
import { oidcRoutes } from './session/oidc-routes.ts'
import { createSessionCookie } from './session/session-cookie.ts'
import { sessionRoutes } from './session/session-routes.ts'
import { readSettings } from './settings.ts'
import { setupRoute } from './setup/setup-route.ts'
import { visibilityRoutes } from './visibility/visibility-routes.ts'
import { workspaceRoutes } from './workspaces/workspace-routes.ts'

const ROUTES = [
  sessionRoutes,
  oidcRoutes,
  setupRoute,
  meRoute,
  workspaceRoutes,
  memberRoutes,
  apiKeyRoutes,
  projectRoutes,
  secretRoutes,
  tokenTestRoute,
  blockedUserRoutes,
  liveSessionRoutes,
  deadLetterRoutes,
  metricsRoute,
  auditRoutes,
  gatewayRoute,
  interopRoutes,
  visibilityRoutes,
  documentRoute,
] as const

/**
 * The REST API of the control plane under `/api`, its OpenAPI 3.1 document at `/api/openapi.json`, and a page to try it at `/docs`.
 * Not wrapped with `fastify-plugin`: parsers, hooks and error handlers stay inside. Other plugins may have routes under `/api`.
 *
 * Ids in paths are up to 256 characters long: give the server `routerOptions: { maxParamLength: 1024 }`.
 *
 * @throws TypeError at registration naming the option that is wrong
 */
export const controlApi: FastifyPluginAsync<ControlApiOptions> = async (app, options) => {
  const settings = readSettings(options)
  const cookie = createSessionCookie(settings)
  const rates = await createRateLimits(app, settings.limits)
  // Loaded by whoever serves the API, and not by whoever looks at its errors.
  await app.register(import('@fastify/cookie'))
  const context: ApiContext = {
    ...settings,
    cookie,
    rates,
    authenticator: createAuthenticator(settings, rates, cookie),
    login:
      settings.oidc === undefined || settings.publicUrl === null
        ? null
        : createOidcLogin(settings.oidc, settings.publicUrl),
  }
  await registerDocument(app, context)
  await app.register(docsPage, { rates })
  await app.register(
    async (scope) => {
      scope.setErrorHandler(sendProblem)
      scope.setNotFoundHandler(() => {
        throw new ControlApiError('ERR_NOT_FOUND', 'there is nothing here')
      })
      scope.setValidatorCompiler(validatorCompiler)
      scope.setSerializerCompiler(serializerCompiler)
      readJsonOnly(scope)
      scope.addHook('onRequest', async (_request, reply) => {
        reply.headers({
          'cache-control': 'no-store',
          'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
          'x-content-type-options': 'nosniff',
          'referrer-policy': 'no-referrer',
        })
      })
      guardRoutes(scope, context)
      const api = scope.withTypeProvider<ZodTypeProvider>()
      for (const routes of ROUTES) await routes(api, context)
    },
    { prefix: '/api' },
  )
}
