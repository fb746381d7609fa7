import { GatewayAuthError } from '../errors.ts'
import type { AuthStore } from '../store/auth-store.ts'
import type { Revocation } from '../revocation/revocation.ts'
import { writeFamily } from './find-family.ts'
import type { TokenFamily } from './token-family.ts'

/** More concurrent changes of one record than this are not waited for. */
export const MAX_ATTEMPTS = 8

/** What became of a family that was to be revoked. */
export interface FamilyRevocation {
  readonly family: TokenFamily
  /** Whether this call ended it; false when it was revoked before. */
  readonly isNew: boolean
}

/**
 * Ends a family: first its refresh token, then its access tokens. A failure between the two rejects, and the next call
 * makes up for it, also for a family revoked before.
 *
 * @param accessLifeMs - how long the revocation has to be kept: longer than any access token
 * @param unused - the family as it is while it has no record; null when it is not to get one
 * @returns null when there is no such family
 * @throws GatewayAuthError `ERR_AUTH_STORE_UNAVAILABLE`
 */
export async function endFamily(
  store: AuthStore,
  familyId: string,
  accessLifeMs: number,
  onRevocation: (revocation: Revocation) => void,
  unused: TokenFamily | null = null,
): Promise<FamilyRevocation | null> {
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
    const stored = await store.findFamily(familyId)
    const current = stored?.value ?? unused
    if (current === null) return null
    const isNew = current.revokedAt === null
    const at = current.revokedAt ?? Date.now()
    const family = { ...current, previous: null, revokedAt: at }
    if (isNew && !(await writeFamily(store, family, { version: stored?.version ?? null }))) continue
    const revocation: Revocation = { kind: 'family', id: familyId, at, expiresAt: at + accessLifeMs }
    if (revocation.expiresAt > Date.now()) {
      await store.addRevocation(revocation)
      onRevocation(revocation)
    }
    return { family, isNew }
  }
  throw contended()
}

/** The record changes faster than it can be replaced. */
export function contended(): GatewayAuthError {
  return new GatewayAuthError('ERR_AUTH_STORE_UNAVAILABLE', 'the record is being changed by others')
}
