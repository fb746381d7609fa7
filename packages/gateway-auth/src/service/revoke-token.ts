import { getClient } from '../client/get-client.ts'
import { GatewayAuthError } from '../errors.ts'
import { newFamily } from '../family/new-family.ts'
import { endFamily } from '../family/revoke-family.ts'
import type { Revocation } from '../revocation/revocation.ts'
import { nullIfRefused } from '../token/null-if-refused.ts'
import type { RefreshClaims } from '../token/verify-refresh-token.ts'
import type { ServiceContext } from './service-context.ts'

/** See `AuthService.revokeToken`. What is expired, malformed or of another issuer is nothing to revoke. */
export async function revokeToken(context: ServiceContext, token: string, clientId: string): Promise<void> {
  const refresh = await nullIfRefused(context.verifyRefresh(token))
  if (refresh !== null) return revokeOwnFamily(context, refresh, clientId)
  const access = await nullIfRefused(context.verifyAccess(token))
  if (access === null) return
  if (!(await owns(context, access, clientId))) throw notOwned()
  if (access.jti === undefined) {
    throw new GatewayAuthError('ERR_TOKEN_TYPE_UNSUPPORTED', 'a token without an id cannot be revoked')
  }
  const revocation: Revocation = {
    kind: 'token',
    id: access.jti,
    at: Date.now(),
    expiresAt: (access.exp + context.settings.clockToleranceSeconds + 60) * 1000,
  }
  await context.store.addRevocation(revocation)
  context.noteRevocation(revocation)
  context.emit({ type: 'token_revoked', clientId, tokenId: access.jti })
}

async function revokeOwnFamily(
  { store, settings, accessLifeMs, noteRevocation, emit }: ServiceContext,
  claims: RefreshClaims,
  clientId: string,
): Promise<void> {
  const { familyId, first } = claims
  const stored = await store.findFamily(familyId)
  const owner = stored?.value.clientId || first?.clientId
  // Neither a record nor the first token: the family has ended.
  if (owner === undefined) return
  if (owner !== clientId) throw notOwned()
  // Also with a token that was used before: its holder wants the family to end, and so do we.
  const unused = first === null ? null : newFamily(claims, first, settings.familyTtlSeconds)
  const ended = await endFamily(store, familyId, accessLifeMs, noteRevocation, unused)
  if (ended?.isNew === true) emit({ type: 'family_revoked', clientId, familyId, reason: 'client' })
}

/** A token without `client_id` belongs to the client of its host. */
async function owns(
  { store }: ServiceContext,
  token: { readonly sub: string; readonly client_id?: string },
  clientId: string,
): Promise<boolean> {
  if (token.client_id !== undefined) return token.client_id === clientId
  const client = await getClient(store, clientId)
  return client?.hostId === token.sub
}

function notOwned(): GatewayAuthError {
  return new GatewayAuthError('ERR_TOKEN_NOT_OWNED', 'the token belongs to another client')
}
