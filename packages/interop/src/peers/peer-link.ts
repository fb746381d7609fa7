import type { ClientMessage } from '../protocol/message.ts'
import type { Peer } from './peer.ts'

/** What local peers have to do with peers on other nodes. */
export interface PeerLink {
  /**
   * Hands a request of a local peer to the node of another, where its domain handles it as if it had come there. The answer
   * comes back through the domain's `delivering`.
   */
  forward(from: Peer, nodeId: string, message: ClientMessage): void
}
