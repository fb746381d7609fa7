import type { Departure } from '../engine/domain.ts'
import type { DomainName } from '../protocol/message.ts'
import type { Peer } from './peer.ts'
import type { PeerLink } from './peer-link.ts'

/** The link as the engine drives it: it hears of every local peer that joins or leaves a domain. */
export interface AnnouncingLink extends PeerLink {
  joined(peer: Peer, domain: DomainName): void
  left(peer: Peer, domain: DomainName, departure: Departure): void
}
