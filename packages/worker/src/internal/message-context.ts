import { type Scope, spliceOutboundEnvelope, type Transport } from '@portcullis/transport'
import type { ActorContext } from '../actor.ts'
import type { Attempt } from './attempt.ts'
import type { Session } from './task.ts'

/** Where a message stands: what its answers are named after. */
export interface MessageOrigin {
  session: Session
  actor: string
  actorId: string
  messageId: string
  attempt: number
}

/**
 * The context of one attempt. Answers are named after the message, the session and their number, so that an attempt
 * that repeats what an earlier one sent before it failed, or a worker that repeats what a dead one sent, adds nothing.
 */
export class MessageContext implements ActorContext {
  readonly scope: Scope
  readonly actor: string
  readonly actorId: string
  readonly sessionId: string
  readonly userId: string | null
  readonly claims: Readonly<Record<string, unknown>>
  readonly attempt: number
  readonly #transport: Transport
  readonly #messageId: string
  readonly #deadlineMs: number
  readonly #sentTo = new Map<string, number>()
  readonly #attempt: Attempt
  /** Sendings under way, and whom to tell when there are none. */
  #sending = 0
  #onSettled: (() => void) | undefined
  #failure: { reason: unknown } | undefined

  constructor(transport: Transport, origin: MessageOrigin, attempt: Attempt, deadlineMs: number) {
    this.scope = origin.session.scope
    this.actor = origin.actor
    this.actorId = origin.actorId
    this.sessionId = origin.session.sessionId
    this.userId = origin.session.userId
    this.claims = origin.session.claims
    this.attempt = origin.attempt
    this.#attempt = attempt
    this.#transport = transport
    this.#messageId = origin.messageId
    this.#deadlineMs = deadlineMs
  }

  // Not methods: handlers take these out of the context, as in `({ reply }) => …`.
  readonly reply = (message: unknown): Promise<void> => this.broadcast([this.sessionId], message)

  readonly send = (sessionId: string, message: unknown): Promise<void> => this.broadcast([sessionId], message)

  readonly broadcast = (sessionIds: Iterable<string>, message: unknown): Promise<void> => {
    this.#sending += 1
    const sending = this.#broadcast(sessionIds, message)
    sending.then(
      () => this.#sent(),
      (reason: unknown) => {
        this.#failure ??= { reason }
        this.#sent()
      },
    )
    return sending
  }

  get signal(): AbortSignal {
    return this.#attempt.signal
  }

  /** Resolves when everything sent is stored, awaited by the handler or not; rejects with the first failure. */
  async settled(): Promise<void> {
    if (this.#sending > 0) await new Promise<void>((resolve) => (this.#onSettled = resolve))
    if (this.#failure) throw this.#failure.reason
  }

  #sent(): void {
    this.#sending -= 1
    if (this.#sending === 0) this.#onSettled?.()
  }

  async #broadcast(sessionIds: Iterable<string>, message: unknown): Promise<void> {
    // An attempt that is over must not mix its answers into those of the next.
    this.#attempt.throwIfEnded()
    const json = JSON.stringify(message)
    if (json === undefined) throw new TypeError('a message must be a JSON value')
    const bytes = Buffer.from(json)
    const stored = [...sessionIds].map((sessionId) => {
      const number = this.#sentTo.get(sessionId) ?? 0
      this.#sentTo.set(sessionId, number + 1)
      return this.#transport.publishOutbound(
        {
          scope: this.scope,
          sessionId,
          payload: spliceOutboundEnvelope(this.scope, sessionId, bytes),
          messageId: `${this.#messageId}/${sessionId}/${number}`,
        },
        { deadlineMs: this.#deadlineMs },
      )
    })
    await Promise.all(stored)
  }
}
