import type { Restriction, Visibility } from '@portcullis/visibility'
import type { Identity, ServerMessage } from '../protocol/message.ts'
import type { SharedMember } from '../protocol/shared-member.ts'

/** A peer's place in a domain. Made anew when it changes. */
export interface Membership {
  /** What the peer wants of others, and thereby who sees it. Owner is the peer that joined. */
  readonly restriction: Restriction | undefined
  /** Whether peers on other nodes may see it in this domain. */
  readonly visibility: Visibility
  /** As sent with the join. */
  readonly options: unknown
}

/** One identity on one connection, here or on another node of the cluster. */
export interface Peer {
  /** `p-<node>-<n>`. */
  readonly id: string
  /** The node its connection is on. */
  readonly nodeId: string
  /** True when that is this node. */
  readonly local: boolean
  /** The resolved identity, as its welcome had it. Frozen, own members only. */
  readonly identity: Identity
  /** The members of the identity that visibility rules may rely on: from the credential, or trusted by configuration. */
  readonly verified: Identity
  /** Whom the credential names. Peers of different users do not meet; a peer without a user meets those without one. */
  readonly user: string | undefined
  /** A service meets the peers of every user. */
  readonly service: boolean
  /**
   * Puts a message on its way, in order: to the connection, or to the peer's node. Never throws, and does nothing when
   * the peer is gone. A receiver that does not keep up is disconnected.
   */
  send(message: ServerMessage, shared?: SharedMember): void
  /** False while the receiver is so far behind that new requests for it are refused with `limits_exceeded`. */
  readonly writable: boolean
}
