import { mkdir, rm, rmdir, stat, utimes } from 'node:fs/promises'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

export interface LockOptions {
  /** A lock whose holder has not touched it for this long counts as abandoned, milliseconds. @defaultValue 10000 */
  staleMs?: number | undefined
  /** Longest wait for the lock, milliseconds. @defaultValue 600000 */
  timeoutMs?: number | undefined
}

const POLL_MS = 100

/**
 * Runs `work` while holding the folder `path` as a lock, across processes and callers. The holder touches the folder
 * while it works, so a lock left by a killed process is taken over. Two waiters can, in a window of microseconds, take
 * over the same abandoned lock: what runs under it must survive running twice, it is there to save the work.
 */
export async function withLock<T>(
  path: string,
  work: () => Promise<T>,
  options: LockOptions = {},
): Promise<T> {
  const staleMs = options.staleMs ?? 10_000
  await mkdir(dirname(path), { recursive: true })
  await acquire(path, staleMs, Date.now() + (options.timeoutMs ?? 600_000))
  const heartbeat = setInterval(() => void touch(path), staleMs / 4)
  heartbeat.unref()
  try {
    return await work()
  } finally {
    clearInterval(heartbeat)
    await rm(path, { recursive: true, force: true })
  }
}

async function acquire(path: string, staleMs: number, deadline: number): Promise<void> {
  while (!(await take(path))) {
    if (Date.now() > deadline)
      throw new Error(`the lock ${path} is held by another process; remove it if none runs`)
    const age = await stat(path).then(
      ({ mtimeMs }) => Date.now() - mtimeMs,
      // Released between the two calls.
      () => 0,
    )
    if (age > staleMs) await rmdir(path).catch(() => {})
    else await sleep(POLL_MS)
  }
}

function take(path: string): Promise<boolean> {
  return mkdir(path).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'EEXIST') return false
      throw error
    },
  )
}

async function touch(path: string): Promise<void> {
  const now = new Date()
  // Gone when somebody took the lock over; the work goes on and ends as it would have.
  await utimes(path, now, now).catch(() => {})
}
