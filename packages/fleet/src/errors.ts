const kBrand: symbol = Symbol.for('@portcullis/fleet/error')

/** Every way in which the fleet refuses. `retryable`: the same call can succeed later. */
export const FLEET_ERRORS = {
  /** The gateway that was asked is not, or no longer, there. */
  ERR_FLEET_GATEWAY_UNKNOWN: { statusCode: 404, retryable: false },
  /** No gateway is there to be asked. */
  ERR_FLEET_NO_GATEWAY: { statusCode: 503, retryable: true },
  /** The gateway did not answer in time. */
  ERR_FLEET_TIMEOUT: { statusCode: 504, retryable: true },
  /** No gateway that was asked answers this question. */
  ERR_FLEET_QUESTION_UNKNOWN: { statusCode: 501, retryable: false },
  /** The question is not what the protocol says. */
  ERR_FLEET_QUESTION_INVALID: { statusCode: 400, retryable: false },
  /** Too many questions are under way. */
  ERR_FLEET_BUSY: { statusCode: 503, retryable: true },
  /** What answers on the gateway failed. */
  ERR_FLEET_ANSWER_FAILED: { statusCode: 502, retryable: true },
  /** The answer is not what the protocol says. */
  ERR_FLEET_ANSWER_INVALID: { statusCode: 502, retryable: false },
  /** The answer is larger than both sides take. */
  ERR_FLEET_ANSWER_TOO_LARGE: { statusCode: 502, retryable: false },
  /** The engine that carries the messages refused one. */
  ERR_FLEET_UNAVAILABLE: { statusCode: 503, retryable: true },
  /** The agent or the view is not started, or closed. */
  ERR_FLEET_CLOSED: { statusCode: 503, retryable: false },
  /** A link asked for anything but the link's path. */
  ERR_FLEET_LINK_NOT_FOUND: { statusCode: 404, retryable: false },
  /** A link came without a usable gateway id. */
  ERR_FLEET_LINK_INVALID: { statusCode: 400, retryable: false },
  /** The internal token of a link is missing or wrong. */
  ERR_FLEET_LINK_UNAUTHORIZED: { statusCode: 401, retryable: false },
  /** There are as many links as the server takes, or it is closing. */
  ERR_FLEET_LINK_REFUSED: { statusCode: 503, retryable: true },
} as const

export type FleetErrorCode = keyof typeof FLEET_ERRORS

/** What the methods of a view reject with, and why a link was refused. Messages never carry what a peer sent. */
export class FleetError extends Error {
  override readonly name: string = 'FleetError'
  readonly code: FleetErrorCode
  readonly statusCode: number
  readonly retryable: boolean

  constructor(code: FleetErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
    this.statusCode = FLEET_ERRORS[code].statusCode
    this.retryable = FLEET_ERRORS[code].retryable
    Object.defineProperty(this, kBrand, { value: true })
  }

  /** True for an error of any installed copy of this package; `instanceof` fails across copies. */
  static is(value: unknown): value is FleetError {
    return typeof value === 'object' && value !== null && kBrand in value
  }
}
