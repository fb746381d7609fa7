const kBrand: symbol = Symbol.for('@portcullis/interop/error')

/**
 * Every way in which the gateway refuses a message. `reason` is the end of the reason URI that the peer is sent:
 * `<domain>.errors.<reason>`, where the domain is the one of the request. With a `statusCode`: the answer to an upgrade.
 */
export const INTEROP_ERRORS = {
  /** Anything that has no reason of its own: an unknown peer, an unknown context, a restriction that does not parse. */
  ERR_INTEROP_FAILURE: { reason: 'failure' },
  /** The type is unknown, or the message is no JSON object at all. */
  ERR_INTEROP_UNHANDLED_MESSAGE: { reason: 'unhandled_message' },
  /** The credentials were refused, or could not be checked. */
  ERR_INTEROP_AUTHENTICATION: { reason: 'authentication.failure' },
  /** A hello without an identity, or a metrics repository without one. */
  ERR_INTEROP_BAD_IDENTITY: { reason: 'bad_identity' },
  /** A live peer has this very identity. */
  ERR_INTEROP_ALREADY_SEEN: { reason: 'already_seen' },
  /** A limit of the gateway: peers per user, methods per peer, calls in flight, a mailbox that is full. */
  ERR_INTEROP_LIMITS_EXCEEDED: { reason: 'limits_exceeded' },
  /** Join or leave of a domain that does not exist. */
  ERR_INTEROP_INVALID_DOMAIN: { reason: 'invalid_domain' },
  /** Join or leave of a peer that does not exist. */
  ERR_INTEROP_INVALID_PEER: { reason: 'invalid_peer' },
  /** A restriction or permission that does not parse; the reason says where. */
  ERR_INTEROP_BAD_RESTRICTION: { reason: 'failure' },
  /** The peer may not read, update or destroy the context. */
  ERR_INTEROP_NOT_AUTHORIZED: { reason: 'not_authorized' },
  /** A context's lifetime is none of the known ones. */
  ERR_INTEROP_BAD_LIFETIME: { reason: 'bad_lifetime' },
  /** A method without an id or a name. */
  ERR_INTEROP_REGISTRATION: { reason: 'registration.failure' },
  /** A method that is not registered cannot be unregistered. */
  ERR_INTEROP_UNREGISTRATION: { reason: 'unregistration.failure' },
  /** A call that cannot be made, or whose server has left. */
  ERR_INTEROP_INVOCATION: { reason: 'invocation.failure' },
  /** A subscription whose server has left before it answered. */
  ERR_INTEROP_SUBSCRIPTION: { reason: 'subscription.failure' },
  /** A subscription that does not exist, or not yet. */
  ERR_INTEROP_INVALID_SUBSCRIPTION: { reason: 'subscription.invalid_subscription' },
  /** The rest of the cluster did not answer in time. */
  ERR_INTEROP_UNAVAILABLE: { reason: 'unavailable' },
  /** An upgrade from a page of an origin that may not connect. */
  ERR_INTEROP_ORIGIN_REFUSED: { reason: 'origin_refused', statusCode: 403 },
  /** An upgrade at a path that nobody answers at. */
  ERR_INTEROP_NOT_FOUND: { reason: 'not_found', statusCode: 404 },
  /** An upgrade when there is no room for another connection. */
  ERR_INTEROP_TOO_MANY_CONNECTIONS: { reason: 'limits_exceeded', statusCode: 503 },
} as const

export type InteropErrorCode = keyof typeof INTEROP_ERRORS

export interface InteropErrorOptions extends ErrorOptions {
  /** What the `error` message carries as `context`. */
  context?: unknown
  /** What it carries as `request_id`, where that is not the request's own. */
  requestId?: unknown
}

/** A refusal that is sent to the peer as an `error` message. The message is for the peer: it holds nothing secret. */
export class InteropError extends Error {
  override readonly name: string = 'InteropError'
  readonly code: InteropErrorCode
  readonly context: unknown
  readonly requestId: unknown

  constructor(code: InteropErrorCode, message: string, options: InteropErrorOptions = {}) {
    super(message, options)
    this.code = code
    this.context = options.context
    this.requestId = options.requestId
    Object.defineProperty(this, kBrand, { value: true })
  }

  /** True for an error of any installed copy of this package; `instanceof` fails across copies. */
  static is(value: unknown): value is InteropError {
    return typeof value === 'object' && value !== null && kBrand in value
  }
}
