import { drizzle } from 'drizzle-orm/node-postgres'
import type { FastifyBaseLogger } from 'fastify'
import { Pool } from 'pg'
import type { Environment } from '../environment.ts'
import type { OpenedDatabase } from './open-database.ts'
import { developmentKey } from './secret-keys.ts'

const CONNECT_TIMEOUT_MS = 3000
/** Longer than a change waits for the one before it. */
const STATEMENT_TIMEOUT_MS = 8000
const MAX_CONNECTIONS = 10

/** The PostgreSQL of `DATABASE_URL`. It need not be there yet. */
export async function openPostgres(env: Environment, logger: FastifyBaseLogger): Promise<OpenedDatabase> {
  const secretKeys = env.secretKeys ?? [await developmentKey(env.DATA_DIR)]
  const pool = new Pool({
    connectionString: env.DATABASE_URL,
    max: MAX_CONNECTIONS,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    query_timeout: STATEMENT_TIMEOUT_MS,
    application_name: 'portcullis-control-plane',
  })
  // Without listeners the loss of a connection ends the process: of an idle one, and of one in the middle of a change.
  pool.on('error', (error) => logger.warn({ err: error }, 'a database connection was lost'))
  pool.on('connect', (client) => client.on('error', () => undefined))
  return { db: drizzle(pool), secretKeys, close: () => pool.end() }
}
