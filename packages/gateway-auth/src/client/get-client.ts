import type { AuthStore } from '../store/auth-store.ts'
import type { ClientRecord } from './client-record.ts'

/**
 * The record of a client, or null.
 *
 * @throws GatewayAuthError `ERR_AUTH_STORE_UNAVAILABLE`
 */
export async function getClient(store: AuthStore, clientId: string): Promise<ClientRecord | null> {
  const found = await store.findClient(clientId)
  return found?.value ?? null
}
