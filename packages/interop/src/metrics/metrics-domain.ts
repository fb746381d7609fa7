import type { Domain } from '../engine/domain.ts'
import type { Engine } from '../engine/engine.ts'
import { InteropError } from '../errors.ts'
import type { Membership, Peer } from '../peers/peer.ts'
import type { ClientMessage } from '../protocol/message.ts'
import { readDefinitions } from './definitions.ts'
import { type MetricsOptions, metricsSettings } from './options.ts'
import { PublisherRunner, type RunnerStats } from './publishers/publisher-runner.ts'
import type { RunningRepository } from './publishers/update-queue.ts'
import { repositoryIdentity } from './repository-identity.ts'
import { type MetricSample, Samples } from './samples.ts'
import type { MetricDefinition, RepositoryIdentity } from './update.ts'
import { readValues } from './values.ts'

export interface MetricsStats {
  /** Peers that have defined metrics. */
  readonly repositories: number
  /** Metrics that they have defined. */
  readonly metrics: number
  /** Values that were published. */
  readonly values: number
  /** Values of metrics that nobody had defined: dropped. */
  readonly undefinedValues: number
  /** Numbers that are kept for scraping, and values that found no place there. */
  readonly series: number
  readonly seriesDropped: number
  readonly publishers: readonly RunnerStats[]
}

export interface MetricsDomain extends Domain {
  /**
   * Starts the publishers. What some have started is undone when one fails.
   *
   * @throws Error naming the publisher
   */
  start(): Promise<void>
  /** Stops all repositories, publishes what waits within a deadline, and ends the publishers. Idempotent; never rejects. */
  close(): Promise<void>
  stats(): MetricsStats
  /** The latest numbers, for scraping. */
  samples(): MetricSample[]
}

interface Metric {
  readonly definition: MetricDefinition
  readonly runners: readonly PublisherRunner[]
}

/** What one peer has defined. Starts with its first metric. */
interface Repository {
  readonly identity: RepositoryIdentity
  readonly metrics: Map<string, Metric>
  /** For the publishers that are given any of its metrics. */
  readonly running: Map<PublisherRunner, RunningRepository>
}

/**
 * The domain `metrics`: takes what peers measure, and hands it to the publishers. Defining and publishing are never answered
 * but with a refusal.
 *
 * @throws TypeError naming the option
 */
export function createMetricsDomain(engine: Engine, options: MetricsOptions = {}): MetricsDomain {
  const { peers, limits, logger } = engine
  const settings = metricsSettings(options, limits.maxBufferedBytes, logger)
  const runners = settings.publishers.map(
    (setup) => new PublisherRunner(setup.publisher, setup.settings, logger),
  )
  const samples = new Samples(settings.maxSeries)
  const repositories = new Map<Peer, Repository>()
  let values = 0
  let undefinedValues = 0
  let closing: Promise<void> | undefined

  function define(peer: Peer, { options: joinOptions }: Membership, message: ClientMessage): void {
    const definitions = readDefinitions(message.metrics, limits)
    if (definitions.size === 0) return
    const known = repositories.get(peer)
    const repository: Repository = known ?? {
      identity: repositoryIdentity(peer.identity, joinOptions, limits),
      metrics: new Map(),
      running: new Map(),
    }
    let count = repository.metrics.size
    for (const name of definitions.keys()) if (!repository.metrics.has(name)) count += 1
    if (count > limits.maxMetricsPerPeer) {
      throw new InteropError(
        'ERR_INTEROP_LIMITS_EXCEEDED',
        `a peer defines at most ${limits.maxMetricsPerPeer} metrics`,
      )
    }
    if (known === undefined) repositories.set(peer, repository)
    for (const [name, definition] of definitions) {
      const allowed = runners.filter((runner) => runner.allows(repository.identity, name))
      repository.metrics.set(name, { definition, runners: allowed })
      for (const runner of allowed) {
        if (!repository.running.has(runner)) {
          repository.running.set(runner, runner.add(repository.identity))
        }
      }
    }
  }

  function publish(peer: Peer, message: ClientMessage): void {
    const published = readValues(message.values)
    const repository = repositories.get(peer)
    for (const value of published) {
      const metric = repository?.metrics.get(value.name)
      if (repository === undefined || metric === undefined) {
        undefinedValues += 1
        continue
      }
      values += 1
      samples.record(repository, repository.identity, value.name, value.raw)
      for (const runner of metric.runners) {
        const running = repository.running.get(runner)
        if (running !== undefined) runner.publish(running, metric.definition, value)
      }
    }
  }

  function stop(peer: Peer): void {
    const repository = repositories.get(peer)
    if (repository === undefined) return
    repositories.delete(peer)
    samples.forget(repository)
    for (const [runner, running] of repository.running) runner.remove(running)
  }

  async function start(): Promise<void> {
    const outcomes = await Promise.allSettled(runners.map((runner) => runner.start()))
    for (const [index, outcome] of outcomes.entries()) {
      if (outcome.status === 'fulfilled') continue
      await close()
      throw new Error(`metrics publisher "${runners[index]?.name}" did not start`, { cause: outcome.reason })
    }
  }

  async function shutDown(): Promise<void> {
    for (const peer of [...repositories.keys()]) stop(peer)
    const closed = runners.map(async (runner) => {
      try {
        await runner.close()
      } catch (error) {
        logger.warn({ publisher: runner.name, err: error }, 'a publisher of metrics did not end well')
      }
    })
    await Promise.all(closed)
  }

  function close(): Promise<void> {
    closing ??= shutDown()
    return closing
  }

  return {
    name: 'metrics',
    version: 1,
    handle(peer, message) {
      if (message.type !== 'define' && message.type !== 'publish') {
        throw new InteropError('ERR_INTEROP_UNHANDLED_MESSAGE', 'the domain metrics has no such message', {
          requestId: message.request_id ?? -1,
        })
      }
      const membership = peer.local ? peers.membership(peer, 'metrics') : undefined
      if (membership === undefined) {
        throw new InteropError(
          'ERR_INTEROP_FAILURE',
          `Unable to find peer with id ${peer.id} in domain :metrics-domain`,
        )
      }
      if (message.type === 'define') define(peer, membership, message)
      else publish(peer, message)
    },
    leaving: stop,
    gone: stop,
    start,
    close,
    stats() {
      let metrics = 0
      for (const repository of repositories.values()) metrics += repository.metrics.size
      return {
        repositories: repositories.size,
        metrics,
        values,
        undefinedValues,
        series: samples.size,
        seriesDropped: samples.dropped,
        publishers: runners.map((runner) => runner.stats),
      }
    },
    samples: () => samples.all(),
  }
}
