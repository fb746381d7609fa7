import type { InteropLogger } from '../../gateway/logger.ts'

/** Why updates did not arrive. */
export type LossCause = 'full' | 'refused' | 'unreachable' | 'failed' | 'closed'

const EVERY_MS = 60_000

/** Says that updates were lost, at once for the first and then once per minute for all of them. */
export class LossLog {
  readonly #publisher: string
  readonly #logger: InteropLogger
  #total = 0
  #unsaid = new Map<LossCause, number>()
  #lastError: unknown
  #timer: NodeJS.Timeout | undefined

  constructor(publisher: string, logger: InteropLogger) {
    this.#publisher = publisher
    this.#logger = logger
  }

  get total(): number {
    return this.#total
  }

  add(cause: LossCause, count: number, error?: unknown): void {
    if (count === 0) return
    this.#total += count
    this.#unsaid.set(cause, (this.#unsaid.get(cause) ?? 0) + count)
    if (error !== undefined) this.#lastError = error
    if (this.#timer === undefined) this.#say()
  }

  /** Says what is left to say. */
  close(): void {
    clearTimeout(this.#timer)
    if (this.#unsaid.size > 0) this.#say()
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  #say(): void {
    const error = this.#lastError
    this.#logger.warn(
      {
        publisher: this.#publisher,
        dropped: Object.fromEntries(this.#unsaid),
        ...(error === undefined ? {} : { err: error }),
      },
      'updates of metrics were dropped',
    )
    this.#unsaid.clear()
    this.#lastError = undefined
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      if (this.#unsaid.size > 0) this.#say()
    }, EVERY_MS).unref()
  }
}
