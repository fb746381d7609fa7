import type { AuthStore } from '../store/auth-store.ts'
import { decodeRecord, encodeRecord } from '../store/record-codec.ts'
import {
  assertTime,
  assertWindow,
  digestKey,
  freezeFamily,
  isId,
  mergeRevocations,
  revocationKey,
} from '../store/record-rules.ts'
import { unlessChanged } from './ask-nats.ts'
import { ClientBucket } from './client-bucket.ts'
import { readEntry, writeEntry } from './entry.ts'
import { HitCounter } from './hit-counter.ts'
import { toToken } from './key-token.ts'
import { assertWithin, natsSettings, type NatsStoreOptions } from './options.ts'
import { RevocationWatch } from './revocation-watch.ts'
import { Session } from './session.ts'

/**
 * A store shared by every process that uses the same JetStream, in five key-value buckets that it makes when it starts.
 *
 * Entries end by the clock of the process that asks; the bucket removes them some time later. An end further ahead than
 * the bucket keeps entries is a `TypeError` that names the option. A bucket that is full refuses with
 * `ERR_AUTH_STORE_UNAVAILABLE`.
 *
 * @throws TypeError naming a wrong option
 */
export function createNatsStore(options: NatsStoreOptions): AuthStore {
  const settings = natsSettings(options)
  const session = new Session(options.connection, settings)
  const clients = new ClientBucket(session)
  const hits = new HitCounter(session)
  const watches = new Set<RevocationWatch>()

  async function close(): Promise<void> {
    session.close()
    const closing = [...watches]
    watches.clear()
    await Promise.all(closing.map((watch) => watch.close()))
  }

  const store: AuthStore = {
    isShared: true,
    // A bucket that was deleted and made anew has forgotten what the former one knew.
    get rememberedSince() {
      return session.startedWith?.buckets.families.createdAt ?? Infinity
    },
    maxFamilyMs: settings.maxFamilyMs,
    start: () => session.start(),
    insertClient: (client, limits) => clients.insert(client, limits),
    findClient: (clientId) => clients.find(clientId),
    replaceClient: async (client, version) => {
      const revision = toRevision(version)
      return revision === null ? false : clients.replace(client, revision)
    },
    deleteClient: (clientId) => clients.delete(clientId),
    listClients: (query) => clients.list(query),

    async insertFamily(family) {
      const copy = freezeFamily(family)
      const { familyId, expiresAt } = copy
      assertWithin('maxFamilyMs', expiresAt, settings.maxFamilyMs)
      const key = toToken(familyId)
      return session.retry(async ({ buckets }) => {
        const entry = await readEntry(buckets.families, key)
        if (entry !== null && decodeRecord('family', entry.text).expiresAt > Date.now()) return false
        return (await writeEntry(buckets.families, key, encodeRecord('family', copy), entry))
          ? true
          : undefined
      })
    },

    async findFamily(familyId) {
      if (!isId(familyId)) return null
      const entry = await session.ask(({ buckets }) => readEntry(buckets.families, toToken(familyId)))
      if (entry === null) return null
      const value = decodeRecord('family', entry.text)
      return value.expiresAt > Date.now() ? { value, version: String(entry.revision) } : null
    },

    async replaceFamily(family, version) {
      const copy = freezeFamily(family)
      const { familyId, expiresAt } = copy
      assertWithin('maxFamilyMs', expiresAt, settings.maxFamilyMs)
      const revision = toRevision(version)
      if (revision === null) return false
      const key = toToken(familyId)
      return session.ask(async ({ buckets }) => {
        const current = await readEntry(buckets.families, key)
        if (current?.revision !== revision) return false
        if (decodeRecord('family', current.text).expiresAt <= Date.now()) return false
        return writeEntry(buckets.families, key, encodeRecord('family', copy), current)
      })
    },

    async addRevocation(revocation) {
      const key = revocationKey(revocation)
      assertWithin('maxRevocationMs', revocation.expiresAt, settings.maxRevocationMs)
      await session.retry(async ({ buckets }) => {
        const entry = await readEntry(buckets.revocations, key)
        const stored = entry === null ? undefined : decodeRecord('revocation', entry.text)
        const text = encodeRecord('revocation', mergeRevocations(stored, revocation))
        return (await writeEntry(buckets.revocations, key, text, entry)) ? true : undefined
      })
    },

    async watchRevocations(onRevocation, onState) {
      const watch = new RevocationWatch(session, onRevocation, onState)
      watches.add(watch)
      const stop = async (): Promise<void> => {
        watches.delete(watch)
        await watch.close()
      }
      try {
        await watch.open()
      } catch (error) {
        await stop()
        throw error
      }
      return { close: stop }
    },

    async claim(key, expiresAt) {
      const digest = digestKey('key', key)
      assertTime('expiresAt', expiresAt)
      assertWithin('maxClaimMs', expiresAt, settings.maxClaimMs)
      const text = encodeRecord('claim', expiresAt)
      return session.ask(async ({ buckets }) => {
        if ((await unlessChanged(() => buckets.claims.kv.create(digest, text))) !== null) return true
        const entry = await readEntry(buckets.claims, digest)
        if (entry !== null && decodeRecord('claim', entry.text) > Date.now()) return false
        // Whoever was first with an entry that ended has it.
        return writeEntry(buckets.claims, digest, text, entry)
      })
    },

    async hit(key, windowMs) {
      const digest = digestKey('key', key)
      assertWindow(windowMs)
      if (windowMs > settings.maxWindowMs) {
        throw new TypeError(
          `"windowMs" is longer than the "maxWindowMs" option of the NATS store, ${settings.maxWindowMs} ms`,
        )
      }
      return hits.hit(digest, windowMs)
    },

    async peek(key) {
      const digest = digestKey('key', key)
      const entry = await session.ask(({ buckets }) => readEntry(buckets.rates, digest))
      if (entry === null) return null
      const window = decodeRecord('rate', entry.text)
      return window.resetsAt > Date.now() ? window : null
    },

    close,
    [Symbol.asyncDispose]: close,
  }
  return Object.freeze(store)
}

/** Null for what no version of this store looks like: it is not the current one. */
function toRevision(version: string): number | null {
  return /^[1-9]\d{0,14}$/.test(version) ? Number(version) : null
}
