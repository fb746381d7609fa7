import { jetstream, jetstreamManager, type JetStreamManager, type StoredMsg } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import type {
  DeadLetterPage,
  DeadLetterQuery,
  DeadLetters,
  DeadLetterScope,
  StoredDeadLetter,
} from '../../dead-letters.ts'
import { TransportError } from '../../errors.ts'
import {
  MAX_PAGE_BYTES,
  pageSettings,
  replayOf,
  scopeFilter,
  sequenceOf,
  storedDeadLetter,
} from '../../internal/dead-letter-box.ts'
import { subjectMatches } from '../../subject/match.ts'
import type { PublishReceipt } from '../../transport.ts'
import { DEAD_LETTER_STREAM } from '../streams/definitions.ts'
import { isStreamNotFound } from '../streams/ensure.ts'
import { jetStreamError } from './jetstream-error.ts'
import { scanBackwards } from './scan.ts'

const TIMEOUT_MS = 3000

/** DLQ on a server. Nothing is opened before somebody looks. */
export class NatsDeadLetters implements DeadLetters {
  readonly #connected: () => NatsConnection

  /** @param connected the connection, or throws why there is none */
  constructor(connected: () => NatsConnection) {
    this.#connected = connected
  }

  async list(query?: DeadLetterQuery): Promise<DeadLetterPage> {
    const { filter, limit, before } = pageSettings(query)
    return this.#ask({ items: [], next: null }, async (jsm, connection) => {
      const scan = await scanBackwards(connection, jsm, {
        filter,
        before,
        count: limit,
        timeoutMs: TIMEOUT_MS,
      })
      const items: StoredDeadLetter[] = []
      let bytes = 0
      let last: number | undefined
      for (const sequence of scan.sequences) {
        const message = await this.#message(jsm, sequence, filter)
        bytes += message?.data.length ?? 0
        if (last !== undefined && bytes > MAX_PAGE_BYTES) return { items, next: String(last) }
        const stored = message && storedDeadLetter(sequence, message.subject, message.data)
        if (stored) items.push(stored)
        last = sequence
      }
      return { items, next: scan.before === undefined ? null : String(scan.before) }
    })
  }

  async get(id: string, scope?: DeadLetterScope): Promise<StoredDeadLetter | null> {
    const [sequence, filter] = [sequenceOf('id', id), scopeFilter(scope)]
    return this.#ask(null, (jsm) => this.#find(jsm, sequence, filter))
  }

  async drop(id: string, scope?: DeadLetterScope): Promise<boolean> {
    const [sequence, filter] = [sequenceOf('id', id), scopeFilter(scope)]
    return this.#ask(false, async (jsm) => {
      const message = await this.#message(jsm, sequence, filter)
      return message !== null && (await remove(jsm, sequence))
    })
  }

  async replay(id: string, scope?: DeadLetterScope): Promise<PublishReceipt | null> {
    const [sequence, filter] = [sequenceOf('id', id), scopeFilter(scope)]
    return this.#ask(null, async (jsm, connection) => {
      const stored = await this.#find(jsm, sequence, filter)
      if (!stored) return null
      const { subject, payload, messageId } = replayOf(stored)
      const js = jetstream(connection, { timeout: TIMEOUT_MS })
      const { seq, duplicate } = await js.publish(subject, payload, { msgID: messageId })
      await remove(jsm, sequence)
      return { sequence: seq, duplicate }
    })
  }

  async #find(jsm: JetStreamManager, sequence: number, filter: string): Promise<StoredDeadLetter | null> {
    const message = await this.#message(jsm, sequence, filter)
    return message && storedDeadLetter(sequence, message.subject, message.data)
  }

  async #message(jsm: JetStreamManager, sequence: number, filter: string): Promise<StoredMsg | null> {
    const message = await jsm.streams.getMessage(DEAD_LETTER_STREAM, { seq: sequence })
    return message !== null && subjectMatches(filter, message.subject) ? message : null
  }

  /** Without the stream there is nothing: workers make it. */
  async #ask<T>(
    nothing: T,
    act: (jsm: JetStreamManager, connection: NatsConnection) => Promise<T>,
  ): Promise<T> {
    const connection = this.#connected()
    try {
      return await act(
        await jetstreamManager(connection, { timeout: TIMEOUT_MS, checkAPI: false }),
        connection,
      )
    } catch (error) {
      if (TransportError.is(error)) throw error
      if (isStreamNotFound(error)) return nothing
      throw jetStreamError(error)
    }
  }
}

/** False when somebody else was faster. */
async function remove(jsm: JetStreamManager, sequence: number): Promise<boolean> {
  try {
    // Overwriting the bytes on the disk is what `erase` adds; the stream is nobody's archive.
    return await jsm.streams.deleteMessage(DEAD_LETTER_STREAM, sequence, false)
  } catch (error) {
    // The server says in several ways that there is nothing, and in one of them that it did not work.
    const left = await jsm.streams.getMessage(DEAD_LETTER_STREAM, { seq: sequence })
    if (left === null) return false
    throw error
  }
}
