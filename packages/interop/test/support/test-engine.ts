import {
  compileRestriction,
  createVisibility,
  VisibilityError,
  type VisibilityRules,
} from '@portcullis/visibility'
import type { Cluster } from '../../src/cluster/cluster.ts'
import { standAlone } from '../../src/cluster/stand-alone.ts'
import { createCounters } from '../../src/engine/counters.ts'
import { removedFrom } from '../../src/engine/departure.ts'
import type { Departure, Domain } from '../../src/engine/domain.ts'
import type { Engine } from '../../src/engine/engine.ts'
import { createIds } from '../../src/engine/ids.ts'
import { InteropError } from '../../src/errors.ts'
import { resolveLimits, type InteropLimits } from '../../src/gateway/limits.ts'
import { silentLogger, type InteropLogger } from '../../src/gateway/logger.ts'
import { createPeerLink } from '../../src/peers/create-peer-link.ts'
import type { Membership, Peer } from '../../src/peers/peer.ts'
import { createPeerRegistry } from '../../src/peers/registry.ts'
import { encodeMessage } from '../../src/protocol/encode.ts'
import type { ClientMessage, DomainName, Identity, ServerMessage } from '../../src/protocol/message.ts'
import { toClientMessage } from '../../src/protocol/parse.ts'
import { refusal, success } from '../../src/protocol/reply.ts'

export interface TestEngineOptions {
  nodeId?: string
  /** A node of a `memoryCluster`. Stand-alone otherwise. */
  cluster?: Cluster
  rules?: VisibilityRules
  limits?: Partial<InteropLimits>
  logger?: InteropLogger
}

export interface TestPeerOptions {
  /** `john` unless given; null for a peer without a user. */
  user?: string | null
  identity?: Identity
  verified?: Identity
  service?: boolean
}

/** A local peer that keeps what it was sent, as it reads on the wire. */
export interface TestPeer extends Peer {
  writable: boolean
  readonly received: ServerMessage[]
  /** What came since the last time, of one type or all of it. Taken messages are forgotten. */
  take(type?: string): ServerMessage[]
  /** Sends a message, of the domain `agm` unless it says otherwise, through the text that a socket would carry. */
  say(message: Record<string, unknown>): void
  join(domain: DomainName, options?: JoinOptions): void
  leave(domain: DomainName, options?: { reason_uri?: string; reason?: string }): void
  /** The connection is lost. */
  drop(): void
}

export interface JoinOptions {
  restrictions?: string | null
  options?: unknown
  request_id?: unknown
}

export interface TestEngine {
  readonly engine: Engine
  readonly domains: ReadonlyMap<DomainName, Domain>
  /** Registers a domain: `node.use(createAgmDomain(node.engine))`. */
  use<T extends Domain>(domain: T): T
  /** A peer that has been welcomed. It is in no domain yet. */
  addPeer(options?: TestPeerOptions): TestPeer
  reload(rules: VisibilityRules): void
  /** A message of any peer, as the engine takes it; refusals are sent back. */
  handle(peer: Peer, message: ClientMessage): void
}

