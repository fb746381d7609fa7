import type { DomainName } from '../protocol/message.ts'
import type { Departure } from './domain.ts'

/** How a peer is taken out of a domain that did not ask to leave it. */
export function removedFrom(domain: DomainName, cause: 'gone' | 'withdrawn'): Departure {
  return {
    cause,
    reasonUri: `${domain}.peer-removed`,
    reason: 'Peer has been removed',
    requestDomain: cause === 'gone' ? 'context' : domain,
  }
}
