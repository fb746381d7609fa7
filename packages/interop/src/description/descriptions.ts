import type { Visibility } from '@portcullis/visibility'
import type { MethodId } from '../agm/method-table.ts'
import type { Lifetime } from '../context/lifetimes.ts'
import type { DomainName } from '../protocol/message.ts'

// What an operator is told. Whatever a client chose is cut to 256 characters, so that a page has a size.

/** A peer, here or announced by another node. */
export interface PeerDescription {
  id: string
  /** The node that its connection is on. */
  nodeId: string
  /** Whether that is this node. */
  local: boolean
  /** Whom its credential names; null for a peer without a user. */
  user: string | null
  /** As the client said. */
  application: string | null
  /** As the client said, or made by the gateway. */
  instance: string | null
  /** Whether it meets the peers of every user. */
  service: boolean
  /** Domains that it has joined, and whether other nodes may see it there. */
  domains: { domain: DomainName; visibility: Visibility }[]
  /** How many methods and streams it has registered. */
  methods: number
}

/** A method or stream, of a peer here or on another node. */
export interface MethodDescription {
  id: MethodId
  name: string
  stream: boolean
  /** Whether its server lets only some peers use it. */
  restricted: boolean
  /** Whether other nodes know of it. */
  visibility: Visibility
  /** Its server. */
  peerId: string
  nodeId: string
  user: string | null
  application: string | null
}

/** A context, without its data. */
export interface ContextDescription {
  id: string
  name: string
  /** That of its creator; null for one without a user. */
  user: string | null
  lifetime: Lifetime
  visibility: Visibility
  /** Behind a context of this node that has its name. */
  hidden: boolean
  creatorId: string
  /** The node it was created on. */
  nodeId: string
  /** Of its data as JSON, about. */
  bytes: number
  /** Members on this node. */
  members: number
}

/** What there is to be described. */
export interface Descriptions {
  /** By user, application and id. */
  peers: PeerDescription
  /** By name. */
  methods: MethodDescription
  /** By name. */
  contexts: ContextDescription
}