/** One node with the domains under test, played as the gateway plays it, without sockets and authentication. */
export function createTestEngine(options: TestEngineOptions = {}): TestEngine {
  const nodeId = options.nodeId ?? options.cluster?.nodeId ?? 'n1'
  const cluster = options.cluster ?? standAlone(nodeId)
  const peers = createPeerRegistry()
  const domains = new Map<DomainName, Domain>()
  const visibility = createVisibility(options.rules ?? {})
  const ids = createIds(nodeId)

  function handle(peer: Peer, message: ClientMessage): void {
    try {
      // Clients of the real library speak of contexts in the global domain.
      const name = message.domain === 'global' ? 'context' : message.domain
      const domain = domains.get(name as DomainName)
      if (domain === undefined) throw new Error(`no domain ${message.domain} in this test`)
      domain.handle(peer, message)
    } catch (error) {
      if (!InteropError.is(error)) throw error
      engine.counters.refusals += 1
      peer.send(refusal(message.domain, error, message.request_id))
    }
  }

  const logger = options.logger ?? silentLogger
  const link = createPeerLink({
    cluster,
    peers,
    visibility,
    domains: () => domains,
    handle,
    logger,
  })
  const engine: Engine = {
    nodeId,
    ids,
    peers,
    cluster,
    link,
    visibility,
    limits: resolveLimits(options.limits),
    counters: createCounters(),
    logger,
  }

  function join(peer: TestPeer, domain: DomainName, joining: JoinOptions): void {
    if (peers.membership(peer, domain) === undefined) {
      let membership: Membership
      try {
        const restriction = compileRestriction(joining.restrictions)
        membership = {
          restriction: restriction.unrestricted ? undefined : restriction,
          visibility:
            domain === 'metrics'
              ? 'local'
              : visibility.decide({ kind: 'peer', domain, identity: peer.verified }),
          options: joining.options,
        }
      } catch (error) {
        if (!(error instanceof VisibilityError)) throw error
        const refused = new InteropError('ERR_INTEROP_BAD_RESTRICTION', error.message)
        peer.send(refusal(domain, refused, joining.request_id))
        return
      }
      peers.join(peer, domain, membership)
      domains.get(domain)?.joined?.(peer, membership)
      link.joined(peer, domain)
    }
    peer.send(success(domain, joining.request_id))
  }

  function leave(peer: Peer, domain: DomainName, departure: Departure): void {
    if (peers.membership(peer, domain) === undefined) return
    domains.get(domain)?.leaving?.(peer, departure)
    link.left(peer, domain, departure)
    peers.leave(peer, domain)
  }

  function drop(peer: Peer): void {
    for (const name of domains.keys()) leave(peer, name, removedFrom(name, 'gone'))
    for (const domain of domains.values()) domain.gone?.(peer)
    peers.remove(peer)
  }

  function addPeer(given: TestPeerOptions = {}): TestPeer {
    const id = ids('p')
    const user = given.user === null ? undefined : (given.user ?? 'john')
    const identity: Identity = Object.freeze({
      ...(user === undefined ? {} : { user }),
      instance: ids('i'),
      ...given.identity,
    })
    const received: ServerMessage[] = []
    let connected = true
    const peer: TestPeer = {
      id,
      nodeId,
      local: true,
      identity,
      verified: Object.freeze({ ...given.verified }),
      user,
      service: given.service ?? false,
      writable: true,
      received,
      send(message, shared) {
        if (!connected) return
        received.push(JSON.parse(encodeMessage(id, message, shared)) as ServerMessage)
      },
      take(type) {
        const taken = received.filter((message) => type === undefined || message.type === type)
        const kept = received.filter((message) => !taken.includes(message))
        received.splice(0, received.length, ...kept)
        return taken
      },
      say(message) {
        const text = JSON.stringify({ domain: 'agm', peer_id: id, ...message })
        engine.counters.messagesIn += 1
        handle(peer, toClientMessage(JSON.parse(text)))
      },
      join: (domain, joining = {}) => join(peer, domain, joining),
      leave(domain, { reason_uri, reason } = {}) {
        leave(peer, domain, {
          cause: 'left',
          reasonUri: reason_uri ?? null,
          reason: reason ?? null,
          requestDomain: 'global',
        })
        peer.send(success(domain, null))
      },
      drop() {
        connected = false
        drop(peer)
      },
    }
    peers.add(peer)
    for (const domain of domains.values()) domain.welcomed?.(peer)
    return peer
  }

  return {
    engine,
    domains,
    use(domain) {
      domains.set(domain.name, domain)
      return domain
    },
    addPeer,
    reload: (rules) => void visibility.reload(rules),
    handle,
  }
}
