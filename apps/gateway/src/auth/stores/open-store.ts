import type { AuthStore } from '@portcullis/gateway-auth'
import { createMemoryStore } from '@portcullis/gateway-auth'
import type { FastifyBaseLogger } from 'fastify'
import type { Environment } from '../../environment/environment.ts'
import { openFileStore } from './file-store.ts'
import { openNatsStore } from './nats-store.ts'
import { openPostgresStore } from './postgres-store.ts'

/** A store, with what it works on. */
export interface OpenedStore {
  readonly store: AuthStore
  /** Closes the store and the connections under it. */
  readonly close: () => Promise<void>
}

/** The store of machine clients that the environment asks for. */
export async function openStore(env: Environment, logger: FastifyBaseLogger): Promise<OpenedStore> {
  if (env.AUTH_STORE === 'postgres') return openPostgresStore(env, logger)
  if (env.AUTH_STORE === 'nats') return openNatsStore(env)
  if (env.AUTH_STORE === 'file') return openFileStore(env, logger)
  const store = createMemoryStore()
  return { store, close: () => store.close() }
}
