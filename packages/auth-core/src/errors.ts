const kBrand: unique symbol = Symbol.for('@portcullis/auth-core/error') as never

/**
 * Every refusal of this package: its HTTP status, its WebSocket close code, and whether its message may reach the peer.
 * Codes are public API and are never renamed without a major version.
 *
 * @see RFC 6750 §3.1 for the statuses
 */
export const AUTH_ERRORS = {
  /** No credentials were sent where some are needed. */
  ERR_AUTH_TOKEN_REQUIRED: { statusCode: 401, closeCode: 4401, expose: true },
  /** Malformed, wrongly signed, or not meant for this verifier. */
  ERR_AUTH_TOKEN_INVALID: { statusCode: 401, closeCode: 4401, expose: true },
  /** Was good once: `exp` lies in the past. */
  ERR_AUTH_TOKEN_EXPIRED: { statusCode: 401, closeCode: 4401, expose: true },
  /** The request carries credentials in a way that has no single meaning, such as two of them. */
  ERR_AUTH_REQUEST_INVALID: { statusCode: 400, closeCode: 4400, expose: true },
  /** The verification keys could not be obtained: says nothing about the token, so it is never a denial. */
  ERR_AUTH_KEYS_UNAVAILABLE: { statusCode: 503, closeCode: 1013, expose: false },
  /** A secret that cannot be hashed as it is: not text, empty, with NUL, or longer than 72 bytes. */
  ERR_AUTH_SECRET_INVALID: { statusCode: 400, closeCode: 4400, expose: true },
  /** As many secrets are being hashed, and wait to be, as are allowed: try again after `retryAfterSeconds`. */
  ERR_AUTH_HASHING_BUSY: { statusCode: 503, closeCode: 1013, expose: true },
  /** The hasher is closed or its thread died: says nothing about the secret, so it is never a denial. */
  ERR_AUTH_HASHING_UNAVAILABLE: { statusCode: 503, closeCode: 1013, expose: false },
  /** The caller is known and may not do this. */
  ERR_FORBIDDEN: { statusCode: 403, closeCode: 4403, expose: true },
} as const

/** One of the keys of {@link AUTH_ERRORS}. */
export type AuthErrorCode = keyof typeof AUTH_ERRORS

/** Options of {@link AuthError}. */
export interface AuthErrorOptions extends ErrorOptions {
  /** When it makes sense to try again, seconds from now: the value of `Retry-After`. */
  retryAfterSeconds?: number | undefined
}

/**
 * A refusal caused by a peer, a token or a key endpoint. Mistakes of the calling code are `TypeError`s instead.
 *
 * `message` is fit for the peer when `expose` is true; what really happened is in `cause` and stays in logs. Neither
 * contains a token or a secret.
 */
export class AuthError extends Error {
  override readonly name: string = 'AuthError'
  readonly code: AuthErrorCode
  /** HTTP status to answer with. */
  readonly statusCode: number
  /** WebSocket close code for a socket that is already open. */
  readonly closeCode: number
  /** Whether `message` may reach the peer. */
  readonly expose: boolean
  /** When it makes sense to try again, seconds, where that is known. */
  readonly retryAfterSeconds: number | undefined

  constructor(code: AuthErrorCode, message: string, options?: AuthErrorOptions) {
    super(message, options)
    const { statusCode, closeCode, expose } = AUTH_ERRORS[code]
    this.code = code
    this.statusCode = statusCode
    this.closeCode = closeCode
    this.expose = expose
    this.retryAfterSeconds = options?.retryAfterSeconds
    Object.defineProperty(this, kBrand, { value: true })
  }

  /** Recognises an `AuthError` by brand, because two installed copies of this package break `instanceof`. */
  static is(value: unknown): value is AuthError {
    return typeof value === 'object' && value !== null && kBrand in value
  }
}
