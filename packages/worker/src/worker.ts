import { noticeSessionId, sessionSubject, type Subscription } from '@portcullis/transport'
import type { ActorHandlers } from './actor.ts'
import { WorkerError } from './errors.ts'
import { ActorRunner } from './internal/actor-runner.ts'
import { type WorkerOptions, type WorkerSettings, workerSettings } from './options.ts'

/** Handles the messages of one project. */
export interface Worker extends AsyncDisposable {
  /**
   * Adds an actor type; before `start()`.
   *
   * @throws TypeError for a second handler of one type, or after the start
   */
  actor<Message = unknown>(type: string, handlers: ActorHandlers<Message>): Worker
  /**
   * Begins to consume, once the transport is connected. Of several workers for one actor type one is active, the others
   * stand by. Closes the worker when it rejects.
   */
  start(): Promise<void>
  /** Lets running handlers finish, gives the rest back, then closes. Idempotent. */
  drain(options?: { timeoutMs?: number | undefined }): Promise<void>
  /** Stops now: what was not acknowledged is handled by another worker. Idempotent. */
  close(): Promise<void>
  /** Resolves, never rejects. */
  readonly closed: Promise<void>
}

/**
 * Makes a worker for one project.
 *
 * @throws TypeError naming the option
 */
export function createWorker(options: WorkerOptions): Worker {
  return new ProjectWorker(workerSettings(options))
}

class ProjectWorker implements Worker {
  readonly closed: Promise<void>
  readonly #settings: WorkerSettings
  readonly #runners = new Map<string, ActorRunner>()
  #resolveClosed!: () => void
  #notices: Subscription | undefined
  #start: Promise<void> | undefined
  #end: Promise<void> | undefined

  constructor(settings: WorkerSettings) {
    this.#settings = settings
    this.closed = new Promise((resolve) => {
      this.#resolveClosed = resolve
    })
  }

  actor<Message = unknown>(type: string, handlers: ActorHandlers<Message>): Worker {
    if (typeof type !== 'string' || type.length === 0)
      throw new TypeError('an actor type is a non-empty string')
    if (typeof handlers?.message !== 'function')
      throw new TypeError(`actor "${type}" needs a "message" handler`)
    if (this.#start) throw new TypeError('actors are added before the start')
    if (this.#runners.has(type)) throw new TypeError(`actor "${type}" has handlers already`)
    this.#runners.set(type, new ActorRunner(type, handlers, this.#settings))
    return this
  }

  start(): Promise<void> {
    this.#start ??= this.#begin().catch(async (error: unknown) => {
      await this.close()
      throw error
    })
    return this.#start
  }

  drain(options: { timeoutMs?: number | undefined } = {}): Promise<void> {
    const timeoutMs = options.timeoutMs ?? 10_000
    this.#end ??= this.#stop(() =>
      Promise.all([...this.#runners.values()].map((runner) => runner.drain(timeoutMs))),
    )
    return this.#end
  }

  close(): Promise<void> {
    // A drain that is under way ends with its runners.
    const runners = Promise.all([...this.#runners.values()].map((runner) => runner.close()))
    this.#end ??= this.#stop(() => runners)
    return this.#end
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.drain()
  }

  async #begin(): Promise<void> {
    this.#assertOpen()
    if (this.#runners.size === 0) throw new TypeError('a worker needs at least one actor')
    const { transport, workspaceId, projectId } = this.#settings
    // A transport that waits for its server is not waited for once the worker is closed.
    await Promise.race([transport.start(), this.closed])
    this.#assertOpen()
    const subject = sessionSubject('disconnected', { workspaceId, projectId })
    const notices = await transport.subscribeEvents(subject, (payload) => this.#onDisconnected(payload))
    this.#notices = notices
    if (this.#end) await notices.close()
    for (const runner of this.#runners.values()) {
      this.#assertOpen()
      await runner.start()
    }
    this.#assertOpen()
  }

  #assertOpen(): void {
    if (this.#end) throw new WorkerError('closed', 'the worker is closed')
  }

  #onDisconnected(payload: Uint8Array): void {
    const sessionId = noticeSessionId(payload)
    if (sessionId === null) return
    for (const runner of this.#runners.values()) runner.onDisconnect(sessionId)
  }

  async #stop(end: () => Promise<unknown>): Promise<void> {
    await end()
    await this.#notices?.close()
    this.#resolveClosed()
  }
}
