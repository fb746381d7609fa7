import type { Channel, ChannelHandlers, Cluster, ClusterNode } from './cluster.ts'

interface Opened {
  readonly name: string
  readonly handlers: ChannelHandlers
  channel: Channel | undefined
}

/**
 * A cluster whose transport is made when it starts. Until then it is a cluster of one, in which nothing that is said has
 * a listener.
 */
export function deferredCluster(nodeId: string, make: () => Promise<Cluster>): Cluster {
  const opened: Opened[] = []
  const nobody: ReadonlyMap<string, ClusterNode> = new Map()
  const createdAt = Date.now()
  let actual: Cluster | undefined
  return {
    nodeId,
    get startedAt() {
      return actual?.startedAt ?? createdAt
    },
    get nodes() {
      return actual?.nodes ?? nobody
    },
    open(name, handlers) {
      const entry: Opened = { name, handlers, channel: undefined }
      opened.push(entry)
      return {
        broadcast: (message) => entry.channel?.broadcast(message),
        send: (to, message) => entry.channel?.send(to, message),
        collect: () => entry.channel?.collect?.(),
      }
    },
    async start() {
      const cluster = await make()
      for (const entry of opened) entry.channel = cluster.open(entry.name, entry.handlers)
      actual = cluster
      await cluster.start()
    },
    writable: (id) => actual?.writable?.(id) ?? true,
    close: async () => actual?.close(),
  }
}
