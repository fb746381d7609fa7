const kBrand: unique symbol = Symbol.for('@portcullis/oidc-middleware/error') as never

/**
 * Every refusal of this package beside those of tokens, which are `AuthError`s of `@portcullis/auth-core`
 * (`ERR_AUTH_TOKEN_REQUIRED`, `ERR_AUTH_TOKEN_INVALID`, `ERR_AUTH_TOKEN_EXPIRED`, `ERR_AUTH_KEYS_UNAVAILABLE`,
 * `ERR_FORBIDDEN`).
 */
export const OIDC_ERRORS = {
  /** The account is disabled in the application. */
  ERR_USER_DISABLED: { statusCode: 403, closeCode: 4403, expose: true },
  /** `findOrCreate` failed or took too long: says nothing about the user. */
  ERR_USER_PROVISION_FAILED: { statusCode: 500, closeCode: 1011, expose: false },
  /** A mistake of the server's own: a configuration that cannot be read, a verifier or a hook that throws what it must not. */
  ERR_INTERNAL: { statusCode: 500, closeCode: 1011, expose: false },
} as const

/** One of the keys of {@link OIDC_ERRORS}. */
export type OidcErrorCode = keyof typeof OIDC_ERRORS

/** A refusal caused by a user's account, the application's directory or a mistake of the server. */
export class OidcError extends Error {
  override readonly name: string = 'OidcError'
  readonly code: OidcErrorCode
  /** HTTP status to answer with. */
  readonly statusCode: number
  /** WebSocket close code for a socket that is already open. */
  readonly closeCode: number
  /** Whether `message` may reach the peer. */
  readonly expose: boolean

  constructor(code: OidcErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    const { statusCode, closeCode, expose } = OIDC_ERRORS[code]
    this.code = code
    this.statusCode = statusCode
    this.closeCode = closeCode
    this.expose = expose
    Object.defineProperty(this, kBrand, { value: true })
  }

  /** Recognises an `OidcError` by brand, because two installed copies of this package break `instanceof`. */
  static is(value: unknown): value is OidcError {
    return typeof value === 'object' && value !== null && kBrand in value
  }
}
