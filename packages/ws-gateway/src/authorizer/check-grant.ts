import type { Grant } from './authorizer.ts'
import { isInstant, readGrant } from './parse-grant.ts'

/**
 * Takes what an authorizer of this process answered, and nothing else that it may hold.
 *
 * @throws TypeError when it is no grant: a session that would never end by mistake is not opened
 */
export function checkGrant(value: unknown): Grant {
  const grant = readGrant(value)
  if (!grant) throw new TypeError('the authorizer gave something that is no grant')
  const { expiresAtMs, isRevoked } = value as Grant
  if (expiresAtMs !== undefined && !isInstant(expiresAtMs)) {
    throw new TypeError('the authorizer gave an "expiresAtMs" that is no time in milliseconds')
  }
  if (isRevoked === undefined) return { ...grant, expiresAtMs }
  if (typeof isRevoked !== 'function') {
    throw new TypeError('the authorizer gave an "isRevoked" that is no function')
  }
  return { ...grant, expiresAtMs, isRevoked: () => isRevoked.call(value) }
}
