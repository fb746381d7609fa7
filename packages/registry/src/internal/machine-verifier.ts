import { AuthError, type TokenVerifier } from '@portcullis/auth-core'
import type { MachineTokens } from '../authorize/machine-tokens.ts'
import type { MachineAuth } from '../project/project.ts'

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
    if (!namespaces.has(claims.namespaceId)) throw invalid('its namespace is not accepted')
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
