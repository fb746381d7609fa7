import type { Peer } from '../peers/peer.ts'
import type { Context } from './context.ts'
import { createNameIndex } from './name-index.ts'

/** The contexts of this node: its own, and those it has from the cluster. */
export interface ContextStore {
  /** The context a peer means with an id, or undefined when for this peer there is none. */
  find(peer: Peer, id: unknown): Context | undefined
  /** The context a peer means with a name: of its user, or, for a service, any that a service made. */
  lookup(peer: Peer, name: string): Context | undefined
  /** What a peer finds by name: of its user, and for a service what services made. */
  knownTo(peer: Peer): Iterable<Context>
  /** Of those in the cluster, hidden ones included. */
  replica(key: string): Context | undefined
  replicaNamed(user: string | undefined, name: string): Context | undefined
  replicas(): Iterable<Context>
  all(): ReadonlySet<Context>
  /** In the eyes of the user's peers. */
  countOf(user: string | undefined): number
  replicasOf(user: string | undefined): number
  /** The context is hidden if its place is taken by one that stays on this node. */
  add(context: Context): void
  /** Returns the context that comes to light. */
  remove(context: Context): Context | undefined
  /** The context goes by another key from now on. */
  rekey(context: Context, key: string): void
  /** A context of this node joins those of the cluster. Its user and name MUST be free there. */
  share(context: Context, key: string): void
  /** A context of the cluster stays on this node from now on. */
  keep(context: Context): void
}

export function createContextStore(): ContextStore {
  const all = new Set<Context>()
  const byId = new Map<string, Context>()
  const byKey = new Map<string, Context>()
  const visible = createNameIndex()
  const replicated = createNameIndex()
  const ofServices = new Map<string, Set<Context>>()

  const exists = (peer: Peer, context: Context): boolean =>
    context.user === peer.user || (peer.service && context.byService)

  function show(context: Context): void {
    context.hidden = false
    byId.set(context.id, context)
    visible.set(context)
    if (!context.byService) return
    const named = ofServices.get(context.name)
    if (named === undefined) ofServices.set(context.name, new Set([context]))
    else named.add(context)
  }

  function share(context: Context, key: string): void {
    context.key = key
    context.visibility = 'cluster'
    byKey.set(key, context)
    replicated.set(context)
  }

  function keep(context: Context): void {
    context.visibility = 'local'
    byKey.delete(context.key)
    replicated.delete(context)
  }

  return {
    find(peer, id) {
      if (typeof id !== 'string') return undefined
      let context = byId.get(id)
      if (context === undefined) {
        const replica = byKey.get(id)
        if (replica?.hidden === false) context = replica
      }
      return context !== undefined && exists(peer, context) ? context : undefined
    },
    lookup(peer, name) {
      const own = visible.get(peer.user, name)
      if (own !== undefined || !peer.service) return own
      return ofServices.get(name)?.values().next().value
    },
    *knownTo(peer) {
      yield* visible.of(peer.user)
      if (!peer.service) return
      for (const [name, [first]] of ofServices) {
        if (first !== undefined && visible.get(peer.user, name) === undefined) yield first
      }
    },
    replica: (key) => byKey.get(key),
    replicaNamed: (user, name) => replicated.get(user, name),
    replicas: () => byKey.values(),
    all: () => all,
    countOf: (user) => visible.countOf(user),
    replicasOf: (user) => replicated.countOf(user),
    add(context) {
      all.add(context)
      if (context.visibility === 'cluster') share(context, context.key)
      if (visible.get(context.user, context.name) === undefined) show(context)
      else context.hidden = true
    },
    remove(context) {
      if (!all.delete(context)) return undefined
      if (byKey.get(context.key) === context) keep(context)
      if (context.hidden) return undefined
      byId.delete(context.id)
      visible.delete(context)
      const named = ofServices.get(context.name)
      named?.delete(context)
      if (named?.size === 0) ofServices.delete(context.name)
      const next = replicated.get(context.user, context.name)
      if (next !== undefined) show(next)
      return next
    },
    rekey(context, key) {
      byKey.delete(context.key)
      share(context, key)
    },
    share,
    keep,
  }
}
