import { removedFrom } from '../engine/departure.ts'
import type { Departure, Domain } from '../engine/domain.ts'
import type { InteropLogger } from '../gateway/logger.ts'
import type { DomainName } from '../protocol/message.ts'
import { type AnnouncedPeer, readAnnouncement } from './announcement.ts'
import type { Peer } from './peer.ts'
import type { PeerRegistry } from './registry.ts'
import { createRemotePeer, type Route } from './remote-peer.ts'

export interface RemotePeersOptions {
  peers: PeerRegistry
  domains: () => ReadonlyMap<DomainName, Domain>
  route: Route
  /** Most peers that one node may announce. */
  maxPeersPerNode: number
  logger: InteropLogger
}

/** The peers that other nodes have announced, kept in the registry and made known to the domains. */
export interface RemotePeers {
  /** The node says that a peer of its own is in a domain now. */
  joined(nodeId: string, value: unknown): void
  /** It says that it is not any more. */
  left(nodeId: string, id: string, domain: DomainName, departure: Departure): void
  find(nodeId: string, id: string): Peer | undefined
  /** The node, and so every peer of it, is gone. */
  lost(nodeId: string): void
}

interface Known {
  readonly peer: Peer
  readonly domains: Set<DomainName>
}

export function createRemotePeers(options: RemotePeersOptions): RemotePeers {
  const { peers, domains, route, maxPeersPerNode, logger } = options
  const nodes = new Map<string, Map<string, Known>>()

  function known(nodeId: string, announced: AnnouncedPeer): Known | undefined {
    let ofNode = nodes.get(nodeId)
    if (ofNode === undefined) {
      ofNode = new Map()
      nodes.set(nodeId, ofNode)
    }
    const found = ofNode.get(announced.id)
    if (found !== undefined) return found
    if (ofNode.size >= maxPeersPerNode) {
      logger.warn({ node: nodeId, maxPeersPerNode }, 'a node announces more peers than it may')
      return undefined
    }
    const peer = createRemotePeer(nodeId, announced, route)
    const fresh: Known = { peer, domains: new Set() }
    ofNode.set(peer.id, fresh)
    peers.add(peer)
    return fresh
  }

  /** A domain that fails must not keep the others from knowing who is there. */
  function guarded(step: () => void): void {
    try {
      step()
    } catch (error) {
      logger.error({ err: error }, 'a peer of another node could not be taken in or out')
    }
  }

  function leave({ peer, domains: joined }: Known, domain: DomainName, departure: Departure): void {
    if (!joined.delete(domain)) return
    guarded(() => domains().get(domain)?.leaving?.(peer, departure))
    peers.leave(peer, domain)
  }

  return {
    joined(nodeId, value) {
      const announced = readAnnouncement(nodeId, value)
      if (announced === undefined) {
        logger.warn({ node: nodeId }, 'a node announces a peer that is none of its own, or not understood')
        return
      }
      const entry = known(nodeId, announced)
      if (entry === undefined || entry.domains.has(announced.domain)) return
      const { peer } = entry
      const membership = Object.freeze({
        restriction: announced.restriction,
        visibility: 'cluster' as const,
        options: undefined,
      })
      entry.domains.add(announced.domain)
      peers.join(peer, announced.domain, membership)
      guarded(() => domains().get(announced.domain)?.joined?.(peer, membership))
    },
    left(nodeId, id, domain, departure) {
      const ofNode = nodes.get(nodeId)
      const entry = ofNode?.get(id)
      if (entry === undefined) return
      leave(entry, domain, departure)
      if (entry.domains.size > 0) return
      ofNode?.delete(id)
      peers.remove(entry.peer)
    },
    find: (nodeId, id) => nodes.get(nodeId)?.get(id)?.peer,
    lost(nodeId) {
      const ofNode = nodes.get(nodeId)
      if (ofNode === undefined) return
      nodes.delete(nodeId)
      for (const entry of ofNode.values()) {
        for (const domain of entry.domains) {
          leave(entry, domain, removedFrom(domain, 'gone'))
        }
        peers.remove(entry.peer)
      }
    },
  }
}
