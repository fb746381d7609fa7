import type { Grant } from './authorizer.ts'
import { isInstant, readGrant, readLimits } from './parse-grant.ts'

/**
 * Takes what an authorizer of this process answered, and nothing else that it may hold.
 *
 * @throws TypeError when it is no grant: a session that would never end by mistake is not opened
 */
export function checkGrant(value: unknown): Grant {
  const grant = readGrant(value)
  if (!grant) throw new TypeError('the authorizer gave something that is no grant')
  const { expiresAtMs, isRevoked, revokedCode } = value as Grant
  const limits = readLimits((value as Grant).limits)
  if (limits === null) {
    throw new TypeError('the authorizer gave "limits" that are no whole numbers of at least 1')
  }
  if (expiresAtMs !== undefined && !isInstant(expiresAtMs)) {
    throw new TypeError('the authorizer gave an "expiresAtMs" that is no time in milliseconds')
  }
  if (isRevoked === undefined) return { ...grant, expiresAtMs, limits }
  if (typeof isRevoked !== 'function') {
    throw new TypeError('the authorizer gave an "isRevoked" that is no function')
  }
  if (revokedCode !== undefined && revokedCode !== 'token_revoked' && revokedCode !== 'grant_withdrawn') {
    throw new TypeError('the authorizer gave a "revokedCode" that is none')
  }
  return { ...grant, expiresAtMs, limits, revokedCode, isRevoked: () => isRevoked.call(value) }
}
