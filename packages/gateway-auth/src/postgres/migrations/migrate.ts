import { sql } from 'drizzle-orm'
import type { AuthDatabase } from '../auth-database.ts'
import { migrations } from '../tables.ts'
import { tables } from './0001-tables.ts'

/** In order; one that was released is never changed. */
const MIGRATIONS: readonly (readonly string[])[] = [tables]

const LOCK_TIMEOUT = '30s'

/**
 * Brings the tables to this version. Processes that start at once do it one after the other, and all but the first find
 * it done; one that fails leaves nothing behind. As strings and not as files: they must reach those who bundle.
 *
 * @throws Error when the tables are of a later version than this one
 */
export async function migrate(db: AuthDatabase): Promise<void> {
  await db.transaction(async (tx) => {
    await tx.execute(sql.raw(`SET LOCAL lock_timeout = '${LOCK_TIMEOUT}'`))
    // Of the transaction: a process that dies here holds up nobody.
    await tx.execute(sql`SELECT pg_advisory_xact_lock(hashtext('portcullis_auth_migrations'))`)
    await tx.execute(sql`CREATE TABLE IF NOT EXISTS portcullis_auth_migrations (
      version bigint PRIMARY KEY,
      applied_at bigint NOT NULL
    )`)
    const applied = await tx.select({ version: migrations.version }).from(migrations)
    const current = Math.max(0, ...applied.map((row) => row.version))
    if (current > MIGRATIONS.length) {
      throw new Error(
        `the auth tables are of version ${current}, and this package knows ${MIGRATIONS.length}: it is older than the one that wrote them`,
      )
    }
    for (const [index, statements] of MIGRATIONS.entries()) {
      const version = index + 1
      if (version <= current) continue
      for (const statement of statements) await tx.execute(sql.raw(statement))
      await tx.insert(migrations).values({ version, appliedAt: Date.now() })
    }
  })
}
