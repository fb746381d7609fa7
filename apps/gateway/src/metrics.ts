import type { Transport } from '@portcullis/transport'
import type { Gateway, GatewayStats } from '@portcullis/ws-gateway'
import type { FastifyPluginAsync } from 'fastify'
import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client'

/** `/metrics` in the Prometheus text format. Labels are codes of ours, never names of clients. */
export const metricsRoutes: FastifyPluginAsync<{ gateway: Gateway; transport: Transport }> = async (
  app,
  { gateway, transport },
) => {
  const registry = new Registry()
  const registers = [registry]
  collectDefaultMetrics({ register: registry })

  const gauge = (name: string, help: string, read: () => number) =>
    new Gauge({
      name: `portcullis_${name}`,
      help,
      registers,
      collect() {
        this.set(read())
      },
    })
  const counter = (name: string, help: string, read: (stats: GatewayStats) => number) =>
    new Counter({
      name: `portcullis_${name}`,
      help,
      registers,
      collect() {
        this.reset()
        this.inc(read(gateway.stats()))
      },
    })
  const counterByCode = (
    name: string,
    help: string,
    read: (stats: GatewayStats) => Readonly<Record<string, number>>,
  ) =>
    new Counter({
      name: `portcullis_${name}`,
      help,
      labelNames: ['code'],
      registers,
      collect() {
        this.reset()
        for (const [code, count] of Object.entries(read(gateway.stats()))) this.inc({ code }, count)
      },
    })

  gauge('sessions', 'Sessions open now', () => gateway.stats().sessions)
  gauge('connections', 'Sockets now, those still authorising included', () => gateway.stats().connections)
  gauge('transport_connected', '1 while the message engine is usable', () =>
    transport.status().state === 'connected' ? 1 : 0,
  )
  gauge(
    'transport_pending_messages',
    'Messages held for an acknowledgement',
    () => transport.status().pendingCount,
  )
  gauge('transport_pending_bytes', 'Bytes held for an acknowledgement', () => transport.status().pendingBytes)
  gauge(
    'transport_stream_drift',
    'Stream settings that differ from the configured ones',
    () => transport.status().drift.filter((drift) => !drift.corrected).length,
  )
  counter('upgrades_accepted_total', 'Upgrades that became sessions', (stats) => stats.upgradesAccepted)
  counterByCode('upgrades_refused_total', 'Upgrades refused', (stats) => stats.upgradesRefused)
  counter('frames_in_total', 'Frames received from clients', (stats) => stats.framesIn)
  counter('frames_out_total', 'Messages written to clients', (stats) => stats.framesOut)
  counter('frames_stored_total', 'Frames stored', (stats) => stats.acked)
  counterByCode('frames_refused_total', 'Frames refused', (stats) => stats.nacked)
  counter(
    'misrouted_total',
    'Messages dropped because they were not for their session',
    (stats) => stats.misrouted,
  )

  app.get('/metrics', { logLevel: 'warn' }, async (_request, reply) => {
    return reply.type(registry.contentType).send(await registry.metrics())
  })
}
