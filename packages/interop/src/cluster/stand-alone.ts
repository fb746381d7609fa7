import type { Cluster } from './cluster.ts'

/** A cluster of one: nothing is announced and nobody comes up. */
export function standAlone(nodeId: string): Cluster {
  return {
    nodeId,
    startedAt: Date.now(),
    nodes: new Map(),
    open: () => ({ broadcast: () => undefined, send: () => undefined }),
    start: async () => undefined,
    close: async () => undefined,
  }
}
