import { randomBytes } from 'node:crypto'
import { and, asc, eq, gt, lte, sql } from 'drizzle-orm'
import { GatewayAuthError } from '../errors.ts'
import type { AuthStore, InsertClientResult, RateWindow, StoreSubscription } from '../store/auth-store.ts'
import { decodeRecord, encodeRecord } from '../store/record-codec.ts'
import {
  assertLimits,
  assertPageSize,
  assertTime,
  assertWindow,
  digestKey,
  freezeClient,
  freezeFamily,
  isId,
  revocationKey,
} from '../store/record-rules.ts'
import { wholeNumber } from '../store/store-settings.ts'
import { askDatabase } from './ask-database.ts'
import type { AuthDatabase } from './auth-database.ts'
import { migrate } from './migrations/migrate.ts'
import { watchRevocations } from './revocation-watch.ts'
import { sweepEvery } from './sweep.ts'
import { claims, clients, families, rateWindows, revocations } from './tables.ts'

/** Options of {@link createPostgresStore}. */
export interface PostgresStoreOptions {
  /**
   * A Drizzle database over a pool of yours, of PostgreSQL 13 or later: `drizzle-orm/node-postgres`,
   * `drizzle-orm/postgres-js` or `drizzle-orm/pglite`. Its timeouts are the longest this store waits.
   */
  db: AuthDatabase
  /** How often revocations of other processes are looked for, milliseconds. @defaultValue 250 */
  pollIntervalMs?: number | undefined
  /** How often rows that ended are removed, milliseconds. @defaultValue 60_000 */
  sweepIntervalMs?: number | undefined
}

const LONGEST_TIMER_MS = 2_147_483_647

/**
 * A store shared by every process that uses the same database. It makes and migrates its own tables, whose names begin
 * with `portcullis_auth_`, when it starts. Closing it leaves the database open: that is yours.
 *
 * @throws TypeError naming a wrong option
 */
