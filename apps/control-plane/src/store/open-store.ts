import { setTimeout as pause } from 'node:timers/promises'
import { RegistryError } from '@portcullis/registry'
import { createPostgresStore, type ManagedStore } from '@portcullis/registry/postgres'
import type { FastifyBaseLogger } from 'fastify'
import type { Environment } from '../environment.ts'
import { fillStore } from '../fill-store.ts'
import type { LoadedProjects } from '../projects.ts'
import { openDatabase } from './open-database.ts'

/** The store, with its life. */
export interface OpenedStore {
  readonly store: ManagedStore
  /** What secrets are encrypted with; keys for other purposes may be derived from it. */
  readonly secretKey: Uint8Array
  /** Whether it was reached once, and has the projects that it begins with. */
  isStarted(): boolean
  /** Resolves when it is; never when it is closed before. */
  readonly started: Promise<void>
  close(): Promise<void>
}

const DAY_MS = 86_400_000
const FIRST_RETRY_MS = 20
const LONGEST_RETRY_MS = 1000
/** How long a start waits for a database that is about to be there. */
const PATIENCE_MS = 1000

/**
 * Opens and starts the store. A database that is away does not end the process: it is tried again and again, and until then
 * gateways get 503.
 *
 * @throws whatever is no outage, such as tables of a later version
 */
export async function openStore(
  env: Environment,
  initial: LoadedProjects,
  logger: FastifyBaseLogger,
): Promise<OpenedStore> {
  const database = await openDatabase(env, logger)
  const store = createPostgresStore({
    db: database.db,
    secretKeys: database.secretKeys,
    auditRetentionMs: env.AUDIT_RETENTION_DAYS && env.AUDIT_RETENTION_DAYS * DAY_MS,
    onListenerError: (error) => logger.error({ err: error }, 'a listener failed'),
  })
  store.onChange((change) => logger.info(change, 'registry'))
  const stopped = new AbortController()
  let isStarted = false

  async function start(): Promise<void> {
    await store.start()
    await fillStore(store, initial, logger)
    if (database.secretKeys.length > 1) {
      const count = await store.resealSecrets()
      if (count > 0) logger.info({ count }, 'secrets are encrypted with the first key now')
    }
    isStarted = true
  }

  async function keepStarting(): Promise<void> {
    for (
      let waitMs = FIRST_RETRY_MS;
      !stopped.signal.aborted;
      waitMs = Math.min(waitMs * 2, LONGEST_RETRY_MS)
    ) {
      try {
        await start()
        return
      } catch (error) {
        if (stopped.signal.aborted) return
        if (!RegistryError.is(error) || error.code !== 'ERR_REGISTRY_UNAVAILABLE') throw error
        // Less than a second is what a connection takes.
        const level = waitMs === LONGEST_RETRY_MS ? 'warn' : 'debug'
        logger[level]({ err: error }, 'the database cannot be used; trying again')
        await pause(waitMs, undefined, { ref: false })
      }
    }
  }

  let announce = (): void => undefined
  const whenStarted = new Promise<void>((resolve) => {
    announce = resolve
  })
  const started = keepStarting().then(() => {
    if (isStarted) announce()
  })
  // With a timer that keeps the process alive: nothing listens yet.
  const isInTime = await Promise.race([started.then(() => true), pause(PATIENCE_MS, false)])
  // A database in this process takes no longer than its work.
  if (env.DATABASE_URL === undefined) await started
  // Later on nobody waits for it. What is no outage ends the process then as it would have at once.
  else if (!isInTime) void started.then(() => logger.info('the database is there'))
  return {
    store,
    secretKey: database.secretKeys[0] as Uint8Array,
    isStarted: () => isStarted,
    started: whenStarted,
    async close() {
      stopped.abort()
      await store.close()
      await database.close()
    },
  }
}
