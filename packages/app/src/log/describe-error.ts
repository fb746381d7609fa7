import { redactUrl } from '@portcullis/auth-core'

/** What is logged of an error. Other members of it are left out, because they may hold anything. */
export type LoggedError = {
  readonly type: string
  readonly message: string
  /** Empty for a thrown value that is not an error. */
  readonly stack: string
  readonly code?: string
  readonly statusCode?: number
  readonly cause?: LoggedError
}

/** Deepest chain of causes that is logged; a chain may be endless. */
const MAX_CAUSES = 5

/** Describes an error, or whatever was thrown instead of one, for a log. URLs in its texts lose their credentials. */
export function describeError(error: unknown): LoggedError {
  return describe(error, MAX_CAUSES)
}

function describe(error: unknown, depth: number): LoggedError {
  if (!(error instanceof Error)) return { type: typeof error, message: redactUrl(textOf(error)), stack: '' }
  const { code, statusCode } = error as { code?: unknown; statusCode?: unknown }
  return {
    type: error.name,
    message: redactUrl(error.message),
    stack: redactUrl(error.stack ?? ''),
    ...(typeof code === 'string' && { code }),
    ...(typeof statusCode === 'number' && { statusCode }),
    ...(error.cause !== undefined && depth > 0 && { cause: describe(error.cause, depth - 1) }),
  }
}

/** Some values, such as an object without a prototype, cannot be turned into text. */
function textOf(value: unknown): string {
  try {
    return String(value)
  } catch {
    return '(a value without text)'
  }
}
