import type { AuthStore } from '../store/auth-store.ts'
import type { HasherOptions } from './build-client-record.ts'
import type { ClientRecord } from './client-record.ts'
import { getClient } from './get-client.ts'
import { sharedHasher } from './shared-hasher.ts'

/**
 * The client with this id and secret. Null when there is none, when the secret is wrong, and when the client is disabled:
 * all three cost one comparison and look alike.
 *
 * @throws AuthError `ERR_AUTH_SECRET_INVALID` for a secret that cannot be one, `ERR_AUTH_HASHING_BUSY`,
 *   `ERR_AUTH_HASHING_UNAVAILABLE`
 * @throws GatewayAuthError `ERR_AUTH_STORE_UNAVAILABLE`
 */
export async function verifyClientSecret(
  store: AuthStore,
  clientId: string,
  secret: string,
  { hasher = sharedHasher() }: HasherOptions = {},
): Promise<ClientRecord | null> {
  const client = await getClient(store, clientId)
  const isRight = await hasher.verify(secret, client?.secretHash ?? null)
  return isRight && client?.disabledAt === null ? client : null
}
