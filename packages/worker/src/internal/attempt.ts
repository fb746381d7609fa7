import { WorkerError } from '../errors.ts'

/** One run of a handler, for as long as it counts. Its signal is made when the handler asks for it: few do. */
export class Attempt {
  #controller: AbortController | undefined
  #end: { reason: unknown } | undefined

  get signal(): AbortSignal {
    if (!this.#controller) {
      this.#controller = new AbortController()
      if (this.#end) this.#controller.abort(this.#end.reason)
    }
    return this.#controller.signal
  }

  /** Aborts the signal; what the handler does from now on does not count. */
  end(reason: unknown): void {
    this.#end ??= { reason }
    this.#controller?.abort(reason)
  }

  throwIfEnded(): void {
    if (this.#end) throw this.#end.reason
  }
}

/** The handlers of one actor type that run now. */
export class Attempts {
  readonly #running = new Set<Attempt>()

  /**
   * Runs a handler once, no longer than allowed. One that ignores its signal goes on unobserved.
   *
   * @throws WorkerError `handler_timeout` or whatever the handler threw
   */
  async run(handle: (attempt: Attempt) => Promise<void>, timeoutMs: number): Promise<void> {
    const attempt = new Attempt()
    this.#running.add(attempt)
    try {
      await new Promise<void>((resolve, reject) => {
        const timer = setTimeout(() => {
          const error = new WorkerError('handler_timeout', `the handler did not finish in ${timeoutMs} ms`)
          attempt.end(error)
          reject(error)
        }, timeoutMs)
        handle(attempt)
          .then(resolve, reject)
          .finally(() => clearTimeout(timer))
      })
    } finally {
      this.#running.delete(attempt)
    }
  }

  /** Aborts the signals of those that run. */
  end(reason: unknown): void {
    for (const attempt of this.#running) attempt.end(reason)
  }
}
