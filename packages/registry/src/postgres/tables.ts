import type { ColumnBaseConfig, ColumnDataType } from 'drizzle-orm'
import { bigint, integer, type PgColumn, type PgTableWithColumns, pgTable, text } from 'drizzle-orm/pg-core'
import type { ChangeAction } from '../management/records.ts'

type Column<TableName extends string, Data> = PgColumn<
  ColumnBaseConfig<ColumnDataType, string> & {
    tableName: TableName
    data: NonNullable<Data>
    notNull: null extends Data ? false : true
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
 * What statements compare has a column; the rest is JSON in `text` columns, because `jsonb` cannot hold NUL. The constraints
 * are in the migrations.
 */

export const workspaces: Table<
  'portcullis_registry_workspaces',
  { workspaceId: string; name: string; version: string; createdAt: number; updatedAt: number }
> = pgTable('portcullis_registry_workspaces', {
  workspaceId: text('workspace_id').primaryKey(),
  name: text('name').notNull(),
  version: text('version').notNull(),
  createdAt: bigint('created_at', { mode: 'number' }).notNull(),
  updatedAt: bigint('updated_at', { mode: 'number' }).notNull(),
})

export const projects: Table<
  'portcullis_registry_projects',
  {
    workspaceId: string
    projectId: string
    name: string
    auth: string
    secrets: string
    limits: string
    authVersion: string
    version: string
    createdAt: number
    updatedAt: number
  }
> = pgTable('portcullis_registry_projects', {
  workspaceId: text('workspace_id').notNull(),
  projectId: text('project_id').notNull(),
  name: text('name').notNull(),
  /** Without secrets. */
  auth: text('auth').notNull(),
  /** A list of `StoredSecret`. */
  secrets: text('secrets').notNull(),
  limits: text('limits').notNull(),
  authVersion: text('auth_version').notNull(),
  version: text('version').notNull(),
  createdAt: bigint('created_at', { mode: 'number' }).notNull(),
  updatedAt: bigint('updated_at', { mode: 'number' }).notNull(),
})

export const hosts: Table<
  'portcullis_registry_hosts',
  { host: string; parent: string; workspaceId: string; projectId: string; position: number }
> = pgTable('portcullis_registry_hosts', {
  /** Normalised; a wildcard begins with `*.`. */
  host: text('host').primaryKey(),
  /** The host without its first label, empty where there is no more: what a wildcard and the hosts under it share. */
  parent: text('parent').notNull(),
  workspaceId: text('workspace_id').notNull(),
  projectId: text('project_id').notNull(),
  position: integer('position').notNull(),
})

export const anchors: Table<
  'portcullis_registry_anchors',
  { anchor: string; workspaceId: string; projectId: string }
> = pgTable('portcullis_registry_anchors', {
  /** A digest of what the project trusts. */
  anchor: text('anchor').notNull(),
  workspaceId: text('workspace_id').notNull(),
  projectId: text('project_id').notNull(),
})

export const auditLog: Table<
  'portcullis_registry_audit_log',
  {
    entryId: number
    at: number
    actor: string
    requestId: string | null
    action: ChangeAction
    workspaceId: string
    projectId: string | null
    before: string | null
    after: string | null
  }
> = pgTable('portcullis_registry_audit_log', {
  entryId: bigint('entry_id', { mode: 'number' }).primaryKey(),
  at: bigint('at', { mode: 'number' }).notNull(),
  actor: text('actor').notNull(),
  requestId: text('request_id'),
  action: text('action').$type<ChangeAction>().notNull(),
  workspaceId: text('workspace_id').notNull(),
  projectId: text('project_id'),
  before: text('before'),
  after: text('after'),
})
