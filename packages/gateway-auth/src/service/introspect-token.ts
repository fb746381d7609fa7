import { getClient } from '../client/get-client.ts'
import { findFamilyOf } from '../family/find-family.ts'
import { tokenState } from '../family/token-state.ts'
import type { AccessClaims } from '../token/access-claims.ts'
import { nullIfRefused } from '../token/null-if-refused.ts'
import type { RefreshClaims } from '../token/verify-refresh-token.ts'
import type { ServiceContext } from './service-context.ts'
import type { Introspection } from './service-types.ts'

/** See `AuthService.introspect`. */
export async function introspectToken(
  context: ServiceContext,
  token: string,
  namespaceId: string | undefined,
): Promise<Introspection> {
  const access = await nullIfRefused(context.verifyAccess(token))
  if (access !== null) return introspectAccess(context, access, namespaceId)
  const refresh = await nullIfRefused(context.verifyRefresh(token))
  return refresh === null ? INACTIVE : introspectRefresh(context, refresh, namespaceId)
}

/** Exactly this, whatever the reason. @see RFC 7662 §2.2 */
const INACTIVE: Introspection = Object.freeze({ active: false })

async function introspectAccess(
  { store, revocations }: ServiceContext,
  claims: AccessClaims,
  namespaceId: string | undefined,
): Promise<Introspection> {
  if (namespaceId !== undefined && claims.namespaceId !== namespaceId) return INACTIVE
  if (isOver(claims) || revocations.isRevoked(claims)) return INACTIVE
  // The store knows what the watch has not delivered yet. A client that is not ours has no record to look at.
  if (claims.client_id !== undefined && claims.client_id !== claims.sub) {
    const client = await getClient(store, claims.client_id)
    if (client === null || client.disabledAt !== null) return INACTIVE
  }
  if (claims.sid !== undefined) {
    const family = await store.findFamily(claims.sid)
    if (family !== null && family.value.revokedAt !== null) return INACTIVE
  }
  const { iss, aud, sub, client_id, iat, exp, jti, scope, sid, namespaceId: tenant, tier, type } = claims
  return defined({
    active: true,
    token_type: 'Bearer',
    scope,
    client_id,
    sub,
    aud,
    iss,
    iat,
    exp,
    jti,
    sid,
    namespaceId: tenant,
    tier,
    type,
  })
}

async function introspectRefresh(
  { store, settings }: ServiceContext,
  claims: RefreshClaims,
  namespaceId: string | undefined,
): Promise<Introspection> {
  const found = await findFamilyOf(store, claims, settings)
  if (found === null || tokenState(found.family, claims, Date.now(), 0) !== 'live') return INACTIVE
  const { family } = found
  const client = await getClient(store, family.clientId)
  if (client === null || client.disabledAt !== null || client.hostId !== claims.hostId) return INACTIVE
  if (namespaceId !== undefined && client.namespaceId !== namespaceId) return INACTIVE
  return defined({
    active: true,
    client_id: family.clientId,
    sub: claims.hostId,
    iss: settings.issuer,
    exp: Math.floor(claims.expiresAt / 1000),
    jti: claims.jti,
    sid: family.familyId,
    namespaceId: client.namespaceId,
    type: 'refresh',
  })
}

/** Inside the clock tolerance a token still verifies; "active" says that it has not ended. */
function isOver({ exp }: AccessClaims): boolean {
  return exp * 1000 <= Date.now()
}

function defined(answer: { active: true } & Record<string, unknown>): Introspection {
  return Object.fromEntries(
    Object.entries(answer).filter(([, value]) => value !== undefined),
  ) as unknown as Introspection
}
