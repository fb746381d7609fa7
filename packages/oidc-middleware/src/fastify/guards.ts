import { AuthError } from '@portcullis/auth-core'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { OidcUserContext } from '../context/user-context.ts'
import { realmOf } from './plugin-state.ts'
import { refuse } from './refuse.ts'
import { checkNames, checkScopes } from './route-rule.ts'

/** A hook for `onRequest` or `preHandler`, to be used on routes behind `oidcAuth`. */
export type OidcGuard = (request: FastifyRequest, reply: FastifyReply) => Promise<void>

/**
 * Lets only users pass that have one of these roles. Where a directory gives a role, that is the only one. Without token
 * 401, with another role 403 `ERR_FORBIDDEN`.
 *
 * @throws TypeError when there is none
 */
export function requireRole(...roles: readonly string[]): OidcGuard {
  const accepted = checkNames('roles', roles)
  return guard((context) => accepted.some((role) => hasRole(context, role)))
}

/**
 * Lets only users pass that have all of these permissions. Without token 401, with too few 403 `ERR_FORBIDDEN`.
 *
 * @throws TypeError when there is none, or one that cannot be a scope
 */
export function requirePermission(...permissions: readonly string[]): OidcGuard {
  const needed = checkScopes('permissions', permissions)
  return guard((context) => needed.every((one) => context.permissions.includes(one)), needed.join(' '))
}

/** `userRole` counts as well: it is the role of somebody without roles. */
function hasRole({ roles, userRole }: OidcUserContext, role: string): boolean {
  return userRole === role || roles.includes(role)
}

function guard(permits: (context: OidcUserContext) => boolean, scope?: string): OidcGuard {
  return async (request, reply) => {
    const { oidc } = request
    const realm = realmOf(request.server)
    if (oidc === undefined) {
      throw refuse(reply, new AuthError('ERR_AUTH_TOKEN_REQUIRED', 'a token is required'), { realm })
    }
    if (!permits(oidc)) {
      throw refuse(reply, new AuthError('ERR_FORBIDDEN', 'the user may not do this'), { realm, scope })
    }
  }
}
