import type { Transport } from '@portcullis/transport'
import type { Cluster } from '../cluster/cluster.ts'
import { deferredCluster } from '../cluster/deferred-cluster.ts'
import { standAlone } from '../cluster/stand-alone.ts'
import { createTransportCluster } from '../cluster/transport-cluster.ts'
import type { InteropLogger } from './logger.ts'
import type { ClusterOptions } from './options.ts'

/** The cluster that the options ask for. @throws TypeError naming the option that is wrong */
export function createGatewayCluster(
  nodeId: string,
  options: ClusterOptions | undefined,
  logger: InteropLogger,
): Cluster {
  const { endpoint, transport, name, heartbeatMs, deadAfterMs } = options ?? {}
  const settings = { nodeId, name, heartbeatMs, deadAfterMs, logger }
  if (transport !== undefined) {
    if (endpoint !== undefined) {
      throw new TypeError('"cluster.endpoint" and "cluster.transport" exclude each other')
    }
    if (typeof transport?.publishEvent !== 'function') {
      throw new TypeError('"cluster.transport" must be a transport')
    }
    return createTransportCluster({ ...settings, transport })
  }
  if (endpoint === undefined) return standAlone(nodeId)
  if (isBridge(endpoint)) {
    logger.warn({}, 'cluster.endpoint names an io.Bridge, which is not spoken here: this gateway stays alone')
    return standAlone(nodeId)
  }
  return overNats(nodeId, endpoint, (own) => createTransportCluster({ ...settings, transport: own }))
}

/** Whether the endpoint is an HTTP one. @throws TypeError when it is neither that nor a NATS one */
function isBridge(endpoint: unknown): boolean {
  const protocol = typeof endpoint === 'string' && URL.canParse(endpoint) ? new URL(endpoint).protocol : ''
  if (protocol === 'nats:' || protocol === 'tls:') return false
  if (protocol === 'http:' || protocol === 'https:') return true
  throw new TypeError('"cluster.endpoint" must be a nats:, tls: or http: URL')
}

/** A cluster on a transport of its own. The engine for NATS is loaded only by those that need it. */
function overNats(nodeId: string, endpoint: string, make: (transport: Transport) => Cluster): Cluster {
  let own: Transport | undefined
  const givingUp = new AbortController()
  const cluster = deferredCluster(nodeId, async () => {
    const { createNatsTransport } = await import('@portcullis/transport/nats')
    own = createNatsTransport({ servers: [endpoint] })
    await own.start({ signal: givingUp.signal })
    return make(own)
  })
  return {
    ...cluster,
    get startedAt() {
      return cluster.startedAt
    },
    get nodes() {
      return cluster.nodes
    },
    giveUp: () => givingUp.abort(new Error('the gateway was closed before it met its cluster')),
    async close() {
      await cluster.close()
      await own?.drain()
    },
  }
}
