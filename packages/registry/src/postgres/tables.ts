import type { ColumnBaseConfig, ColumnDataType } from 'drizzle-orm'
import { bigint, integer, type PgColumn, type PgTableWithColumns, pgTable, text } from 'drizzle-orm/pg-core'
import type { RegistryChangeKind } from '../management/managed-store.ts'
import type { ChangeAction, Role } from '../management/records.ts'

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
  {
    workspaceId: string
    name: string
    version: string
    createdAt: number
    updatedAt: number
    firstEntry: number
  }
> = pgTable('portcullis_registry_workspaces', {
  workspaceId: text('workspace_id').primaryKey(),
  name: text('name').notNull(),
  version: text('version').notNull(),
  createdAt: bigint('created_at', { mode: 'number' }).notNull(),
  updatedAt: bigint('updated_at', { mode: 'number' }).notNull(),
  /** Of the audit log: that it was created. */
  firstEntry: bigint('first_entry', { mode: 'number' }).notNull(),
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
    workspaceId: string | null
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
  workspaceId: text('workspace_id'),
  projectId: text('project_id'),
  before: text('before'),
  after: text('after'),
})

export const members: Table<
  'portcullis_registry_members',
  {
    memberId: string
    workspaceId: string | null
    subject: string
    role: Role
    name: string
    version: string
    createdAt: number
    updatedAt: number
  }
> = pgTable('portcullis_registry_members', {
  memberId: text('member_id').primaryKey(),
  /** Null of operators. */
  workspaceId: text('workspace_id'),
  subject: text('subject').notNull(),
  role: text('role').$type<Role>().notNull(),
  name: text('name').notNull(),
  version: text('version').notNull(),
  createdAt: bigint('created_at', { mode: 'number' }).notNull(),
  updatedAt: bigint('updated_at', { mode: 'number' }).notNull(),
})

export const apiKeys: Table<
  'portcullis_registry_api_keys',
  {
    keyId: string
    workspaceId: string | null
    name: string
    role: Role
    digest: string
    version: string
    expiresAt: number | null
    lastUsedAt: number | null
    createdAt: number
    updatedAt: number
  }
> = pgTable('portcullis_registry_api_keys', {
  keyId: text('key_id').primaryKey(),
  /** Null of operators. */
  workspaceId: text('workspace_id'),
  name: text('name').notNull(),
  role: text('role').$type<Role>().notNull(),
  /** Of the whole key. */
  digest: text('digest').notNull(),
  version: text('version').notNull(),
  expiresAt: bigint('expires_at', { mode: 'number' }),
  lastUsedAt: bigint('last_used_at', { mode: 'number' }),
  createdAt: bigint('created_at', { mode: 'number' }).notNull(),
  updatedAt: bigint('updated_at', { mode: 'number' }).notNull(),
})

export const consoleSessions: Table<
  'portcullis_registry_console_sessions',
  {
    digest: string
    owner: string
    keyId: string | null
    keyVersion: string | null
    person: string | null
    createdAt: number
    expiresAt: number
  }
> = pgTable('portcullis_registry_console_sessions', {
  digest: text('digest').primaryKey(),
  /** Whose they are, to count them. */
  owner: text('owner').notNull(),
  /** Of the API key that opened it; it is good for this version of the key. */
  keyId: text('key_id'),
  keyVersion: text('key_version'),
  person: text('person'),
  createdAt: bigint('created_at', { mode: 'number' }).notNull(),
  expiresAt: bigint('expires_at', { mode: 'number' }).notNull(),
})

export const blockedUsers: Table<
  'portcullis_registry_blocked_users',
  {
    workspaceId: string
    projectId: string
    digest: string
    userId: string
    reason: string | null
    createdAt: number
  }
> = pgTable('portcullis_registry_blocked_users', {
  workspaceId: text('workspace_id').notNull(),
  projectId: text('project_id').notNull(),
  digest: text('digest').notNull(),
  /** As JSON: what a token calls its subject may have characters that PostgreSQL cannot store. */
  userId: text('user_id').notNull(),
  reason: text('reason'),
  createdAt: bigint('created_at', { mode: 'number' }).notNull(),
})

export const idempotency: Table<
  'portcullis_registry_idempotency',
  {
    id: string
    scope: string
    fingerprint: string
    attempt: string
    response: string | null
    createdAt: number
    expiresAt: number
  }
> = pgTable('portcullis_registry_idempotency', {
  /** A digest of scope and key. */
  id: text('id').primaryKey(),
  /** A digest, as `fingerprint`. */
  scope: text('scope').notNull(),
  fingerprint: text('fingerprint').notNull(),
  attempt: text('attempt').notNull(),
  /** Sealed; null while the attempt is under way. */
  response: text('response'),
  createdAt: bigint('created_at', { mode: 'number' }).notNull(),
  expiresAt: bigint('expires_at', { mode: 'number' }).notNull(),
})

export const setupTokens: Table<
  'portcullis_registry_setup_tokens',
  { digest: string; createdAt: number; expiresAt: number }
> = pgTable('portcullis_registry_setup_tokens', {
  digest: text('digest').primaryKey(),
  createdAt: bigint('created_at', { mode: 'number' }).notNull(),
  expiresAt: bigint('expires_at', { mode: 'number' }).notNull(),
})

export const changes: Table<
  'portcullis_registry_changes',
  {
    sequence: number
    kind: RegistryChangeKind
    workspaceId: string
    projectId: string
    addedHosts: string
    userId: string | null
  }
> = pgTable('portcullis_registry_changes', {
  sequence: bigint('sequence', { mode: 'number' }).primaryKey(),
  kind: text('kind').$type<RegistryChangeKind>().notNull(),
  workspaceId: text('workspace_id').notNull(),
  projectId: text('project_id').notNull(),
  addedHosts: text('added_hosts').notNull(),
  /** As JSON, for the same reason as that of a blocked user. */
  userId: text('user_id'),
})
