import type { Counters } from '../engine/counters.ts'

/** Numbers of one node. Those of {@link Counters} only grow. */
export interface GatewayStats extends Counters {
  connections: number
  /** Peers on this node. */
  peers: number
  /** Peers that other nodes announced. */
  remotePeers: number
  /** Other nodes of the cluster. */
  nodes: number
  methods: number
  /** Subscriptions to streams. */
  subscriptions: number
  pendingCalls: number
  contexts: number
  contextBytes: number
  busSubscriptions: number
  /** Repositories of client metrics. */
  repositories: number
}
