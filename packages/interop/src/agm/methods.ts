import type { Engine } from '../engine/engine.ts'
import { InteropError } from '../errors.ts'
import type { ClientMessage, JsonObject } from '../protocol/message.ts'
import { success } from '../protocol/reply.ts'
import type { Member } from './member.ts'
import { mayUse } from './may-use.ts'
import { methodsAdded, methodsRemoved } from './messages.ts'
import { idList, type Method, type MethodId, methodList } from './method-table.ts'
import { isMethodId, parseMethods, tooManyMethods } from './parse-methods.ts'
import { printed } from './printed.ts'
import type { Roster } from './roster.ts'
import type { Streams } from './streams.ts'

/** What a node tells the others of the methods of its peers. */
export interface MethodNews {
  added(server: Member, definitions: readonly JsonObject[]): void
  removed(server: Member, ids: readonly MethodId[]): void
}

/** Which methods there are, and who hears of them. */
export interface Methods {
  register(server: Member, message: ClientMessage): void
  unregister(server: Member, message: ClientMessage): void
  /** Methods of a remote peer, as its node announces them. */
  announced(server: Member, methods: readonly Method[]): void
  withdrawn(server: Member, ids: readonly MethodId[]): void
  /** Tells a member what it may call of another. */
  introduce(server: Member, to: Member): void
  /** Other rules are in force, or the member has another membership: tells other nodes what that changes. */
  decideAgain(server: Member): void
  /** The member is withdrawn from other nodes, and all it has with it. */
  hide(server: Member): void
}

