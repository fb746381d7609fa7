import { AuthRecords } from './auth-records.ts'
import type { AuthStore } from './auth-store.ts'
import { RevocationWatchers } from './revocation-watchers.ts'
import { recordLimits, type RecordLimitOptions } from './store-settings.ts'

/** Options of {@link createMemoryStore}. */
export type MemoryStoreOptions = RecordLimitOptions

/**
 * A store of one process that forgets everything when the process ends. For tests and for trying things out.
 *
 * Full of live entries of one kind, it refuses further ones of that kind with `ERR_AUTH_STORE_UNAVAILABLE`: a live
 * entry is never dropped to make room. The number of clients is bounded by each insertion's own limits.
 *
 * @throws TypeError naming an option out of bounds
 */
export function createMemoryStore(options: MemoryStoreOptions = {}): AuthStore {
  const records = new AuthRecords(recordLimits(options))
  const watchers = new RevocationWatchers()
  const close = async (): Promise<void> => watchers.clear()
  return Object.freeze({
    isShared: false,
    // Of a process before this one it knows nothing.
    rememberedSince: Math.floor(Date.now() / 1000) * 1000,
    maxFamilyMs: Infinity,
    start: async () => undefined,
    insertClient: async (client, limits) => records.insertClient(client, limits),
    findClient: async (clientId) => records.findClient(clientId),
    replaceClient: async (client, version) => records.replaceClient(client, version),
    deleteClient: async (clientId) => records.deleteClient(clientId),
    listClients: async (query) => records.listClients(query),
    insertFamily: async (family) => records.insertFamily(family),
    findFamily: async (familyId) => records.findFamily(familyId),
    replaceFamily: async (family, version) => records.replaceFamily(family, version),
    addRevocation: async (revocation) => watchers.tell(records.addRevocation(revocation)),
    watchRevocations: async (onRevocation, onState) =>
      watchers.add(records.revocations(), onRevocation, onState),
    claim: async (key, expiresAt) => records.claim(key, expiresAt),
    hit: async (key, windowMs) => records.hit(key, windowMs),
    peek: async (key) => records.peek(key),
    close,
    [Symbol.asyncDispose]: close,
  } satisfies AuthStore)
}
