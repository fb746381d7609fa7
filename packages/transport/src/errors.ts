const kBrand: symbol = Symbol.for('@portcullis/transport/error')

/** Every way in which the transport refuses. `retryable`: the same call can succeed later. */
export const TRANSPORT_ERRORS = {
  /** A name cannot become a subject token, or the whole subject is too long. */
  ERR_TRANSPORT_SUBJECT_INVALID: { retryable: false },
  /** The message is larger than the engine takes. */
  ERR_TRANSPORT_TOO_LARGE: { retryable: false },
  /** An envelope on the wire is not what the contract says. */
  ERR_TRANSPORT_ENVELOPE_INVALID: { retryable: false },
  /** The engine is not connected and was not back before the deadline. */
  ERR_TRANSPORT_UNAVAILABLE: { retryable: true },
  /** The engine is connected and did not acknowledge before the deadline. */
  ERR_TRANSPORT_TIMEOUT: { retryable: true },
  /** Too much is held for acknowledgement already. */
  ERR_TRANSPORT_BACKLOG_FULL: { retryable: true },
  /** The stream is at its limit and does not discard. */
  ERR_TRANSPORT_STREAM_FULL: { retryable: true },
  /** The engine refused for a reason of its own; see `cause`. */
  ERR_TRANSPORT_REFUSED: { retryable: false },
  /** A stream exists with settings that cannot work, or that `drift: 'fail'` does not accept. */
  ERR_TRANSPORT_STREAM_DRIFT: { retryable: false },
  /** A durable consumer of this name serves another subject. */
  ERR_TRANSPORT_CONSUMER_CONFLICT: { retryable: false },
  /** A dead letter does not hold all of its message, or comes from a subject that it cannot be sent to again. */
  ERR_TRANSPORT_DEAD_LETTER_INCOMPLETE: { retryable: false },
  /** The transport was not started, or is closed. */
  ERR_TRANSPORT_CLOSED: { retryable: false },
} as const

export type TransportErrorCode = keyof typeof TRANSPORT_ERRORS

/** What every method of a transport rejects with. */
export class TransportError extends Error {
  override readonly name: string = 'TransportError'
  readonly code: TransportErrorCode
  readonly retryable: boolean

  constructor(code: TransportErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
    this.retryable = TRANSPORT_ERRORS[code].retryable
    Object.defineProperty(this, kBrand, { value: true })
  }

  /** True for an error of any installed copy of this package; `instanceof` fails across copies. */
  static is(value: unknown): value is TransportError {
    return typeof value === 'object' && value !== null && kBrand in value
  }
}
