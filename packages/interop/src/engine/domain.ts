import type { Membership, Peer } from '../peers/peer.ts'
import type { ClientMessage, DomainName, ServerMessage } from '../protocol/message.ts'

/** Why a peer is no longer in a domain. */
export interface Departure {
  /** `left`: it asked. `gone`: its connection, or its whole node, was lost. `withdrawn`: a rule now keeps it on its node. */
  cause: 'left' | 'gone' | 'withdrawn'
  /** As sent with `leave`; null when it gave none. For other causes `<domain>.peer-removed`. */
  reasonUri: string | null
  reason: string | null
  /** The domain the request came in; `context` for a lost connection. */
  requestDomain: string
}

/**
 * One domain of the protocol. Everything runs on one turn of the event loop, in the order the messages came; nothing is
 * awaited in between. A refusal is thrown as an `InteropError`, and becomes the `error` answer in the domain of the request.
 */
export interface Domain {
  readonly name: DomainName
  /** Advertised in the welcome. */
  readonly version: number
  /**
   * A message of a peer. `message.domain` is the domain to answer in. The peer can be one of another node, whose request
   * was forwarded here.
   */
  handle(peer: Peer, message: ClientMessage): void
  /** Follows the welcome of a local peer. */
  welcomed?(peer: Peer): void
  /**
   * The peer is a member now (for the first time; a repeated join does not come here). Tells it whom it sees, and others of
   * it. The `success` of a local peer's join is sent after this.
   */
  joined?(peer: Peer, membership: Membership): void
  /** Before the peer's membership is forgotten: tell those that see it, end what it is part of. */
  leaving?(peer: Peer, departure: Departure): void
  /**
   * A rule is about to withdraw a local member from other nodes. Its membership is still the old one: it and the remote peers
   * that it sees are told to have left each other, as far as this node tells. Called before the membership is replaced.
   */
  hiding?(peer: Peer): void
  /**
   * A rule has given a local member to the other nodes, which have been told of it. Its membership is the new one: it is told
   * which remote peers it sees.
   */
  showing?(peer: Peer): void
  /** A local peer's connection is gone, whether or not it was a member. Called after `leaving`, before it is forgotten. */
  gone?(peer: Peer): void
  /**
   * A message from another node for a local peer. Returns what to send on instead, or undefined to send nothing.
   */
  delivering?(peer: Peer, message: ServerMessage): ServerMessage | undefined
  close?(): void | Promise<void>
}
