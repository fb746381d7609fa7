import type { Engine } from '../engine/engine.ts'
import type { Peer } from '../peers/peer.ts'
import type { Context } from './context.ts'
import type { NoticeDomain } from './messages.ts'
import { canRead } from './permissions.ts'
import type { ContextStore } from './store.ts'

/** The local peers that speak of contexts, which all do from their welcome on, and what they are members of. */
export interface Participants {
  enrol(peer: Peer): void
  /** The peer left the domain: it is told of no further contexts, but can ask. */
  mute(peer: Peer): void
  unmute(peer: Peer): void
  forget(peer: Peer): void
  has(peer: Peer): boolean
  contextsOf(peer: Peer): ReadonlySet<Context>
  /** Makes the peer a member; false when it was one. */
  enter(peer: Peer, context: Context): boolean
  /** False when it was none. */
  exit(peer: Peer, context: Context): boolean
  domainOf(peer: Peer): NoticeDomain
  /** Those that are told of the context when it comes and goes. */
  audienceOf(context: Context): Iterable<Peer>
}

export function createParticipants({ peers }: Engine, store: ContextStore): Participants {
  const enrolled = new Map<Peer, Set<Context>>()
  const byUser = new Map<string | undefined, Set<Peer>>()
  const services = new Set<Peer>()
  const nothing: ReadonlySet<Context> = new Set()

  function unmute(peer: Peer): void {
    if (!enrolled.has(peer)) return
    if (peer.service) services.add(peer)
    const ofUser = byUser.get(peer.user)
    if (ofUser === undefined) byUser.set(peer.user, new Set([peer]))
    else ofUser.add(peer)
  }

  function mute(peer: Peer): void {
    services.delete(peer)
    const ofUser = byUser.get(peer.user)
    ofUser?.delete(peer)
    if (ofUser?.size === 0) byUser.delete(peer.user)
  }

  return {
    enrol(peer) {
      enrolled.set(peer, new Set())
      unmute(peer)
    },
    mute,
    unmute,
    forget(peer) {
      mute(peer)
      enrolled.delete(peer)
    },
    has: (peer) => enrolled.has(peer),
    contextsOf: (peer) => enrolled.get(peer) ?? nothing,
    enter(peer, context) {
      const contexts = enrolled.get(peer)
      if (contexts === undefined || contexts.has(context)) return false
      contexts.add(context)
      context.members.add(peer)
      return true
    },
    exit(peer, context) {
      enrolled.get(peer)?.delete(context)
      return context.members.delete(peer)
    },
    domainOf: (peer) => (peers.membership(peer, 'context') === undefined ? 'global' : 'context'),
    *audienceOf(context) {
      for (const peer of byUser.get(context.user) ?? []) {
        if (canRead(context, peer)) yield peer
      }
      if (!context.byService) return
      for (const peer of services) {
        // A service knows one context by a name: its own, or the one that it would find.
        if (peer.user === context.user || store.lookup(peer, context.name) !== context) continue
        if (canRead(context, peer)) yield peer
      }
    },
  }
}
