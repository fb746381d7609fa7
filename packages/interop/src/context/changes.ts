import type { Engine } from '../engine/engine.ts'
import type { Peer } from '../peers/peer.ts'
import { sharedMember, type SharedMember } from '../protocol/shared-member.ts'
import { type Context, setData } from './context.ts'
import type { Applied } from './data/apply-delta.ts'
import type { Data } from './data/own-members.ts'
import { weigh } from './data/weigh.ts'
import { contextAdded, contextDestroyed, contextUpdated, type Ending } from './messages.ts'
import type { Participants } from './participants.ts'
import type { ContextStore } from './store.ts'

/** What happens to contexts on this node: each is carried out and told to the peers here that it concerns. */
export interface Changes {
  /** @param creatorId as announced; null when it comes from the cluster's memory */
  create(context: Context, creatorId: string | null): void
  /** @param except the updater, when it is told by the answer to its request */
  update(
    context: Context,
    applied: Applied,
    delta: SharedMember,
    updaterId: string | null,
    except?: Peer,
  ): void
  /** Other data come in the place of those that are here. Nothing is said when they are the same. */
  replace(context: Context, data: Data | null): void
  destroy(context: Context, ending: Ending): void
}

export function createChanges(
  { counters }: Engine,
  store: ContextStore,
  participants: Participants,
): Changes {
  function announce(context: Context, creatorId: string | null): void {
    for (const peer of participants.audienceOf(context)) {
      peer.send(contextAdded(participants.domainOf(peer), context, creatorId))
    }
  }

  function tellMembers(
    context: Context,
    delta: SharedMember,
    updaterId: string | null,
    except: Peer | undefined,
  ): void {
    const { members } = context
    if (members.size === 0) return
    const messages = {
      global: contextUpdated('global', context, updaterId),
      context: contextUpdated('context', context, updaterId),
    }
    for (const peer of members) {
      if (peer !== except) peer.send(messages[participants.domainOf(peer)], delta)
    }
  }

  return {
    create(context, creatorId) {
      store.add(context)
      if (!context.hidden) announce(context, creatorId)
    },
    update(context, { data, weight, forward }, delta, updaterId, except) {
      setData(context, data, weight)
      counters.contextUpdates += 1
      tellMembers(context, forward === undefined ? delta : deltaMember(forward), updaterId, except)
    },
    replace(context, data) {
      const same = JSON.stringify(context.data) === JSON.stringify(data)
      if (same && !context.stale) return
      context.stale = false
      setData(context, data, weigh(data))
      tellMembers(context, deltaMember({ reset: data ?? {} }), null, undefined)
    },
    destroy(context, ending) {
      // Before the context leaves its place, so that a service is told of the one it knows by this name.
      const told = new Set(context.members)
      if (!context.hidden) for (const peer of participants.audienceOf(context)) told.add(peer)
      for (const peer of [...context.members]) participants.exit(peer, context)
      const next = store.remove(context)
      for (const peer of told) {
        peer.send(contextDestroyed(participants.domainOf(peer), context, ending))
      }
      if (next !== undefined) announce(next, null)
    },
  }
}

/** A delta for all that are told of it. */
export function deltaMember(delta: unknown): SharedMember {
  return sharedMember('delta', delta)
}
