import { AuthError } from '@portcullis/auth-core'
import { usersOption, type UsersOption } from '../adapter/users-option.ts'
import { verifierOption, type VerifierOption } from '../adapter/verifier-option.ts'
import { OidcError } from '../errors.ts'
import { type AuthenticatedUpgrade, authenticateToken } from './authenticate-upgrade.ts'

/** What the authorizer reads of an upgrade. The request of any WebSocket edge fits that has a `token`. */
export interface OidcAuthorizeRequest {
  readonly token: string | null
}

/** What a token permits at the edge. */
export interface OidcGrant {
  readonly workspaceId: string
  readonly projectId: string
  /** The local user id where a directory has one, else `sub`. */
  readonly userId: string
  /** Those of the token, with `userRole`, `roles` and `permissions` as they hold in the application. */
  readonly claims: Readonly<Record<string, unknown>>
  /** The session ends with its token, milliseconds since the epoch. */
  readonly expiresAtMs: number
  /** As the option says; absent without it. */
  readonly isRevoked?: () => boolean
}

/**
 * A name of scope, 1–64 of `A-Z a-z 0-9 _ -`, or how to find it for somebody: null or undefined where there is none, which
 * is refused with `ERR_FORBIDDEN`.
 */
export type ScopeMapping<Request> =
  | string
  | ((identity: AuthenticatedUpgrade, request: Request) => string | null | undefined)

/** Options of {@link oidcAuthorizer}. */
export interface OidcAuthorizerOptions<Request extends OidcAuthorizeRequest> extends VerifierOption {
  /** Where users are looked up; without it a valid token is enough. */
  users?: UsersOption | undefined
  /** Workspace of the session, such as `({ context }) => context.org_id`. There is no default: it keeps tenants apart. */
  workspaceId: ScopeMapping<Request>
  /** Project of the session. @defaultValue 'default' */
  projectId?: ScopeMapping<Request> | undefined
  /**
   * Whether somebody may go on no more. Asked whenever the edge asks the grant: answers at once and from memory, and does
   * not throw. @defaultValue nobody is asked
   */
  isRevoked?: ((identity: AuthenticatedUpgrade) => boolean) | undefined
}

const NAME = /^[A-Za-z0-9_-]{1,64}$/

/**
 * An authorizer for `ws-gateway`, and any edge that asks like it, at an upgrade and at a reauth.
 *
 * The function it returns throws AuthError `ERR_AUTH_TOKEN_REQUIRED`, `ERR_AUTH_TOKEN_INVALID` (also for an expired token),
 * `ERR_AUTH_KEYS_UNAVAILABLE`, `ERR_FORBIDDEN` (no workspace, no project, or a disabled user: edges know the errors of
 * `auth-core`), and OidcError `ERR_USER_PROVISION_FAILED`.
 *
 * @throws TypeError naming the option that is wrong
 */
export function oidcAuthorizer<Request extends OidcAuthorizeRequest>(
  options: OidcAuthorizerOptions<Request>,
): (request: Request) => Promise<OidcGrant> {
  const verifier = verifierOption(options)
  const users = usersOption(options.users)
  const workspaceOf = mapping('workspaceId', options.workspaceId)
  const projectOf = mapping('projectId', options.projectId ?? 'default')
  const { isRevoked } = options
  if (isRevoked !== undefined && typeof isRevoked !== 'function') {
    throw new TypeError('"isRevoked" must be a function')
  }
  return async (request) => {
    const identity = await authenticateToken(request.token, { verifier, users }).catch(rethrowForEdges)
    const { token, context } = identity
    const { userId, userRole, roles, permissions } = context
    return {
      workspaceId: workspaceOf(identity, request),
      projectId: projectOf(identity, request),
      userId,
      claims: { ...token.claims, userRole, roles, permissions },
      expiresAtMs: token.expiresAtMs,
      ...(isRevoked !== undefined && { isRevoked: () => isRevoked(identity) }),
    }
  }
}

function rethrowForEdges(error: unknown): never {
  if (OidcError.is(error) && error.code === 'ERR_USER_DISABLED') {
    throw new AuthError('ERR_FORBIDDEN', error.message, { cause: error })
  }
  if (AuthError.is(error) && error.code === 'ERR_AUTH_TOKEN_EXPIRED') {
    throw new AuthError('ERR_AUTH_TOKEN_INVALID', error.message, { cause: error })
  }
  throw error
}

function mapping<Request>(
  name: string,
  value: ScopeMapping<Request>,
): (identity: AuthenticatedUpgrade, request: Request) => string {
  if (typeof value === 'string' && NAME.test(value)) return () => value
  if (typeof value !== 'function') {
    throw new TypeError(`"${name}" must be 1 to 64 of A-Z a-z 0-9 _ - or a function`)
  }
  return (identity, request) => {
    const found: unknown = value(identity, request)
    if (typeof found === 'string' && NAME.test(found)) return found
    throw new AuthError('ERR_FORBIDDEN', `the token gives no ${name}`)
  }
}
