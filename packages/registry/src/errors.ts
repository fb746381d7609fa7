const kBrand: unique symbol = Symbol.for('@portcullis/registry/error') as never

/**
 * Every refusal of this package with its HTTP status, and whether its message may reach the caller. Refused tokens are
 * `AuthError`s of `@portcullis/auth-core`.
 */
export const REGISTRY_ERRORS = {
  /** The host is not a host name or an address. */
  ERR_HOST_INVALID: { statusCode: 400, expose: true },
  /** No project answers under this host. */
  ERR_HOST_UNKNOWN: { statusCode: 404, expose: true },
  /** The body of a request to the control plane has the wrong shape. */
  ERR_REQUEST_INVALID: { statusCode: 400, expose: true },
  /** The caller is not one of our gateways: the internal token is missing or wrong. Says nothing about any client. */
  ERR_INTERNAL_TOKEN_INVALID: { statusCode: 401, expose: true },
  /** The stored configuration of the project cannot be used. */
  ERR_PROJECT_MISCONFIGURED: { statusCode: 500, expose: false },
  /** The store could not be asked: neither a denial nor a grant. */
  ERR_REGISTRY_UNAVAILABLE: { statusCode: 503, expose: false },
} as const

/** One of the keys of {@link REGISTRY_ERRORS}. */
export type RegistryErrorCode = keyof typeof REGISTRY_ERRORS

/** A refusal of the registry. `message` is fit for the caller when `expose` is true; details are in `cause`. */
export class RegistryError extends Error {
  override readonly name: string = 'RegistryError'
  readonly code: RegistryErrorCode
  /** HTTP status to answer with. */
  readonly statusCode: number
  /** Whether `message` may reach the caller. */
  readonly expose: boolean

  constructor(code: RegistryErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
    this.statusCode = REGISTRY_ERRORS[code].statusCode
    this.expose = REGISTRY_ERRORS[code].expose
    Object.defineProperty(this, kBrand, { value: true })
  }

  /** Recognises a `RegistryError` by brand, because two installed copies of this package break `instanceof`. */
  static is(value: unknown): value is RegistryError {
    return typeof value === 'object' && value !== null && kBrand in value
  }
}
