import type { ColumnBaseConfig, ColumnDataType } from 'drizzle-orm'
import { bigint, type PgColumn, type PgTableWithColumns, pgTable, text } from 'drizzle-orm/pg-core'
import type { Revocation } from '../revocation/revocation.ts'

type Column<TableName extends string, Data> = PgColumn<
  ColumnBaseConfig<ColumnDataType, string> & {
    tableName: TableName
    data: Data
    notNull: true
    hasDefault: false
    generated: undefined
    identity: undefined
  }
>

/** Said in words, because declarations must not depend on what a call infers. */
type Table<Name extends string, Columns> = PgTableWithColumns<{
  name: Name
  schema: undefined
  columns: { [K in keyof Columns]: Column<Name, Columns[K]> }
  dialect: 'pg'
}>

/*
 * Records are JSON in `text` columns: `jsonb` cannot hold NUL. The columns beside them are what statements compare. Keys
 * of untrusted text are digests.
 */

export const clients: Table<
  'portcullis_auth_clients',
  { clientId: string; namespaceId: string; record: string; version: string }
> = pgTable('portcullis_auth_clients', {
  clientId: text('client_id').primaryKey(),
  namespaceId: text('namespace_id').notNull(),
  record: text('record').notNull(),
  version: text('version').notNull(),
})

export const families: Table<
  'portcullis_auth_families',
  { familyId: string; record: string; version: string; expiresAt: number }
> = pgTable('portcullis_auth_families', {
  familyId: text('family_id').primaryKey(),
  record: text('record').notNull(),
  version: text('version').notNull(),
  expiresAt: bigint('expires_at', { mode: 'number' }).notNull(),
})

export const revocations: Table<
  'portcullis_auth_revocations',
  { key: string; kind: Revocation['kind']; id: string; at: number; expiresAt: number; writtenBy: bigint }
> = pgTable('portcullis_auth_revocations', {
  key: text('key').primaryKey(),
  kind: text('kind', { enum: ['client', 'family', 'token'] }).notNull(),
  /** A JSON string. */
  id: text('id').notNull(),
  at: bigint('at', { mode: 'number' }).notNull(),
  expiresAt: bigint('expires_at', { mode: 'number' }).notNull(),
  /** The transaction that wrote it last. */
  writtenBy: bigint('written_by', { mode: 'bigint' }).notNull(),
})

export const claims: Table<'portcullis_auth_claims', { key: string; expiresAt: number }> = pgTable(
  'portcullis_auth_claims',
  {
    key: text('key').primaryKey(),
    expiresAt: bigint('expires_at', { mode: 'number' }).notNull(),
  },
)

export const rateWindows: Table<
  'portcullis_auth_rate_windows',
  { key: string; count: number; expiresAt: number }
> = pgTable('portcullis_auth_rate_windows', {
  key: text('key').primaryKey(),
  count: bigint('count', { mode: 'number' }).notNull(),
  expiresAt: bigint('expires_at', { mode: 'number' }).notNull(),
})
