import { AuthError } from '@portcullis/auth-core'
import type { OidcUserContext } from '../context/user-context.ts'
import { admissionOf } from './admission.ts'
import type { SocketMiddleware } from './oidc-middleware.ts'
import { socketError } from './refusal.ts'

/**
 * Lets only users into a namespace that have one of these roles; to be used after `oidcMiddleware`. A socket that was not
 * authenticated is refused as well: `ERR_FORBIDDEN`. One whose user loses the role while it is open is sent `forbidden` and
 * closed at its next event.
 *
 * @throws TypeError when there is none
 */
export function requireRole(...roles: readonly string[]): SocketMiddleware {
  if (roles.length === 0 || roles.some((role) => typeof role !== 'string' || role === '')) {
    throw new TypeError('"roles" must be non-empty strings, at least one')
  }
  const accepted = new Set(roles)
  // `userRole` counts as well: it is the role of somebody without roles.
  const permits = (context: OidcUserContext): boolean =>
    accepted.has(context.userRole) || context.roles.some((role) => accepted.has(role))
  return (socket, next) => {
    // What was authenticated, not the properties of the socket: others can write those.
    const admission = admissionOf(socket)
    if (admission === undefined || !permits(admission.context)) {
      next(socketError(new AuthError('ERR_FORBIDDEN', 'the user may not do this')))
      return
    }
    admission.rules.push(permits)
    next()
  }
}
