import { sql } from 'drizzle-orm'
import type { RegistryDatabase } from '../registry-database.ts'
import { tables } from './0001-tables.ts'
import { access } from './0002-access.ts'
import { firstEntry } from './0003-first-entry.ts'

/** In order; one that was released is never changed. */
const MIGRATIONS: readonly (readonly string[])[] = [tables, access, firstEntry]

/**
 * Brings the tables to this version. Processes that start at once do it one after the other, and all but the first find
 * it done; one that fails leaves nothing behind. As strings and not as files: they must reach those who bundle.
 *
 * One statement, and not a transaction of the driver: `pg` ends the process when a connection is cut between two
 * statements of a transaction.
 *
 * @throws Error when the tables are of a later version than this one
 */
export async function migrate(db: RegistryDatabase): Promise<void> {
  await db.execute(sql.raw(MIGRATE))
}

// `CREATE TABLE IF NOT EXISTS` would need the right to create also where the table is there.
const MIGRATE = `DO $migrate$
  DECLARE
    last_applied bigint;
  BEGIN
    PERFORM set_config('lock_timeout', '30s', true);
    PERFORM pg_advisory_xact_lock(hashtext('portcullis_registry_migrations'));
    IF NOT EXISTS (
      SELECT FROM pg_tables WHERE schemaname = current_schema() AND tablename = 'portcullis_registry_migrations'
    ) THEN
      CREATE TABLE portcullis_registry_migrations (version bigint PRIMARY KEY, applied_at bigint NOT NULL);
    END IF;
    SELECT coalesce(max(version), 0) INTO last_applied FROM portcullis_registry_migrations;
    IF last_applied > ${MIGRATIONS.length} THEN
      RAISE EXCEPTION 'the registry tables are of version %, and this package knows ${MIGRATIONS.length}: it is older than the one that wrote them', last_applied;
    END IF;
${MIGRATIONS.map(migration).join('\n')}
  END
  $migrate$`

function migration(statements: readonly string[], index: number): string {
  return `    IF last_applied < ${index + 1} THEN
      ${statements.join(';\n')};
      INSERT INTO portcullis_registry_migrations VALUES (${index + 1}, extract(epoch FROM clock_timestamp()) * 1000);
    END IF;`
}