export function createPostgresStore(options: PostgresStoreOptions): AuthStore {
  const { db } = options
  if (typeof (db as { execute?: unknown } | undefined)?.execute !== 'function') {
    throw new TypeError('"db" option must be a Drizzle database')
  }
  const pollIntervalMs = wholeNumber('pollIntervalMs', options.pollIntervalMs, 250, LONGEST_TIMER_MS)
  const sweepIntervalMs = wholeNumber('sweepIntervalMs', options.sweepIntervalMs, 60_000, LONGEST_TIMER_MS)
  const watches = new Set<StoreSubscription>()
  let starting: Promise<void> | undefined
  let stopSweeping = (): void => undefined
  let isClosed = false

  /** Every statement of the store goes through here. */
  const ask = <T>(statement: () => PromiseLike<T>): Promise<T> => {
    if (isClosed) {
      return Promise.reject(new GatewayAuthError('ERR_AUTH_STORE_UNAVAILABLE', 'the store is closed'))
    }
    return askDatabase(statement)
  }

  async function start(): Promise<void> {
    starting ??= ask(() => migrate(db)).then(() => {
      if (!isClosed) stopSweeping = sweepEvery(db, sweepIntervalMs)
    })
    try {
      await starting
    } catch (error) {
      starting = undefined
      throw error
    }
  }

  async function close(): Promise<void> {
    isClosed = true
    stopSweeping()
    const closing = [...watches]
    watches.clear()
    await Promise.all(closing.map((watch) => watch.close()))
  }

  const store: AuthStore = {
    isShared: true,
    rememberedSince: 0,
    maxFamilyMs: Infinity,
    start,

    async insertClient(client, limits) {
      const copy = freezeClient(client)
      assertLimits(limits)
      const { clientId, namespaceId } = copy
      const record = encodeRecord('client', copy)
      const inserted = sql<InsertClientResult>`portcullis_auth_insert_client(${clientId}, ${namespaceId}, ${record},
        ${newVersion()}, ${limits.maxPerNamespace}, ${limits.maxClients})`
      const rows = await ask(() => db.select({ result: inserted }).from(sql`(SELECT 1) AS one`))
      return (rows[0] as { result: InsertClientResult }).result
    },

    async findClient(clientId) {
      if (!isId(clientId)) return null
      const [row] = await ask(() => db.select().from(clients).where(eq(clients.clientId, clientId)))
      return row === undefined ? null : { value: decodeRecord('client', row.record), version: row.version }
    },

    async replaceClient(client, version) {
      const copy = freezeClient(client)
      if (!isId(version)) return false
      const replaced = await ask(() =>
        db
          .update(clients)
          .set({ record: encodeRecord('client', copy), version: newVersion() })
          .where(
            and(
              eq(clients.clientId, copy.clientId),
              eq(clients.namespaceId, copy.namespaceId),
              eq(clients.version, version),
            ),
          )
          .returning({ id: clients.clientId }),
      )
      return replaced.length > 0
    },

    async deleteClient(clientId) {
      if (!isId(clientId)) return false
      const deleted = await ask(() =>
        db.delete(clients).where(eq(clients.clientId, clientId)).returning({ id: clients.clientId }),
      )
      return deleted.length > 0
    },

    async listClients({ namespaceId, after, limit }) {
      assertPageSize(limit)
      const cannotMatch = [namespaceId, after ?? undefined].some((id) => id !== undefined && !isId(id))
      if (cannotMatch) return { clients: [], next: null }
      const rows = await ask(() =>
        db
          .select({ record: clients.record })
          .from(clients)
          .where(
            and(
              namespaceId === undefined ? undefined : eq(clients.namespaceId, namespaceId),
              after === undefined || after === null ? undefined : gt(clients.clientId, after),
            ),
          )
          .orderBy(asc(clients.clientId))
          .limit(limit + 1),
      )
      const page = rows.slice(0, limit).map((row) => decodeRecord('client', row.record))
      return { clients: page, next: rows.length > limit ? (page.at(-1)?.clientId ?? null) : null }
    },

    async insertFamily(family) {
      const copy = freezeFamily(family)
      const { familyId, expiresAt } = copy
      const row = { record: encodeRecord('family', copy), version: newVersion(), expiresAt }
      const inserted = await ask(() =>
        db
          .insert(families)
          .values({ familyId, ...row })
          .onConflictDoUpdate({
            target: families.familyId,
            set: row,
            setWhere: lte(families.expiresAt, Date.now()),
          })
          .returning({ id: families.familyId }),
      )
      return inserted.length > 0
    },

    async findFamily(familyId) {
      if (!isId(familyId)) return null
      const [row] = await ask(() =>
        db
          .select()
          .from(families)
          .where(and(eq(families.familyId, familyId), gt(families.expiresAt, Date.now()))),
      )
      return row === undefined ? null : { value: decodeRecord('family', row.record), version: row.version }
    },

    async replaceFamily(family, version) {
      const copy = freezeFamily(family)
      const { familyId, expiresAt } = copy
      if (!isId(version)) return false
      const replaced = await ask(() =>
        db
          .update(families)
          .set({ record: encodeRecord('family', copy), version: newVersion(), expiresAt })
          .where(
            and(
              eq(families.familyId, familyId),
              eq(families.version, version),
              gt(families.expiresAt, Date.now()),
            ),
          )
          .returning({ id: families.familyId }),
      )
      return replaced.length > 0
    },

    async addRevocation(revocation) {
      const key = revocationKey(revocation)
      const { kind, at, expiresAt } = revocation
      const writtenBy = sql`pg_current_xact_id()::text::bigint`
      await ask(() =>
        db
          .insert(revocations)
          .values({ key, kind, id: JSON.stringify(revocation.id), at, expiresAt, writtenBy })
          .onConflictDoUpdate({
            target: revocations.key,
            set: {
              at: sql`greatest(${revocations.at}, excluded.at)`,
              expiresAt: sql`greatest(${revocations.expiresAt}, excluded.expires_at)`,
              writtenBy,
            },
          }),
      )
    },

    async watchRevocations(onRevocation, onState) {
      const watch = await ask(() => watchRevocations({ db, pollIntervalMs, onRevocation, onState }))
      if (isClosed) await watch.close()
      else watches.add(watch)
      return {
        close: async () => {
          watches.delete(watch)
          await watch.close()
        },
      }
    },

    async claim(key, expiresAt) {
      const digest = digestKey('key', key)
      assertTime('expiresAt', expiresAt)
      const claimed = await ask(() =>
        db
          .insert(claims)
          .values({ key: digest, expiresAt })
          .onConflictDoUpdate({
            target: claims.key,
            set: { expiresAt },
            setWhere: lte(claims.expiresAt, Date.now()),
          })
          .returning({ key: claims.key }),
      )
      return claimed.length > 0
    },

    async hit(key, windowMs) {
      const digest = digestKey('key', key)
      assertWindow(windowMs)
      const now = Date.now()
      const hasEnded = lte(rateWindows.expiresAt, now)
      const rows = await ask(() =>
        db
          .insert(rateWindows)
          .values({ key: digest, count: 1, expiresAt: now + windowMs })
          .onConflictDoUpdate({
            target: rateWindows.key,
            set: {
              count: sql`CASE WHEN ${hasEnded} THEN 1 ELSE ${rateWindows.count} + 1 END`,
              expiresAt: sql`CASE WHEN ${hasEnded} THEN excluded.expires_at ELSE ${rateWindows.expiresAt} END`,
            },
          })
          .returning({ count: rateWindows.count, resetsAt: rateWindows.expiresAt }),
      )
      return rows[0] as RateWindow
    },

    async peek(key) {
      const digest = digestKey('key', key)
      const [row] = await ask(() =>
        db
          .select({ count: rateWindows.count, resetsAt: rateWindows.expiresAt })
          .from(rateWindows)
          .where(and(eq(rateWindows.key, digest), gt(rateWindows.expiresAt, Date.now()))),
      )
      return row ?? null
    },

    close,
    [Symbol.asyncDispose]: close,
  }
  return Object.freeze(store)
}

function newVersion(): string {
  return randomBytes(12).toString('base64url')
}
