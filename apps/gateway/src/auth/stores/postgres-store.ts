import { createPostgresStore } from '@portcullis/gateway-auth/postgres'
import { drizzle } from 'drizzle-orm/node-postgres'
import type { FastifyBaseLogger } from 'fastify'
import { Pool } from 'pg'
import type { Environment } from '../../environment/environment.ts'
import type { OpenedStore } from './open-store.ts'

const CONNECT_TIMEOUT_MS = 3000
const STATEMENT_TIMEOUT_MS = 5000
const MAX_CONNECTIONS = 10

/** A store in the PostgreSQL of `AUTH_DATABASE_URL`. */
export function openPostgresStore(env: Environment, logger: FastifyBaseLogger): OpenedStore {
  const pool = new Pool({
    connectionString: env.AUTH_DATABASE_URL,
    max: MAX_CONNECTIONS,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    query_timeout: STATEMENT_TIMEOUT_MS,
    application_name: 'portcullis-gateway',
  })
  // Without a listener the loss of an idle connection ends the process.
  pool.on('error', (error) => logger.warn({ err: error }, 'a database connection was lost'))
  const store = createPostgresStore({ db: drizzle(pool) })
  return {
    store,
    close: async () => {
      await store.close()
      await pool.end()
    },
  }
}
