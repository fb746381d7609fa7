import { and, inArray, lte } from 'drizzle-orm'
import type { AuthDatabase } from './auth-database.ts'
import { claims, families, rateWindows, revocations } from './tables.ts'

const BATCH_ROWS = 1000
const MOST_BATCHES = 10
/** Another process's clock may be behind: what ended for this one is live there. */
const CLOCK_SLACK_MS = 60_000

const ENDING = [
  { table: families, key: families.familyId },
  { table: revocations, key: revocations.key },
  { table: claims, key: claims.key },
  { table: rateWindows, key: rateWindows.key },
] as const

/** Sweeps one time after the other until the returned function is called. Keeps no process alive. */
export function sweepEvery(db: AuthDatabase, intervalMs: number): () => void {
  let isStopped = false
  let timer: NodeJS.Timeout
  // From the end of one to the begin of the next: sweeps that wait for a lock must not take every connection.
  const schedule = (): void => {
    if (isStopped) return
    // What fails now is removed the next time.
    timer = setTimeout(() => void sweep(db).then(schedule, schedule), intervalMs)
    timer.unref()
  }
  schedule()
  return () => {
    isStopped = true
    clearTimeout(timer)
  }
}

/** Removes what has ended, a bounded number of rows at a time; what is left waits for the next time. */
export async function sweep(db: AuthDatabase): Promise<void> {
  const before = Date.now() - CLOCK_SLACK_MS
  for (const { table, key } of ENDING) {
    for (let batch = 0; batch < MOST_BATCHES; batch++) {
      // Locked rows are being swept by another process, or are coming back to life.
      const ended = db
        .select({ key })
        .from(table)
        .where(lte(table.expiresAt, before))
        .limit(BATCH_ROWS)
        .for('update', { skipLocked: true })
      const removed = await db
        .delete(table)
        .where(and(inArray(key, ended), lte(table.expiresAt, before)))
        .returning({ key })
      if (removed.length < BATCH_ROWS) break
    }
  }
}
