import { AuthError } from '@portcullis/auth-core'
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { checkRealm, DEFAULT_REALM } from '../adapter/refusal.ts'
import { requestToken } from '../adapter/request-token.ts'
import { usersOption, type UsersOption } from '../adapter/users-option.ts'
import { verifierOption, type VerifierOption } from '../adapter/verifier-option.ts'
import type { OidcFeatures, OidcUserContext } from '../context/user-context.ts'
import { type OidcGuard, requirePermission, requireRole } from './guards.ts'
import { setRealm } from './plugin-state.ts'
import { refuse } from './refuse.ts'
import { type RouteOidc, routeRule, type RouteRule } from './route-rule.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Who the request comes from, and the same in parts below; undefined on routes that need nobody. */
    oidc: OidcUserContext | undefined
    sub: string | undefined
    userId: string | undefined
    userRole: string | undefined
    roles: string[] | undefined
    permissions: string[] | undefined
    features: OidcFeatures | undefined
  }
  interface FastifyContextConfig {
    /**
     * Who may use the route. `required`: a user. `optional`: a user or somebody without token. `none`: anybody.
     * `{ roles, permissions }`: a user with one of these roles and all of these permissions. @defaultValue 'required'
     */
    oidc?: RouteOidc
  }
}

/** Options of {@link oidcAuth}. */
export interface OidcAuthOptions extends VerifierOption {
  /** Where users are looked up; without it a valid token is enough. */
  users?: UsersOption | undefined
  /** Protection space in `WWW-Authenticate`. @defaultValue 'portcullis' */
  realm?: string | undefined
  /** Patterns of routes that are open although their `config` cannot say so, exactly as they were registered. */
  openRoutes?: readonly string[] | undefined
}

/** A rule and what it takes to keep it. */
interface Gate {
  readonly rule: RouteRule
  readonly guards: readonly OidcGuard[]
}

const FIELDS = ['oidc', 'sub', 'userId', 'userRole', 'roles', 'permissions', 'features'] as const

const plugin: FastifyPluginAsync<OidcAuthOptions> = async (app, options) => {
  const verifier = verifierOption(options)
  const users = usersOption(options.users)
  const realm = checkRealm(options.realm ?? DEFAULT_REALM)
  const openRoutes = openRouteSet(options.openRoutes)
  /** By the `config` of the route, which is one object for all of its requests. */
  const gates = new WeakMap<object, Gate>()
  setRealm(app, realm)
  for (const field of FIELDS) app.decorateRequest(field, undefined)
  // Finds the mistakes of a route's `config` at boot.
  app.addHook('onRoute', (route) => void routeRule(route))
  app.addHook('onRequest', async (request, reply) => {
    if (request.is404) return
    const { rule, guards } = gateOf(request)
    const { config, url = '' } = request.routeOptions
    const isOpen = config.oidc === undefined && openRoutes.has(url)
    await admit(request, reply, isOpen ? 'none' : rule.access)
    for (const guard of guards) await guard(request, reply)
  })

  function gateOf(request: FastifyRequest): Gate {
    const { config, url = '' } = request.routeOptions
    let gate = gates.get(config)
    if (gate === undefined) {
      const rule = routeRule({ config, url })
      gate = { rule, guards: guardsOf(rule) }
      gates.set(config, gate)
    }
    return gate
  }

  async function admit(
    request: FastifyRequest,
    reply: FastifyReply,
    access: RouteRule['access'],
  ): Promise<void> {
    if (access === 'none') return
    try {
      const token = requestToken(request)
      if (token === null) {
        if (access === 'optional') return
        throw new AuthError('ERR_AUTH_TOKEN_REQUIRED', 'a token is required')
      }
      const { context, claims } = await verifier.verify(token)
      decorate(request, users === undefined ? context : await users.resolve(context, claims))
    } catch (error) {
      throw refuse(reply, error, { realm })
    }
  }
}

function decorate(request: FastifyRequest, context: OidcUserContext): void {
  request.oidc = context
  request.sub = context.sub
  request.userId = context.userId
  request.userRole = context.userRole
  request.roles = context.roles
  request.permissions = context.permissions
  request.features = context.features
}

function guardsOf({ roles, permissions }: RouteRule): readonly OidcGuard[] {
  return [
    ...(roles === undefined ? [] : [requireRole(...roles)]),
    ...(permissions === undefined ? [] : [requirePermission(...permissions)]),
  ]
}

function openRouteSet(patterns: readonly string[] | undefined): ReadonlySet<string> {
  if (patterns === undefined) return new Set()
  if (!Array.isArray(patterns) || patterns.some((one) => typeof one !== 'string' || !/^[/*]/.test(one))) {
    throw new TypeError('"openRoutes" must be a list of route patterns')
  }
  return new Set(patterns)
}

/**
 * Closes an application: every route needs a valid access token unless its `config.oidc` says otherwise. Register it before
 * the plugins whose routes it shall guard.
 *
 * Answers 401 (no token, or a bad one), 400 (several) and 403 (too little, or a disabled user) with `WWW-Authenticate`, 503
 * with `Retry-After` when the keys cannot be had, and 500 when the user cannot be looked up. Unknown routes stay 404.
 *
 * @throws TypeError at registration naming the option, or the route, that is wrong
 * @see RFC 6750 §3
 */
export const oidcAuth: FastifyPluginAsync<OidcAuthOptions> = fp(plugin, {
  name: '@portcullis/oidc-middleware',
  fastify: '5.x',
})
