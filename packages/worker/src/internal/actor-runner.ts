import { setMaxListeners } from 'node:events'
import type { InboundDelivery, Subscription } from '@portcullis/transport'
import type { ActorHandlers } from '../actor.ts'
import { WorkerError } from '../errors.ts'
import type { WorkerSettings } from '../options.ts'
import { Handled } from './handled.ts'
import { Handling } from './handling.ts'
import { Mailbox } from './mailbox.ts'
import { park } from './park.ts'
import { SessionRegister } from './sessions.ts'
import { type HeldMessage, messageKey, type Task } from './task.ts'
import { verdict } from './verdict.ts'
import { wait } from './wait.ts'

const HANDLED_COUNT = 20_000
const BACKOFF_STEP_MS = 100

/** Everything one worker does for one actor type: a mailbox per actor id, retries, dead letters. */
export class ActorRunner {
  readonly #actor: string
  readonly #settings: WorkerSettings
  readonly #handling: Handling
  readonly #tellsDisconnects: boolean
  /** By subject, that is, by actor id. */
  readonly #mailboxes = new Map<string, Mailbox<Task>>()
  /** By `messageKey`, from delivery to ack. */
  readonly #held = new Map<string, HeldMessage>()
  readonly #handled = new Handled(HANDLED_COUNT)
  readonly #sessions: SessionRegister
  readonly #stop = new AbortController()
  #subscription: Subscription | undefined
  #touch: NodeJS.Timeout | undefined
  #close: Promise<void> | undefined
  #isActive = false
  #isDraining = false

  constructor(actor: string, handlers: ActorHandlers<never>, settings: WorkerSettings) {
    this.#actor = actor
    this.#settings = settings
    this.#handling = new Handling(actor, handlers, settings)
    this.#tellsDisconnects = handlers.disconnect !== undefined
    this.#sessions = new SessionRegister(settings.maxTrackedSessions)
    // One listener per message that waits for its next attempt: as many as there are messages in hand.
    setMaxListeners(0, this.#stop.signal)
  }

  async start(): Promise<void> {
    const { transport, workspaceId, projectId, ackWaitMs } = this.#settings
    this.#touch = setInterval(() => {
      for (const { delivery } of this.#held.values()) delivery.touch()
    }, ackWaitMs / 3).unref()
    const subscription = await transport.consumeInbound({
      scope: { workspaceId, projectId },
      actor: this.#actor,
      ackWaitMs,
      onDelivery: (delivery) => this.#onDelivery(delivery),
      onActive: (active, resumed) => this.#onActive(active, resumed),
    })
    this.#subscription = subscription
    // Closed meanwhile, when there was nothing to close yet.
    if (this.#stop.signal.aborted) await subscription.close()
  }

  /** A session is gone: tell the actor ids it had sent to, in their turn. */
  onDisconnect(sessionId: string): void {
    const known = this.#sessions.take(sessionId)
    // Without the lease the actor ids are another worker's, which knows the sessions that have sent to it.
    if (!known || !this.#isActive) return
    for (const subject of known.subjects) {
      this.#mailbox(subject).push({ kind: 'disconnect', session: known.session, subject })
    }
  }

  /** Begins nothing new, lets what runs finish, then gives the actor type up. */
  async drain(timeoutMs: number): Promise<void> {
    this.#isDraining = true
    const running = Promise.all([...this.#mailboxes.values()].flatMap((mailbox) => mailbox.running ?? []))
    const timeout = new AbortController()
    await Promise.race([running, wait(timeoutMs, AbortSignal.any([timeout.signal, this.#stop.signal]))])
    timeout.abort()
    await this.close()
  }

  close(): Promise<void> {
    this.#close ??= (async () => {
      this.#isDraining = true
      const reason = new WorkerError('closed', 'the worker is closed')
      this.#stop.abort(reason)
      this.#handling.stop(reason)
      clearInterval(this.#touch)
      await this.#subscription?.close()
    })()
    return this.#close
  }

  #onActive(active: boolean, resumed: boolean): void {
    this.#isActive = active
    if (!active) return
    if (!resumed) {
      // Everything unacknowledged comes again, and another worker may have handled some of it.
      for (const mailbox of this.#mailboxes.values()) {
        for (const task of mailbox.clear()) {
          if (task.kind === 'message') this.#held.delete(task.key)
        }
      }
    }
    for (const mailbox of this.#mailboxes.values()) mailbox.wake()
  }

  #onDelivery(delivery: InboundDelivery): void {
    const key = messageKey(delivery)
    const held = this.#held.get(key)
    if (held) {
      held.delivery = delivery
      return
    }
    const task: HeldMessage = { kind: 'message', delivery, attempts: delivery.attempt - 1, key }
    this.#held.set(key, task)
    this.#mailbox(delivery.subject).push(task)
  }

  #mailbox(subject: string): Mailbox<Task> {
    const existing = this.#mailboxes.get(subject)
    if (existing) return existing
    const mailbox: Mailbox<Task> = new Mailbox<Task>(
      (task) => this.#run(task, mailbox),
      () => this.#mailboxes.delete(subject),
    )
    this.#mailboxes.set(subject, mailbox)
    return mailbox
  }

  /** Resolves to false when the task has to stay: the worker stops, or another one is active. */
  async #run(task: Task, mailbox: Mailbox<Task>): Promise<boolean> {
    if (!this.#mayBegin()) return false
    if (task.kind === 'disconnect') {
      await this.#handling.disconnect(task).catch((error: unknown) => {
        this.#settings.logger.warn({ err: error, actor: this.#actor }, 'handling a disconnect failed')
      })
      return true
    }
    // Handled already when its ack was lost on the way.
    while (!this.#handled.has(task.delivery)) {
      const failure = await this.#attempt(task)
      if (failure === undefined) break
      if (this.#stop.signal.aborted) return false
      const reason = verdict(failure, task.attempts, mailbox.backlog, this.#settings)
      if (reason) {
        if (!(await park(this.#settings, this.#actor, task, reason, this.#stop.signal))) return false
        break
      }
      await this.#backOff(task, mailbox)
      if (!this.#mayBegin()) return false
    }
    task.delivery.ack()
    this.#handled.add(task.delivery)
    this.#held.delete(task.key)
    return true
  }

  async #attempt(task: HeldMessage): Promise<unknown> {
    const { logger, maxAttempts } = this.#settings
    if (task.attempts >= maxAttempts) {
      return new WorkerError('worker_died', 'the workers that had the message in hand died')
    }
    task.attempts += 1
    try {
      await this.#handling.message(task, (session) => {
        if (this.#tellsDisconnects) this.#sessions.note(session, task.delivery.subject)
      })
      return undefined
    } catch (error) {
      const { sequence } = task.delivery
      logger.warn(
        { err: error, actor: this.#actor, sequence, attempt: task.attempts },
        'handling a message failed',
      )
      return error ?? new Error('the handler threw nothing')
    }
  }

  /** Waits before the next attempt, in steps: a backlog that grows meanwhile ends it. */
  async #backOff(task: HeldMessage, mailbox: Mailbox<Task>): Promise<void> {
    const { backoffMs, maxBacklogPerId } = this.#settings
    const until = Date.now() + (backoffMs[Math.min(task.attempts, backoffMs.length) - 1] ?? 0)
    while (Date.now() < until && mailbox.backlog <= maxBacklogPerId && !this.#isDraining) {
      await wait(Math.min(BACKOFF_STEP_MS, until - Date.now()), this.#stop.signal)
    }
  }

  #mayBegin(): boolean {
    return this.#isActive && !this.#isDraining
  }
}
