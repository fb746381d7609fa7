import { TransportError } from '../errors.ts'
import { assertFits } from '../internal/assert-fits.ts'
import type { ConsumeSettings } from '../internal/consume-settings.ts'
import { inboundFilter, inboundSubject } from '../subject/subjects.ts'
import type { InboundMessage, PublishReceipt } from '../transport.ts'
import { ActorQueue, type StoredMessage } from './actor-queue.ts'
import { DuplicateWindow } from './duplicate-window.ts'
import type { EmbeddedSettings } from './options.ts'

const EXPIRE_EVERY_MS = 1000

/** INBOUND in process: a work queue per actor type, bounded in bytes and age, refusing what does not fit. */
export class InboundStream {
  readonly #settings: EmbeddedSettings
  readonly #duplicates: DuplicateWindow
  /** By filter, which unlike the name of a durable consumer is never that of two scopes. */
  readonly #queues = new Map<string, ActorQueue>()
  #sequence = 0
  #bytes = 0
  #expiredAt = 0

  constructor(settings: EmbeddedSettings) {
    this.#settings = settings
    this.#duplicates = new DuplicateWindow(settings.duplicateWindowMs, settings.duplicateMaxCount)
  }

  /** Actor types with messages or consumers. */
  get queueCount(): number {
    return this.#queues.size
  }

  publish({ scope, actor, actorId, payload, messageId }: InboundMessage): PublishReceipt {
    const subject = inboundSubject(scope, actor, actorId)
    assertFits(payload, this.#settings.maxMessageBytes)
    const now = Date.now()
    const stored = this.#duplicates.find(messageId, now)
    if (stored !== undefined) return { sequence: stored, duplicate: true }

    this.#expire(now, payload.length)
    if (this.#bytes + payload.length > this.#settings.inboundMaxBytes) {
      throw new TransportError('ERR_TRANSPORT_STREAM_FULL', 'INBOUND has reached its limit of bytes')
    }
    this.#sequence += 1
    this.#bytes += payload.length
    this.#duplicates.add(messageId, this.#sequence, now)
    const sequence = this.#sequence
    this.#queue(inboundFilter(scope, actor)).push({
      subject,
      payload,
      messageId,
      sequence,
      storedAt: now,
      deliveries: 0,
      deadline: 0,
    })
    return { sequence, duplicate: false }
  }

  consume(settings: ConsumeSettings): () => void {
    const filter = inboundFilter(settings.scope, settings.actor)
    const remove = this.#queue(filter).addConsumer(settings)
    return () => {
      remove()
      if (this.#queues.get(filter)?.isIdle) this.#queues.delete(filter)
    }
  }

  /** Drops what waited too long, now and then, and always before refusing for want of room. */
  #expire(now: number, needed: number): void {
    const { inboundMaxAgeMs, inboundMaxBytes } = this.#settings
    const isFull = this.#bytes + needed > inboundMaxBytes
    if (!isFull && now - this.#expiredAt < Math.min(EXPIRE_EVERY_MS, inboundMaxAgeMs)) return
    this.#expiredAt = now
    for (const [filter, queue] of this.#queues) {
      queue.expire(now - inboundMaxAgeMs)
      // Clients choose the names of actor types: an empty queue that nobody consumes must not stay.
      if (queue.isIdle) this.#queues.delete(filter)
    }
  }

  #queue(filter: string): ActorQueue {
    let queue = this.#queues.get(filter)
    if (!queue) {
      queue = new ActorQueue((message: StoredMessage) => {
        this.#bytes -= message.payload.length
      })
      this.#queues.set(filter, queue)
    }
    return queue
  }
}
