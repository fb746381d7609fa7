import { integerOption } from '@portcullis/auth-core'
import { RegistryError } from '../errors.ts'
import type { ManagedStore, RegistryChange } from '../management/managed-store.ts'
import { newProjectSchema, readInput } from '../management/inputs.ts'
import { createSecretBox } from '../secret/secret-box.ts'
import { type Ask, askDatabase } from './ask-database.ts'
import { postgresApiKeys } from './api-keys.ts'
import { postgresAuditLog } from './audit-log.ts'
import { postgresBlockedUsers } from './blocked-users.ts'
import { postgresChanges } from './changes.ts'
import { cleanUp } from './clean-up.ts'
import { postgresConsoleSessions } from './console-sessions.ts'
import { postgresIdempotency } from './idempotency.ts'
import { postgresLookup } from './lookup.ts'
import { postgresMembers } from './members.ts'
import { migrate } from './migrations/migrate.ts'
import { insertProject, postgresProjects } from './projects.ts'
import type { RegistryDatabase } from './registry-database.ts'
import { resealSecrets } from './reseal.ts'
import { postgresSetup } from './setup.ts'
import { workspaces } from './tables.ts'
import { insertWorkspace, postgresWorkspaces } from './workspaces.ts'
import { writer } from './write.ts'

/** Options of {@link createPostgresStore}. */
export interface PostgresStoreOptions {
  /**
   * A Drizzle database over a pool of yours, of PostgreSQL 13 or later: `drizzle-orm/node-postgres`,
   * `drizzle-orm/postgres-js` or `drizzle-orm/pglite`. Its timeouts are the longest this store waits. Give each client of a
   * pool of `pg` a listener for `error`: a change is a transaction, and `pg` ends the process when the connection of one is cut
   * while nobody listens. A pooler between here and PostgreSQL has to know prepared statements, as PgBouncer does from 1.21 on.
   */
  db: RegistryDatabase
  /**
   * Keys of 32 bytes that secrets of projects are encrypted with: the first one encrypts, all of them decrypt. To rotate, put
   * the new one second in every process, then first, call `resealSecrets`, and drop the old one.
   */
  secretKeys: Uint8Array | readonly Uint8Array[]
  /** Called with what a listener of `onChange` throws. @defaultValue it is ignored */
  onListenerError?: ((error: unknown) => void) | undefined
  /** Age at which entries of the audit log are removed, milliseconds, integer of at least a day. @defaultValue they are kept for good */
  auditRetentionMs?: number | undefined
}

const DAY_MS = 24 * 60 * 60 * 1000

/**
 * A store in PostgreSQL, shared by every process that uses the same database. It makes and migrates its own tables, whose
 * names begin with `portcullis_registry_`, when it starts. Secrets are encrypted with AES-256-GCM, each bound to its place, and
 * are not to be read through the store.
 *
 * @throws TypeError naming a wrong option
 */
export function createPostgresStore(options: PostgresStoreOptions): ManagedStore {
  const { db, onListenerError } = options
  if (typeof (db as { transaction?: unknown } | undefined)?.transaction !== 'function') {
    throw new TypeError('"db" option must be a Drizzle database')
  }
  if (onListenerError !== undefined && typeof onListenerError !== 'function') {
    throw new TypeError('"onListenerError" option must be a function')
  }
  const auditRetentionMs =
    options.auditRetentionMs === undefined
      ? undefined
      : integerOption('auditRetentionMs', options.auditRetentionMs, DAY_MS, DAY_MS)
  const box = createSecretBox(options.secretKeys)
  const listeners = new Set<(change: RegistryChange) => void>()
  let isClosed = false

  const ask: Ask = (statement) => {
    if (isClosed) return Promise.reject(new RegistryError('ERR_REGISTRY_UNAVAILABLE', 'the store is closed'))
    return askDatabase(statement)
  }
  const write = writer(ask, db, {
    auditRetentionMs,
    onDone(change) {
      for (const listener of [...listeners]) {
        try {
          listener(change)
        } catch (error) {
          onListenerError?.(error)
        }
      }
    },
  })

  async function close(): Promise<void> {
    isClosed = true
    listeners.clear()
  }

  return Object.freeze({
    ...postgresLookup(db, ask, box),
    workspaces: postgresWorkspaces(db, ask, write),
    projects: postgresProjects(db, ask, write, box),
    blockedUsers: postgresBlockedUsers(db, ask, write),
    members: postgresMembers(db, ask, write),
    apiKeys: postgresApiKeys(db, ask, write),
    consoleSessions: postgresConsoleSessions(db, ask),
    setup: postgresSetup(db, ask, write),
    idempotency: postgresIdempotency(db, ask, box),
    auditLog: postgresAuditLog(db, ask, write),
    changes: postgresChanges(db, ask),
    start: () => ask(() => migrate(db)),

    async importProjects(projects, change) {
      const inputs = projects.map((project) => readInput(newProjectSchema, project))
      return write(change, async (writing) => {
        const [found] = await writing.tx.select({ id: workspaces.workspaceId }).from(workspaces).limit(1)
        if (found !== undefined) return false
        for (const workspaceId of new Set(inputs.map((input) => input.workspaceId))) {
          await insertWorkspace(writing, { workspaceId })
        }
        for (const input of inputs) await insertProject(writing, box, input)
        return true
      })
    },

    cleanUp: () => cleanUp(db, ask, auditRetentionMs),
    resealSecrets: () => resealSecrets(db, ask, box),

    onChange(listener) {
      if (typeof listener !== 'function') throw new TypeError('"listener" must be a function')
      const own = (change: RegistryChange): void => listener(change)
      listeners.add(own)
      return () => void listeners.delete(own)
    },

    close,
    [Symbol.asyncDispose]: close,
  } satisfies ManagedStore)
}
