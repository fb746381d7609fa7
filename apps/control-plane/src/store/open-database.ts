import type { RegistryDatabase } from '@portcullis/registry/postgres'
import type { FastifyBaseLogger } from 'fastify'
import type { Environment } from '../environment.ts'
import { openDirectory } from './directory-database.ts'
import { openPostgres } from './postgres-database.ts'

/** A database, with what it needs. */
export interface OpenedDatabase {
  readonly db: RegistryDatabase
  /** What secrets are encrypted with. */
  readonly secretKeys: readonly Uint8Array[]
  readonly close: () => Promise<void>
}

/** The database that the environment asks for. */
export async function openDatabase(env: Environment, logger: FastifyBaseLogger): Promise<OpenedDatabase> {
  return env.DATABASE_URL === undefined ? openDirectory(env, logger) : openPostgres(env, logger)
}
