import { randomUUID } from 'node:crypto'
import { accessLifeMs } from '../revocation/access-life.ts'
import type { AuthStore } from '../store/auth-store.ts'
import { tokenSettings, type TokenConfig } from '../token/token-settings.ts'
import { verifyRefreshToken } from '../token/verify-refresh-token.ts'
import { succeedingFamily } from './new-family.ts'
import { endFamily } from './revoke-family.ts'
import { tokenState } from './token-state.ts'

/** A refresh token that was used up. */
export interface ConsumedRefreshToken {
  readonly hostId: string
  readonly clientId: string
  readonly familyId: string
  /** The id that the next token of the family has to have; nobody holds such a token yet. */
  readonly nextJti: string
  /** The next token ends no later, milliseconds since the epoch. */
  readonly notAfter: number
  readonly scope: readonly string[] | null
}

/**
 * Uses up a refresh token that was saved. Atomic in every store: of many callers with one token exactly one gets the
 * record. A token that was used before ends its family, so that neither a thief nor the client can go on with it.
 *
 * To go on, sign the next token with `familyId`, `jti` (the record's `nextJti`) and `notAfter`; it is saved already.
 *
 * @returns null for whatever is not the live refresh token of a family that is in the store
 * @throws AuthError `ERR_AUTH_KEYS_UNAVAILABLE`
 * @throws GatewayAuthError `ERR_AUTH_STORE_UNAVAILABLE`
 */
export async function consumeRefreshToken(
  store: AuthStore,
  token: unknown,
  config: TokenConfig,
): Promise<ConsumedRefreshToken | null> {
  const claims = await verifyRefreshToken(token, config)
  if (claims === null) return null
  const { refreshTtlSeconds, accessTtlSeconds, clockToleranceSeconds } = tokenSettings(config)
  const stored = await store.findFamily(claims.familyId)
  if (stored === null) return null
  const now = Date.now()
  const state = tokenState(stored.value, claims, now, 0)
  if (state === 'over') return null
  if (state === 'live') {
    const next = succeedingFamily(stored.value, { jti: randomUUID(), now, refreshTtlSeconds, previous: null })
    if (await store.replaceFamily(next, stored.version)) {
      const { clientId, familyId, jti, endsAt, scope } = next
      const notAfter = Math.min(now + refreshTtlSeconds * 1000, endsAt)
      return { hostId: claims.hostId, clientId, familyId, nextJti: jti, notAfter, scope }
    }
  }
  // Used before, or by somebody else at this moment.
  await endFamily(
    store,
    claims.familyId,
    accessLifeMs(accessTtlSeconds, clockToleranceSeconds),
    () => undefined,
  )
  return null
}
