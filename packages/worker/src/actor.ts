import type { Scope } from '@portcullis/transport'

/** Who sent a message and how to answer. One object per message. */
export interface ActorContext {
  readonly scope: Scope
  /** Actor type. */
  readonly actor: string
  readonly actorId: string
  readonly sessionId: string
  /** As the authorizer granted it; null for an anonymous session. */
  readonly userId: string | null
  readonly claims: Readonly<Record<string, unknown>>
  /** 1 for the first attempt at this message. */
  readonly attempt: number
  /** Aborted when the handler ran out of time or the worker closes. */
  readonly signal: AbortSignal
  /** Sends to the session the message came from. Resolves once stored. */
  reply(message: unknown): Promise<void>
  /** Sends to one session of the same project. */
  send(sessionId: string, message: unknown): Promise<void>
  /** Sends the same message to many sessions of the same project; encoded once. */
  broadcast(sessionIds: Iterable<string>, message: unknown): Promise<void>
}

/**
 * What an actor type does. Per actor id one handler runs at a time, in the order the messages were stored; many ids run
 * at once. A handler that throws is tried again after a while, and in the end its message is parked as a dead letter.
 */
export interface ActorHandlers<Message = unknown> {
  message(context: ActorContext, message: Message): void | Promise<void>
  /**
   * A session that has sent to this actor id is gone. Best effort: rests on a notice that is not stored, so state about
   * sessions should also expire by itself.
   */
  disconnect?(context: ActorContext): void | Promise<void>
}
