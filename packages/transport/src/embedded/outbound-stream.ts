import { assertFits } from '../internal/assert-fits.ts'
import { callBack } from '../internal/call-back.ts'
import { Fifo } from '../internal/fifo.ts'
import { gatewayOutboundFilter, outboundSubject } from '../subject/subjects.ts'
import type { OutboundDelivery, OutboundFilter, OutboundMessage, PublishReceipt } from '../transport.ts'
import { DuplicateWindow } from './duplicate-window.ts'
import type { EmbeddedSettings } from './options.ts'

interface Listener {
  matches: (subject: string, sessionId: string) => boolean
  onDelivery: (delivery: OutboundDelivery) => void
}

interface Entry extends OutboundDelivery {
  readonly subject: string
  readonly storedAt: number
}

/** OUTBOUND in process: what workers sent, kept for a while so that a session can be replayed from a sequence. */
export class OutboundStream {
  readonly #settings: EmbeddedSettings
  readonly #duplicates: DuplicateWindow
  readonly #listeners = new Set<Listener>()
  /** Oldest first: sequences only grow. */
  readonly #entries = new Fifo<Entry>()
  #sequence = 0
  #bytes = 0

  constructor(settings: EmbeddedSettings) {
    this.#settings = settings
    this.#duplicates = new DuplicateWindow(settings.duplicateWindowMs, settings.duplicateMaxCount)
  }

  publish({ scope, sessionId, payload, messageId }: OutboundMessage): PublishReceipt {
    const subject = outboundSubject(scope, sessionId)
    assertFits(payload, this.#settings.maxMessageBytes)
    const now = Date.now()
    const stored = this.#duplicates.find(messageId, now)
    if (stored !== undefined) return { sequence: stored, duplicate: true }

    this.#sequence += 1
    this.#duplicates.add(messageId, this.#sequence, now)
    const entry: Entry = { scope, sessionId, payload, sequence: this.#sequence, subject, storedAt: now }
    this.#entries.push(entry)
    this.#bytes += payload.length
    this.#evict(now)
    for (const listener of this.#listeners) {
      if (listener.matches(subject, sessionId)) this.#hand(listener, entry)
    }
    return { sequence: entry.sequence, duplicate: false }
  }

  subscribe(filter: OutboundFilter, onDelivery: (delivery: OutboundDelivery) => void): () => void {
    const listener: Listener = { matches: matcher(filter), onDelivery }
    const after = 'sessionId' in filter ? (filter.afterSequence ?? 0) : 0
    this.#evict(Date.now())
    for (const entry of this.#entries) {
      if (entry.sequence > after && listener.matches(entry.subject, entry.sessionId))
        this.#hand(listener, entry)
    }
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  #hand(listener: Listener, entry: Entry): void {
    // Immediates run in the order they were set, so a replay and what follows it stay in sequence.
    setImmediate(() => {
      if (this.#listeners.has(listener)) callBack(listener.onDelivery, entry)
    })
  }

  #evict(now: number): void {
    for (let oldest = this.#entries.peek(); oldest; oldest = this.#entries.peek()) {
      const isOld = now - oldest.storedAt > this.#settings.outboundMaxAgeMs
      if (!isOld && this.#bytes <= this.#settings.outboundMaxBytes) return
      this.#entries.shift()
      this.#bytes -= oldest.payload.length
    }
  }
}

function matcher(filter: OutboundFilter): Listener['matches'] {
  if ('gatewayId' in filter) {
    // Checks the id, as the other engine does.
    gatewayOutboundFilter(filter.gatewayId)
    const start = `${filter.gatewayId}.`
    return (_subject, sessionId) => sessionId.startsWith(start)
  }
  const wanted = outboundSubject(filter.scope, filter.sessionId)
  return (subject) => subject === wanted
}
