import { and, lt, lte, type SQL, sql } from 'drizzle-orm'
import type { PgColumn, PgTable } from 'drizzle-orm/pg-core'
import type { CleanedUp } from '../management/managed-store.ts'
import type { Ask } from './ask-database.ts'
import type { RegistryDatabase } from './registry-database.ts'
import { auditLog, consoleSessions, idempotency, setupTokens } from './tables.ts'

/** Rows that one call removes besides what it is for. */
export const SWEEP = 100
const BATCH = 1000

/**
 * Removes some rows. Those that another transaction removes or changes are left to it: two clean-ups at once must not wait for
 * each other's rows in turn.
 *
 * @param keep - rows of the order that stay, counted from its beginning
 * @returns how many there were
 */
export async function removeSome(
  db: RegistryDatabase,
  table: PgTable,
  key: PgColumn,
  where: SQL | undefined,
  { limit, keep = 0, order = [] }: { limit: number; keep?: number; order?: readonly SQL[] },
): Promise<number> {
  const rows = db
    .select({ key })
    .from(table)
    .where(where)
    .orderBy(...order)
    .limit(limit)
    .offset(keep)
    .for('update', { skipLocked: true })
  // As an array, so that the rows are chosen once, whatever the plan.
  const chosen = sql`${key} = ANY(ARRAY(${rows}))`
  return (await db.delete(table).where(chosen).returning({ key })).length
}

/** Rows of a table that have expired. */
export function expired(
  table: typeof consoleSessions | typeof idempotency | typeof setupTokens,
  now: number,
): SQL {
  return lte(table.expiresAt as PgColumn, now)
}

/** Audit entries of before a time. The newest one stays, because the next one is numbered after it. */
export function entriesBefore(cutoff: number): SQL | undefined {
  return and(
    lt(auditLog.at, cutoff),
    lt(auditLog.entryId, sql`(SELECT max(newest.entry_id) FROM ${auditLog} AS newest)`),
  )
}

/** Removes all that has expired, a batch at a time. */
export async function cleanUp(
  db: RegistryDatabase,
  ask: Ask,
  auditRetentionMs: number | undefined,
): Promise<CleanedUp> {
  const now = Date.now()
  const removeAll = async (table: PgTable, key: PgColumn, where: SQL | undefined): Promise<number> => {
    let total = 0
    for (;;) {
      const removed = await ask(() => removeSome(db, table, key, where, { limit: BATCH }))
      total += removed
      if (removed < BATCH) return total
    }
  }
  return {
    consoleSessions: await removeAll(consoleSessions, consoleSessions.digest, expired(consoleSessions, now)),
    idempotencyKeys: await removeAll(idempotency, idempotency.id, expired(idempotency, now)),
    setupTokens: await removeAll(setupTokens, setupTokens.digest, expired(setupTokens, now)),
    auditEntries:
      auditRetentionMs === undefined
        ? 0
        : await removeAll(auditLog, auditLog.entryId, entriesBefore(now - auditRetentionMs)),
  }
}
