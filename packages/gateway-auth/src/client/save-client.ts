import { GatewayAuthError } from '../errors.ts'
import type { AuthStore, ClientLimits } from '../store/auth-store.ts'
import type { ClientRecord } from './client-record.ts'

/** Limits of a caller that names none. */
const DEFAULT_CLIENT_LIMITS: ClientLimits = Object.freeze({
  maxPerNamespace: 1000,
  maxClients: 100_000,
})

/**
 * Saves a new client.
 *
 * @param limits - most clients per namespace (default 1000) and at all (default 100000)
 * @returns false when its id is taken
 * @throws GatewayAuthError `ERR_NAMESPACE_FULL`, `ERR_AUTH_STORE_FULL`, `ERR_AUTH_STORE_UNAVAILABLE`
 */
export async function saveClient(
  store: AuthStore,
  record: ClientRecord,
  limits: ClientLimits = DEFAULT_CLIENT_LIMITS,
): Promise<boolean> {
  const result = await store.insertClient(record, limits)
  if (result === 'namespace_full') {
    throw new GatewayAuthError('ERR_NAMESPACE_FULL', 'the namespace has as many clients as it may have')
  }
  if (result === 'store_full') {
    throw new GatewayAuthError('ERR_AUTH_STORE_FULL', 'there are as many clients as there may be', {
      retryAfterSeconds: 60,
    })
  }
  return result === 'inserted'
}
