const kBrand: unique symbol = Symbol.for('@portcullis/visibility/error') as never

/** Every refusal of this package with its HTTP status, and whether its message may reach the caller. */
export const VISIBILITY_ERRORS = {
  /** Rules are not what they have to be: a wrong type, an unknown key, a value that is none of those allowed. */
  ERR_VISIBILITY_RULES_INVALID: { statusCode: 400, expose: true },
  /** More or longer rules than the limits allow. */
  ERR_VISIBILITY_RULES_LIMIT: { statusCode: 400, expose: true },
  /** A pattern is no regular expression. */
  ERR_VISIBILITY_PATTERN_INVALID: { statusCode: 400, expose: true },
  /** A pattern needs what no linear-time engine can do, or is larger than the limits allow. */
  ERR_VISIBILITY_PATTERN_UNSAFE: { statusCode: 400, expose: true },
  /** A restriction cannot be parsed. */
  ERR_VISIBILITY_RESTRICTION_INVALID: { statusCode: 400, expose: true },
  /** A restriction is longer, deeper or has more terms than the limits allow. */
  ERR_VISIBILITY_RESTRICTION_LIMIT: { statusCode: 400, expose: true },
  /** A pattern written in a restriction is no regular expression, or not a safe one. */
  ERR_VISIBILITY_RESTRICTION_PATTERN: { statusCode: 400, expose: true },
} as const

/** One of the keys of {@link VISIBILITY_ERRORS}. */
export type VisibilityErrorCode = keyof typeof VISIBILITY_ERRORS

/** What a {@link VisibilityError} can say besides its code and message. */
export interface VisibilityErrorOptions extends ErrorOptions {
  path?: string | undefined
}

/** A refusal of rules. The message begins with `path`, if there is one, and is fit for whoever wrote the rules. */
export class VisibilityError extends Error {
  override readonly name: string = 'VisibilityError'
  readonly code: VisibilityErrorCode
  /** HTTP status to answer with. */
  readonly statusCode: number
  /** Whether `message` may reach the caller. */
  readonly expose: boolean
  /** Where the mistake is: `contexts[2].identity.application`. Absent for restrictions. */
  readonly path: string | undefined

  constructor(code: VisibilityErrorCode, message: string, options: VisibilityErrorOptions = {}) {
    super(options.path === undefined ? message : `${options.path}: ${message}`, options)
    this.code = code
    this.statusCode = VISIBILITY_ERRORS[code].statusCode
    this.expose = VISIBILITY_ERRORS[code].expose
    this.path = options.path
    Object.defineProperty(this, kBrand, { value: true })
  }

  /** Recognises a `VisibilityError` by brand, because two installed copies of this package break `instanceof`. */
  static is(value: unknown): value is VisibilityError {
    return typeof value === 'object' && value !== null && kBrand in value
  }
}

/** A restriction that cannot be used. `VisibilityError.is` is true for it too. */
export class RestrictionError extends VisibilityError {
  override readonly name: string = 'RestrictionError'
  /** Offset in the text, in UTF-16 units, at which parsing failed. */
  readonly position: number
  /** What would have been right there; absent when the text is fine but too large. */
  readonly expected: string | undefined

  constructor(
    code: Extract<VisibilityErrorCode, `ERR_VISIBILITY_RESTRICTION_${string}`>,
    message: string,
    options: ErrorOptions & { position: number; expected?: string | undefined },
  ) {
    super(code, `${message} at position ${options.position}`, { cause: options.cause })
    this.position = options.position
    this.expected = options.expected
  }

  /** Recognises a `RestrictionError` across installed copies of this package. */
  static override is(value: unknown): value is RestrictionError {
    return VisibilityError.is(value) && value.name === 'RestrictionError'
  }
}
