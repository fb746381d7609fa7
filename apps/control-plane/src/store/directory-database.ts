import { randomBytes } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { PGlite } from '@electric-sql/pglite'
import { drizzle } from 'drizzle-orm/pglite'
import type { FastifyBaseLogger } from 'fastify'
import type { Environment } from '../environment.ts'
import { lockDirectory } from './directory-lock.ts'
import type { OpenedDatabase } from './open-database.ts'
import { developmentKey } from './secret-keys.ts'

/**
 * A PostgreSQL inside this process, in `DATA_DIR`. A second control plane on one machine finds the default directory taken: in
 * development it goes on in memory, rather than not at all.
 */
export async function openDirectory(env: Environment, logger: FastifyBaseLogger): Promise<OpenedDatabase> {
  const directory = env.DATA_DIR
  let unlock: (() => Promise<void>) | undefined
  try {
    await mkdir(directory, { recursive: true })
    unlock = await lockDirectory(join(directory, 'lock'))
    const secretKeys = env.secretKeys ?? [await developmentKey(directory)]
    return await open(secretKeys, join(directory, 'registry'), unlock)
  } catch (error) {
    await unlock?.()
    if (env.production || env.isDataDirChosen) throw error
    logger.warn({ directory, err: error }, 'projects are kept in memory: the directory cannot be used')
    return open(env.secretKeys ?? [randomBytes(32)])
  }
}

async function open(
  secretKeys: readonly Uint8Array[],
  dataDir?: string,
  unlock?: () => Promise<void>,
): Promise<OpenedDatabase> {
  const client = await PGlite.create(dataDir === undefined ? {} : { dataDir })
  return {
    db: drizzle(client),
    secretKeys,
    async close() {
      await client.close()
      await unlock?.()
    },
  }
}
