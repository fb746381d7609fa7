import type { Worker } from 'node:worker_threads'
import { Piscina } from 'piscina'

/** Work for a thread: a hash to make, or one to compare with. */
export type BcryptTask = { secret: string; cost: number } | { secret: string; hash: string }

/** Idle threads end after this. */
const IDLE_MS = 10_000
/** Threads in a row that may die before they were ready, until the pool gives up on what waits. */
const MAX_FAILED_STARTS = 3

/** Bounded worker threads that start when they are needed. None of them, idle or not, outlives `destroy`. */
export interface BcryptPool {
  /** Those there are now. */
  readonly threads: readonly Worker[]
  /** Rejects when the thread that runs the task dies, when no thread starts, or when the pool is destroyed. */
  run(task: BcryptTask): Promise<unknown>
  destroy(): Promise<void>
}

/** Found beside this module, in the sources as in the build. */
const WORKER = new URL('./bcrypt-worker.js', import.meta.url)

/** @param maxWaiting - most tasks that wait for a thread at a time; the caller keeps to it */
export function createBcryptPool(maxThreads: number, maxWaiting: number, worker: URL = WORKER): BcryptPool {
  let pool: Piscina | undefined
  let failedStarts = 0

  function start(): Piscina {
    const started = new Piscina({
      filename: worker.href,
      minThreads: 0,
      maxThreads,
      maxQueue: maxWaiting + maxThreads,
      idleTimeout: IDLE_MS,
      stricterFIFO: true,
      // Threads need neither the environment nor the loaders of the process.
      env: {},
      execArgv: [],
    })
    // What happens to a thread without a task; the tasks themselves reject.
    started.on('error', () => undefined)
    started.on('workerCreate', () => {
      failedStarts = 0
    })
    started.on('workerDestroy', () => {
      failedStarts += 1
      queueMicrotask(() => {
        if (pool === started) revive(started)
      })
    })
    return started
  }

  /** The library starts threads when tasks arrive, so tasks that wait for a thread that died would wait for ever. */
  function revive(current: Piscina): void {
    if (current.queueSize === 0 || current.threads.length > 0) return
    if (failedStarts < MAX_FAILED_STARTS) void current.run(null).catch(() => undefined)
    else void abandon()
  }

  async function abandon(): Promise<void> {
    const abandoned = pool
    pool = undefined
    failedStarts = 0
    await abandoned?.destroy()
  }

  return {
    get threads(): readonly Worker[] {
      return pool?.threads ?? []
    },
    run: async (task) => (pool ??= start()).run(task),
    destroy: abandon,
  }
}
