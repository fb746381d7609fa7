export { createPostgresStore, type PostgresStoreOptions } from './postgres-store.ts'
export type { RegistryDatabase } from './registry-database.ts'
export type {
  AuditLog,
  Change,
  ChangeOf,
  ManagedStore,
  NewProject,
  NewWorkspace,
  ProjectChanges,
  Projects,
  RegistryChange,
  Workspaces,
} from '../management/managed-store.ts'
export type {
  AuditEntry,
  ChangeAction,
  Page,
  PageRequest,
  ProjectAuthView,
  ProjectKey,
  ProjectRecord,
  SecretAuthView,
  SecretView,
  WorkspaceRecord,
} from '../management/records.ts'
export type { ChangedAuth } from '../project/project-schema.ts'
