import type { PgDatabase, PgQueryResultHKT } from 'drizzle-orm/pg-core'

/** A Drizzle database of any driver for PostgreSQL 13 or later, with any schema of yours. */
// oxlint-disable-next-line typescript/no-explicit-any -- invariant parameters: nothing else takes every schema
export type RegistryDatabase = PgDatabase<PgQueryResultHKT, any, any>
