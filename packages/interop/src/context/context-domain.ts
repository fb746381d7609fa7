import type { Domain } from '../engine/domain.ts'
import type { Engine } from '../engine/engine.ts'
import { InteropError } from '../errors.ts'
import type { Peer } from '../peers/peer.ts'
import { createChanges } from './changes.ts'
import type { Context } from './context.ts'
import { type Lifetime, lifetimeOption } from './lifetimes.ts'
import { contextAdded, type NoticeDomain } from './messages.ts'
import { createOperations } from './operations.ts'
import { createParticipants } from './participants.ts'
import { canRead } from './permissions.ts'
import { announcePresence, withdrawPresence } from './presence.ts'
import { createReplication } from './replication/replication.ts'
import { createRequests } from './requests.ts'
import { createContextStore } from './store.ts'

export interface ContextOptions {
  /** Forced on every context that is created. @defaultValue what the request says */
  lifetime?: Lifetime | undefined
}

export interface ContextStats {
  contexts: number
  /** Of their data as JSON, about. */
  bytes: number
  /** Memberships of peers of this node. */
  members: number
}

export interface ContextDomain extends Domain {
  readonly name: 'context'
  /** Enrols the peer, and tells it of the contexts it may read. */
  welcomed(peer: Peer): void
  stats(): ContextStats
  /** All contexts of this node, hidden ones included. */
  all(): Iterable<Context>
  close(): void
}

/**
 * Shared contexts: named objects that peers of one user read, change and are told of. Those that the rules let out are the
 * same on all nodes of the cluster.
 *
 * Every local peer speaks of contexts from its welcome on, in the domain `global`; one that joins `context` is told of them
 * there, and of the others that joined.
 *
 * @throws TypeError naming the option that is wrong
 */
export function createContextDomain(engine: Engine, options: ContextOptions = {}): ContextDomain {
  const { peers } = engine
  const lifetime = lifetimeOption('contexts.lifetime', options.lifetime)
  const store = createContextStore()
  const participants = createParticipants(engine, store)
  const changes = createChanges(engine, store, participants)
  const replication = createReplication({ engine, store, changes })
  const operations = createOperations({ engine, participants, changes, replication, store })
  const requests = createRequests({ engine, store, operations, lifetime })
  const stopJudging = engine.visibility.onReload(operations.judge)

  function exitAll(peer: Peer, domain: NoticeDomain): void {
    for (const context of [...participants.contextsOf(peer)]) {
      operations.exit(peer, context, { cause: 'peer-left', domain }, {})
    }
  }

  return {
    name: 'context',
    version: 2,
    handle(peer, message) {
      const handler = requests.get(message.type)
      if (handler === undefined || !participants.has(peer)) {
        throw new InteropError(
          'ERR_INTEROP_UNHANDLED_MESSAGE',
          `Unhandled message ${message.type.slice(0, 64)}`,
          { requestId: message.request_id ?? -1 },
        )
      }
      handler(peer, message)
    },
    welcomed(peer) {
      participants.enrol(peer)
      for (const context of store.knownTo(peer)) {
        if (!canRead(context, peer)) continue
        const owner = context.lifetime === 'ownership' ? context.creatorId : null
        peer.send(contextAdded('global', context, owner))
      }
    },
    joined(peer) {
      participants.unmute(peer)
      announcePresence(peers, peer)
    },
    leaving(peer, departure) {
      if (peer.local && departure.cause !== 'withdrawn') {
        const gone = departure.cause === 'gone' || departure.requestDomain === 'context'
        exitAll(peer, gone ? 'context' : 'global')
        participants.mute(peer)
      }
      withdrawPresence(peers, peer, departure)
    },
    gone(peer) {
      exitAll(peer, 'context')
      participants.forget(peer)
    },
    stats() {
      let bytes = 0
      let members = 0
      let contexts = 0
      for (const context of store.all()) {
        contexts += 1
        bytes += context.weight
        members += context.members.size
      }
      return { contexts, bytes, members }
    },
    all: () => store.all(),
    close() {
      stopJudging()
      replication.close()
    },
  }
}
