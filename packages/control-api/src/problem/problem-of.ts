import { STATUS_CODES } from 'node:http'
import { AuthError, redactUrl } from '@portcullis/auth-core'
import { FleetError } from '@portcullis/fleet'
import { RegistryError } from '@portcullis/registry'
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod'
import { ControlApiError } from '../errors.ts'
import type { Problem, ProblemIssue } from './problem-schema.ts'

/** A problem, with what goes into headers. */
export interface Refusal extends Omit<Problem, 'type' | 'instance'> {
  /** `Retry-After`, seconds. */
  retryAfterSeconds?: number | undefined
}

/** What a caller waits who is told nothing better, seconds. */
const RETRY_AFTER_SECONDS = 1
const MAX_ISSUES = 20
const MAX_PATH_LENGTH = 200

const PLACES: Readonly<Record<string, ProblemIssue['in']>> = {
  body: 'body',
  querystring: 'query',
  params: 'path',
  headers: 'headers',
}

/**
 * What a caller is told about an error. The message of one that says `expose: false`, or that nobody foresaw, is replaced by the
 * text of the status: what failed inside is for logs. Nothing that a peer has sent is in it, but for names of members.
 */
export function refusalOf(error: unknown): Refusal {
  if (hasZodFastifySchemaValidationErrors(error)) return malformed(error)
  if (FleetError.is(error)) return refusalOf(gatewayError(error))
  if (AuthError.is(error) || RegistryError.is(error) || ControlApiError.is(error)) {
    const { statusCode, code, message, expose } = error
    const { retryAfterSeconds } = error as { retryAfterSeconds?: number }
    const title = titleOf(statusCode)
    return {
      title,
      status: statusCode,
      detail: expose ? message : title,
      code,
      retryAfterSeconds: retryAfterSeconds ?? (statusCode === 503 ? RETRY_AFTER_SECONDS : undefined),
    }
  }
  return refusalOfFramework(error)
}

/** The problem as it is sent. */
export function problemOf(
  { retryAfterSeconds: _retryAfterSeconds, ...refusal }: Refusal,
  instance: string,
): Problem {
  return { type: 'about:blank', ...refusal, instance: pathOf(instance) }
}

/** The path of a URL, without its query, where credentials may stand. */
function pathOf(url: string): string {
  const end = url.search(/[?#;]/)
  return redactUrl(end < 0 ? url : url.slice(0, end))
}

function malformed(error: { validation: { instancePath: string; message?: string | undefined }[] }): Refusal {
  const { validationContext } = error as { validationContext?: unknown }
  const place = PLACES[String(validationContext)] ?? 'body'
  const errors = error.validation.slice(0, MAX_ISSUES).map(({ instancePath, message = 'is wrong' }) => ({
    in: place,
    // Names of members are the caller's own.
    path: instancePath.slice(1).replaceAll('/', '.').slice(0, MAX_PATH_LENGTH),
    message: message.slice(0, MAX_PATH_LENGTH),
  }))
  return {
    title: titleOf(400),
    status: 400,
    detail: `the ${place === 'path' ? 'path' : place} of the request is malformed`,
    code: 'ERR_REQUEST_INVALID',
    errors,
  }
}

/** What the gateway that was asked made of it. */
const ANSWERED: ReadonlySet<string> = new Set([
  'ERR_FLEET_ANSWER_FAILED',
  'ERR_FLEET_ANSWER_INVALID',
  'ERR_FLEET_ANSWER_TOO_LARGE',
])

function gatewayError(cause: FleetError): ControlApiError {
  if (cause.code === 'ERR_FLEET_QUESTION_INVALID') {
    return new ControlApiError('ERR_REQUEST_INVALID', 'the gateways cannot read this', { cause })
  }
  if (ANSWERED.has(cause.code)) {
    return new ControlApiError('ERR_GATEWAY_FAILED', 'the gateway could not answer', { cause })
  }
  return new ControlApiError('ERR_GATEWAY_UNAVAILABLE', 'no gateway answers this at the moment', { cause })
}

function refusalOfFramework(error: unknown): Refusal {
  const { statusCode } = (error ?? {}) as { statusCode?: unknown }
  const isClientError =
    typeof statusCode === 'number' && Number.isInteger(statusCode) && statusCode >= 400 && statusCode <= 499
  if (!isClientError) return own(500, 'ERR_INTERNAL', titleOf(500))
  // The framework's own messages quote the request: its content type, its URL, its body.
  if (statusCode === 415) return own(415, 'ERR_MEDIA_TYPE_UNSUPPORTED', 'the media type is not supported')
  if (statusCode === 413) return own(413, 'ERR_BODY_TOO_LARGE', 'the body is too large')
  if (statusCode === 400) return own(400, 'ERR_REQUEST_INVALID', 'the request is malformed')
  if (statusCode === 404) return own(404, 'ERR_NOT_FOUND', 'there is nothing here')
  // A hook of the application has refused, with a status of its own.
  const { code } = error as { code?: unknown }
  return own(statusCode, typeof code === 'string' ? code : 'ERR_REQUEST_REFUSED', titleOf(statusCode))
}

function own(status: number, code: string, detail: string): Refusal {
  return { title: titleOf(status), status, detail, code }
}

function titleOf(status: number): string {
  return STATUS_CODES[status] ?? 'Error'
}
