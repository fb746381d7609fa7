/** Why a message became a dead letter, and what a worker itself refuses. */
export const WORKER_ERRORS = {
  /** The handler threw on every attempt. */
  handler_failed: { parks: true },
  /** The handler did not finish in `handlerTimeoutMs` on the last attempt. */
  handler_timeout: { parks: true },
  /** The payload is not an inbound envelope. */
  envelope_invalid: { parks: true },
  /** Workers that had the message in hand died, again and again. */
  worker_died: { parks: true },
  /** The head of an actor id kept failing while too much waited behind it. */
  backlog_full: { parks: true },
  /** The worker is closed or was not started. */
  closed: { parks: false },
} as const

export type WorkerErrorCode = keyof typeof WORKER_ERRORS

const kBrand: symbol = Symbol.for('@portcullis/worker/error')

/** What a worker rejects with, and the reason it gives for a dead letter. */
export class WorkerError extends Error {
  override readonly name: string = 'WorkerError'
  readonly code: WorkerErrorCode

  constructor(code: WorkerErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
    Object.defineProperty(this, kBrand, { value: true })
  }

  /** True for an error of any installed copy of this package. */
  static is(value: unknown): value is WorkerError {
    return typeof value === 'object' && value !== null && kBrand in value
  }
}
