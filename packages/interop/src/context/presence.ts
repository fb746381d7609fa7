import type { Departure } from '../engine/domain.ts'
import type { PeerRegistry } from '../peers/registry.ts'
import type { Peer } from '../peers/peer.ts'
import type { ServerMessage } from '../protocol/message.ts'

/** Tells local peers that have joined the domain, and the one that joins, of each other. */
export function announcePresence(peers: PeerRegistry, peer: Peer): void {
  for (const other of peers.visibleTo(peer, 'context')) {
    if (peer.local) peer.send(peerAdded(other))
    if (other.local) other.send(peerAdded(peer))
  }
}

/** Who leaves by request is told that the others are gone from its sight. */
export function withdrawPresence(peers: PeerRegistry, peer: Peer, departure: Departure): void {
  for (const other of peers.visibleTo(peer, 'context')) {
    if (other.local) other.send(peerRemoved(peer, departure))
    if (peer.local && departure.cause === 'left') peer.send(peerRemoved(other, departure))
  }
}

function peerAdded({ id, identity, local }: Peer): ServerMessage {
  return { domain: 'context', type: 'peer-added', new_peer_id: id, identity, meta: { local } }
}

function peerRemoved({ id }: Peer, { reasonUri, reason }: Departure): ServerMessage {
  return { domain: 'context', type: 'peer-removed', removed_id: id, reason_uri: reasonUri, reason }
}
