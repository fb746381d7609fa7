/**
 * Every refusal of the edge. `statusCode`: the upgrade is answered with it, before the 101. `closeCode`: the socket is
 * closed with it; a client of `portcullis.v1` that sent a bad frame gets a `nack` or `error` frame instead and stays.
 * `retryable`: the same request or frame can succeed later.
 */
export const GATEWAY_ERRORS = {
  // Upgrades.
  request_invalid: { statusCode: 400, retryable: false },
  unauthorized: { statusCode: 401, retryable: false },
  forbidden: { statusCode: 403, retryable: false },
  origin_forbidden: { statusCode: 403, retryable: false },
  not_found: { statusCode: 404, retryable: false },
  host_unknown: { statusCode: 404, retryable: false },
  connect_rate_limited: { statusCode: 429, retryable: true },
  address_connections_exceeded: { statusCode: 429, retryable: true },
  user_connections_exceeded: { statusCode: 429, retryable: true },
  project_connections_exceeded: { statusCode: 429, retryable: true },
  internal_error: { statusCode: 500, closeCode: 1011, retryable: true },
  capacity_exceeded: { statusCode: 503, retryable: true },
  control_plane_unavailable: { statusCode: 503, retryable: true },
  draining: { statusCode: 503, closeCode: 1012, retryable: true },

  // Tokens, of an upgrade as well as of a session. All close with 4401, and the reason tells them apart.
  token_expired: { statusCode: 401, closeCode: 4401, retryable: false },
  token_revoked: { statusCode: 401, closeCode: 4401, retryable: false },
  // Nothing is said against the token: whoever comes again is decided on anew.
  grant_withdrawn: { statusCode: 503, closeCode: 4401, retryable: true },

  // New tokens for a session. Without a close code: an `error` frame, and the session stays until its deadline.
  reauth_failed: { retryable: false },
  reauth_unavailable: { retryable: true },
  reauth_limited: { retryable: true },
  reauth_mismatch: { closeCode: 4403, retryable: false },

  // Frames.
  frame_binary: { closeCode: 1003, retryable: false },
  frame_too_large: { closeCode: 1009, retryable: false },
  frame_not_json: { closeCode: 4400, retryable: false },
  routing_missing: { closeCode: 4402, retryable: false },
  invalid_subject: { closeCode: 4405, retryable: false },
  invalid_id: { closeCode: 4406, retryable: false },
  unsupported_control: { closeCode: 4407, retryable: false },

  // The engine behind, for an upgrade as well as for a frame.
  broker_unavailable: { statusCode: 503, closeCode: 4503, retryable: true },
  broker_timeout: { closeCode: 4504, retryable: true },
  stream_full: { closeCode: 4505, retryable: true },
  backlog_full: { closeCode: 4506, retryable: true },
  broker_refused: { closeCode: 4510, retryable: false },

  // What the project allows.
  rate_limited: { closeCode: 4529, retryable: true },

  // Sessions.
  session_closed: { closeCode: 4403, retryable: false },
  slow_consumer: { closeCode: 4508, retryable: true },
} as const

export type GatewayErrorCode = keyof typeof GATEWAY_ERRORS

interface Row {
  statusCode?: number
  closeCode?: number
  retryable: boolean
}

/** The close code of an error; 1011 for one that closes nothing. */
export function closeCodeOf(code: GatewayErrorCode): number {
  const row: Row = GATEWAY_ERRORS[code]
  return row.closeCode ?? 1011
}

const kBrand: symbol = Symbol.for('@portcullis/ws-gateway/error')

export interface GatewayErrorOptions extends ErrorOptions {
  /** Sent as `Retry-After`, seconds. */
  retryAfterSeconds?: number | undefined
  /** The code the peer sees instead: that of a control plane that refused. */
  peerCode?: string | undefined
}

/** A refusal. Its message is written for the peer; what really happened is in `cause` and stays in logs. */
export class GatewayError extends Error {
  override readonly name: string = 'GatewayError'
  readonly code: GatewayErrorCode
  readonly statusCode: number
  readonly retryAfterSeconds: number | undefined
  readonly peerCode: string

  constructor(code: GatewayErrorCode, message: string, options: GatewayErrorOptions = {}) {
    super(message, options)
    const row: Row = GATEWAY_ERRORS[code]
    this.code = code
    this.statusCode = row.statusCode ?? 500
    this.retryAfterSeconds =
      options.retryAfterSeconds ?? (this.statusCode === 503 || this.statusCode === 429 ? 1 : undefined)
    this.peerCode = options.peerCode ?? code
    Object.defineProperty(this, kBrand, { value: true })
  }

  /** True for an error of any installed copy of this package. */
  static is(value: unknown): value is GatewayError {
    return typeof value === 'object' && value !== null && kBrand in value
  }
}
