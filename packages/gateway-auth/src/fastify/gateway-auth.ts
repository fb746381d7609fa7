import { AuthError } from '@portcullis/auth-core'
import type { FastifyPluginAsync, FastifyRequest, RouteOptions } from 'fastify'
import fp from 'fastify-plugin'
import type { AuthService } from '../service/service-types.ts'
import type { AuthContext } from '../token/auth-context.ts'
import { checkPermissions, requirePermission } from './guards.ts'
import { isInternalPath, isInternalPattern } from './internal-path.ts'
import { internalSecretCheck } from './internal-secret.ts'
import { checkRealm, DEFAULT_REALM, setPluginState } from './plugin-state.ts'
import { refuse } from './refusal.ts'
import { requestToken } from './request-token.ts'

/** Who may use a route. */
export type RouteAuth = 'required' | 'optional' | 'none' | 'internal'

declare module 'fastify' {
  interface FastifyRequest {
    /** Who the request comes from; undefined on routes that need nobody. */
    authContext: AuthContext | undefined
  }
  interface FastifyContextConfig {
    /**
     * `required`: a valid access token. `optional`: none or a valid one. `none`: anybody. `internal`: the internal secret.
     * Routes under `/internal` are always `internal`. @defaultValue 'required'
     */
    auth?: RouteAuth
    /** Permissions that the token must have, all of them. */
    permissions?: readonly string[]
  }
}

/** Options of {@link gatewayAuth}. */
export interface GatewayAuthOptions {
  /** Started by the plugin, closed by you. */
  auth: AuthService
  /**
   * Whether the plugin starts the service and boots no further without its store. `false` when you start it yourself, and
   * would rather serve other routes meanwhile. @defaultValue true
   */
  startAuth?: boolean | undefined
  /** Accepted values of `x-internal-secret`, 32 random bytes in production; two while one is rotated. @defaultValue none */
  internalSecrets?: string | readonly string[] | undefined
  /** Protection space in `WWW-Authenticate`. @defaultValue 'portcullis' */
  realm?: string | undefined
  /** Patterns of routes that are open although their `config` cannot say so, exactly as they were registered. */
  openRoutes?: readonly string[] | undefined
}

const RULES: readonly unknown[] = ['required', 'optional', 'none', 'internal'] satisfies RouteAuth[]

const plugin: FastifyPluginAsync<GatewayAuthOptions> = async (app, options) => {
  const { auth, realm = DEFAULT_REALM } = options
  if (typeof auth?.verify !== 'function') throw new TypeError('"auth" must be an auth service')
  checkRealm(realm)
  const openRoutes = openRouteSet(options.openRoutes)
  const assertInternal = internalSecretCheck(options.internalSecrets)
  setPluginState(app, {
    realm,
    assertInternal: options.internalSecrets === undefined ? null : assertInternal,
  })
  app.decorateRequest('authContext', undefined)
  app.addHook('onRoute', checkRoute)
  app.addHook('onRequest', async (request, reply) => {
    const isInside = isInternal(request)
    try {
      // Before any token is looked at, and also where there is no route: what exists inside is nobody's business.
      if (isInside) assertInternal(request)
      else if (!request.is404) await admit(request)
    } catch (error) {
      throw refuse(reply, error, realm)
    }
    const permissions = isInside || request.is404 ? undefined : request.routeOptions.config.permissions
    if (permissions !== undefined) await permissionGuard(permissions)(request, reply)
  })
  if (options.startAuth !== false) await auth.start()

  async function admit(request: FastifyRequest): Promise<void> {
    const { config, url } = request.routeOptions
    const { permissions } = config
    if (permissions === undefined && (config.auth === 'none' || openRoutes.has(url ?? ''))) return
    const token = requestToken(request)
    if (token === null) {
      if (config.auth === 'optional' && permissions === undefined) return
      throw new AuthError('ERR_AUTH_TOKEN_REQUIRED', 'a token is required')
    }
    request.authContext = await auth.verify(token)
  }
}

/** The guard of each list of permissions, made once. */
const guards = new WeakMap<readonly string[], ReturnType<typeof requirePermission>>()

function permissionGuard(permissions: readonly string[]): ReturnType<typeof requirePermission> {
  let guard = guards.get(permissions)
  if (guard === undefined) guards.set(permissions, (guard = requirePermission(...permissions)))
  return guard
}

function isInternal(request: FastifyRequest): boolean {
  const { config, url } = request.routeOptions
  return config?.auth === 'internal' || isInternalPattern(url) || isInternalPath(request.url)
}

/** Finds the mistakes of a route's `config` at boot. */
function checkRoute(route: RouteOptions): void {
  const { auth, permissions } = route.config ?? {}
  if (auth !== undefined && !RULES.includes(auth)) {
    throw new TypeError(`"config.auth" of ${route.url} must be one of ${RULES.join(', ')}`)
  }
  if (permissions === undefined) return
  checkPermissions(permissions)
  if (auth !== undefined && auth !== 'required') {
    throw new TypeError(`"config.permissions" of ${route.url} needs "config.auth" to be "required"`)
  }
}

function openRouteSet(patterns: readonly string[] | undefined): ReadonlySet<string> {
  if (patterns === undefined) return new Set()
  if (!Array.isArray(patterns) || patterns.some((one) => typeof one !== 'string' || !/^[/*]/.test(one))) {
    throw new TypeError('"openRoutes" must be a list of route patterns')
  }
  if (patterns.some(isInternalPattern)) throw new TypeError('"openRoutes" must not open internal routes')
  return new Set(patterns)
}

/**
 * Closes an application: every route needs a valid access token unless its `config.auth` says otherwise, and everything
 * under `/internal` needs `x-internal-secret`. Register it before the plugins whose routes it shall guard.
 *
 * Answers 401 (no token, or a bad one), 400 (several), 403 (`insufficient_scope`, or the internal secret) with
 * `WWW-Authenticate`, and 503 with `Retry-After` for an outage. Unknown routes stay 404.
 *
 * @throws TypeError at registration naming the option, or the route, that is wrong
 * @see RFC 6750 §3
 */
export const gatewayAuth: FastifyPluginAsync<GatewayAuthOptions> = fp(plugin, {
  name: '@portcullis/gateway-auth',
  fastify: '5.x',
})
