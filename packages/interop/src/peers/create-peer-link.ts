import type { VisibilityControl } from '@portcullis/visibility'
import type { Cluster } from '../cluster/cluster.ts'
import { removedFrom } from '../engine/departure.ts'
import type { Departure, Domain } from '../engine/domain.ts'
import { InteropError } from '../errors.ts'
import type { InteropLogger } from '../gateway/logger.ts'
import { isDomainName } from '../protocol/domain-name.ts'
import type { ClientMessage, DomainName, JsonObject, ServerMessage } from '../protocol/message.ts'
import { isJsonObject, toClientMessage } from '../protocol/parse.ts'
import { refusal } from '../protocol/reply.ts'
import type { SharedMember } from '../protocol/shared-member.ts'
import { type Announcement, announce, isPeerOf } from './announcement.ts'
import type { AnnouncingLink } from './announcing-link.ts'
import { createDeliveries, type Delivery } from './deliveries.ts'
import type { Membership, Peer } from './peer.ts'
import type { PeerRegistry } from './registry.ts'
import { createRemotePeers } from './remote-peers.ts'

export interface PeerLinkOptions {
  cluster: Cluster
  peers: PeerRegistry
  visibility: Pick<VisibilityControl, 'decide' | 'onReload'>
  /** Asked for with every message: they are made after the link. */
  domains: () => ReadonlyMap<DomainName, Domain>
  /** Where a request that another node has forwarded for its peer goes in. MUST answer refusals with `peer.send`. */
  handle(peer: Peer, message: ClientMessage): void
  /** Most peers that one other node may announce. @defaultValue 100000 */
  maxPeersPerNode?: number
  logger: InteropLogger
}

export interface ClusterPeerLink extends AnnouncingLink {
  /** Ends what the link does when the rules change. */
  close(): void
}

type LinkMessage =
  | { t: 'joined'; peer: Announcement }
  | { t: 'left'; id: string; domain: DomainName; departure: Departure }
  | { t: 'forward'; from: string; message: ClientMessage }
  | Delivery

/**
 * Domains whose members see members on other nodes. The bus sends its publications to all nodes, contexts have no members
 * elsewhere, and metrics stay on their node.
 */
const ANNOUNCED: ReadonlySet<DomainName> = new Set(['agm'])
/** Domains with rules about their peers, in the rules' words. */
const RULED = [
  ['agm', 'interop'],
  ['bus', 'bus'],
] as const

const RULES_FAILED = 'new rules could not be applied to a peer'

/**
 * Tells other nodes of the local peers that rules mark `cluster`, keeps theirs in the registry, and carries what is sent
 * between the two. MUST be made before the domains, whose messages are about these peers.
 *
 * When other rules come into force, the place of every local peer is decided again, before the domains decide on what is
 * theirs: one that has to stay here is `hiding` and then announced as withdrawn, one that may be seen is announced and then
 * `showing`.
 */
