import { AuthError, type TokenVerifier } from '@portcullis/auth-core'
import type { MachineTokens } from '../authorize/machine-tokens.ts'
import type { MachineAuth } from '../project/project.ts'

/** Why a token of a machine client is refused that is one. */
export const NO_SUBJECT = '"sub" must be a non-empty string'
export const OTHER_NAMESPACE = 'its namespace is not accepted'

/**
 * A verifier of the machine tokens of some namespaces.
 *
 * @throws TypeError when nothing verifies machine tokens here, or there is no namespace
 */
export function machineVerifier(auth: MachineAuth, machineTokens: MachineTokens | undefined): TokenVerifier {
  if (machineTokens === undefined) throw new TypeError('"machineTokens" is needed for the mode "machine"')
  if (!Array.isArray(auth.namespaces) || auth.namespaces.length === 0) {
    throw new TypeError('"namespaces" must name at least one')
  }
  const namespaces = new Set<unknown>(auth.namespaces)
  return async (token) => {
    if (typeof token !== 'string') throw invalid('it is not text')
    const claims = await ask(machineTokens, token)
    if (claims === null) throw invalid('it is not one of a machine client')
    // Types do not bind what somebody else's function returns.
    if (typeof claims.sub !== 'string' || claims.sub === '') throw invalid(NO_SUBJECT)
    if (!namespaces.has(claims.namespaceId)) throw invalid(OTHER_NAMESPACE)
    return claims
  }
}

async function ask(machineTokens: MachineTokens, token: string): ReturnType<MachineTokens> {
  try {
    return await machineTokens(token)
  } catch (error) {
    if (AuthError.is(error)) throw error
    // Nothing is known about the token: neither a denial nor a grant.
    throw new AuthError('ERR_AUTH_KEYS_UNAVAILABLE', 'machine tokens cannot be verified', { cause: error })
  }
}

function invalid(reason: string): AuthError {
  return new AuthError('ERR_AUTH_TOKEN_INVALID', `the token is invalid: ${reason}`)
}
