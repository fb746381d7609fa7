export { createPostgresStore, type PostgresStoreOptions } from './postgres-store.ts'
export type { AuthDatabase } from './auth-database.ts'
