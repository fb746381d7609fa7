import { AuthError, type Authenticator, createAccessTokenAuthenticator } from '@portcullis/auth-core'
import type { AuthService } from '../service/service-types.ts'

/** Options of {@link machineAuthenticator}. */
export interface MachineAuthenticatorOptions {
  auth: AuthService
}

/**
 * An authenticator for access tokens of machine clients, such as the interop gateway asks: the user is the namespace of the
 * token, so that the clients of one tenant meet and those of two do not; the login is its `sub`.
 *
 * @throws TypeError naming the option that is wrong
 */
export function machineAuthenticator({ auth }: MachineAuthenticatorOptions): Authenticator {
  if (typeof auth?.verifyClaims !== 'function') throw new TypeError('"auth" must be an auth service')
  return createAccessTokenAuthenticator(async (token) => {
    const claims = await auth.verifyClaims(token)
    const expiresAtMs = claims.exp * 1000
    if (expiresAtMs <= Date.now()) throw new AuthError('ERR_AUTH_TOKEN_EXPIRED', 'the token has expired')
    return {
      // Marked, so that no namespace is ever taken for a user of another provider.
      user: `namespace:${claims.namespaceId}`,
      login: claims.sub,
      identity: {
        tier: claims.tier,
        ...(claims.client_id !== undefined && { clientId: claims.client_id }),
      },
      expiresAtMs,
      isRevoked: () => auth.isRevoked(claims),
    }
  })
}
