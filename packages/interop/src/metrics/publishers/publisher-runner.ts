import { setTimeout as wait } from 'node:timers/promises'
import type { InteropLogger } from '../../gateway/logger.ts'
import type { MetricFilter } from '../filters.ts'
import type { MetricDefinition, RepositoryIdentity, Update } from '../update.ts'
import type { Value } from '../values.ts'
import { LossLog } from './loss-log.ts'
import { type Publisher, PublishFailure } from './publisher.ts'
import { type RunningRepository, UpdateQueue, type UpdateQueueSettings } from './update-queue.ts'

export interface RunnerSettings extends Omit<UpdateQueueSettings, 'validMs'> {
  readonly name: string
  readonly filter: MetricFilter
  /** Time between heartbeats, milliseconds; 0 for none. */
  readonly heartbeatMs: number
  /** Longest wait for one update, for `startup` and for `cleanup`, milliseconds. */
  readonly timeoutMs: number
  /** Longest wait at the end for what still waits, milliseconds. */
  readonly drainMs: number
  /** How often an update is tried again. */
  readonly maxRetries: number
  /** Wait before the first retry, milliseconds; each later one takes twice as long. */
  readonly backoffMs: number
}

export interface RunnerStats {
  readonly name: string
  /** Heartbeats and values that wait. */
  readonly queued: number
  /** Updates that arrived. */
  readonly published: number
  readonly retries: number
  /** Heartbeats and values that were lost. */
  readonly dropped: number
}

const MAX_BACKOFF_MS = 30_000
const PUBLICATIONS_PER_TURN = 100

/** Feeds one publisher: one update at a time, in order, out of a bounded queue. Never throws at whoever publishes. */
export class PublisherRunner {
  readonly name: string
  readonly #publisher: Publisher
  readonly #settings: RunnerSettings
  readonly #queue: UpdateQueue
  readonly #loss: LossLog
  readonly #repositories = new Set<RunningRepository>()
  readonly #stop = new AbortController()
  #heartbeats: NodeJS.Timeout | undefined
  #started = false
  #closed = false
  #running: Promise<void> | undefined
  #published = 0
  #retries = 0

