import type { Restriction, Visibility } from '@portcullis/visibility'
import type { Peer } from '../peers/peer.ts'
import type { Identity } from '../protocol/message.ts'
import { sharedMember, type SharedMember } from '../protocol/shared-member.ts'
import type { Data } from './data/own-members.ts'
import type { Lifetime } from './lifetimes.ts'

/** Which change of the order a context's data is at: equal versions, equal data. */
export interface Version {
  /** The reign of one ordering node. */
  readonly term: string
  readonly sequence: number
  /** The last versions of the reigns before, latest first, that the data came from. */
  readonly past?: readonly Version[] | undefined
}

/** Reigns that a version remembers. */
const MAX_PAST = 8

/** The version of data that were changed from those of another version. */
export function versionAfter(former: Version | undefined, { term, sequence }: Version): Version {
  if (former === undefined) return { term, sequence }
  if (former.term === term) return { term, sequence, past: former.past }
  const last = { term: former.term, sequence: former.sequence }
  return { term, sequence, past: [last, ...(former.past ?? [])].slice(0, MAX_PAST) }
}

/** Whether the data of one version came from those of the other, by changes that the other has not seen. */
export function isAhead(one: Version, other: Version): boolean {
  if (one.term === other.term) return one.sequence > other.sequence
  return (one.past ?? []).some(({ term, sequence }) => term === other.term && sequence >= other.sequence)
}

/** An operation of a node, and its number there. */
export interface OperationId {
  readonly node: string
  readonly number: number
}

/** One context on this node. */
export interface Context {
  /** What the peers of this node know it by; never changes. */
  readonly id: string
  /** What the cluster knows it by. Differs from the id when two nodes made it while they did not see each other. */
  key: string
  readonly name: string
  /** That of its creator: for everybody else it does not exist. */
  readonly user: string | undefined
  /** Created by a service: other services find it too. */
  byService: boolean
  lifetime: Lifetime
  creatorId: string
  /** What the permissions ask for of it. */
  creatorIdentity: Identity
  /** The members of the creator's identity that rules may rely on. Known where it was created only. */
  verified: Identity | undefined
  /** The node it was created on. */
  origin: string
  read: Restriction
  write: Restriction
  visibility: Visibility
  /** Another context of the same user and name, one that does not leave this node, stands before it. */
  hidden: boolean
  /** Null until somebody gives it some. */
  data: Data | null
  /** Of the data, bytes as JSON and a little more. */
  weight: number
  /** Members on this node. */
  readonly members: Set<Peer>
  /** Nodes that have members. Kept up to date for `ref-counted` ones in the cluster. */
  readonly holders: Set<string>
  version: Version | undefined
  /** The last operations of other nodes that are in the data. */
  recent: readonly OperationId[]
  /** A member has seen a change that this node has not: the next data are told in any case. */
  stale: boolean
  /** Its key has been with other nodes, who may remember it as destroyed. */
  announced: boolean
  /** The data as text, until they change. */
  snapshot: SharedMember | undefined
}

/** The data for a reply: encoded once for all that ask between two changes. */
export function snapshotOf(context: Context): SharedMember {
  context.snapshot ??= sharedMember('data', context.data)
  return context.snapshot
}

export function setData(context: Context, data: Data | null, weight: number): void {
  context.data = data
  context.weight = weight
  context.snapshot = undefined
}
