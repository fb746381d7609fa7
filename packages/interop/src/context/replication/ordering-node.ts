import type { Cluster } from '../../cluster/cluster.ts'

/** The node that orders, in the eyes of this one: the oldest that is alive, then the smallest id. */
export function orderingNode({ nodeId, startedAt, nodes }: Cluster): string {
  let first = { id: nodeId, startedAt }
  for (const node of nodes.values()) {
    const older = node.startedAt === first.startedAt ? node.id < first.id : node.startedAt < first.startedAt
    if (older) first = node
  }
  return first.id
}
