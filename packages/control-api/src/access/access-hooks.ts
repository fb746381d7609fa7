import { AuthError } from '@portcullis/auth-core'
import { RegistryError } from '@portcullis/registry'
import type { Role } from '@portcullis/registry/postgres'
import type { FastifyInstance, FastifyRequest, RouteOptions } from 'fastify'
import type { ApiContext } from '../context.ts'
import { ControlApiError } from '../errors.ts'
import type { RouteRole } from '../operation/operation.ts'
import { type Principal, roleIn } from '../principal/principal.ts'
import { isAtLeast } from '../principal/roles.ts'
import { hasCsrfToken } from '../session/session-cookie.ts'
import type { Authenticated } from './authenticate.ts'
import { assertOwnOrigin } from './origin.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Who sends a request to `@portcullis/control-api`; null for nobody. */
    portcullisCaller: Authenticated | null
  }
}

const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS'])

/**
 * Guards the routes of a scope, before a body is read. In order: the limit of the address, the credential (401), the limit of the
 * credential, whether the request comes from a page of ours (403), and the role (404 for what belongs to others, as for what is not
 * there; 403 for too little).
 *
 * Each route has to say who may use it: one that does not is a mistake that is found at start.
 */
export function guardRoutes(app: FastifyInstance, context: ApiContext): void {
  const { authenticator, rates } = context
  app.decorateRequest('portcullisCaller', null)
  app.addHook('onRoute', assertRole)

  app.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', request.id)
    await rates.countAddress(request)
    if (request.is404) return
    const caller = await authenticator.authenticate(request)
    request.portcullisCaller = caller
    if (caller !== null) {
      await rates.countCredential(request, reply, caller.principal.actor)
      assertOwnPage(request, caller, context)
    }
    await admit(request, context)
  })
}

/** Who sends a request. @throws AuthError `ERR_AUTH_TOKEN_REQUIRED` for nobody */
export function callerOf(request: FastifyRequest): Principal {
  const { portcullisCaller: caller } = request
  if (caller === null) throw new AuthError('ERR_AUTH_TOKEN_REQUIRED', 'sign in, or send a credential')
  return caller.principal
}

/** For the audit log. */
export function changeOf(request: FastifyRequest): { actor: string; requestId: string } {
  return { actor: callerOf(request).actor, requestId: request.id }
}

/**
 * Refuses a role that is stronger than the caller's own in the place where it is given.
 *
 * @throws ControlApiError `ERR_ROLE_TOO_STRONG`
 */
export function assertMayGive(request: FastifyRequest, workspaceId: string | null, role: Role): void {
  const principal = callerOf(request)
  const own = workspaceId === null ? principal.operator : roleIn(principal, workspaceId)
  if (!isAtLeast(own, role)) {
    throw new ControlApiError('ERR_ROLE_TOO_STRONG', 'nobody gives a role that is stronger than their own')
  }
}

/** What a cookie sends by itself has to come from a page of ours, which alone knows the token. */
function assertOwnPage(request: FastifyRequest, { sessionSecret }: Authenticated, context: ApiContext): void {
  if (sessionSecret === null || SAFE_METHODS.has(request.method)) return
  assertOwnOrigin(request, context)
  if (!hasCsrfToken(request, sessionSecret)) {
    throw new ControlApiError('ERR_CSRF_TOKEN_INVALID', 'X-CSRF-Token is missing or wrong')
  }
}

async function admit(request: FastifyRequest, { store }: ApiContext): Promise<void> {
  const role = request.routeOptions.config.portcullisRole as RouteRole
  if (role === 'public') return
  const principal = callerOf(request)
  if (role === 'signed-in') return
  if (role.startsWith('operator:')) {
    if (!isAtLeast(principal.operator, role.slice('operator:'.length) as Role)) throw forbidden()
    return
  }
  const { workspaceId = '' } = request.params as { workspaceId?: string }
  const own = roleIn(principal, workspaceId)
  if (own === null) throw unknownWorkspace()
  // A membership goes with its workspace; an operator has a role in those that are not there as well.
  if (!principal.memberships.has(workspaceId) && (await store.workspaces.find(workspaceId)) === null) {
    throw unknownWorkspace()
  }
  if (!isAtLeast(own, role as Role)) throw forbidden()
}

function assertRole({ url, method, config }: RouteOptions): void {
  if (config?.portcullisRole !== undefined) return
  throw new TypeError(`${String(method)} ${url} does not say who may use it`)
}

function forbidden(): AuthError {
  return new AuthError('ERR_FORBIDDEN', 'the role is not strong enough for this')
}

function unknownWorkspace(): RegistryError {
  return new RegistryError('ERR_WORKSPACE_UNKNOWN', 'there is no such workspace')
}
