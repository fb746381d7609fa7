import type { Channel } from '../cluster/cluster.ts'
import type { ServerMessage } from '../protocol/message.ts'
import type { SharedMember } from '../protocol/shared-member.ts'

/** Messages for peers of one node, with the member that they share. */
export interface Delivery {
  t: 'deliver'
  heads: [peerId: string, message: ServerMessage][]
  /** Key, and value as JSON text: the node that gets it need not encode it again. */
  shared?: readonly [key: string, json: string]
}

/** A publication to many peers of a node is not collected into larger messages than this. */
const MAX_HEADS = 1000

/** Messages for remote peers: those in a row that share a member go to their node as one. */
export interface Deliveries {
  add(nodeId: string, peerId: string, message: ServerMessage, shared: SharedMember | undefined): void
  /** Sends what was collected. MUST be called before anything else is sent on the channel. */
  flush(): void
  /** The node is gone. */
  drop(nodeId: string): void
}

export function createDeliveries(channel: () => Channel): Deliveries {
  /** At most one per node; all of them share one member. */
  const open = new Map<string, Delivery>()
  let common: SharedMember | undefined

  function flush(): void {
    if (open.size === 0) return
    common = undefined
    const collected = [...open]
    open.clear()
    for (const [nodeId, delivery] of collected) channel().send(nodeId, delivery)
  }

  return {
    add(nodeId, peerId, message, shared) {
      const { collect } = channel()
      if (shared === undefined || collect === undefined) {
        flush()
        channel().send(nodeId, {
          t: 'deliver',
          heads: [[peerId, message]],
          ...(shared === undefined ? {} : { shared: [shared.key, shared.json] as const }),
        } satisfies Delivery)
        return
      }
      if (common !== shared) {
        flush()
        common = shared
      }
      const delivery = open.get(nodeId)
      const isFirst = open.size === 0
      if (delivery === undefined) {
        open.set(nodeId, { t: 'deliver', heads: [[peerId, message]], shared: [shared.key, shared.json] })
      } else if (delivery.heads.push([peerId, message]) >= MAX_HEADS) {
        open.delete(nodeId)
        channel().send(nodeId, delivery)
      }
      if (isFirst) collect()
    },
    flush,
    drop: (nodeId) => open.delete(nodeId),
  }
}
