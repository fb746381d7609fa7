import { INTEROP_ERRORS, type InteropError, type InteropErrorCode } from '../errors.ts'
import type { ServerMessage } from './message.ts'

/** `<domain>.errors.<reason>` of an error code. */
export function reasonUri(domain: string, code: InteropErrorCode): string {
  return `${domain}.errors.${INTEROP_ERRORS[code].reason}`
}

export function success(domain: string, requestId: unknown): ServerMessage {
  return { domain, type: 'success', request_id: requestId ?? null }
}

/** The `error` message for a refusal, in the domain of the request: the client looks for its answer there. */
export function refusal(
  domain: string,
  error: InteropError,
  requestId: unknown,
  /** The domain in the reason URI, where the request named one that does not exist. */
  uriDomain: string = domain,
): ServerMessage {
  return {
    domain,
    type: 'error',
    request_id: error.requestId ?? requestId ?? null,
    reason_uri: reasonUri(uriDomain, error.code),
    reason: error.message,
    ...(error.context === undefined ? {} : { context: error.context }),
  }
}
