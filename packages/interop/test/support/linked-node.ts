import { createEmbeddedTransport, type EmbeddedBroker } from '@portcullis/transport/embedded'
import {
  createVisibility,
  compileRestriction,
  type VisibilityControl,
  type VisibilityRules,
} from '@portcullis/visibility'
import { afterEach } from 'vitest'
import type { Cluster } from '../../src/cluster/cluster.ts'
import { createTransportCluster, type TransportCluster } from '../../src/cluster/transport-cluster.ts'
import type { Departure, Domain } from '../../src/engine/domain.ts'
import { createCounters } from '../../src/engine/counters.ts'
import type { Engine } from '../../src/engine/engine.ts'
import { createIds } from '../../src/engine/ids.ts'
import { resolveLimits } from '../../src/gateway/limits.ts'
import { type ClusterPeerLink, createPeerLink } from '../../src/peers/create-peer-link.ts'
import { InteropError } from '../../src/errors.ts'
import { refusal } from '../../src/protocol/reply.ts'
import type { Peer } from '../../src/peers/peer.ts'
import { createPeerRegistry, type PeerRegistry } from '../../src/peers/registry.ts'
import type { ClientMessage, DomainName, Identity, ServerMessage } from '../../src/protocol/message.ts'
import type { SharedMember } from '../../src/protocol/shared-member.ts'
import { PATIENT } from './cluster-node.ts'

const disposables: (() => unknown)[] = []
afterEach(async () => {
  await Promise.all(disposables.splice(0).map((dispose) => dispose()))
})

export interface Sent {
  message: ServerMessage
  shared: SharedMember | undefined
}

export interface LocalPeer extends Peer {
  readonly sent: Sent[]
}

/** One node with a real cluster, registry and link, and domains that write down what they are told. */
export interface LinkedNode {
  readonly id: string
  readonly cluster: TransportCluster
  readonly peers: PeerRegistry
  readonly link: ClusterPeerLink
  readonly visibility: VisibilityControl
  /** Such as `agm joined p-b-1` and `agm leaving p-b-1 gone`. */
  readonly log: string[]
  /** What came in for peers of other nodes. */
  readonly forwarded: { from: Peer; message: ClientMessage }[]
  readonly said: string[]
  /** As the engine takes a message: refusals are sent to the peer. */
  handle(peer: Peer, message: ClientMessage): void
  add(options?: {
    identity?: Identity
    verified?: Identity
    user?: string | undefined
    service?: boolean
  }): LocalPeer
  join(peer: Peer, domain?: DomainName, restriction?: string): void
  leave(peer: Peer, domain?: DomainName, departure?: Partial<Departure>): void
}

export interface LinkedNodeOptions {
  rules?: VisibilityRules
  domain?: Partial<Domain>
  handle?: (node: LinkedNode, peer: Peer, message: ClientMessage) => void
  maxPeersPerNode?: number
  /** In place of domains that write down what they are told. */
  domains?: (engine: Engine) => readonly Domain[]
  /** Wraps what the link is given. */
  around?: (cluster: Cluster) => Cluster
}

export const LEFT: Departure = { cause: 'left', reasonUri: 'my.uri', reason: 'mine', requestDomain: 'global' }

export async function linkedNode(
  id: string,
  broker: EmbeddedBroker,
  {
    rules = { default: 'cluster' },
    domain = {},
    handle,
    maxPeersPerNode,
    domains: make,
    around = (cluster) => cluster,
  }: LinkedNodeOptions = {},
): Promise<LinkedNode> {
  const transport = createEmbeddedTransport({ broker })
  await transport.start()
  const said: string[] = []
  const say = (_details: object, message: string): void => void said.push(message)
  const logger = { debug: say, info: say, warn: say, error: say }
  const cluster = createTransportCluster({ transport, nodeId: id, logger, ...PATIENT })
  const peers = createPeerRegistry()
  const visibility = createVisibility(rules)
  const domains = new Map<DomainName, Domain>()
  const log: string[] = []
  const forwarded: LinkedNode['forwarded'] = []
  const ids = createIds(id)
  const link = createPeerLink({
    cluster: around(cluster),
    peers,
    visibility,
    domains: () => domains,
    handle(peer, message) {
      forwarded.push({ from: peer, message })
      handle?.(node, peer, message)
      if (make !== undefined) node.handle(peer, message)
    },
    ...(maxPeersPerNode === undefined ? {} : { maxPeersPerNode }),
    logger,
  })
  for (const name of ['agm', 'bus', 'context', 'metrics'] as const) {
    domains.set(name, {
      name,
      version: 1,
      handle: () => undefined,
      joined: (peer) => void log.push(`${name} joined ${peer.id}`),
      leaving: (peer, { cause }) => void log.push(`${name} leaving ${peer.id} ${cause}`),
      hiding: (peer) =>
        void log.push(`${name} hiding ${peer.id} ${peers.membership(peer, name)?.visibility}`),
      showing: (peer) =>
        void log.push(`${name} showing ${peer.id} ${peers.membership(peer, name)?.visibility}`),
      ...domain,
    })
  }
  if (make !== undefined) {
    const counters = createCounters()
    const limits = resolveLimits()
    const engine = { nodeId: id, ids, peers, cluster, link, visibility, limits, counters, logger }
    domains.clear()
    for (const each of make(engine)) domains.set(each.name, each)
  }
  disposables.push(async () => {
    link.close()
    await cluster.close()
  })
  const node: LinkedNode = {
    id,
    cluster,
    peers,
    link,
    visibility,
    log,
    forwarded,
    said,
    add({ identity = {}, verified = {}, user, service = false } = {}) {
      const sent: Sent[] = []
      const peer: LocalPeer = {
        id: ids('p'),
        nodeId: id,
        local: true,
        identity: Object.freeze({ ...identity }),
        verified: Object.freeze({ ...verified }),
        user,
        service,
        sent,
        writable: true,
        send: (message, shared) => void sent.push({ message, shared }),
      }
      peers.add(peer)
      return peer
    },
    handle(peer, message) {
      try {
        domains.get(message.domain as DomainName)?.handle(peer, message)
      } catch (error) {
        if (!InteropError.is(error)) throw error
        peer.send(refusal(message.domain, error, message.request_id))
      }
    },
    join(peer, name = 'agm', restriction) {
      const membership = {
        restriction: restriction === undefined ? undefined : compileRestriction(restriction),
        visibility: visibility.decide({
          kind: 'peer',
          domain: name === 'agm' ? 'interop' : name === 'bus' ? 'bus' : 'context',
          identity: peer.verified,
        }),
        options: { as: 'sent' },
      }
      peers.join(peer, name, membership)
      if (make !== undefined) domains.get(name)?.joined?.(peer, membership)
      link.joined(peer, name)
    },
    leave(peer, name = 'agm', departure = {}) {
      if (make !== undefined) domains.get(name)?.leaving?.(peer, { ...LEFT, ...departure })
      link.left(peer, name, { ...LEFT, ...departure })
      peers.leave(peer, name)
    },
  }
  return node
}
