import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { createVisibility, type VisibilityControl } from '@portcullis/visibility'
import { createAgmDomain } from '../agm/agm-domain.ts'
import { createAuthenticate } from '../authentication/authenticate.ts'
import { createProviders } from '../authentication/providers.ts'
import { createGatewayTokens } from '../authentication/tokens.ts'
import { createBusDomain } from '../bus/bus-domain.ts'
import {
  createInteropClient,
  type InteropClient,
  type InteropClientOptions,
  type InteropMessage,
} from '../client/interop-client.ts'
import type { Connection, ConnectionEnd } from '../connection/connection.ts'
import { createContextDomain } from '../context/context-domain.ts'
import { createDescribe, type Describe } from '../description/create-describe.ts'
import { createEngine } from '../engine/create-engine.ts'
import { createMetricsDomain } from '../metrics/metrics-domain.ts'
import type { MetricSample } from '../metrics/samples.ts'
import { createGatewayCluster } from './gateway-cluster.ts'
import { type InteropLimits, resolveLimits } from './limits.ts'
import { silentLogger } from './logger.ts'
import type { GatewayOptions } from './options.ts'
import { rulesOf } from './rules.ts'
import type { GatewayStats } from './stats.ts'

/** How long a closing gateway waits for clients that are closing themselves, milliseconds. */
const LEAVING_MS = 1000

/** An interop gateway: methods, streams, contexts, a bus and metrics for the clients that are connected to it. */
export interface InteropGateway extends AsyncDisposable {
  /** 32 hex digits: in the ids this node makes. */
  readonly nodeId: string
  readonly limits: Readonly<InteropLimits>
  /** The rules in force: `decide`, `explain`, and `reload`, after which what changed is withdrawn or announced. */
  readonly visibility: VisibilityControl
  /**
   * Meets the cluster and starts what publishes metrics. Idempotent.
   *
   * @throws TypeError for options that cannot work
   */
  start(): Promise<void>
  /** Connects a client in this process, at any time before `close`. */
  client(onMessage: (message: InteropMessage) => void, options?: InteropClientOptions): InteropClient
  /** Connects what carries messages from elsewhere; `@portcullis/interop/ws` does so for WebSockets. */
  connect(end: ConnectionEnd): Connection
  /** Whether it takes connections: until it is closed. */
  readonly accepting: boolean
  stats(): GatewayStats
  /**
   * One page of the peers, methods or contexts that this node knows of: names, owners, visibility and sizes, never what is in
   * a context, and of identities and definitions no more than the description has. Reads all of them once.
   *
   * @throws TypeError for what cannot be described, a limit out of range, or an `after` that no page ended with
   */
  describe: Describe
  /** The latest numbers that clients on this node published in the domain `metrics`, for scraping. Bounded by `metrics.maxSeries`. */
  metricSamples(): MetricSample[]
  /** Ends the connections whose credential was revoked, with close code 4401. To be called when something was. */
  closeRevoked(): void
  /** Ends every connection, says goodbye to the cluster, and lets publishers finish. Idempotent. */
  close(): Promise<void>
  /** The older name of `close`. */
  stop(): Promise<void>
}

/**
 * Makes a gateway. Nothing is opened before `start`, but clients in this process can connect at once.
 *
 * @throws TypeError naming the option that is wrong
 * @throws VisibilityError naming the rule that is wrong
 */
export function createGateway(options: GatewayOptions = {}): InteropGateway {
  if (typeof options !== 'object' || options === null) throw new TypeError('"options" must be an object')
  const { authentication = {}, logger = silentLogger } = options
  const nodeId = randomUUID().replaceAll('-', '')
  const limits = resolveLimits(options.limits)
  const tokens = createGatewayTokens(options.token, authentication)
  const providers = createProviders(authentication, tokens)
  const visibility = createVisibility(rulesOf(options))
  const cluster = createGatewayCluster(nodeId, options.cluster, logger)

  const parts = createEngine({
    cluster,
    visibility,
    limits,
    logger,
    tokens,
    authenticate: createAuthenticate({ providers, tokens, logger }),
    trustClientIdentity: trusted(authentication.trustClientIdentity),
    info: options.info,
    domains: (engine) => ({
      agm: createAgmDomain(engine),
      bus: createBusDomain(engine),
      context: createContextDomain(engine, { lifetime: options.contexts?.lifetime }),
      metrics: createMetricsDomain(engine, options.metrics ?? {}),
    }),
  })
  const { agm, bus, context, metrics } = parts.domains

  const leaving = new Set<Promise<void>>()
  let starting: Promise<void> | undefined
  let closing: Promise<void> | undefined

  function connect(end: ConnectionEnd): Connection {
    if (closing !== undefined) throw new TypeError('the gateway is closed')
    return parts.connect(end)
  }

  async function begin(): Promise<void> {
    providers.prepare()
    await metrics.start()
    await cluster.start()
  }

  async function shutDown(): Promise<void> {
    cluster.giveUp?.()
    await starting?.catch(() => undefined)
    // Clients that were closed a moment ago may still wait for an answer.
    await Promise.race([Promise.all(leaving), pause(LEAVING_MS, undefined, { ref: false })])
    await Promise.all([parts.close(), cluster.close()])
  }

  const close = (): Promise<void> => (closing ??= shutDown())
  return {
    nodeId,
    limits,
    visibility,
    start() {
      if (closing !== undefined) return Promise.reject(new TypeError('the gateway is closed'))
      return (starting ??= begin())
    },
    client: (onMessage, clientOptions = {}) =>
      createInteropClient(connect, onMessage, clientOptions, {
        onFailure: (error) => logger.error({ err: error }, 'the callback of a client threw'),
        onClosing(closed) {
          leaving.add(closed)
          void closed.finally(() => leaving.delete(closed))
        },
      }),
    connect,
    get accepting() {
      return closing === undefined
    },
    stats() {
      let local = 0
      let remote = 0
      for (const peer of parts.peers()) {
        if (peer.local) local += 1
        else remote += 1
      }
      const { contexts, bytes } = context.stats()
      return {
        ...parts.counters,
        connections: parts.connections(),
        peers: local,
        remotePeers: remote,
        nodes: cluster.nodes.size,
        ...agm.stats(),
        contexts,
        contextBytes: bytes,
        busSubscriptions: bus.stats().subscriptions,
        repositories: metrics.stats().repositories,
      }
    },
    describe: createDescribe({
      peers: parts.peers,
      membership: parts.membership,
      methodCount: agm.methodCount,
      methods: agm.methods,
      contexts: context.all,
    }),
    metricSamples: () => metrics.samples(),
    closeRevoked: () => parts.closeRevoked(),
    close,
    stop: close,
    [Symbol.asyncDispose]: close,
  }
}

function trusted(names: readonly string[] | undefined = []): readonly string[] {
  if (!Array.isArray(names) || names.some((name) => typeof name !== 'string')) {
    throw new TypeError('"authentication.trustClientIdentity" must be a list of names')
  }
  return [...names]
}
