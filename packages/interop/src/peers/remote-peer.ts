import type { Identity, ServerMessage } from '../protocol/message.ts'
import type { SharedMember } from '../protocol/shared-member.ts'
import type { AnnouncedPeer } from './announcement.ts'
import type { Peer } from './peer.ts'

/** How a remote peer is reached. */
export interface Route {
  deliver(nodeId: string, peerId: string, message: ServerMessage, shared: SharedMember | undefined): void
  writable(nodeId: string): boolean
}

const NOTHING: Identity = Object.freeze(Object.create(null) as Record<string, unknown>)

/** A peer whose connection is on another node. What its credential said is that node's business: rules are applied there. */
export function createRemotePeer(nodeId: string, announced: AnnouncedPeer, route: Route): Peer {
  const { id, identity, user, service } = announced
  return Object.freeze({
    id,
    nodeId,
    local: false,
    identity,
    verified: NOTHING,
    user,
    service,
    send: (message, shared) => route.deliver(nodeId, id, message, shared),
    get writable() {
      return route.writable(nodeId)
    },
  } satisfies Peer)
}
