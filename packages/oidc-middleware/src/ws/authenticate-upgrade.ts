import type { IncomingMessage } from 'node:http'
import { AuthError, extractUpgradeToken, type TokenClaims } from '@portcullis/auth-core'
import type { OidcUserContext } from '../context/user-context.ts'
import type { OidcVerifier, VerifiedToken } from '../verifier/verifier.ts'

/** Options of {@link authenticateUpgrade}. */
export interface AuthenticateUpgradeOptions {
  verifier: OidcVerifier
  /** A user resolver. @defaultValue a valid token is enough */
  users?: { resolve(context: OidcUserContext, claims: TokenClaims): Promise<OidcUserContext> } | undefined
}

/** Who asks for an upgrade. */
export interface AuthenticatedUpgrade {
  readonly token: VerifiedToken
  /** The context of the token, after the users were asked. */
  readonly context: OidcUserContext
}

/**
 * Finds out who asks for an upgrade, by the one token of the request: in `Authorization: Bearer`, in the query parameter
 * `token`, or in a sub-protocol entry `bearer.<token>`, which MUST NOT be echoed.
 *
 * @throws AuthError `ERR_AUTH_TOKEN_REQUIRED`, `ERR_AUTH_TOKEN_INVALID`, `ERR_AUTH_TOKEN_EXPIRED` (also inside the clock
 *   tolerance: a socket must not outlive its token), `ERR_AUTH_REQUEST_INVALID` (several tokens), `ERR_AUTH_KEYS_UNAVAILABLE`
 * @throws OidcError `ERR_USER_DISABLED`, `ERR_USER_PROVISION_FAILED`
 */
export async function authenticateUpgrade(
  request: Pick<IncomingMessage, 'url' | 'headers' | 'rawHeaders'>,
  { verifier, users }: AuthenticateUpgradeOptions,
): Promise<AuthenticatedUpgrade> {
  return authenticateToken(extractUpgradeToken(request).token, { verifier, users })
}

/** The same with a token that was found already; null when there is none. */
export async function authenticateToken(
  offered: string | null,
  { verifier, users }: AuthenticateUpgradeOptions,
): Promise<AuthenticatedUpgrade> {
  if (offered === null) throw new AuthError('ERR_AUTH_TOKEN_REQUIRED', 'a token is required')
  const token = await verifier.verify(offered)
  assertCurrent(token)
  if (users === undefined) return { token, context: token.context }
  const context = await users.resolve({ ...token.context }, token.claims)
  assertCurrent(token)
  return { token, context }
}

/** @throws AuthError `ERR_AUTH_TOKEN_EXPIRED` */
export function assertCurrent({ expiresAtMs }: VerifiedToken): void {
  if (expiresAtMs <= Date.now()) throw new AuthError('ERR_AUTH_TOKEN_EXPIRED', 'the token has expired')
}
