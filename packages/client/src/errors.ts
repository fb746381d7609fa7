const kBrand = Symbol.for('@portcullis/client/error')

/**
 * Every code this package reports, the source of the README's table. `retryable` says whether doing the same again can
 * help; a server's own word (`nack`, HTTP status) overrides it on the error itself.
 */
export const CLIENT_ERRORS = {
  queue_full: {
    retryable: true,
    when: 'Accepting the frame would exceed `maxQueueCount` or `maxQueueBytes` of unacknowledged frames.',
  },
  payload_too_large: {
    retryable: false,
    when: 'The encoded frame is longer than the `maxPayloadBytes` of the server, or than the whole queue.',
  },
  duplicate_id: {
    retryable: false,
    when: 'A frame with the same `id` is still unacknowledged.',
  },
  timeout: {
    retryable: true,
    when: 'No answer to a frame in `sendTimeoutMs`. It may or may not be handled; give it the same `id` again.',
  },
  rejected: {
    retryable: false,
    when: 'The server answered `nack`: not stored. `serverCode` and `retryable` are its own.',
  },
  closed: {
    retryable: false,
    when: 'The client is closed. When a server ended it, `cause` says how.',
  },
  token_failed: {
    retryable: true,
    when: '`getToken` threw, rejected or took longer than `tokenTimeoutMs`. Asked again after the backoff.',
  },
  token_invalid: {
    retryable: false,
    when: 'The token is not a string or cannot travel in a sub-protocol. No connection is made; final.',
  },
  reauth_failed: {
    retryable: true,
    when: 'The session got no new token; `cause` or `serverCode` says why. Tried again until the old one expires.',
  },
  unauthorized: {
    retryable: false,
    when: 'Close code 4401, save `grant_withdrawn`, or HTTP 401 in Node. Tried once more with a fresh token, then final.',
  },
  connect_failed: {
    retryable: true,
    when: 'No connection: network, DNS, TLS, or the server is gone. In browsers also a refused upgrade.',
  },
  connect_refused: {
    retryable: true,
    when: 'Node only: the upgrade was refused with the HTTP status `statusCode`. 4xx are final, save 408, 425 and 429.',
  },
  connect_timeout: {
    retryable: true,
    when: 'Not opened and welcomed in `connectTimeoutMs`.',
  },
  connection_lost: {
    retryable: true,
    when: 'An established connection ended with a close code that invites a reconnect, or with `grant_withdrawn`.',
  },
  heartbeat_timeout: {
    retryable: true,
    when: 'Nothing arrived in `pongTimeoutMs` after a ping; the connection was dropped.',
  },
  closed_by_server: {
    retryable: false,
    when: 'A close code from 4000 to 4499, other than the first 4401. Final.',
  },
  invalid_frame: {
    retryable: false,
    when: 'The server sent something that is not a frame of the protocol. Ignored.',
  },
  server_error: {
    retryable: false,
    when: 'The server sent an `error` frame; `serverCode` is its code.',
  },
  listener_failed: {
    retryable: false,
    when: 'A listener threw or rejected; `cause` is what it threw.',
  },
} as const

/** A key of {@link CLIENT_ERRORS}. */
export type ClientErrorCode = keyof typeof CLIENT_ERRORS

/** What a server said about a failure, as far as it is known. */
export interface ClientErrorDetails extends ErrorOptions {
  /** @defaultValue the table's */
  retryable?: boolean | undefined
  /** WebSocket close code. */
  closeCode?: number | undefined
  /** HTTP status of a refused upgrade. */
  statusCode?: number | undefined
  /** Code in the server's own `nack`, `error` or refusal. */
  serverCode?: string | undefined
}

/** Everything that can go wrong at run time. Its message never contains the token. */
export class ClientError extends Error {
  override readonly name: string = 'ClientError'
  readonly code: ClientErrorCode
  /** Whether the same call can succeed later. */
  readonly retryable: boolean
  /** WebSocket close code, when a close was the reason. */
  readonly closeCode: number | undefined
  /** HTTP status of a refused upgrade; always undefined in browsers, which hide it. */
  readonly statusCode: number | undefined
  /** The server's own code. */
  readonly serverCode: string | undefined

  constructor(code: ClientErrorCode, message: string, details: ClientErrorDetails = {}) {
    super(message, 'cause' in details ? { cause: details.cause } : undefined)
    this.code = code
    this.retryable = details.retryable ?? CLIENT_ERRORS[code].retryable
    this.closeCode = details.closeCode
    this.statusCode = details.statusCode
    this.serverCode = details.serverCode
    Object.defineProperty(this, kBrand, { value: true })
  }

  /** True for a ClientError of any installed copy of this package. */
  static is(value: unknown): value is ClientError {
    return typeof value === 'object' && value !== null && kBrand in value
  }
}
