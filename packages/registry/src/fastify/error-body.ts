import { STATUS_CODES } from 'node:http'
import { redactUrl } from '@portcullis/auth-core'

/** The one shape of every error answer. */
export interface ErrorBody {
  statusCode: number
  /** Standard text of the status. */
  error: string
  code: string
  message: string
}

/**
 * The body for an error. The message of an error that says `expose: false`, or whose status is 500 or more, is replaced
 * by the status text: what failed inside is for logs.
 */
export function errorBody(error: unknown): ErrorBody {
  const known = (typeof error === 'object' && error !== null ? error : {}) as {
    statusCode?: unknown
    code?: unknown
    message?: unknown
    expose?: unknown
  }
  const statusCode = isErrorStatus(known.statusCode) ? known.statusCode : 500
  const text = STATUS_CODES[statusCode] ?? 'Error'
  const exposed = statusCode < 500 && known.expose !== false && typeof known.message === 'string'
  const hasCode = typeof known.code === 'string' && isErrorStatus(known.statusCode)
  return {
    statusCode,
    error: text,
    code: hasCode ? (known.code as string) : 'ERR_INTERNAL',
    // Frameworks quote the request's URL.
    message: exposed ? redactUrl(known.message as string) : text,
  }
}

function isErrorStatus(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 400 && value <= 599
}
