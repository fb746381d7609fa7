import type { VisibilityControl } from '@portcullis/visibility'
import type { Cluster } from '../cluster/cluster.ts'
import type { Connection, ConnectionEnd } from '../connection/connection.ts'
import { type ConnectionState, newConnection } from '../connection/connection-state.ts'
import { InteropError } from '../errors.ts'
import type { InteropLimits } from '../gateway/limits.ts'
import type { InteropLogger } from '../gateway/logger.ts'
import { createHello, type HelloOptions } from '../global/hello.ts'
import type { GatewayTokens } from '../authentication/tokens.ts'
import type { LocalPeer } from '../peers/local-peer.ts'
import { createPeerLink } from '../peers/create-peer-link.ts'
import type { Membership, Peer } from '../peers/peer.ts'
import { createPeerRegistry } from '../peers/registry.ts'
import type { ClientMessage, DomainName } from '../protocol/message.ts'
import { refusal } from '../protocol/reply.ts'
import type { Core } from './core.ts'
import { type Counters, createCounters } from './counters.ts'
import { removedFrom } from './departure.ts'
import { createDispatch } from './dispatch.ts'
import type { Domain } from './domain.ts'
import type { Engine } from './engine.ts'
import { createIds } from './ids.ts'

export interface EngineOptions<D extends Readonly<Record<DomainName, Domain>>> extends HelloOptions {
  cluster: Cluster
  visibility: VisibilityControl
  limits: InteropLimits
  logger: InteropLogger
  tokens: GatewayTokens
  /** Makes the domains, in the order in which they are told of things. */
  domains(engine: Engine): D
}

/** The engine at work. */
export interface RunningEngine<D> {
  readonly domains: D
  readonly counters: Counters
  connect(end: ConnectionEnd): Connection
  peers(): Iterable<Peer>
  membership(peer: Peer, domain: DomainName): Membership | undefined
  connections(): number
  /** Ends the connections whose credential was revoked, with 4401. */
  closeRevoked(): void
  /** Ends every connection, and what the domains have under way. Idempotent. */
  close(): Promise<void>
}

/**
 * Joins connections, peers and domains. Everything happens in the turn of the event loop in which a message comes in, but
 * for authentication; so messages of one connection are handled, and what they cause is sent, in their order.
 */
export function createEngine<D extends Readonly<Record<DomainName, Domain>>>(
  options: EngineOptions<D>,
): RunningEngine<D> {
  const { cluster, visibility, limits, logger } = options
  const counters = createCounters()
  const peers = createPeerRegistry()
  const domains = new Map<DomainName, Domain>()
  const connections = new Set<ConnectionState>()

  const link = createPeerLink({
    cluster,
    peers,
    visibility,
    logger,
    domains: () => domains,
    handle: handleForwarded,
  })
  const engine: Engine = {
    nodeId: cluster.nodeId,
    ids: createIds(cluster.nodeId),
    peers,
    cluster,
    link,
    visibility,
    limits,
    counters,
    logger,
  }
  const core: Core = { ...engine, domains, link, refuse, end: endConnection }
  const hello = createHello(core, options)
  const dispatch = createDispatch(core, { hello, tokens: options.tokens })
  const made = options.domains(engine)
  for (const domain of Object.values(made)) domains.set(domain.name, domain)

  function toRefusal(error: unknown): InteropError {
    if (InteropError.is(error)) return error
    logger.error({ err: error }, 'a message could not be handled')
    return new InteropError('ERR_INTEROP_FAILURE', 'Something went wrong')
  }

  function refuse(
    { end }: ConnectionState,
    peer: LocalPeer | undefined,
    domain: string,
    error: unknown,
    requestId: unknown,
  ): void {
    counters.refusals += 1
    const uriDomain = domains.has(domain as DomainName) ? domain : 'global'
    end.deliver(peer?.id ?? null, refusal(domain, toRefusal(error), requestId, uriDomain), undefined)
  }

  /** A request of a peer of another node, as if it had come in here. */
  function handleForwarded(peer: Peer, message: ClientMessage): void {
    try {
      domains.get(message.domain as DomainName)?.handle(peer, message)
    } catch (error) {
      counters.refusals += 1
      peer.send(refusal(message.domain, toRefusal(error), message.request_id))
    }
  }

  function drop(connection: ConnectionState, peer: LocalPeer): void {
    if (!connection.peers.delete(peer)) return
    for (const [name, domain] of domains) {
      if (peers.membership(peer, name) === undefined) continue
      const departure = removedFrom(name, 'gone')
      guarded(() => domain.leaving?.(peer, departure))
      guarded(() => link.left(peer, name, departure))
      peers.leave(peer, name)
    }
    for (const domain of domains.values()) guarded(() => domain.gone?.(peer))
    hello.forget(peer)
    peers.remove(peer)
  }

  /** One domain that fails must not keep the others from forgetting a peer. */
  function guarded(step: () => void): void {
    try {
      step()
    } catch (error) {
      logger.error({ err: error }, 'a peer could not be taken out of a domain')
    }
  }

  function disconnect(connection: ConnectionState): void {
    if (!connection.open) return
    connection.open = false
    connections.delete(connection)
    for (const peer of [...connection.peers]) drop(connection, peer)
  }

  function endConnection(connection: ConnectionState, code: number, reason: string): void {
    connection.end.close(code, reason)
    disconnect(connection)
  }

  function wasRevoked({ revocable }: ConnectionState): boolean {
    try {
      return [...revocable].some((isRevoked) => isRevoked())
    } catch (error) {
      logger.error({ err: error }, 'whether a credential was revoked cannot be told')
      return false
    }
  }

  return {
    domains: made,
    counters,
    connect(connectionEnd) {
      const connection = newConnection(connectionEnd)
      connections.add(connection)
      return {
        receive(value) {
          if (connection.open) dispatch(connection, value)
        },
        receiveMalformed(reason) {
          if (!connection.open) return
          counters.messagesIn += 1
          const error = new InteropError('ERR_INTEROP_UNHANDLED_MESSAGE', reason, { requestId: -1 })
          refuse(connection, undefined, 'global', error, undefined)
        },
        overrun() {
          counters.slowConsumers += 1
        },
        hellos: connection.hellos,
        get peerCount() {
          return connection.peers.size
        },
        closed: () => disconnect(connection),
      }
    },
    peers: () => peers.all(),
    membership: (peer, domain) => peers.membership(peer, domain),
    connections: () => connections.size,
    closeRevoked() {
      for (const connection of connections) {
        if (wasRevoked(connection)) endConnection(connection, 4401, 'token_revoked')
      }
    },
    async close() {
      for (const connection of connections) {
        // What its peers leave behind is told to nobody any more.
        connection.open = false
        for (const peer of connection.peers) hello.forget(peer)
        connection.end.close(1001, 'the gateway is closing')
      }
      connections.clear()
      link.close()
      await Promise.all([...domains.values()].map(async (domain) => domain.close?.()))
    },
  }
}
