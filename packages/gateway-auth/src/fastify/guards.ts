import { AuthError } from '@portcullis/auth-core'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { TIERS, type Tier } from '../client/client-record.ts'
import type { AuthContext } from '../token/auth-context.ts'
import { DEFAULT_REALM, pluginState } from './plugin-state.ts'
import { refuse } from './refusal.ts'

/** A hook for `onRequest` or `preHandler`, to be used on routes behind `gatewayAuth`. */
export type Guard = (request: FastifyRequest, reply: FastifyReply) => Promise<void>

/**
 * Lets only callers pass that have all of these permissions. Without token 401, with too few 403 `insufficient_scope`.
 *
 * @throws TypeError when there is none, or one that cannot be a scope
 */
export function requirePermission(...permissions: readonly string[]): Guard {
  const needed = checkPermissions(permissions)
  return guard((context) => needed.every((one) => context.permissions.includes(one)), needed.join(' '))
}

/**
 * Lets only callers pass whose tier is this one or a higher one: free, pro, enterprise.
 *
 * @throws TypeError when there is no such tier
 */
export function requireTier(tier: Tier): Guard {
  const least = TIERS.indexOf(tier)
  if (least < 0) throw new TypeError('"tier" is unknown')
  return guard((context) => TIERS.indexOf(context.tier) >= least)
}

/**
 * Lets only machines pass, or only users.
 *
 * @throws TypeError when there is no such type
 */
export function requireType(type: AuthContext['type']): Guard {
  if (type !== 'machine' && type !== 'user') throw new TypeError('"type" must be "machine" or "user"')
  return guard((context) => context.type === type)
}

/** @throws TypeError unless it is a list of scopes */
export function checkPermissions(permissions: unknown): readonly string[] {
  if (
    !Array.isArray(permissions) ||
    permissions.length === 0 ||
    permissions.some((one) => typeof one !== 'string' || !/^[\x21\x23-\x5b\x5d-\x7e]+$/.test(one))
  ) {
    throw new TypeError('"permissions" must name at least one scope')
  }
  return [...(permissions as readonly string[])]
}

function guard(permits: (context: AuthContext) => boolean, scope?: string): Guard {
  return async (request, reply) => {
    const context = request.authContext
    if (context !== undefined && permits(context)) return
    const realm = pluginState(request.server)?.realm ?? DEFAULT_REALM
    const error =
      context === undefined
        ? new AuthError('ERR_AUTH_TOKEN_REQUIRED', 'a token is required')
        : new AuthError('ERR_FORBIDDEN', 'the token does not permit this')
    throw refuse(reply, error, realm, context === undefined ? undefined : scope)
  }
}
