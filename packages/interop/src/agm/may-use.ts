import type { Peer } from '../peers/peer.ts'
import type { Method } from './method-table.ts'

/**
 * Whether a method is there for a caller that sees its server: announced to the caller's node, and not restricted to others.
 * Everything is there for the server itself.
 */
export function mayUse(
  caller: Peer,
  server: Peer,
  method: Pick<Method, 'announced' | 'restriction'>,
): boolean {
  if (caller === server) return true
  if (server.local && !caller.local && !method.announced) return false
  return method.restriction?.test(server.identity, caller.identity) ?? true
}
