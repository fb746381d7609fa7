import { assertFits } from '../internal/assert-fits.ts'
import { deadLetterSubject } from '../subject/subjects.ts'
import type { DeadLetterMessage, PublishReceipt } from '../transport.ts'
import { DuplicateWindow } from './duplicate-window.ts'
import type { EmbeddedSettings } from './options.ts'

/** DLQ in process: what workers gave up on, bounded in count and bytes; the oldest go. */
export class DeadLetters {
  readonly #settings: EmbeddedSettings
  readonly #duplicates: DuplicateWindow
  readonly #payloads: Uint8Array[] = []
  #bytes = 0
  #sequence = 0

  constructor(settings: EmbeddedSettings) {
    this.#settings = settings
    this.#duplicates = new DuplicateWindow(settings.duplicateWindowMs, settings.deadLetterMaxCount)
  }

  list(): readonly Uint8Array[] {
    return [...this.#payloads]
  }

  publish({ scope, actor, payload, messageId }: DeadLetterMessage): PublishReceipt {
    deadLetterSubject(scope, actor)
    const { maxMessageBytes, deadLetterMaxBytes, deadLetterMaxCount } = this.#settings
    // A dead letter holds its message in base64.
    assertFits(payload, maxMessageBytes * 2)
    const now = Date.now()
    const stored = this.#duplicates.find(messageId, now)
    if (stored !== undefined) return { sequence: stored, duplicate: true }
    this.#sequence += 1
    this.#duplicates.add(messageId, this.#sequence, now)
    this.#payloads.push(payload)
    this.#bytes += payload.length
    while (this.#payloads.length > deadLetterMaxCount || this.#bytes > deadLetterMaxBytes) {
      this.#bytes -= this.#payloads.shift()?.length ?? 0
    }
    return { sequence: this.#sequence, duplicate: false }
  }
}
