import type { DomainName } from '../protocol/message.ts'
import type { Membership, Peer } from './peer.ts'

/** Who is here, and in which domains. Peers of the local node and those that other nodes have announced. */
export interface PeerRegistry {
  get(id: string): Peer | undefined
  /** The peer as a member of the domain, or undefined. */
  member(domain: DomainName, id: string): Peer | undefined
  membership(peer: Peer, domain: DomainName): Membership | undefined
  add(peer: Peer): void
  /** Forgets the peer and all its memberships. */
  remove(peer: Peer): void
  join(peer: Peer, domain: DomainName, membership: Membership): void
  leave(peer: Peer, domain: DomainName): void
  /** Members of the domain that the peer sees there, without itself. In the order they joined. */
  visibleTo(peer: Peer, domain: DomainName): Iterable<Peer>
  /** Whether two different members of the domain see each other; it is mutual. Two of other nodes are none of our business. */
  sees(one: Peer, other: Peer, domain: DomainName): boolean
  members(domain: DomainName): Iterable<Peer>
  all(): Iterable<Peer>
  /** Local peers of a user, for the limit per user. */
  countOfUser(user: string): number
}

interface Members {
  readonly all: Map<Peer, Membership>
  readonly byUser: Map<string | undefined, Set<Peer>>
  readonly services: Set<Peer>
}

export function createPeerRegistry(): PeerRegistry {
  const peers = new Map<string, Peer>()
  const localOfUser = new Map<string, number>()
  const domains: Readonly<Record<DomainName, Members>> = {
    agm: noMembers(),
    bus: noMembers(),
    context: noMembers(),
    metrics: noMembers(),
  }

  const membership = (peer: Peer, domain: DomainName): Membership | undefined => domains[domain].all.get(peer)

  function leave(peer: Peer, domain: DomainName): void {
    const { all, byUser, services } = domains[domain]
    if (!all.delete(peer)) return
    services.delete(peer)
    const ofUser = byUser.get(peer.user)
    ofUser?.delete(peer)
    if (ofUser?.size === 0) byUser.delete(peer.user)
  }

  function sees(one: Peer, other: Peer, domain: DomainName): boolean {
    if (!one.local && !other.local) return false
    if (one.user !== other.user && !one.service && !other.service) return false
    const mine = membership(one, domain)
    const theirs = membership(other, domain)
    if (mine === undefined || theirs === undefined) return false
    // What is marked local neither shows itself to other nodes nor sees them.
    if (one.local && !other.local && mine.visibility !== 'cluster') return false
    if (other.local && !one.local && theirs.visibility !== 'cluster') return false
    return (
      (mine.restriction?.test(one.identity, other.identity) ?? true) &&
      (theirs.restriction?.test(other.identity, one.identity) ?? true)
    )
  }

  return {
    get: (id) => peers.get(id),
    member(domain, id) {
      const peer = peers.get(id)
      return peer !== undefined && domains[domain].all.has(peer) ? peer : undefined
    },
    membership,
    add(peer) {
      peers.set(peer.id, peer)
      if (peer.local && peer.user !== undefined) {
        localOfUser.set(peer.user, (localOfUser.get(peer.user) ?? 0) + 1)
      }
    },
    remove(peer) {
      for (const domain of Object.keys(domains) as DomainName[]) leave(peer, domain)
      if (!peers.delete(peer.id) || !peer.local || peer.user === undefined) return
      const left = (localOfUser.get(peer.user) ?? 1) - 1
      if (left > 0) localOfUser.set(peer.user, left)
      else localOfUser.delete(peer.user)
    },
    join(peer, domain, next) {
      const { all, byUser, services } = domains[domain]
      all.set(peer, next)
      if (peer.service) services.add(peer)
      const ofUser = byUser.get(peer.user)
      if (ofUser === undefined) byUser.set(peer.user, new Set([peer]))
      else ofUser.add(peer)
    },
    leave,
    *visibleTo(peer, domain) {
      const { all, byUser, services } = domains[domain]
      if (peer.service) {
        for (const other of all.keys()) if (other !== peer && sees(peer, other, domain)) yield other
        return
      }
      for (const other of byUser.get(peer.user) ?? []) {
        if (other !== peer && sees(peer, other, domain)) yield other
      }
      for (const other of services) {
        if (other.user !== peer.user && sees(peer, other, domain)) yield other
      }
    },
    sees,
    members: (domain) => domains[domain].all.keys(),
    all: () => peers.values(),
    countOfUser: (user) => localOfUser.get(user) ?? 0,
  }
}

function noMembers(): Members {
  return { all: new Map(), byUser: new Map(), services: new Set() }
}
