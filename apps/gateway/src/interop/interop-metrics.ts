import type { GatewayStats, InteropGateway, MetricSample } from '@portcullis/interop'
import { Counter, Gauge, Registry } from 'prom-client'

type Kind = typeof Gauge | typeof Counter

/** Every number of an interop gateway: what it is, and what it is called after `portcullis_interop_`. */
const NUMBERS: Record<keyof GatewayStats, readonly [kind: Kind, name: string, help: string]> = {
  connections: [Gauge, 'connections', 'Connections of clients now'],
  peers: [Gauge, 'peers', 'Peers on this node'],
  remotePeers: [Gauge, 'remote_peers', 'Peers that other nodes announced'],
  nodes: [Gauge, 'nodes', 'Other nodes of the cluster'],
  methods: [Gauge, 'methods', 'Methods and streams that are registered'],
  subscriptions: [Gauge, 'subscriptions', 'Subscriptions to streams'],
  pendingCalls: [Gauge, 'pending_calls', 'Calls that wait for their result'],
  contexts: [Gauge, 'contexts', 'Contexts'],
  contextBytes: [Gauge, 'context_bytes', 'Bytes of all contexts as JSON'],
  busSubscriptions: [Gauge, 'bus_subscriptions', 'Subscriptions on the bus'],
  repositories: [Gauge, 'metric_repositories', 'Clients that have defined metrics'],
  messagesIn: [Counter, 'messages_in_total', 'Messages from clients'],
  messagesOut: [Counter, 'messages_out_total', 'Messages to clients'],
  refusals: [Counter, 'refusals_total', 'Messages refused, hellos included'],
  calls: [Counter, 'calls_total', 'Method calls'],
  streamEvents: [Counter, 'stream_events_total', 'Events of streams'],
  contextUpdates: [Counter, 'context_updates_total', 'Changes of contexts'],
  busEvents: [Counter, 'bus_events_total', 'Events of the bus'],
  slowConsumers: [Counter, 'slow_consumers_total', 'Connections closed because they did not read'],
  mailboxFull: [Counter, 'mailbox_full_total', 'Requests refused because the receiver was behind'],
}

/** Puts the numbers of an interop gateway into a registry. Returns what brings them up to date. */
export function registerInteropMetrics(registry: Registry, interop: InteropGateway): () => void {
  const registers = [registry]
  const updates = Object.entries(NUMBERS).map(([key, [Metric, name, help]]) => {
    const metric = new Metric({ name: `portcullis_interop_${name}`, help, registers })
    return (stats: GatewayStats) => {
      metric.reset()
      metric.inc(stats[key as keyof GatewayStats])
    }
  })
  return () => {
    // Once: it counts every peer.
    const stats = interop.stats()
    for (const update of updates) update(stats)
  }
}

/**
 * The latest numbers that clients published, in the Prometheus text format. Their names begin with `interop_metric_`, which
 * none of ours does; what clients chose as labels is escaped.
 */
export async function clientMetrics(samples: readonly MetricSample[]): Promise<string> {
  if (samples.length === 0) return ''
  // Clients come and go with their metrics: a registry that stays would remember all there ever were.
  const registry = new Registry()
  const gauges = new Map<string, Gauge<keyof MetricSample['labels']>>()
  for (const { name, value, labels } of samples) {
    let gauge = gauges.get(name)
    if (gauge === undefined) {
      const labelNames = ['system', 'service', 'application'] as const
      gauge = new Gauge({ name, help: 'Published by clients', labelNames, registers: [registry] })
      gauges.set(name, gauge)
    }
    gauge.set({ ...labels }, value)
  }
  return registry.metrics()
}
