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
  /** What a caller asks for has the wrong shape. */
  ERR_REQUEST_INVALID: { statusCode: 400, expose: true },
  /** The caller is not one of our gateways: the internal token is missing or wrong. Says nothing about any client. */
  ERR_INTERNAL_TOKEN_INVALID: { statusCode: 401, expose: true },
  /** There is no such workspace. */
  ERR_WORKSPACE_UNKNOWN: { statusCode: 404, expose: true },
  /** There is no such project in the workspace. */
  ERR_PROJECT_UNKNOWN: { statusCode: 404, expose: true },
  /** The project has no such secret. */
  ERR_SECRET_UNKNOWN: { statusCode: 404, expose: true },
  /** There is no such member in the workspace. */
  ERR_MEMBER_UNKNOWN: { statusCode: 404, expose: true },
  /** There is no such API key in the workspace. */
  ERR_API_KEY_UNKNOWN: { statusCode: 404, expose: true },
  /** The project has not blocked this user. */
  ERR_BLOCKED_USER_UNKNOWN: { statusCode: 404, expose: true },
  /** The project has blocked the user of this token. */
  ERR_USER_BLOCKED: { statusCode: 403, expose: true },
  /** The set-up token is wrong, used or expired, or there is an operator by now. */
  ERR_SETUP_TOKEN_INVALID: { statusCode: 403, expose: true },
  /** A workspace or project of this id, or a member of this subject, is there already. */
  ERR_ID_TAKEN: { statusCode: 409, expose: true },
  /** The host belongs to another project, or a wildcard of another workspace stands for it. */
  ERR_HOST_TAKEN: { statusCode: 409, expose: true },
  /** A token of another project would open this one, or the other way round. */
  ERR_PROJECTS_OVERLAP: { statusCode: 409, expose: true },
  /** The project has as many secrets as it may have, or would have none. */
  ERR_SECRET_COUNT: { statusCode: 409, expose: true },
  /** The workspace still has projects. */
  ERR_WORKSPACE_NOT_EMPTY: { statusCode: 409, expose: true },
  /** Nobody would be left who may do everything. */
  ERR_LAST_OWNER: { statusCode: 409, expose: true },
  /** There are as many of these as there may be. */
  ERR_LIMIT_REACHED: { statusCode: 409, expose: true },
  /** A request with this idempotency key is under way. */
  ERR_IDEMPOTENCY_RUNNING: { statusCode: 409, expose: true },
  /** The idempotency key was used for another request. */
  ERR_IDEMPOTENCY_MISMATCH: { statusCode: 422, expose: true },
  /** What is to be changed is not as the caller read it: read it again. */
  ERR_VERSION_MISMATCH: { statusCode: 412, expose: true },
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
