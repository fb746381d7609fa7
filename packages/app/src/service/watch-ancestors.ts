import { readFileSync } from 'node:fs'

/** Options of {@link watchAncestors}. */
export interface WatchAncestorsOptions {
  /** Time between two looks, milliseconds. @defaultValue 500 */
  intervalMs?: number | undefined
}

/**
 * Calls `onGone` once when any ancestor process (parent, its parent, …, except process 1) has ended.
 *
 * A process started through npx, pnpm or turbo is not signalled when only the outermost of them is killed; its direct
 * parent may even live on. Works where `/proc` exists; elsewhere it does nothing. Keeps no process alive.
 *
 * @returns a function that stops watching
 */
export function watchAncestors(onGone: () => void, options: WatchAncestorsOptions = {}): () => void {
  const ancestors = findAncestors()
  if (ancestors.length === 0) return () => undefined
  const timer = setInterval(() => {
    if (ancestors.every(isAlive)) return
    clearInterval(timer)
    onGone()
  }, options.intervalMs ?? 500)
  timer.unref()
  return () => clearInterval(timer)
}

interface ProcessState {
  readonly pid: number
  /** When it started; tells a process from a later one with the same id. */
  readonly startedAt: string
  readonly parent: number
  readonly state: string
}

function findAncestors(): ProcessState[] {
  const found: ProcessState[] = []
  for (let pid = process.ppid; pid > 1;) {
    const ancestor = readProcess(pid)
    // Hidden or gone between two reads: what lies above it cannot be found any more.
    if (ancestor === null) break
    found.push(ancestor)
    pid = ancestor.parent
  }
  return found
}

function isAlive({ pid, startedAt }: ProcessState): boolean {
  const now = readProcess(pid)
  return now !== null && now.startedAt === startedAt && now.state !== 'Z' && now.state !== 'X'
}

/** @see proc_pid_stat(5): fields 3 (state), 4 (parent) and 22 (start time) */
function readProcess(pid: number): ProcessState | null {
  let stat: string
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  } catch {
    return null
  }
  // The name in field 2 may contain spaces and parentheses; the fields after it may not.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const [state, parent, startedAt] = [fields[0], fields[1], fields[19]]
  if (state === undefined || startedAt === undefined) return null
  return { pid, state, parent: Number(parent), startedAt }
}
