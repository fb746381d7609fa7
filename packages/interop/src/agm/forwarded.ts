import type { Peer } from '../peers/peer.ts'
import type { ClientMessage } from '../protocol/message.ts'

/**
 * A call or a subscribe as it goes to the server's node. The request id is one that this node made: two requests of a peer may
 * share the one that the peer chose.
 */
export function forwarded(message: ClientMessage, from: Peer, requestId: string): ClientMessage {
  return {
    domain: 'agm',
    type: message.type,
    request_id: requestId,
    peer_id: from.id,
    server_id: message.server_id,
    method_id: message.method_id,
    arguments: message.arguments,
    arguments_kv: message.arguments_kv,
    flags: message.flags,
    context: message.context,
  }
}
