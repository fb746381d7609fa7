const kBrand: unique symbol = Symbol.for('@portcullis/control-api/error') as never

/**
 * Every refusal of this package with its HTTP status, and whether its message may reach the caller. Refused tokens are
 * `AuthError`s of `@portcullis/auth-core`; what the registry refuses are its `RegistryError`s.
 */
export const CONTROL_API_ERRORS = {
  /** The request has the wrong shape; `errors` says where. */
  ERR_REQUEST_INVALID: { statusCode: 400, expose: true },
  /** There is nothing under this path. */
  ERR_NOT_FOUND: { statusCode: 404, expose: true },
  /** The API key is wrong, revoked or expired. */
  ERR_API_KEY_INVALID: { statusCode: 401, expose: true },
  /** A request with the console's cookie comes without the CSRF token of its session, or with another one. */
  ERR_CSRF_TOKEN_INVALID: { statusCode: 403, expose: true },
  /** A page of another origin sends this. */
  ERR_ORIGIN_FORBIDDEN: { statusCode: 403, expose: true },
  /** Nobody gives a role that is stronger than their own. */
  ERR_ROLE_TOO_STRONG: { statusCode: 403, expose: true },
  /** The gateways have no such session. */
  ERR_SESSION_UNKNOWN: { statusCode: 404, expose: true },
  /** There is no such dead letter. */
  ERR_DEAD_LETTER_UNKNOWN: { statusCode: 404, expose: true },
  /** Only a part of the dead letter's message was kept: it cannot be replayed. */
  ERR_DEAD_LETTER_INCOMPLETE: { statusCode: 409, expose: true },
  /** The body is larger than the route takes. */
  ERR_BODY_TOO_LARGE: { statusCode: 413, expose: true },
  /** The route does not read this media type. */
  ERR_MEDIA_TYPE_UNSUPPORTED: { statusCode: 415, expose: true },
  /** A change of something that has versions comes without `If-Match`. */
  ERR_PRECONDITION_REQUIRED: { statusCode: 428, expose: true },
  /** Too many requests, or too many wrong credentials. */
  ERR_RATE_LIMITED: { statusCode: 429, expose: true },
  /** Signing in at the identity provider did not work out. */
  ERR_OIDC_LOGIN_FAILED: { statusCode: 401, expose: true },
  /** What nobody foresaw. */
  ERR_INTERNAL: { statusCode: 500, expose: false },
  /** The gateway that was asked could not answer. */
  ERR_GATEWAY_FAILED: { statusCode: 502, expose: true },
  /** No gateway answered in time. */
  ERR_GATEWAY_UNAVAILABLE: { statusCode: 503, expose: true },
  /** The identity provider could not be reached. */
  ERR_OIDC_UNAVAILABLE: { statusCode: 503, expose: true },
} as const

/** One of the keys of {@link CONTROL_API_ERRORS}. */
export type ControlApiErrorCode = keyof typeof CONTROL_API_ERRORS

/** Options of {@link ControlApiError}. */
export interface ControlApiErrorOptions extends ErrorOptions {
  /** When it makes sense to try again, seconds from now. */
  retryAfterSeconds?: number | undefined
}

/** A refusal of the API. `message` is fit for the caller when `expose` is true; details are in `cause`. */
export class ControlApiError extends Error {
  override readonly name: string = 'ControlApiError'
  readonly code: ControlApiErrorCode
  /** HTTP status to answer with. */
  readonly statusCode: number
  /** Whether `message` may reach the caller. */
  readonly expose: boolean
  /** When it makes sense to try again, seconds, where that is known. */
  readonly retryAfterSeconds: number | undefined

  constructor(code: ControlApiErrorCode, message: string, options: ControlApiErrorOptions = {}) {
    super(message, options)
    this.code = code
    this.statusCode = CONTROL_API_ERRORS[code].statusCode
    this.expose = CONTROL_API_ERRORS[code].expose
    this.retryAfterSeconds = options.retryAfterSeconds
    Object.defineProperty(this, kBrand, { value: true })
  }

  /** Recognises a `ControlApiError` by brand, because two installed copies of this package break `instanceof`. */
  static is(value: unknown): value is ControlApiError {
    return typeof value === 'object' && value !== null && kBrand in value
  }
}