export function createMethods(engine: Engine, roster: Roster, streams: Streams, news: MethodNews): Methods {
  const { limits, peers, visibility } = engine

  function isAnnounced({ peer }: Member, { name }: Method): boolean {
    return (
      peers.membership(peer, 'agm')?.visibility === 'cluster' &&
      visibility.decide({ kind: 'method', name, identity: peer.verified }) === 'cluster'
    )
  }

  /** Puts the methods in place, and ends what those that they replace allowed and they do not. */
  function put(server: Member, methods: readonly Method[]): Map<MethodId, Method> {
    const replaced = new Map<MethodId, Method>()
    for (const method of methods) {
      const before = server.methods.put(method)
      if (before === undefined || !narrows(before, method)) continue
      replaced.set(method.id, before)
    }
    // Once for all of them: there can be thousands of methods, and many times as many subscriptions.
    if (replaced.size > 0) {
      streams.methodsHidden(server, (subscriber, id) => {
        const method = replaced.has(id) ? server.methods.get(id) : undefined
        return method === undefined || mayUse(subscriber, server.peer, method)
      })
    }
    return replaced
  }

  /** Tells the peers of this node, without the server. */
  function announce(
    server: Member,
    methods: readonly Method[],
    replaced: ReadonlyMap<MethodId, Method>,
  ): void {
    const unrestricted = methods.every(({ restriction }) => restriction === undefined)
    const all = methodList(methods)
    for (const { peer } of roster.visibleTo(server.peer)) {
      if (!peer.local) continue
      const list = unrestricted ? methods : methods.filter((method) => mayUse(peer, server.peer, method))
      if (replaced.size > 0) {
        const lost = methods.filter((method) => {
          const before = replaced.get(method.id)
          return (
            before !== undefined && mayUse(peer, server.peer, before) && !mayUse(peer, server.peer, method)
          )
        })
        if (lost.length > 0) peer.send(methodsRemoved(server), idList(lost))
      }
      if (list.length === 0) continue
      peer.send(methodsAdded(server), list.length === methods.length ? all : methodList(list))
    }
  }

  function remove(server: Member, ids: readonly MethodId[]): Method[] {
    streams.methodsRemoved(server, new Set(ids))
    const removed: Method[] = []
    for (const id of ids) {
      const method = server.methods.get(id)
      if (method === undefined) continue
      server.methods.delete(id)
      removed.push(method)
    }
    return removed
  }

  function announceRemoval(server: Member, removed: readonly Method[]): void {
    if (removed.length === 0) return
    const unrestricted = removed.every(({ restriction }) => restriction === undefined)
    const all = idList(removed)
    for (const { peer } of roster.visibleTo(server.peer)) {
      if (!peer.local) continue
      if (unrestricted) {
        peer.send(methodsRemoved(server), all)
        continue
      }
      const seen = removed.filter((method) => mayUse(peer, server.peer, method))
      if (seen.length > 0) peer.send(methodsRemoved(server), idList(seen))
    }
  }

  return {
    register(server, message) {
      const methods = parseMethods(message.methods, limits, server.methods)
      let { size, jsonLength } = server.methods
      for (const { id, json } of methods) {
        const before = server.methods.get(id)
        if (before === undefined) size += 1
        jsonLength += json.length - (before?.json.length ?? 0)
      }
      if (size > limits.maxMethodsPerPeer) throw tooManyMethods(limits)
      // Whoever joins later is told of all of them in one message.
      if (jsonLength > limits.maxMessageBytes) {
        throw new InteropError(
          'ERR_INTEROP_LIMITS_EXCEEDED',
          `The methods of a peer are longer than ${limits.maxMessageBytes} characters`,
        )
      }
      for (const method of methods) method.announced = isAnnounced(server, method)
      const hidden = methods.filter(
        ({ id, announced }) => !announced && server.methods.get(id)?.announced === true,
      )
      const replaced = put(server, methods)
      server.peer.send(methodsAdded(server), methodList(methods))
      server.peer.send(success('agm', message.request_id))
      announce(server, methods, replaced)
      if (hidden.length > 0) news.removed(server, idsOf(hidden))
      const shown = methods.filter(({ announced }) => announced)
      if (shown.length > 0) news.added(server, definitionsOf(shown))
    },

    unregister(server, message) {
      const ids = parseIds(message.methods)
      for (const id of ids) {
        if (server.methods.get(id) === undefined) {
          throw unregistrationError(`Unable to unregister missing method ${printed(id)}`)
        }
      }
      const removed = remove(server, ids)
      server.peer.send(methodsRemoved(server), idList(removed))
      server.peer.send(success('agm', message.request_id))
      announceRemoval(server, removed)
      const known = removed.filter(({ announced }) => announced)
      if (known.length > 0) news.removed(server, idsOf(known))
    },

    announced(server, methods) {
      announce(server, methods, put(server, methods))
    },

    withdrawn(server, ids) {
      announceRemoval(server, remove(server, ids))
    },

    introduce(server, to) {
      const list = server.methods.listFor(to.peer)
      if (list !== undefined) to.peer.send(methodsAdded(server), list)
    },

    decideAgain(server) {
      const hidden: Method[] = []
      const shown: Method[] = []
      for (const method of server.methods.values()) {
        const announced = isAnnounced(server, method)
        if (announced === method.announced) continue
        method.announced = announced
        if (announced) shown.push(method)
        else hidden.push(method)
      }
      if (hidden.length > 0) {
        news.removed(server, idsOf(hidden))
        const ids = new Set(idsOf(hidden))
        streams.methodsHidden(server, (subscriber, id) => subscriber.local || !ids.has(id))
      }
      if (shown.length > 0) news.added(server, definitionsOf(shown))
    },

    hide(server) {
      for (const method of server.methods.values()) method.announced = false
    },
  }
}

/** Whether somebody may lose sight of a method when another takes its place. */
function narrows(before: Method, after: Method): boolean {
  if (before.announced && !after.announced) return true
  return after.restriction !== undefined && after.restriction.text !== before.restriction?.text
}

function idsOf(methods: readonly Method[]): MethodId[] {
  return methods.map(({ id }) => id)
}

function definitionsOf(methods: readonly Method[]): JsonObject[] {
  return methods.map(({ definition }) => definition)
}

function parseIds(value: unknown): MethodId[] {
  if (!Array.isArray(value)) {
    throw unregistrationError('The "methods" to unregister must be a list')
  }
  const ids = new Set<MethodId>()
  for (const id of value) {
    if (!isMethodId(id)) throw unregistrationError('Unable to unregister missing method ')
    ids.add(id)
  }
  return [...ids]
}

function unregistrationError(message: string): InteropError {
  return new InteropError('ERR_INTEROP_UNREGISTRATION', message)
}
