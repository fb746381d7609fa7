import type { Peer } from '../peers/peer.ts'
import { sharedMember, type SharedMember } from '../protocol/shared-member.ts'
import { createMethodTable, type MethodId, type MethodTable } from './method-table.ts'

/** A call that waits for its result. On the server's node the id is the invocation's, on the caller's the one it was forwarded with. */
export interface Invocation {
  readonly id: string
  readonly caller: Member
  readonly server: Member
  /** What the caller waits for: its own request id, or that of the node it forwarded the call from. */
  readonly requestId: unknown
}

/** A peer's interest in a stream. */
export interface Subscription {
  /** The subscription's id; for one that was forwarded and is not answered yet, the id it was forwarded with. */
  id: string
  readonly subscriber: Member
  readonly server: Member
  readonly methodId: MethodId
  readonly requestId: unknown
  established: boolean
  /** The branch the server put it on. Unknown, and of no use, where the server is on another node. */
  streamId: MethodId | undefined
}

/** A member of the domain, here or on another node, and all that it takes part in as far as this node has a part in it. */
export interface Member {
  readonly peer: Peer
  /** For the `peer-added` of everybody who sees it. */
  readonly identity: SharedMember
  readonly methods: MethodTable
  /** Calls it made. */
  readonly calls: Map<string, Invocation>
  /** Calls it has to answer. */
  readonly invocations: Map<string, Invocation>
  /** Subscriptions it has. */
  readonly subscriptions: Map<string, Subscription>
  /** Subscriptions that others, or itself, have to its streams. */
  readonly serving: Map<string, Subscription>
  /** Of those it serves, the established ones by branch. */
  readonly branches: Map<MethodId, Set<Subscription>>
}

export function createMember(peer: Peer): Member {
  return {
    peer,
    identity: sharedMember('identity', peer.identity),
    methods: createMethodTable(peer),
    calls: new Map(),
    invocations: new Map(),
    subscriptions: new Map(),
    serving: new Map(),
    branches: new Map(),
  }
}
