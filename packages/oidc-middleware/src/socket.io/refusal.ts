import { DEFAULT_REALM, refusalOf } from '../adapter/refusal.ts'

/** What a client finds in `error.data` of its `connect_error`. */
export interface SocketRefusal {
  readonly code: string
  /** When it makes sense to try again, seconds, where that is known. */
  readonly retryAfterSeconds?: number
}

/** An error for `next`: its message is the code, and nothing else reaches the client. */
export function socketError(error: unknown): Error & { data: SocketRefusal } {
  const { code, retryAfterSeconds } = refusalOf(error, { realm: DEFAULT_REALM })
  return Object.assign(new Error(code, { cause: error }), {
    data: { code, ...(retryAfterSeconds !== undefined && { retryAfterSeconds }) },
  })
}

/** Whether an error is of the server's making: something for its operators. */
export function isServerFault(error: unknown): boolean {
  return refusalOf(error, { realm: DEFAULT_REALM }).statusCode >= 500
}
