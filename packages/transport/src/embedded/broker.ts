import { callBack } from '../internal/call-back.ts'
import { subjectMatches } from '../subject/match.ts'
import { assertEventSubject } from '../subject/subjects.ts'
import { EmbeddedDeadLetters } from './dead-letters.ts'
import { InboundStream } from './inbound-stream.ts'
import { type EmbeddedBrokerOptions, embeddedSettings } from './options.ts'
import { OutboundStream } from './outbound-stream.ts'

/**
 * What the transports of one process share: the three streams and the events, all in memory, all bounded.
 * One broker plays the part that a NATS server plays for the other engine.
 */
export class EmbeddedBroker {
  /** @internal */ readonly inbound: InboundStream
  /** @internal */ readonly outbound: OutboundStream
  /** @internal */ readonly dead: EmbeddedDeadLetters
  readonly #events = new Set<{ filter: string; onEvent: (payload: Uint8Array, subject: string) => void }>()

  /** @throws TypeError naming the option */
  constructor(options?: EmbeddedBrokerOptions) {
    const settings = embeddedSettings(options)
    this.inbound = new InboundStream(settings)
    this.outbound = new OutboundStream(settings)
    this.dead = new EmbeddedDeadLetters(settings)
  }

  /** What workers gave up on, encoded as `DeadLetter`, oldest first. */
  deadLetters(): readonly Uint8Array[] {
    return this.dead.payloads()
  }

  /** @internal */
  publishEvent(subject: string, payload: Uint8Array): void {
    assertEventSubject(subject, false)
    for (const listener of this.#events) {
      if (!subjectMatches(listener.filter, subject)) continue
      setImmediate(() => {
        if (this.#events.has(listener)) callBack(listener.onEvent, payload, subject)
      })
    }
  }

  /** @internal */
  subscribeEvents(filter: string, onEvent: (payload: Uint8Array, subject: string) => void): () => void {
    assertEventSubject(filter, true)
    const listener = { filter, onEvent }
    this.#events.add(listener)
    return () => this.#events.delete(listener)
  }
}
