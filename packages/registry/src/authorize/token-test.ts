/** What is asked: would this token open a session of the project? */
export interface TokenTestRequest {
  readonly workspaceId: string
  readonly projectId: string
  /** The client's token; null or absent to try without one. */
  readonly token?: string | null | undefined
  /** `Host` that a client would ask under. @defaultValue the check `host` is skipped */
  readonly host?: string | undefined
}

/**
 * What is looked at, in this order: `host`, the host leads to the project; `configuration`, the project can verify tokens;
 * `form`, there is a token and it is one; `algorithm`; `key`, there are keys and one fits; `signature`; `issuer`;
 * `audience`; `exp`; `nbf`; `iat`; `kind`, it is an access token and no other; `namespace`, of a machine client; `subject`;
 * `blocked`, the user is not blocked.
 */
export type TokenCheckName =
  | 'host'
  | 'configuration'
  | 'form'
  | 'algorithm'
  | 'key'
  | 'signature'
  | 'issuer'
  | 'audience'
  | 'exp'
  | 'nbf'
  | 'iat'
  | 'kind'
  | 'namespace'
  | 'subject'
  | 'blocked'

/** One thing that was looked at. */
export interface TokenCheck {
  readonly check: TokenCheckName
  /** `skipped` where the project does not ask for it, or where an earlier failure leaves nothing to look at. */
  readonly status: 'passed' | 'failed' | 'skipped'
  /** One sentence for people. It may quote short claims, and never the token or a secret. */
  readonly detail: string
}

/** What became of a token. */
export interface TokenTest {
  /** Whether `authorize` grants: true exactly when no check failed. */
  readonly ok: boolean
  /** Each name once, in their order. */
  readonly checks: readonly TokenCheck[]
  /** Whom a session would belong to; null without one, and in a project without authentication. */
  readonly userId: string | null
  /** What the token says, verified only when `ok`; null when that cannot be read, or the project asks for no token. */
  readonly claims: Readonly<Record<string, unknown>> | null
}
