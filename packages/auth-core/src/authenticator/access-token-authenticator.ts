import { AuthError } from '../errors.ts'
import type { AuthenticationResponse, AuthenticationSuccess, Authenticator } from './authenticator.ts'

/** A verified token, as far as an authenticator needs it. */
export interface AuthenticatedSubject {
  user: string
  login?: string | undefined
  /** Members of the identity that the token vouches for. */
  identity?: Readonly<Record<string, unknown>> | undefined
  /** When the token ends, milliseconds since the epoch. */
  expiresAtMs?: number | undefined
  service?: boolean | undefined
  /** Whether the token was revoked since. */
  isRevoked?: (() => boolean) | undefined
}

/**
 * Authenticates `access-token` with a verifier of somebody else: OIDC tokens with `oidc-middleware`, tokens of machine
 * clients with `gateway-auth`.
 *
 * @param verify - throws an `AuthError` for a token it refuses. That the keys cannot be had is an error of its own, and no
 *   refusal: it is thrown on.
 * @throws TypeError when `verify` is no function
 */
export function createAccessTokenAuthenticator(
  verify: (token: string) => Promise<AuthenticatedSubject>,
): Authenticator {
  if (typeof verify !== 'function') throw new TypeError('"verify" must be a function')
  return async ({ authentication }): Promise<AuthenticationResponse> => {
    const { method, token } = authentication
    if (method !== 'access-token') {
      const said = typeof method === 'string' ? method.slice(0, 64) : ''
      return { type: 'error', message: `Unknown authentication method ${said}` }
    }
    if (typeof token !== 'string' || token === '') return { type: 'error', message: 'Missing token' }
    try {
      return succeed(await verify(token))
    } catch (error) {
      if (AuthError.is(error) && error.code === 'ERR_AUTH_KEYS_UNAVAILABLE') throw error
      const why = AuthError.is(error) ? error.message : 'it is refused'
      return { type: 'error', message: `Invalid or expired token: ${why}` }
    }
  }
}

function succeed({
  user,
  login = user,
  identity,
  expiresAtMs,
  service,
  isRevoked,
}: AuthenticatedSubject): AuthenticationSuccess {
  return {
    type: 'success',
    user,
    login,
    ...(identity !== undefined && { identity }),
    ...(expiresAtMs !== undefined && { expiresAtMs }),
    ...(service === true && { options: { service } }),
    ...(isRevoked !== undefined && { isRevoked }),
  }
}
