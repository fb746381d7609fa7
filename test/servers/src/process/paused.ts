import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

const POLL_MS = 5
const TIMEOUT_MS = 2000
// Where the system does not show a process's threads, long enough for all of them to notice.
const BLIND_WAIT_MS = 50

/** Resolves once every thread of a process that got SIGSTOP has stopped; the signal itself only asks for it. */
export async function untilPaused(pid: number): Promise<void> {
  for (const deadline = Date.now() + TIMEOUT_MS; Date.now() < deadline; await sleep(POLL_MS)) {
    const states = await threadStates(pid)
    if (states === undefined) return sleep(BLIND_WAIT_MS)
    if (states.every((state) => state === 'T')) return
  }
  throw new Error(`process ${pid} did not pause within ${TIMEOUT_MS} ms`)
}

async function threadStates(pid: number): Promise<string[] | undefined> {
  const tasks = join('/proc', String(pid), 'task')
  const threads = await readdir(tasks).catch(() => undefined)
  if (threads === undefined) return undefined
  const stats = await Promise.all(
    threads.map((thread) => readFile(join(tasks, thread, 'stat'), 'utf8').catch(() => '')),
  )
  // The name in parentheses may hold anything; a thread that ended meanwhile does not count.
  return stats.flatMap((stat) => /\) (\w)/.exec(stat.slice(stat.lastIndexOf(')')))?.[1] ?? [])
}
