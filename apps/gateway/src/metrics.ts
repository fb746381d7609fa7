import type { InteropGateway } from '@portcullis/interop'
import type { Transport } from '@portcullis/transport'
import type { Gateway, GatewayStats } from '@portcullis/ws-gateway'
import type { FastifyPluginAsync } from 'fastify'
import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client'
import type { Auth } from './auth/create-auth.ts'
import type { EdgeAuthorizer } from './authorize/create-authorizer.ts'
import type { Fleet } from './fleet/create-fleet.ts'
import { clientMetrics, registerInteropMetrics } from './interop/interop-metrics.ts'

/**
 * `/metrics` in the Prometheus text format. Labels are codes of ours, never names of clients, but for what interop clients
 * publish themselves.
 */
export const metricsRoutes: FastifyPluginAsync<{
  gateway: Gateway
  authorizer: Pick<EdgeAuthorizer, 'stats'>
  fleet: Pick<Fleet, 'isLinked' | 'stats'>
  interop: InteropGateway | undefined
  transport: Transport
  auth: Auth
}> = async (app, { gateway, authorizer, fleet, interop, transport, auth }) => {
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
  const total = (name: string, help: string, read: () => number) =>
    new Counter({
      name: `portcullis_${name}`,
      help,
      registers,
      collect() {
        this.reset()
        this.inc(read())
      },
    })
  const counter = (name: string, help: string, read: (stats: GatewayStats) => number) =>
    total(name, help, () => read(gateway.stats()))
  const counterBy = (
    label: string,
    name: string,
    help: string,
    read: () => Readonly<Record<string, number>>,
  ) =>
    new Counter({
      name: `portcullis_${name}`,
      help,
      labelNames: [label],
      registers,
      collect() {
        this.reset()
        for (const [value, count] of Object.entries(read())) this.inc({ [label]: value }, count)
      },
    })
  const counterByCode = (
    name: string,
    help: string,
    read: (stats: GatewayStats) => Readonly<Record<string, number>>,
  ) => counterBy('code', name, help, () => read(gateway.stats()))

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
  counterByCode('sessions_ended_total', 'Sessions closed by this gateway', (stats) => stats.sessionsEnded)
  counter('reauthenticated_total', 'New tokens taken by open sessions', (stats) => stats.reauthenticated)
  counter('frames_in_total', 'Frames received from clients', (stats) => stats.framesIn)
  counter('frames_out_total', 'Messages written to clients', (stats) => stats.framesOut)
  counter('frames_stored_total', 'Frames stored', (stats) => stats.acked)
  counterByCode('frames_refused_total', 'Frames refused', (stats) => stats.nacked)
  counter(
    'misrouted_total',
    'Messages dropped because they were not for their session',
    (stats) => stats.misrouted,
  )

  counterBy('type', 'auth_events_total', 'What machine clients did, and what was done to them', () =>
    auth.eventCounts(),
  )

  gauge('authorize_pending', 'Questions to the control plane under way', () => authorizer.stats().pending)
  gauge('authorize_cached_grants', 'Grants that are kept', () => authorizer.stats().cachedGrants)
  gauge('authorize_cached_refusals', 'Refusals that are kept', () => authorizer.stats().cachedRefusals)
  gauge('authorize_circuit_open', '1 while the control plane is not asked because it failed', () =>
    authorizer.stats().circuit === 'open' ? 1 : 0,
  )
  total('authorize_questions_total', 'Questions to the control plane', () => authorizer.stats().asked)
  total('authorize_cache_hits_total', 'Decisions by what was kept', () => authorizer.stats().cacheHits)

  // On NATS `transport_connected` says it.
  if (transport.engine === 'embedded') {
    gauge('fleet_linked', '1 while there is a link to the control plane', () => (fleet.isLinked() ? 1 : 0))
  }
  total('fleet_frames_out_total', 'Messages to control planes', () => fleet.stats().framesOut)
  total(
    'fleet_frames_lost_total',
    'Messages to control planes that were not sent',
    () => fleet.stats().framesLost,
  )
  total('fleet_changes_total', 'Changes of the registry', () => fleet.stats().changes)
  total('fleet_gaps_total', 'Times that changes may have been missed', () => fleet.stats().gaps)

  const updateInterop = interop && registerInteropMetrics(registry, interop)

  app.get('/metrics', { logLevel: 'warn', config: { auth: 'none' } }, async (_request, reply) => {
    updateInterop?.()
    const published = interop === undefined ? '' : await clientMetrics(interop.metricSamples())
    return reply.type(registry.contentType).send(`${await registry.metrics()}${published}`)
  })
}