  constructor(publisher: Publisher, settings: RunnerSettings, logger: InteropLogger) {
    this.name = settings.name
    this.#publisher = publisher
    this.#settings = settings
    this.#loss = new LossLog(settings.name, logger)
    this.#queue = new UpdateQueue({ ...settings, validMs: settings.heartbeatMs * 3 }, (count) =>
      this.#loss.add('full', count),
    )
  }

  get stats(): RunnerStats {
    return {
      name: this.name,
      queued: this.#queue.length,
      published: this.#published,
      retries: this.#retries,
      dropped: this.#loss.total,
    }
  }

  allows(identity: RepositoryIdentity, metric: string): boolean {
    return this.#settings.filter(identity, metric)
  }

  /** A repository has a first metric for this publisher. */
  add(identity: RepositoryIdentity): RunningRepository {
    const repository: RunningRepository = { identity, startedAt: Date.now() }
    this.#repositories.add(repository)
    this.#beat(repository)
    this.#wake()
    return repository
  }

  publish(repository: RunningRepository, definition: MetricDefinition, { name, point, size }: Value): void {
    if (this.#closed) return
    this.#queue.point({ repository, metric: name, definition, point, size })
    this.#wake()
  }

  /** The repository has stopped. */
  remove(repository: RunningRepository): void {
    if (!this.#repositories.delete(repository) || this.#closed) return
    this.#queue.final(repository)
    this.#wake()
  }

  /** @throws what the publisher's own `startup` rejects with, or that it took too long */
  async start(): Promise<void> {
    await this.#within('startup', this.#publisher.startup?.())
    if (this.#closed) return
    this.#started = true
    const { heartbeatMs } = this.#settings
    if (heartbeatMs > 0) {
      this.#heartbeats = setInterval(() => {
        for (const repository of this.#repositories) this.#beat(repository)
        this.#wake()
      }, heartbeatMs).unref()
    }
    this.#wake()
  }

  /** Stops the repositories, publishes what waits as long as that may take, and cleans up. */
  async close(): Promise<void> {
    if (this.#closed) return
    clearInterval(this.#heartbeats)
    for (const repository of this.#repositories) this.remove(repository)
    this.#closed = true
    const late = new AbortController()
    const drained = this.#drained().then(() => late.abort())
    await wait(this.#settings.drainMs, undefined, { signal: late.signal }).catch(() => undefined)
    this.#stop.abort()
    await drained
    this.#loss.add('closed', this.#queue.clear())
    try {
      if (this.#started) await this.#within('cleanup', this.#publisher.cleanup?.())
    } finally {
      this.#loss.close()
    }
  }

  #beat(repository: RunningRepository): void {
    if (!this.#closed && this.#settings.heartbeatMs > 0) this.#queue.heartbeat(repository)
  }

  #wake(): void {
    if (!this.#started || this.#running !== undefined) return
    if (this.#queue.length === 0 || this.#stop.signal.aborted) return
    this.#running = this.#run().finally(() => {
      this.#running = undefined
      // What came after the last look at the queue.
      this.#wake()
    })
  }

  async #drained(): Promise<void> {
    while (this.#running !== undefined) await this.#running
  }

  async #run(): Promise<void> {
    for (let count = 1; !this.#stop.signal.aborted; count += 1) {
      // The caller goes on first, and a publisher that never waits leaves room for others.
      if (count % PUBLICATIONS_PER_TURN === 1) await wait(0)
      const next = this.#queue.take()
      if (next === undefined) return
      await this.#deliver(next.update, next.entries)
    }
  }

  async #deliver(update: Update, entries: number): Promise<void> {
    const { maxRetries, backoffMs } = this.#settings
    for (let attempt = 0; ; attempt += 1) {
      try {
        await this.#attempt(update)
        this.#published += 1
        return
      } catch (error) {
        const temporary = error instanceof PublishFailure && error.temporary
        if (this.#stop.signal.aborted) return this.#loss.add('closed', entries)
        if (!temporary || attempt === maxRetries) {
          const known = error instanceof PublishFailure ? 'refused' : 'failed'
          return this.#loss.add(temporary ? 'unreachable' : known, entries, error)
        }
        this.#retries += 1
        // Anything up to the full time, so that gateways that lost the same endpoint do not come back at once.
        const most = Math.min(backoffMs * 2 ** attempt, MAX_BACKOFF_MS)
        const pause = most / 2 + (Math.random() * most) / 2
        await wait(pause, undefined, { signal: this.#stop.signal }).catch(() => undefined)
        if (this.#stop.signal.aborted) return this.#loss.add('closed', entries)
      }
    }
  }

  async #attempt(update: Update): Promise<void> {
    const { timeoutMs } = this.#settings
    const controller = new AbortController()
    const stop = (): void => controller.abort()
    this.#stop.signal.addEventListener('abort', stop, { once: true })
    const timer = setTimeout(stop, timeoutMs)
    // A publisher that does not heed the signal is waited for no longer than one that does.
    const late = new Promise<never>((_, reject) => {
      controller.signal.addEventListener('abort', () => {
        reject(new PublishFailure(`no answer within ${timeoutMs} ms`, { temporary: true }))
      })
    })
    late.catch(() => undefined)
    try {
      await Promise.race([late, this.#publisher.publish(update, controller.signal)])
    } finally {
      clearTimeout(timer)
      this.#stop.signal.removeEventListener('abort', stop)
    }
  }

  async #within(what: string, work: Promise<void> | undefined): Promise<void> {
    if (work === undefined) return
    const { timeoutMs } = this.#settings
    const done = new AbortController()
    const late = wait(timeoutMs, undefined, { signal: done.signal }).then(
      () => {
        throw new Error(`${what} of metrics publisher "${this.name}" took longer than ${timeoutMs} ms`)
      },
      () => undefined,
    )
    try {
      await Promise.race([work, late])
    } finally {
      done.abort()
    }
  }
}
