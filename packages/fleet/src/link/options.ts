import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import type { FleetEvents, FleetLogger } from '../events.ts'

export interface FleetLinkOptions {
  /** Of the control plane, `http:`, `https:`, `ws:` or `wss:`; `path` comes behind its path. */
  url: string
  /** What the control plane knows callers from inside by. */
  internalToken: string
  /** The gateway's own; those that its agent uses. */
  events: FleetEvents
  /** That of the agent. */
  gatewayId: string
  /** @defaultValue "/internal/fleet" */
  path?: string | undefined
  /** Longest wait between two attempts, milliseconds; about half of it at least. @defaultValue 5000 */
  maxRetryMs?: number | undefined
  /** Silence after which a link is cut and made anew, milliseconds. @defaultValue 10000 */
  idleTimeoutMs?: number | undefined
  /** Bytes waiting for the network past which messages are dropped. @defaultValue 16777216 */
  maxBufferedBytes?: number | undefined
  /** @defaultValue silent */
  logger?: FleetLogger | undefined
}

export interface FleetLinkStatus {
  state: 'connecting' | 'connected' | 'closed'
  /** Milliseconds since the epoch. */
  since: number
  /** What the last attempt or link ended with. */
  error?: Error | undefined
  /** Messages that were dropped because the network was slow. */
  dropped: number
}

/** The gateway's end of a link. */
export interface FleetLink extends AsyncDisposable {
  status(): FleetLinkStatus
  /** Calls back on every change of state, and when an attempt has failed; returns the way to stop it. */
  onStatus(listener: (status: FleetLinkStatus) => void): () => void
  /** Resolves when the socket is closed. Idempotent. */
  close(): Promise<void>
}

export interface FleetLinkServerOptions {
  /** The control plane's own; those that its view uses. */
  events: FleetEvents
  /** The token of gateways; two while it is being changed. */
  internalTokens: string | readonly string[]
  /** @defaultValue "/internal/fleet" */
  path?: string | undefined
  /** Most links; further ones are refused. @defaultValue 256 */
  maxLinks?: number | undefined
  /** Silence after which a link is cut, milliseconds. @defaultValue 10000 */
  idleTimeoutMs?: number | undefined
  /** Bytes waiting for one gateway past which messages to it are dropped. @defaultValue 16777216 */
  maxBufferedBytes?: number | undefined
  /** @defaultValue silent */
  logger?: FleetLogger | undefined
}

/** The control plane's end of all links. */
export interface FleetLinkServer extends AsyncDisposable {
  /**
   * Answers an upgrade: 101, or a refusal as JSON. Returns false for another path, and leaves the socket alone then.
   */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): boolean
  /**
   * Takes the upgrades of a server (with Fastify: `app.server`); returns the way to stop it. Other paths are answered 404 unless
   * somebody else listens for upgrades too.
   */
  attach(server: Server): () => void
  /** The gateways that are linked. */
  gatewayIds(): string[]
  /** Cuts all links and takes no more. Idempotent. */
  close(): Promise<void>
}
