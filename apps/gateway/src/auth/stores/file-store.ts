import { join } from 'node:path'
import { createMemoryStore } from '@portcullis/gateway-auth'
import { createLevelStore } from '@portcullis/gateway-auth/level'
import type { FastifyBaseLogger } from 'fastify'
import type { Environment } from '../../environment/environment.ts'
import type { OpenedStore } from './open-store.ts'

/**
 * A store in `DATA_DIR`. A second gateway on one machine finds the default directory taken: in development it goes on
 * without, rather than not at all.
 */
export async function openFileStore(env: Environment, logger: FastifyBaseLogger): Promise<OpenedStore> {
  const directory = join(env.DATA_DIR, 'auth')
  const store = createLevelStore({ directory })
  try {
    await store.start()
    return { store, close: () => store.close() }
  } catch (error) {
    if (env.production || env.isDataDirChosen) throw error
    logger.warn({ directory, err: error }, 'machine clients are kept in memory: the directory cannot be used')
    const memory = createMemoryStore()
    return { store: memory, close: () => memory.close() }
  }
}
