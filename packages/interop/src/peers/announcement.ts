import { compileRestriction, type Restriction } from '@portcullis/visibility'
import { isDomainName } from '../protocol/domain-name.ts'
import type { DomainName, Identity } from '../protocol/message.ts'
import { isJsonObject } from '../protocol/parse.ts'
import type { Membership, Peer } from './peer.ts'

/** A member of a domain, as other nodes are told of it. */
export interface Announcement {
  id: string
  domain: DomainName
  identity: Identity
  /** Absent for a peer without a user. */
  user?: string
  service?: true
  /** Text of what it wants of others. */
  restriction?: string
}

/** What of an announcement was understood. */
export interface AnnouncedPeer {
  id: string
  domain: DomainName
  identity: Identity
  user: string | undefined
  service: boolean
  restriction: Restriction | undefined
}

/** The announcement of a member; undefined for one that stays on its node. */
export function announce(
  { id, identity, user, service }: Peer,
  domain: DomainName,
  { visibility, restriction }: Membership,
): Announcement | undefined {
  if (visibility !== 'cluster') return undefined
  return {
    id,
    domain,
    identity,
    ...(user === undefined ? {} : { user }),
    ...(service ? { service: true as const } : {}),
    ...(restriction === undefined || restriction.unrestricted ? {} : { restriction: restriction.text }),
  }
}

/**
 * What another node says of one of its peers, or undefined when it is not understood or not that node's to say. A restriction
 * that is not understood keeps its peer away: without it others would see more than they may.
 */
export function readAnnouncement(nodeId: string, value: unknown): AnnouncedPeer | undefined {
  if (!isJsonObject(value)) return undefined
  const { id, domain, identity, user, service, restriction } = value
  if (typeof id !== 'string' || !isPeerOf(nodeId, id) || !isDomainName(domain)) return undefined
  if (!isJsonObject(identity) || (user !== undefined && typeof user !== 'string')) return undefined
  if (service !== undefined && typeof service !== 'boolean') return undefined
  if (restriction !== undefined && typeof restriction !== 'string') return undefined
  let compiled: Restriction | undefined
  try {
    compiled = restriction === undefined ? undefined : compileRestriction(restriction)
  } catch {
    return undefined
  }
  return {
    id,
    domain,
    identity: frozenIdentity(identity),
    user,
    service: service === true,
    restriction: compiled,
  }
}

const MAX_ID_LENGTH = 128

/** `p-<node>-<n>`: a node speaks for its own peers only. */
export function isPeerOf(nodeId: string, id: string): boolean {
  return (
    id.length <= MAX_ID_LENGTH && id.startsWith(`p-${nodeId}-`) && /^\d+$/.test(id.slice(nodeId.length + 3))
  )
}

function frozenIdentity(said: Readonly<Record<string, unknown>>): Identity {
  const identity = Object.create(null) as Record<string, unknown>
  for (const key of Object.keys(said)) identity[key] = said[key]
  return Object.freeze(identity)
}
