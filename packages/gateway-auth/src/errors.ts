const kBrand: unique symbol = Symbol.for('@portcullis/gateway-auth/error') as never

/**
 * Every refusal of this package: its HTTP status, its `error` in RFC 6749 bodies, and whether its message may reach the
 * peer. Refused tokens are `AuthError`s of `@portcullis/auth-core`.
 *
 * @see RFC 6749 §5.2, RFC 7009 §2.2.1, RFC 7591 §3.2.2
 */
export const GATEWAY_AUTH_ERRORS = {
  /** A member is missing, malformed or twice there, or credentials come in more than one way. */
  ERR_REQUEST_INVALID: { statusCode: 400, oauthError: 'invalid_request', expose: true },
  /** The body has a media type that the route does not read. */
  ERR_MEDIA_TYPE_UNSUPPORTED: { statusCode: 415, oauthError: 'invalid_request', expose: true },
  /** The body is longer than the route reads. */
  ERR_BODY_TOO_LARGE: { statusCode: 413, oauthError: 'invalid_request', expose: true },
  /** Unknown client, wrong secret, bad assertion or disabled client: one answer for all. */
  ERR_CLIENT_INVALID: { statusCode: 401, oauthError: 'invalid_client', expose: true },
  /** A grant type other than `client_credentials` and `refresh_token`. */
  ERR_GRANT_TYPE_UNSUPPORTED: { statusCode: 400, oauthError: 'unsupported_grant_type', expose: true },
  /** A scope that is malformed or more than the client may have. */
  ERR_SCOPE_INVALID: { statusCode: 400, oauthError: 'invalid_scope', expose: true },
  /** The refresh token is malformed, expired, used, revoked, or another client's. RFC 6749 bodies come with 400. */
  ERR_REFRESH_TOKEN_INVALID: { statusCode: 401, oauthError: 'invalid_grant', expose: true },
  /** A client asks to revoke a token that another one holds. */
  ERR_TOKEN_NOT_OWNED: { statusCode: 400, oauthError: 'invalid_request', expose: true },
  /** A token that cannot be revoked one by one, because it has no `jti`. */
  ERR_TOKEN_TYPE_UNSUPPORTED: { statusCode: 400, oauthError: 'unsupported_token_type', expose: true },
  /** Registration asks for a capability that is not on offer. */
  ERR_CAPABILITY_NOT_ALLOWED: { statusCode: 400, oauthError: 'invalid_client_metadata', expose: true },
  /** The public key of a registration is private, too weak, or of an unknown kind. */
  ERR_PUBLIC_KEY_INVALID: { statusCode: 400, oauthError: 'invalid_client_metadata', expose: true },
  /** Registration needs an initial access token, and this is none. */
  ERR_REGISTRATION_TOKEN_INVALID: { statusCode: 401, oauthError: 'invalid_token', expose: true },
  /** `x-internal-secret` is missing or wrong, or none is configured. */
  ERR_INTERNAL_SECRET_INVALID: { statusCode: 403, oauthError: 'access_denied', expose: true },
  /** Administration names a client that does not exist. */
  ERR_CLIENT_UNKNOWN: { statusCode: 404, oauthError: 'invalid_request', expose: true },
  /** Administration names a token family by an id that is neither a UUID nor in the store. */
  ERR_FAMILY_UNKNOWN: { statusCode: 404, oauthError: 'invalid_request', expose: true },
  /** The namespace has as many clients as it may have. */
  ERR_NAMESPACE_FULL: { statusCode: 409, oauthError: 'invalid_client_metadata', expose: true },
  /** Too many requests from one address. */
  ERR_RATE_LIMITED: { statusCode: 429, oauthError: 'temporarily_unavailable', expose: true },
  /** Too many failed authentications of one client. */
  ERR_TOO_MANY_FAILURES: { statusCode: 429, oauthError: 'temporarily_unavailable', expose: true },
  /** The store holds as much as it may hold: nothing live was dropped for the newcomer. */
  ERR_AUTH_STORE_FULL: { statusCode: 503, oauthError: 'temporarily_unavailable', expose: false },
  /** The store cannot be asked: says nothing about the caller, so it is never a denial. */
  ERR_AUTH_STORE_UNAVAILABLE: { statusCode: 503, oauthError: 'temporarily_unavailable', expose: false },
} as const

/** One of the keys of {@link GATEWAY_AUTH_ERRORS}. */
export type GatewayAuthErrorCode = keyof typeof GATEWAY_AUTH_ERRORS

/** A refusal caused by a peer or a backend. Mistakes of the calling code are `TypeError`s instead. */
export class GatewayAuthError extends Error {
  override readonly name: string = 'GatewayAuthError'
  readonly code: GatewayAuthErrorCode
  /** HTTP status to answer with. */
  readonly statusCode: number
  /** Whether `message` may reach the peer. */
  readonly expose: boolean
  /** Sent as `Retry-After`, seconds. */
  readonly retryAfterSeconds: number | undefined

  constructor(
    code: GatewayAuthErrorCode,
    message: string,
    options: ErrorOptions & { retryAfterSeconds?: number | undefined } = {},
  ) {
    super(message, options)
    const { statusCode, expose } = GATEWAY_AUTH_ERRORS[code]
    this.code = code
    this.statusCode = statusCode
    this.expose = expose
    this.retryAfterSeconds = options.retryAfterSeconds ?? (statusCode === 503 ? 1 : undefined)
    Object.defineProperty(this, kBrand, { value: true })
  }

  /** Recognises a `GatewayAuthError` by brand, because two installed copies of this package break `instanceof`. */
  static is(value: unknown): value is GatewayAuthError {
    return typeof value === 'object' && value !== null && kBrand in value
  }
}
