import type { LocalPeer } from '../peers/local-peer.ts'
import type { ConnectionEnd } from './connection.ts'

/** What the engine knows of one connection. */
export interface ConnectionState {
  readonly end: ConnectionEnd
  readonly peers: Set<LocalPeer>
  /** For each credential that can be revoked: whether it was. */
  readonly revocable: Set<() => boolean>
  /** Hellos whose authenticator has not answered. Each settles once it has, and its answer was sent. */
  readonly hellos: Set<Promise<void>>
  refusedHellos: number
  open: boolean
}

export function newConnection(end: ConnectionEnd): ConnectionState {
  return { end, peers: new Set(), revocable: new Set(), hellos: new Set(), refusedHellos: 0, open: true }
}
