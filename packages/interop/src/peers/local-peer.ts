import type { ConnectionEnd } from '../connection/connection.ts'
import type { Identity } from '../protocol/message.ts'
import type { Peer } from './peer.ts'

/** A peer on a connection of this node. */
export interface LocalPeer extends Peer {
  readonly local: true
  readonly end: ConnectionEnd
  readonly credential: Credential
}

/** What a peer came in with. */
export interface Credential {
  /** When it ends, and the peer with it, milliseconds since the epoch. */
  readonly endsAtMs: number | undefined
  /** Whether it was revoked; absent where it cannot be. */
  readonly isRevoked: (() => boolean) | undefined
}

export interface LocalPeerInput {
  id: string
  nodeId: string
  identity: Identity
  verified: Identity
  user: string | undefined
  service: boolean
  end: ConnectionEnd
  credential: Credential
  onSend(): void
}

export function createLocalPeer({ onSend, ...input }: LocalPeerInput): LocalPeer {
  const { id, end } = input
  return Object.freeze({
    ...input,
    local: true as const,
    send(message, shared) {
      onSend()
      end.deliver(id, message, shared)
    },
    get writable() {
      return end.writable()
    },
  } satisfies LocalPeer)
}
