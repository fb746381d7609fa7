/** What a client says to prove who it is: the `authentication` of its hello. */
export interface Authentication {
  /** `secret`, `access-token`, or a method of a custom authenticator. */
  method?: string | undefined
  login?: string | undefined
  secret?: string | undefined
  token?: string | undefined
  /** Which of the configured authenticators to ask. */
  provider?: string | undefined
  /** Handed through. */
  providerContext?: unknown
  [member: string]: unknown
}

export interface AuthenticationRequest {
  authentication: Authentication
  /** The id of the hello; the same for each step of a challenge. */
  requestId?: string | undefined
  [member: string]: unknown
}

/** The client is who it says it is. */
export interface AuthenticationSuccess {
  type: 'success'
  /** Whom the credential names. Absent: a peer without a user. */
  user?: string | undefined
  /** The login as given, where it differs from the user. */
  login?: string | undefined
  /** Members of the identity that the credential vouches for, such as `application`. */
  identity?: Readonly<Record<string, unknown>> | undefined
  /** When the credential ends, milliseconds since the epoch. */
  expiresAtMs?: number | undefined
  /** Whether the credential was revoked since. Cheap: asked whenever something was revoked. */
  isRevoked?: (() => boolean) | undefined
  /** A token the client can come back with. */
  accessToken?: string | undefined
  /** `service: true`: a peer that meets the peers of every user. */
  options?: { service?: boolean | undefined } | undefined
  [member: string]: unknown
}

/** The client must answer a challenge: it sends another hello with the same id and a new token. */
export interface AuthenticationContinue {
  type: 'continue'
  authentication?: { token?: string | undefined; [member: string]: unknown } | undefined
  [member: string]: unknown
}

/** The client is refused. The message is sent to it. `failure` is the older name. */
export interface AuthenticationFailure {
  type: 'error' | 'failure'
  message?: string | undefined
  [member: string]: unknown
}

export type AuthenticationResponse = AuthenticationSuccess | AuthenticationContinue | AuthenticationFailure

/**
 * Decides about one credential. Implementations MUST NOT put a secret or a token into a message, and MAY throw: that is a
 * refusal as well.
 */
export type Authenticator = (request: AuthenticationRequest) => Promise<AuthenticationResponse>
