import type { ConnectionState } from '../connection/connection-state.ts'
import type { LocalPeer } from '../peers/local-peer.ts'
import type { AnnouncingLink } from '../peers/announcing-link.ts'
import type { DomainName } from '../protocol/message.ts'
import type { Domain } from './domain.ts'
import type { Engine } from './engine.ts'

/** The engine with its domains: what the handlers of the domain `global` work with. */
export interface Core extends Engine {
  readonly domains: ReadonlyMap<DomainName, Domain>
  readonly link: AnnouncingLink
  /** Sends a refusal, in the domain of the request. */
  refuse(
    connection: ConnectionState,
    peer: LocalPeer | undefined,
    domain: string,
    error: unknown,
    requestId: unknown,
  ): void
  /**
   * Ends a connection from this side, at once: what still comes in on it is not heard, whatever the other end makes of the
   * close. Codes are those of WebSocket.
   */
  end(connection: ConnectionState, code: number, reason: string): void
}
