import type { DeadLetterPage, DeadLetterQuery, DeadLetters, DeadLetterScope } from '../dead-letters.ts'
import { assertFits } from '../internal/assert-fits.ts'
import {
  MAX_PAGE_BYTES,
  pageSettings,
  type Replay,
  replayOf,
  scopeFilter,
  sequenceOf,
  storedDeadLetter,
} from '../internal/dead-letter-box.ts'
import { subjectMatches } from '../subject/match.ts'
import { deadLetterSubject } from '../subject/subjects.ts'
import type { DeadLetterMessage, PublishReceipt } from '../transport.ts'
import { DuplicateWindow } from './duplicate-window.ts'
import type { EmbeddedSettings } from './options.ts'

interface Entry {
  readonly sequence: number
  readonly subject: string
  readonly payload: Uint8Array
}

/** DLQ in process: what workers gave up on, bounded in count and bytes; the oldest go. */
export class EmbeddedDeadLetters {
  readonly #settings: EmbeddedSettings
  readonly #duplicates: DuplicateWindow
  /** Oldest first: sequences only grow. */
  readonly #entries: Entry[] = []
  #bytes = 0
  #sequence = 0

  constructor(settings: EmbeddedSettings) {
    this.#settings = settings
    this.#duplicates = new DuplicateWindow(settings.duplicateWindowMs, settings.deadLetterMaxCount)
  }

  payloads(): readonly Uint8Array[] {
    return this.#entries.map((entry) => entry.payload)
  }

  publish({ scope, actor, payload, messageId }: DeadLetterMessage): PublishReceipt {
    const subject = deadLetterSubject(scope, actor)
    const { maxMessageBytes, deadLetterMaxBytes, deadLetterMaxCount } = this.#settings
    // A dead letter holds its message in base64.
    assertFits(payload, maxMessageBytes * 2)
    const now = Date.now()
    const stored = this.#duplicates.find(messageId, now)
    if (stored !== undefined) return { sequence: stored, duplicate: true }
    this.#sequence += 1
    this.#duplicates.add(messageId, this.#sequence, now)
    this.#entries.push({ sequence: this.#sequence, subject, payload })
    this.#bytes += payload.length
    while (this.#entries.length > deadLetterMaxCount || this.#bytes > deadLetterMaxBytes) {
      this.#bytes -= this.#entries.shift()?.payload.length ?? 0
    }
    return { sequence: this.#sequence, duplicate: false }
  }

  /** @param publish puts a message back into the inbound stream */
  open(assertOpen: () => void, publish: (replay: Replay) => PublishReceipt): DeadLetters {
    const find = (id: string, scope: DeadLetterScope | undefined) => {
      assertOpen()
      const entry = this.#find(sequenceOf('id', id), scopeFilter(scope))
      const stored = entry && storedDeadLetter(entry.sequence, entry.subject, entry.payload)
      return entry && { entry, stored }
    }
    return {
      list: async (query) => {
        assertOpen()
        return this.#list(query)
      },
      get: async (id, scope) => find(id, scope)?.stored ?? null,
      drop: async (id, scope) => {
        const found = find(id, scope)
        if (found) this.#remove(found.entry)
        return found !== undefined
      },
      replay: async (id, scope) => {
        const found = find(id, scope)
        if (!found?.stored) return null
        const receipt = publish(replayOf(found.stored))
        this.#remove(found.entry)
        return receipt
      },
    }
  }

  #list(query: DeadLetterQuery | undefined): DeadLetterPage {
    const { filter, limit, before } = pageSettings(query)
    const page: DeadLetterPage = { items: [], next: null }
    let [seen, bytes] = [0, 0]
    let last: Entry | undefined
    for (const entry of this.#entries.toReversed()) {
      if (entry.sequence >= before || !subjectMatches(filter, entry.subject)) continue
      bytes += entry.payload.length
      if (last && (seen === limit || bytes > MAX_PAGE_BYTES)) {
        page.next = String(last.sequence)
        break
      }
      const stored = storedDeadLetter(entry.sequence, entry.subject, entry.payload)
      if (stored) page.items.push(stored)
      last = entry
      seen += 1
    }
    return page
  }

  #find(sequence: number, filter: string): Entry | undefined {
    const entry = this.#entries.find((one) => one.sequence === sequence)
    return entry && subjectMatches(filter, entry.subject) ? entry : undefined
  }

  #remove(entry: Entry): void {
    const index = this.#entries.indexOf(entry)
    if (index === -1) return
    this.#entries.splice(index, 1)
    this.#bytes -= entry.payload.length
  }
}
