import type { IncomingHttpHeaders } from 'node:http'

/** What an authorizer is told about an upgrade. */
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

/** What a session may do, and for whom. */
export interface Grant {
  readonly workspaceId: string
  readonly projectId: string
  /** Null for an anonymous session. */
  readonly userId: string | null
  /** Handed to workers with every frame. */
  readonly claims: Readonly<Record<string, unknown>>
}

/**
 * Decides whether an upgrade becomes a session. MUST throw a `GatewayError` (or an `AuthError`) to refuse; anything else
 * that it throws is answered with 500. MUST NOT answer an outage with a denial: `control_plane_unavailable` is there for it.
 */
export type Authorizer = (request: UpgradeRequest) => Promise<Grant>
