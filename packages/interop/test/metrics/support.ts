import { vi } from 'vitest'
import type { InteropLogger } from '../../src/gateway/logger.ts'
import { createMetricsDomain, type MetricsDomain } from '../../src/metrics/metrics-domain.ts'
import type { InlinePublisher, MetricsOptions } from '../../src/metrics/options.ts'
import type { MetricsUpdate, StatusUpdate, Update } from '../../src/metrics/update.ts'
import {
  createTestEngine,
  type TestEngine,
  type TestEngineOptions,
  type TestPeer,
} from '../support/test-engine.ts'

export interface MetricsSystem extends AsyncDisposable {
  node: TestEngine
  metrics: MetricsDomain
  logged: { details: Record<string, unknown>; message: string }[]
  /** A member with one number, `/App/n`, unless other metrics are named. */
  member(identity?: Record<string, unknown>, options?: unknown): TestPeer
}

export async function startMetrics(
  options: MetricsOptions,
  engine: TestEngineOptions = {},
): Promise<MetricsSystem> {
  const logged: MetricsSystem['logged'] = []
  const node = createTestEngine({ logger: recordingLogger(logged), ...engine })
  const metrics = node.use(createMetricsDomain(node.engine, options))
  await metrics.start()
  return {
    node,
    metrics,
    logged,
    member(identity = {}, joinOptions) {
      const peer = node.addPeer({ identity: { application: 'App', ...identity } })
      peer.join('metrics', { options: joinOptions ?? { system: 'Sys', service: 'Svc' } })
      peer.take()
      return peer
    },
    [Symbol.asyncDispose]: () => metrics.close(),
  }
}

function recordingLogger(logged: MetricsSystem['logged']): InteropLogger {
  const log = (details: object, message: string): void => {
    logged.push({ details: details as Record<string, unknown>, message })
  }
  return { debug: log, info: log, warn: log, error: log }
}

export const NUMBER = { type: 'number', description: '', context: {} }

export function define(peer: TestPeer, ...names: string[]): void {
  peer.say({ domain: 'metrics', type: 'define', metrics: names.map((name) => ({ name, ...NUMBER })) })
}

export function publish(peer: TestPeer, name: string, value: unknown, timestamp?: unknown): void {
  peer.say({
    domain: 'metrics',
    type: 'publish',
    values: [{ name, value, ...(timestamp === undefined ? {} : { timestamp }) }],
  })
}

/** Waits for what another turn of the event loop brings about. */
export async function until(condition: () => boolean): Promise<void> {
  await vi.waitUntil(condition, { timeout: 20_000, interval: 5 })
}

export interface Collector extends InlinePublisher {
  updates: Update[]
  /** Resolves when the condition holds for what has come. */
  until(condition: (updates: Update[]) => boolean): Promise<void>
}

/** A publisher that keeps what it is given. */
export function collector(options: Partial<InlinePublisher> = {}): Collector {
  const updates: Update[] = []
  return {
    heartbeats: 0,
    function: (update) => void updates.push(update),
    ...options,
    updates,
    until: (condition) => until(() => condition(updates)),
  }
}

export const isStatus = (update: Update): update is StatusUpdate => 'status' in update
export const isMetrics = (update: Update): update is MetricsUpdate => !isStatus(update)

/** Every value, in order: `name=value`. */
export function valuesOf(updates: Update[]): string[] {
  return updates
    .filter(isMetrics)
    .flatMap(({ metrics }) =>
      Object.entries(metrics).flatMap(([name, { datapoints }]) =>
        datapoints.map(({ value }) => `${name}=${JSON.stringify(value.value)}`),
      ),
    )
}
