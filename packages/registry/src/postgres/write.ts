import { sql } from 'drizzle-orm'
import type { Change, RegistryChange } from '../management/managed-store.ts'
import { assertChange } from '../management/inputs.ts'
import type { ChangeAction, ProjectRecord, WorkspaceRecord } from '../management/records.ts'
import type { Ask } from './ask-database.ts'
import type { RegistryDatabase } from './registry-database.ts'
import { auditLog } from './tables.ts'

/** Longest wait for another change. */
const LOCK_TIMEOUT = '5s'

/** What was done, with what the audit log and the listeners are told. */
export interface Done {
  readonly action: ChangeAction
  readonly workspaceId: string
  readonly projectId: string | null
  readonly before: WorkspaceRecord | ProjectRecord | null
  readonly after: WorkspaceRecord | ProjectRecord | null
  readonly isAuthChanged: boolean
}

/** A transaction in which nobody else changes anything. */
export interface Writing {
  readonly tx: RegistryDatabase
  /** The time of the change, milliseconds since the epoch. */
  readonly now: number
  /** Writes the audit entry. */
  record(done: Done): Promise<void>
}

/** Runs changes one at a time, over all processes. */
export type Write = <T>(change: Change, run: (writing: Writing) => Promise<T>) => Promise<T>

/**
 * One change after the other: that a host is free, or that no other project trusts a secret, is true until it is committed.
 * Changes are made by people; reading does not wait for them.
 *
 * @param onDone - called after the commit, once for each audit entry
 */
export function writer(ask: Ask, db: RegistryDatabase, onDone: (change: RegistryChange) => void): Write {
  return async (change, run) => {
    assertChange(change)
    const { actor, requestId = null } = change
    const done: Done[] = []
    const result = await ask(() =>
      db.transaction(
        async (tx) => {
          await tx.execute(sql`SELECT set_config('lock_timeout', ${LOCK_TIMEOUT}, true)`)
          await tx.execute(sql`SELECT pg_advisory_xact_lock(hashtext('portcullis_registry_changes'))`)
          const now = Date.now()
          return run({
            tx,
            now,
            async record(one) {
              const { action, workspaceId, projectId, before, after } = one
              await tx.insert(auditLog).values({
                // Under the lock, so that entries are numbered in the order of their commits.
                entryId: sql`(SELECT coalesce(max(entry_id), 0) + 1 FROM ${auditLog})`,
                at: now,
                actor,
                requestId,
                action,
                workspaceId,
                projectId,
                before: before && JSON.stringify(before),
                after: after && JSON.stringify(after),
              })
              done.push(one)
            },
          })
        },
        // What is read under the lock must be what was committed before it was given.
        { isolationLevel: 'read committed' },
      ),
    )
    for (const one of done) onDone(changeOf(one))
    return result
  }
}

function changeOf({ action, workspaceId, projectId, before, after, isAuthChanged }: Done): RegistryChange {
  const hosts = new Set<string>()
  for (const record of [before, after]) {
    for (const host of (record as ProjectRecord | null)?.hosts ?? []) hosts.add(host)
  }
  return Object.freeze({ action, workspaceId, projectId, hosts: [...hosts], isAuthChanged })
}
