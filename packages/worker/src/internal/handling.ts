import {
  decodeInboundEnvelope,
  decodeToken,
  type InboundDelivery,
  type InboundEnvelope,
} from '@portcullis/transport'
import type { ActorHandlers } from '../actor.ts'
import { WorkerError } from '../errors.ts'
import type { WorkerSettings } from '../options.ts'
import { Attempts } from './attempt.ts'
import { MessageContext, type MessageOrigin } from './message-context.ts'
import type { Disconnection, HeldMessage, Session } from './task.ts'

/** Calls the handlers of one actor type, once per call. */
export class Handling {
  readonly #actor: string
  readonly #handlers: ActorHandlers<never>
  readonly #settings: WorkerSettings
  readonly #attempts = new Attempts()

  constructor(actor: string, handlers: ActorHandlers<never>, settings: WorkerSettings) {
    this.#actor = actor
    this.#handlers = handlers
    this.#settings = settings
  }

  /**
   * One attempt at a message; done when everything it sent is stored.
   *
   * @param onSession told who sent it, before the handler runs
   * @throws WorkerError `envelope_invalid`, `handler_timeout`, or whatever the handler threw
   */
  async message(task: HeldMessage, onSession: (session: Session) => void): Promise<void> {
    const { delivery, attempts } = task
    const { message, ...session } = this.#decode(delivery)
    onSession(session)
    const origin = this.#origin(session, delivery.subject, delivery.messageId, attempts)
    await this.#run(origin, (context) => this.#handlers.message(context, message as never))
  }

  /** One attempt at telling an actor id that a session is gone. */
  async disconnect({ session, subject }: Disconnection): Promise<void> {
    const origin = this.#origin(session, subject, `disconnect/${session.sessionId}/${subject}`, 1)
    await this.#run(origin, (context) => this.#handlers.disconnect?.(context))
  }

  /** Aborts the signals of the handlers that run. */
  stop(reason: WorkerError): void {
    this.#attempts.end(reason)
  }

  async #run(
    origin: MessageOrigin,
    handle: (context: MessageContext) => void | Promise<void>,
  ): Promise<void> {
    const { transport, handlerTimeoutMs } = this.#settings
    await this.#attempts.run(async (attempt) => {
      const context = new MessageContext(transport, origin, attempt, handlerTimeoutMs)
      await handle(context)
      await context.settled()
    }, handlerTimeoutMs)
  }

  #origin(session: Session, subject: string, messageId: string, attempts: number): MessageOrigin {
    // Everything behind the actor type: a gateway that does not encode may have put dots into the id.
    const actorId = decodeToken(subject.split('.').slice(4).join('.'))
    return { session, actor: this.#actor, actorId, messageId, attempt: attempts }
  }

  #decode(delivery: InboundDelivery): InboundEnvelope {
    let envelope: InboundEnvelope
    try {
      envelope = decodeInboundEnvelope(delivery.payload)
    } catch (cause) {
      throw new WorkerError('envelope_invalid', 'the payload is not an inbound envelope', { cause })
    }
    const { workspaceId, projectId } = this.#settings
    // Answers go where the envelope says: one of another project must not lead them there.
    if (envelope.scope.workspaceId !== workspaceId || envelope.scope.projectId !== projectId) {
      throw new WorkerError('envelope_invalid', 'the envelope is of another project')
    }
    return envelope
  }
}