export function createPeerLink(options: PeerLinkOptions): ClusterPeerLink {
  const { cluster, peers, visibility, domains, handle, logger } = options
  /** What other nodes know of the peers here: per domain, by id. */
  const told = new Map<DomainName, Map<string, Announcement>>()
  for (const domain of ANNOUNCED) told.set(domain, new Map())

  const deliveries = createDeliveries(() => channel)
  const remotes = createRemotePeers({
    peers,
    domains,
    logger,
    maxPeersPerNode: options.maxPeersPerNode ?? 100_000,
    route: {
      deliver: deliveries.add,
      writable: (nodeId) => cluster.writable?.(nodeId) ?? true,
    },
  })

  const channel = cluster.open('peers', {
    snapshot: () => [...told.values()].flatMap((announcements) => [...announcements.values()]),
    nodeUp({ id }, snapshot) {
      if (Array.isArray(snapshot)) for (const peer of snapshot) remotes.joined(id, peer)
    },
    message: receive,
    nodeDown(nodeId) {
      deliveries.drop(nodeId)
      remotes.lost(nodeId)
    },
    flush: deliveries.flush,
  })

  function tell(message: LinkMessage): void {
    deliveries.flush()
    channel.broadcast(message)
  }

  function tellNode(nodeId: string, message: LinkMessage): void {
    deliveries.flush()
    channel.send(nodeId, message)
  }

  function isAnnounced(id: string, domain: string): boolean {
    return told.get(domain as DomainName)?.has(id) ?? false
  }

  function joined(peer: Peer, domain: DomainName): void {
    const membership = peer.local ? peers.membership(peer, domain) : undefined
    const announcement = membership && announce(peer, domain, membership)
    const announcements = told.get(domain)
    if (announcement === undefined || announcements === undefined || announcements.has(peer.id)) return
    announcements.set(peer.id, announcement)
    tell({ t: 'joined', peer: announcement })
  }

  function left(peer: Peer, domain: DomainName, departure: Departure): void {
    // Others hear of the leaving of those only that they know.
    if (told.get(domain)?.delete(peer.id)) tell({ t: 'left', id: peer.id, domain, departure })
  }

  function guarded({ id }: Peer, failure: string, step: () => void): void {
    try {
      step()
    } catch (error) {
      logger.error({ err: error, peer: id }, failure)
    }
  }

  // What other nodes say

  function receive(nodeId: string, message: unknown): void {
    if (!isJsonObject(message)) return
    switch (message.t) {
      case 'joined':
        remotes.joined(nodeId, message.peer)
        break
      case 'left':
        receiveLeft(nodeId, message)
        break
      case 'deliver':
        receiveDelivery(message)
        break
      case 'forward':
        receiveForward(nodeId, message)
        break
      default:
        // Of a newer version.
        break
    }
  }

  function receiveLeft(nodeId: string, { id, domain, departure }: JsonObject): void {
    if (typeof id !== 'string' || !isDomainName(domain)) return
    remotes.left(nodeId, id, domain, readDeparture(domain, departure))
  }

  function receiveDelivery({ heads, shared: said }: JsonObject): void {
    if (!Array.isArray(heads)) return
    const shared = readShared(said)
    if (shared === null) return
    for (const head of heads as unknown[]) {
      if (!Array.isArray(head)) continue
      const [peerId, message] = head as unknown[]
      if (typeof peerId !== 'string' || !isServerMessage(message)) continue
      const peer = peers.get(peerId)
      // Nobody elsewhere has anything to say to a peer that nobody elsewhere knows.
      if (peer === undefined || !isAnnounced(peerId, message.domain)) continue
      guarded(peer, 'a message of another node could not be delivered', () => {
        const domain = domains().get(message.domain as DomainName)
        const passed = domain?.delivering === undefined ? message : domain.delivering(peer, message)
        if (passed !== undefined) peer.send(passed, shared)
      })
    }
  }

  function receiveForward(nodeId: string, { from, message }: JsonObject): void {
    if (typeof from !== 'string' || !isPeerOf(nodeId, from)) return
    let request: ClientMessage
    try {
      request = toClientMessage(message)
    } catch {
      return
    }
    // In other domains no node speaks for its peers.
    if (!told.has(request.domain as DomainName)) return
    const peer = remotes.find(nodeId, from)
    if (peer !== undefined) {
      handle(peer, request)
      return
    }
    if (request.request_id === undefined) return
    const unknown = new InteropError('ERR_INTEROP_FAILURE', `Unable to find peer with id ${from}`)
    const answer = refusal(request.domain, unknown, request.request_id)
    tellNode(nodeId, { t: 'deliver', heads: [[from, answer]] })
  }

  // Rules

  function decideAgain(peer: Peer, name: 'agm' | 'bus', domain: 'interop' | 'bus'): void {
    const before = peers.membership(peer, name)
    if (before === undefined) return
    const decided = visibility.decide({ kind: 'peer', domain, identity: peer.verified })
    if (decided === before.visibility) return
    const after: Membership = Object.freeze({ ...before, visibility: decided })
    if (decided === 'local') {
      // Whatever a domain makes of it, the peer is not seen any more.
      guarded(peer, RULES_FAILED, () => domains().get(name)?.hiding?.(peer))
      left(peer, name, removedFrom(name, 'withdrawn'))
      peers.join(peer, name, after)
      return
    }
    peers.join(peer, name, after)
    joined(peer, name)
    guarded(peer, RULES_FAILED, () => domains().get(name)?.showing?.(peer))
  }

  const stopListening = visibility.onReload(() => {
    for (const [name, domain] of RULED) {
      for (const peer of [...peers.members(name)]) {
        if (peer.local) decideAgain(peer, name, domain)
      }
    }
  })

  return {
    forward(from, nodeId, message) {
      // Whom other nodes do not know asks them nothing.
      if (isAnnounced(from.id, message.domain)) tellNode(nodeId, { t: 'forward', from: from.id, message })
    },
    joined,
    left,
    close: stopListening,
  }
}

/** The shared member of a delivery; null for one that is not understood. */
function readShared(said: unknown): SharedMember | undefined | null {
  if (said === undefined) return undefined
  if (!Array.isArray(said)) return null
  const [key, json] = said as unknown[]
  if (typeof key !== 'string' || typeof json !== 'string') return null
  try {
    // The text goes to sockets as it is: nothing but JSON may be in it.
    return { key, value: JSON.parse(json) as unknown, json }
  } catch {
    return null
  }
}

function isServerMessage(value: unknown): value is ServerMessage {
  return isJsonObject(value) && typeof value.domain === 'string' && typeof value.type === 'string'
}

const CAUSES: readonly unknown[] = ['left', 'gone', 'withdrawn'] satisfies Departure['cause'][]

function readDeparture(domain: DomainName, said: unknown): Departure {
  const { cause, reasonUri, reason, requestDomain } = isJsonObject(said) ? said : ({} as JsonObject)
  const text = (value: unknown): string | null => (typeof value === 'string' ? value : null)
  return {
    cause: CAUSES.includes(cause) ? (cause as Departure['cause']) : 'gone',
    reasonUri: text(reasonUri),
    reason: text(reason),
    requestDomain: typeof requestDomain === 'string' ? requestDomain : domain,
  }
}
