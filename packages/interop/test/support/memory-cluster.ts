import type { Channel, ChannelHandlers, Cluster, ClusterNode } from '../../src/cluster/cluster.ts'

/** One message as it was handed to the cluster, for what tests look up in it. */
export interface Transmission {
  readonly from: string
  readonly to: string
  readonly channel: string
  readonly json: string
}

/**
 * A cluster in memory. Messages are JSON text on the way and wait in one queue per pair of nodes until `settle` delivers
 * them, so that a test decides what has arrived when.
 */
export interface MemoryCluster {
  /** A node that is not started yet. `startedAt` counts up from 1 unless given. */
  node(id: string, startedAt?: number): Cluster
  /**
   * Delivers what waits, and what that leads to, until nothing does. `pick` chooses which of n queues is next; by default the
   * oldest one.
   */
  settle(pick?: (count: number) => number): void
  /** Delivers one message from one node to another; false when none waits. */
  step(from: string, to: string): boolean
  /** What waits between two nodes is lost, and each sees the other go down. Without names: between all nodes. */
  cut(one?: string, other?: string): void
  /** Nodes that were cut meet again. Without names: all of them. */
  heal(one?: string, other?: string): void
  /** The node dies without a word; its peers see it go down. It sees nothing any more. */
  kill(id: string): void
  /** All that was ever sent, snapshots included. */
  readonly sent: readonly Transmission[]
}

interface Node {
  readonly info: ClusterNode
  readonly nodes: Map<string, ClusterNode>
  readonly channels: Map<string, ChannelHandlers>
  /** Nodes that know of this one: they have its snapshot or it is on its way. */
  readonly linked: Set<string>
  started: boolean
  dead: boolean
}

type Packet =
  | { readonly kind: 'up'; readonly snapshots: [channel: string, json: string | undefined][] }
  | { readonly kind: 'message'; readonly channel: string; readonly json: string }

export function memoryCluster(): MemoryCluster {
  const nodes = new Map<string, Node>()
  const queues = new Map<string, { from: Node; to: Node; packets: Packet[] }>()
  const cuts = new Set<string>()
  const sent: Transmission[] = []

  const pair = (one: string, other: string): string => [one, other].toSorted().join(' ')

  function queue(from: Node, to: Node): { packets: Packet[] } {
    const key = `${from.info.id} ${to.info.id}`
    let found = queues.get(key)
    if (found === undefined) {
      found = { from, to, packets: [] }
      queues.set(key, found)
    }
    return found
  }

  function link(one: Node, other: Node): void {
    if (one === other || !one.started || !other.started || one.dead || other.dead) return
    if (one.linked.has(other.info.id) || cuts.has(pair(one.info.id, other.info.id))) return
    for (const [from, to] of [
      [one, other],
      [other, one],
    ] as const) {
      const snapshots: [string, string | undefined][] = []
      for (const [channel, handlers] of from.channels) {
        const json = JSON.stringify(handlers.snapshot?.(to.info.id))
        snapshots.push([channel, json])
        if (json !== undefined) {
          sent.push({ from: from.info.id, to: to.info.id, channel, json })
        }
      }
      from.linked.add(to.info.id)
      queue(from, to).packets.push({ kind: 'up', snapshots })
    }
  }

  function unlink(one: Node, other: Node): void {
    for (const [here, there] of [
      [one, other],
      [other, one],
    ] as const) {
      queue(there, here).packets.length = 0
      here.linked.delete(there.info.id)
    }
    for (const [here, there] of [
      [one, other],
      [other, one],
    ] as const) {
      if (!here.nodes.delete(there.info.id) || here.dead) continue
      for (const handlers of [...here.channels.values()].toReversed()) {
        handlers.nodeDown?.(there.info.id)
      }
    }
  }

  function send(from: Node, to: Node, channel: string, json: string): void {
    if (from.dead || !from.linked.has(to.info.id)) return
    sent.push({ from: from.info.id, to: to.info.id, channel, json })
    queue(from, to).packets.push({ kind: 'message', channel, json })
  }

  function deliver(from: Node, to: Node, packet: Packet): void {
    if (packet.kind === 'message') {
      to.channels.get(packet.channel)?.message(from.info.id, JSON.parse(packet.json))
      return
    }
    to.nodes.set(from.info.id, from.info)
    const snapshots = new Map(packet.snapshots)
    for (const [channel, handlers] of to.channels) {
      const json = snapshots.get(channel)
      handlers.nodeUp?.(from.info, json === undefined ? undefined : JSON.parse(json))
    }
  }

  function pairs(one?: string, other?: string): [Node, Node][] {
    const found: [Node, Node][] = []
    for (const a of nodes.values()) {
      for (const b of nodes.values()) {
        if (a.info.id >= b.info.id) continue
        if (one !== undefined && a.info.id !== one && b.info.id !== one) continue
        if (other !== undefined && a.info.id !== other && b.info.id !== other) continue
        found.push([a, b])
      }
    }
    return found
  }

  return {
    node(id, startedAt = nodes.size + 1) {
      const node: Node = {
        info: { id, startedAt },
        nodes: new Map(),
        channels: new Map(),
        linked: new Set(),
        started: false,
        dead: false,
      }
      nodes.set(id, node)
      return {
        nodeId: id,
        startedAt,
        nodes: node.nodes,
        open(name, handlers): Channel {
          if (node.started) throw new Error('a channel is opened before the start')
          node.channels.set(name, handlers)
          return {
            broadcast(message) {
              if (node.linked.size === 0) return
              const json = JSON.stringify(message)
              for (const to of [...node.linked]) send(node, nodes.get(to)!, name, json)
            },
            send(nodeId, message) {
              const to = nodes.get(nodeId)
              if (to !== undefined) send(node, to, name, JSON.stringify(message))
            },
          }
        },
        async start() {
          node.started = true
          for (const other of nodes.values()) link(node, other)
        },
        async close() {
          for (const other of nodes.values()) if (other !== node) unlink(node, other)
          node.dead = true
        },
      }
    },
    settle(pick = () => 0) {
      for (let rounds = 0; rounds < 1_000_000; rounds += 1) {
        const waiting = [...queues.values()].filter(({ packets }) => packets.length > 0)
        const next = waiting[pick(waiting.length)] ?? waiting[0]
        if (next === undefined) return
        deliver(next.from, next.to, next.packets.shift()!)
      }
      throw new Error('the cluster does not come to rest')
    },
    step(from, to) {
      const next = queues.get(`${from} ${to}`)
      const packet = next?.packets.shift()
      if (next === undefined || packet === undefined) return false
      deliver(next.from, next.to, packet)
      return true
    },
    cut(one, other) {
      for (const [a, b] of pairs(one, other)) {
        cuts.add(pair(a.info.id, b.info.id))
        unlink(a, b)
      }
    },
    heal(one, other) {
      for (const [a, b] of pairs(one, other)) {
        cuts.delete(pair(a.info.id, b.info.id))
        link(a, b)
      }
    },
    kill(id) {
      const node = nodes.get(id)!
      node.dead = true
      for (const other of nodes.values()) if (other !== node) unlink(node, other)
    },
    sent,
  }
}
