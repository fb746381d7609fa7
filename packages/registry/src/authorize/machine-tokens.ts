import type { TokenClaims } from '@portcullis/auth-core'

/** What the registry reads of a verified machine token. */
export interface MachineTokenClaims extends TokenClaims {
  /** Whose client it is; assigned by the server that issued the token. */
  readonly namespaceId: string
}

/**
 * Verifies an access token of a machine client, such as `verifyAccessToken` of `@portcullis/gateway-auth` does: MUST resolve
 * null or reject with `ERR_AUTH_TOKEN_INVALID` or `ERR_AUTH_TOKEN_EXPIRED` for whatever is not one, and reject with anything
 * else when nothing can be said about the token.
 */
export type MachineTokens = (token: string) => Promise<MachineTokenClaims | null>
