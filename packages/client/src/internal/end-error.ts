import { ClientError } from '../errors.ts'
import type { Refusal, SocketEnd } from '../socket/socket.ts'

const UNAUTHORIZED_CLOSE = 4401
/** Reason of a 4401 that says nothing against the token: whoever connects again is decided on anew. */
const WITHDRAWN = 'grant_withdrawn'
// Client errors that pass with time: request timeout, too early, too many requests.
const PASSING_STATUS = new Set([408, 425, 429])

/** Why a socket ended, as an error. Neither `redact`ed text nor anything else in it holds the token. */
export function endError(end: SocketEnd, welcomed: boolean, redact: (text: string) => string): ClientError {
  if (end.refusal) return refusalError(end.refusal, redact)
  const { closeCode = 1006, reason, cause } = end
  const details = { closeCode, ...(cause === undefined ? {} : { cause }) }
  const isWithdrawn = closeCode === UNAUTHORIZED_CLOSE && reason === WITHDRAWN
  if (closeCode === UNAUTHORIZED_CLOSE && !isWithdrawn) {
    return new ClientError('unauthorized', 'The server does not accept the token (close code 4401)', details)
  }
  if (closeCode >= 4000 && closeCode < 4500 && !isWithdrawn) {
    return new ClientError(
      'closed_by_server',
      `The server closed for good (close code ${closeCode})`,
      details,
    )
  }
  if (welcomed) {
    return new ClientError('connection_lost', `The connection was lost (close code ${closeCode})`, details)
  }
  return new ClientError('connect_failed', `Could not connect (close code ${closeCode})`, details)
}

function refusalError(refusal: Refusal, redact: (text: string) => string): ClientError {
  const { statusCode } = refusal
  const serverCode = refusal.code === undefined ? undefined : redact(refusal.code)
  const reason = refusal.message === undefined ? '' : `: ${redact(refusal.message)}`
  if (statusCode === 401) {
    return new ClientError('unauthorized', `The server does not accept the token (HTTP 401)${reason}`, {
      statusCode,
      serverCode,
    })
  }
  return new ClientError(
    'connect_refused',
    `The server refused the connection (HTTP ${statusCode})${reason}`,
    {
      statusCode,
      serverCode,
      retryable: statusCode < 400 || statusCode >= 500 || PASSING_STATUS.has(statusCode),
    },
  )
}
