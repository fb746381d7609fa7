import { AuthError } from '@portcullis/auth-core'
import type { AuthService } from '../service/service-types.ts'

/** What the authorizer reads of an upgrade. The request of any WebSocket edge fits that has a `token`. */
export interface AuthorizeRequest {
  readonly token: string | null
}

/** What a machine token permits at the edge. */
export interface MachineGrant {
  /** The namespace of the token. */
  readonly workspaceId: string
  readonly projectId: string
  /** `sub` of the token. */
  readonly userId: string
  readonly claims: Readonly<Record<string, unknown>>
  /** The session ends with its token, milliseconds since the epoch. */
  readonly expiresAtMs: number
  /** Whether the token was revoked since. */
  readonly isRevoked: () => boolean
}

/** Options of {@link machineAuthorizer}. */
export interface MachineAuthorizerOptions<Request extends AuthorizeRequest, Granted> {
  auth: AuthService
  /** Project of every session that a machine token opens, 1–64 of `A-Z a-z 0-9 _ -`. @defaultValue 'default' */
  projectId?: string | undefined
  /** Decides about requests without a token of ours. @defaultValue refuses them */
  fallback?: ((request: Request) => Promise<Granted>) | undefined
}

/**
 * An authorizer that decides about our tokens by itself, without a network call. What is ours — signed with one of our keys,
 * or by its looks a machine, user or refresh token — never reaches `fallback`, also when it is refused.
 *
 * The function it returns throws AuthError `ERR_AUTH_TOKEN_REQUIRED`, `ERR_AUTH_TOKEN_INVALID`, `ERR_AUTH_TOKEN_EXPIRED`
 * (also inside the clock tolerance: a session must not outlive its token) or `ERR_AUTH_KEYS_UNAVAILABLE`.
 *
 * @throws TypeError naming the option that is wrong
 */
export function machineAuthorizer<Request extends AuthorizeRequest, Granted = never>(
  options: MachineAuthorizerOptions<Request, Granted>,
): (request: Request) => Promise<MachineGrant | Granted> {
  const { auth, projectId = 'default', fallback } = options
  if (typeof auth?.verifyClaims !== 'function') throw new TypeError('"auth" must be an auth service')
  if (typeof projectId !== 'string' || !/^[A-Za-z0-9_-]{1,64}$/.test(projectId)) {
    throw new TypeError('"projectId" must be 1 to 64 of A-Z a-z 0-9 _ -')
  }
  if (fallback !== undefined && typeof fallback !== 'function') {
    throw new TypeError('"fallback" must be a function')
  }
  return async (request) => {
    const { token } = request
    if (token === null || !(await isOurs(token, auth))) {
      if (fallback !== undefined) return fallback(request)
      if (token === null) throw new AuthError('ERR_AUTH_TOKEN_REQUIRED', 'a token is required')
    }
    return grantFor(token, auth, projectId)
  }
}

async function grantFor(token: string | null, auth: AuthService, projectId: string): Promise<MachineGrant> {
  const claims = await auth.verifyClaims(token)
  const expiresAtMs = claims.exp * 1000
  if (expiresAtMs <= Date.now()) throw new AuthError('ERR_AUTH_TOKEN_EXPIRED', 'the token has expired')
  return {
    workspaceId: claims.namespaceId,
    projectId,
    userId: claims.sub,
    claims,
    expiresAtMs,
    isRevoked: () => auth.isRevoked(claims),
  }
}

async function isOurs(token: unknown, { keys }: AuthService): Promise<boolean> {
  // What is too long or too odd to be read is nobody's, and refused by whoever gets it.
  if (typeof token !== 'string' || token.length > 8192) return false
  const [header, payload] = token.split('.', 2).map(readObject)
  if (header === undefined || payload === undefined) return false
  const { alg, kid } = header
  if (typeof kid === 'string' && (keys.algorithms as readonly unknown[]).includes(alg)) {
    const found = await keys.candidates({ alg: alg as (typeof keys.algorithms)[number], kid })
    if (found.length > 0) return true
  }
  // Without our `kid` it is ours by what nobody else's tokens have together, or not meant to open anything.
  const { type, namespaceId, tier } = payload
  if (type === 'refresh') return true
  return (type === 'machine' || type === 'user') && namespaceId !== undefined && tier !== undefined
}

function readObject(part: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'))
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined
  } catch {
    return undefined
  }
}
