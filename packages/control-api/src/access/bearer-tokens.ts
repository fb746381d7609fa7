import { AuthError, type TokenClaims } from '@portcullis/auth-core'
import { allowInsecureHttp, createVerifier, type OidcVerifier } from '@portcullis/oidc-middleware'
import type { MachineTokens } from '@portcullis/registry'
import type { OidcLoginOptions } from '../options.ts'
import type { Principal } from '../principal/principal.ts'
import { actorOf } from './actor.ts'
import { subjectsOf } from './subjects.ts'

/** Whose token it is, and what memberships may name them. */
export interface TokenOwner extends Pick<Principal, 'kind' | 'actor' | 'name'> {
  readonly subjects: readonly string[]
}

/**
 * Makes what verifies bearer tokens that are no API keys: machine tokens first, then access tokens of the identity provider. A
 * token that neither takes is refused with what the last one said.
 *
 * @throws AuthError from the verifier, and `ERR_AUTH_TOKEN_INVALID` where nothing is configured
 */
export function createBearerVerifier({
  machineTokens,
  oidc,
}: {
  machineTokens?: MachineTokens | undefined
  oidc?: OidcLoginOptions | undefined
}): (token: string) => Promise<TokenOwner> {
  const verifier = oidc && verifierOf(oidc)
  return async (token) => {
    const machine = machineTokens && (await machineOwner(machineTokens, token))
    if (machine !== undefined && !AuthError.is(machine)) return machine
    if (verifier === undefined) {
      throw machine ?? new AuthError('ERR_AUTH_TOKEN_INVALID', 'the token is invalid')
    }
    try {
      const { claims } = await verifier.verify(token)
      return personOwner(claims)
    } catch (error) {
      // A machine token that has expired says more than that it is none of the provider's.
      if (machine?.code === 'ERR_AUTH_TOKEN_EXPIRED') throw machine
      throw error
    }
  }
}

/** Without an audience of its own a token for anybody would do: then none is taken. */
function verifierOf(oidc: OidcLoginOptions): OidcVerifier | undefined {
  const { issuer, audience } = oidc
  if (audience === undefined) return undefined
  return createVerifier({
    issuer,
    audience,
    discovery: true,
    [allowInsecureHttp]: oidc[allowInsecureHttp] === true,
  })
}

/** The owner of a machine token, or why it is none. */
async function machineOwner(machineTokens: MachineTokens, token: string): Promise<TokenOwner | AuthError> {
  const invalid = new AuthError('ERR_AUTH_TOKEN_INVALID', 'the token is invalid')
  try {
    const claims = await machineTokens(token)
    // Tokens of users are signed with the same keys.
    if (claims === null || claims['type'] !== 'machine') return invalid
    const { client_id: clientId = claims.sub } = claims as { client_id?: unknown } & TokenClaims
    if (typeof clientId !== 'string' || clientId === '') return invalid
    const subject = `machine:${clientId}`
    return { kind: 'machine', actor: actorOf(subject), name: clientId, subjects: [subject] }
  } catch (error) {
    if (AuthError.is(error) && error.statusCode === 401) return error
    if (AuthError.is(error)) throw error
    // Nothing is known about the token: neither a denial nor a grant.
    throw new AuthError('ERR_AUTH_KEYS_UNAVAILABLE', 'machine tokens cannot be verified', { cause: error })
  }
}

function personOwner(claims: TokenClaims): TokenOwner {
  const { subjects, name } = subjectsOf(claims)
  return { kind: 'person', actor: actorOf(subjects[0] as string), name, subjects }
}
