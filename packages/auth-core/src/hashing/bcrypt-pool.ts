import type { Worker } from 'node:worker_threads'
import { Piscina } from 'piscina'

/** Work for a thread: a hash to make, or one to compare with. */
export type BcryptTask = { secret: string; cost: number } | { secret: string; hash: string }

/** Idle threads end after this. */
const IDLE_MS = 10_000
/** How often in a row new threads are tried for what waits, when none of them gets ready. */
const MAX_REVIVALS = 3

/** At most so many worker threads that start when they are needed. None of them, idle or not, outlives `destroy`. */
export interface BcryptPool {
  /** Those there are now. */
  readonly threads: readonly Worker[]
  /** Rejects when the thread that runs the task dies, when no thread starts, or when the pool is destroyed. */
  run(task: BcryptTask): Promise<unknown>
  destroy(): Promise<void>
}

/** Found beside this module, in the sources as in the build. */
const WORKER = new URL('./bcrypt-worker.js', import.meta.url)

/** Takes any number of tasks: bounding those that wait is for the caller. */
export function createBcryptPool(maxThreads: number, worker: URL = WORKER): BcryptPool {
  let pool: Piscina | undefined
  let revivals = 0

  function start(): Piscina {
    const started = new Piscina({
      filename: worker.href,
      minThreads: 0,
      maxThreads,
      // The caller counts. A limit here could refuse the task that revives the pool, and what waits would wait for ever.
      maxQueue: Infinity,
      idleTimeout: IDLE_MS,
      stricterFIFO: true,
      // Threads need neither the environment nor the loaders of the process.
      env: {},
      execArgv: [],
    })
    // What happens to a thread without a task; the tasks themselves reject.
    started.on('error', () => undefined)
    // Once a thread is ready.
    started.on('workerCreate', () => {
      revivals = 0
    })
    started.on('workerDestroy', () => {
      queueMicrotask(() => {
        if (pool === started) revive(started)
      })
    })
    return started
  }

  /** The library starts threads when tasks arrive, so tasks that wait for a thread that died would wait for ever. */
  function revive(current: Piscina): void {
    if (current.queueSize === 0 || current.threads.length > 0) return
    revivals += 1
    if (revivals <= MAX_REVIVALS) void current.run(null).catch(() => undefined)
    else void abandon()
  }

  async function abandon(): Promise<void> {
    const abandoned = pool
    pool = undefined
    revivals = 0
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
