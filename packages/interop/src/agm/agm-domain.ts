import type { Domain } from '../engine/domain.ts'
import type { Engine } from '../engine/engine.ts'
import { InteropError } from '../errors.ts'
import type { Peer } from '../peers/peer.ts'
import type { ClientMessage } from '../protocol/message.ts'
import { createCalls } from './calls.ts'
import { type DescribedServer, describeServers } from './describe.ts'
import { openExchange } from './exchange.ts'
import type { Member } from './member.ts'
import type { Method } from './method-table.ts'
import { createMethods, type Methods } from './methods.ts'
import { createPresence } from './presence.ts'
import { createRoster } from './roster.ts'
import { createStreams } from './streams.ts'

/** Of the peers of this node; summed over the nodes of a cluster, each thing counts once. */
export interface AgmStats {
  /** Methods and streams registered. */
  methods: number
  /** Subscriptions to streams, here or on another node, asked for or established. */
  subscriptions: number
  /** Calls without a result yet. */
  pendingCalls: number
}

export interface AgmDomain extends Domain {
  stats(): AgmStats
  describe(): DescribedServer[]
  methodCount(peer: Peer): number
  /** Every method with its server, here or on another node. */
  methods(): Iterable<readonly [server: Peer, method: Method]>
}

/** What a node may forward for one of its peers. */
const FORWARDED = new Set(['call', 'subscribe', 'unsubscribe'])

/**
 * Methods and streams. A caller may use what its server has registered, if the two see each other, the method's restriction
 * holds, and, for a caller on another node, the rules mark the method `cluster`; that is found out with every request.
 */
export function createAgmDomain(engine: Engine): AgmDomain {
  const roster = createRoster(engine)
  const calls = createCalls(engine, roster)
  const streams = createStreams(engine, roster)
  const news = openExchange(engine, roster, () => methods)
  const methods: Methods = createMethods(engine, roster, streams, news)
  const presence = createPresence(roster, methods, calls, streams)

  const stopListening = engine.visibility.onReload(() => {
    for (const member of roster.all()) if (member.peer.local) methods.decideAgain(member)
  })

  function failed(server: Member, message: ClientMessage): void {
    if (calls.fail(server, message) || streams.fail(server, message)) return
    throw new InteropError('ERR_INTEROP_INVALID_SUBSCRIPTION', 'Trying to drop a non-existing subscription')
  }

  const requests: ReadonlyMap<string, (peer: Peer, message: ClientMessage) => void> = new Map([
    ['call', calls.call],
    ['subscribe', streams.subscribe],
    ...of({
      register: methods.register,
      unregister: methods.unregister,
      yield: calls.yield,
      error: failed,
      accepted: streams.accepted,
      publish: streams.publish,
      post: streams.post,
      'drop-subscription': streams.dropSubscription,
      unsubscribe: streams.unsubscribe,
    }),
  ])

  /** Requests that only ask whether the peer has joined. */
  function of(
    handlers: Readonly<Record<string, (member: Member, message: ClientMessage) => void>>,
  ): [string, (peer: Peer, message: ClientMessage) => void][] {
    return Object.entries(handlers).map(([type, handler]) => [
      type,
      (peer, message) => handler(roster.required(peer), message),
    ])
  }

  return {
    name: 'agm',
    version: 1,
    handle(peer, message) {
      const { type, request_id: requestId } = message
      const request = peer.local || FORWARDED.has(type) ? requests.get(type) : undefined
      if (request === undefined) {
        throw new InteropError('ERR_INTEROP_UNHANDLED_MESSAGE', `Unhandled message ${type.slice(0, 64)}`, {
          requestId: requestId ?? -1,
        })
      }
      request(peer, message)
    },
    joined: presence.joined,
    leaving: presence.leaving,
    hiding: presence.hiding,
    showing: presence.showing,
    delivering(peer, message) {
      const member = roster.find(peer)
      if (member === undefined) return undefined
      switch (message.type) {
        case 'result':
          return calls.answered(member, message)
        case 'error':
          return calls.answered(member, message) ?? streams.delivered(member, message)
        case 'subscribed':
        case 'event':
        case 'subscription-cancelled':
          return streams.delivered(member, message)
        default:
          return undefined
      }
    },
    stats() {
      const stats = { methods: 0, subscriptions: 0, pendingCalls: 0 }
      for (const member of roster.all()) {
        if (!member.peer.local) continue
        stats.methods += member.methods.size
        stats.subscriptions += member.subscriptions.size
        stats.pendingCalls += member.calls.size
      }
      return stats
    },
    describe: () => describeServers(roster),
    methodCount: (peer) => roster.find(peer)?.methods.size ?? 0,
    *methods() {
      for (const { peer, methods: registered } of roster.all()) {
        for (const method of registered.values()) yield [peer, method]
      }
    },
    close: () => stopListening(),
  }
}
