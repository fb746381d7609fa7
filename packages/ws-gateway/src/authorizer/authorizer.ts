import type { IncomingHttpHeaders } from 'node:http'

/**
 * What an authorizer is told about an upgrade, or about a new token for a session: then with what the upgrade of that
 * session had, save the headers that carry credentials.
 */
export interface UpgradeRequest {
  /** The `Host` header as sent: with port, in any case. */
  readonly host: string
  /** The client's token, from wherever it stood; null without one. */
  readonly token: string | null
  readonly origin: string | null
  /** The peer's address, behind trusted proxies the client's. */
  readonly clientAddress: string
  readonly path: string
  readonly headers: Readonly<IncomingHttpHeaders>
  /** Aborted when the client goes away or the time for the decision is over. */
  readonly signal: AbortSignal
}

/** What a project allows its clients, together or each. It narrows what the gateway allows, and never widens it. */
export interface GrantLimits {
  /** Connections of the whole project to this gateway, integer ≥ 1. */
  readonly maxConnections?: number | undefined
  /** Application frames of one session per second, integer ≥ 1; as many at once. */
  readonly messagesPerSecond?: number | undefined
  /** Largest frame of a client, bytes, integer ≥ 1. */
  readonly maxPayloadBytes?: number | undefined
}

/** What a session may do, and for whom. */
export interface Grant {
  readonly workspaceId: string
  readonly projectId: string
  /** Null for an anonymous session. */
  readonly userId: string | null
  /** Handed to workers with every frame. */
  readonly claims: Readonly<Record<string, unknown>>
  /**
   * When the session ends unless it is given a newer token: milliseconds since the epoch, finite and positive. Absent: it
   * does not expire, whatever the claims say.
   */
  readonly expiresAtMs?: number | undefined
  /**
   * Whether the grant was withdrawn. Asked right before the 101, when the session opens, after a reauth, and by
   * `gateway.closeRevoked()`. MUST answer at once and from memory, and MUST NOT throw; anything but `false` is a yes.
   */
  readonly isRevoked?: (() => boolean) | undefined
  /**
   * What a client is told when `isRevoked` says yes. `grant_withdrawn`: nothing is wrong with the token as such, but what it
   * was granted for has changed, and the client is to come back and be decided on anew. @defaultValue "token_revoked"
   */
  readonly revokedCode?: 'token_revoked' | 'grant_withdrawn' | undefined
  /** Limits of the project, beside those of the gateway: the smaller one holds. */
  readonly limits?: GrantLimits | undefined
}

/**
 * Decides whether an upgrade becomes a session, and whether a session may go on with a new token. MUST throw a
 * `GatewayError` (or an `AuthError`) to refuse; anything else that it throws is answered with 500. MUST NOT answer an
 * outage with a denial: `control_plane_unavailable` is there for it.
 */
export type Authorizer = (request: UpgradeRequest) => Promise<Grant>
