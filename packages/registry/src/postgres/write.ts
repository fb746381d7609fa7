import { lte, type SQL, sql } from 'drizzle-orm'
import { assertChange } from '../management/inputs.ts'
import type { Change, RegistryChange } from '../management/managed-store.ts'
import type { AuditedRecord, ChangeAction } from '../management/records.ts'
import type { Ask } from './ask-database.ts'
import { entriesBefore, removeSome, SWEEP } from './clean-up.ts'
import type { RegistryDatabase } from './registry-database.ts'
import { auditLog, changes } from './tables.ts'

/** Longest wait for another change. */
const LOCK_TIMEOUT = '5s'

/** Changes kept for gateways that missed some. */
const KEPT_CHANGES = 2000

/** The number of the next audit entry. Under the lock: so they are in the order of their commits. */
export const NEXT_ENTRY: SQL<number> = sql<number>`(SELECT coalesce(max(entry_id), 0) + 1 FROM ${auditLog})`

/** A change of a project as open sessions feel it, not yet numbered. */
export type Effect = Omit<RegistryChange, 'sequence'>

/** What was done, with what the audit log and the listeners are told. */
export interface Done {
  readonly action: ChangeAction
  readonly workspaceId: string | null
  readonly projectId: string | null
  readonly before: AuditedRecord | null
  readonly after: AuditedRecord | null
  /** @defaultValue none: open sessions feel nothing of it */
  readonly effects?: readonly Effect[]
}

/** A transaction in which nobody else changes anything. */
export interface Writing {
  readonly tx: RegistryDatabase
  /** The time of the change, milliseconds since the epoch. */
  readonly now: number
  /** Writes the audit entry, and what gateways are told. */
  record(done: Done): Promise<void>
}

/** Runs changes one at a time, over all processes. */
export type Write = <T>(change: Change, run: (writing: Writing) => Promise<T>) => Promise<T>

/** What {@link writer} is told besides. */
export interface WriterOptions {
  /** Called after the commit, once for each change that open sessions feel. */
  onDone(change: RegistryChange): void
  auditRetentionMs: number | undefined
}

/**
 * One change after the other: that a host is free, or that no other project trusts a secret, is true until it is committed.
 * Changes are made by people; reading does not wait for them.
 */
export function writer(ask: Ask, db: RegistryDatabase, { onDone, auditRetentionMs }: WriterOptions): Write {
  return async (change, run) => {
    assertChange(change)
    const { actor, requestId = null } = change
    const told: RegistryChange[] = []
    const result = await ask(() =>
      db.transaction(
        async (tx) => {
          await lockChanges(tx)
          const now = Date.now()
          const made = await run({
            tx,
            now,
            async record({ action, workspaceId, projectId, before, after, effects = [] }) {
              await tx.insert(auditLog).values({
                entryId: NEXT_ENTRY,
                at: now,
                actor,
                requestId,
                action,
                workspaceId,
                projectId,
                before: before && JSON.stringify(before),
                after: after && JSON.stringify(after),
              })
              for (const effect of effects) told.push(await insertChange(tx, effect))
            },
          })
          if (auditRetentionMs !== undefined) {
            const where = entriesBefore(now - auditRetentionMs)
            await removeSome(tx, auditLog, auditLog.entryId, where, { limit: SWEEP })
          }
          return made
        },
        // What is read under the lock must be what was committed before it was given.
        { isolationLevel: 'read committed' },
      ),
    )
    for (const one of told) onDone(one)
    return result
  }
}

/** Waits until nobody else changes anything, in this process or another, and keeps it so until the transaction ends. */
export async function lockChanges(tx: RegistryDatabase): Promise<void> {
  await tx.execute(sql`SELECT set_config('lock_timeout', ${LOCK_TIMEOUT}, true)`)
  await tx.execute(sql`SELECT pg_advisory_xact_lock(hashtext('portcullis_registry_changes'))`)
}

/** Under the lock, so that changes are numbered without gaps in the order of their commits. */
async function insertChange(tx: RegistryDatabase, effect: Effect): Promise<RegistryChange> {
  const { kind, workspaceId, projectId, addedHosts, userId } = effect
  const [row] = await tx
    .insert(changes)
    .values({
      sequence: sql`(SELECT coalesce(max(sequence), 0) + 1 FROM ${changes})`,
      kind,
      workspaceId,
      projectId,
      addedHosts: JSON.stringify(addedHosts),
      userId: userId === null ? null : JSON.stringify(userId),
    })
    .returning({ sequence: changes.sequence })
  const { sequence } = row as { sequence: number }
  await tx.delete(changes).where(lte(changes.sequence, sequence - KEPT_CHANGES))
  return { sequence, ...effect }
}
