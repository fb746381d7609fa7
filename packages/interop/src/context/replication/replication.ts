import type { Engine } from '../../engine/engine.ts'
import { INTEROP_ERRORS, InteropError, type InteropErrorCode } from '../../errors.ts'
import type { Changes } from '../changes.ts'
import type { Context, OperationId } from '../context.ts'
import type { Applied } from '../data/apply-delta.ts'
import type { ContextStore } from '../store.ts'
import { decide, EXPLICIT } from './decide.ts'
import { createLead } from './lead.ts'
import { createMemory } from './memory.ts'
import { orderingNode } from './ordering-node.ts'
import { createPending, type PendingOperation, type Waiter } from './pending.ts'
import { createReplay } from './replay.ts'
import {
  type ContextRecord,
  type Holding,
  type Message,
  type Operation,
  type Order,
  recordOf,
} from './wire.ts'

/** The contexts that all nodes have, changed in one order everywhere. */
export interface Replication {
  /**
   * Has an operation of this node put in its place. Where this node orders, and with no other node, it is carried out before
   * this returns.
   *
   * @throws InteropError `ERR_INTEROP_LIMITS_EXCEEDED` when too many wait
   */
  submit(operation: Operation, waiter: Waiter): void
  /** Makes a context of this node one of the cluster. */
  share(context: Context): void
  /** Keeps a context to this node from now on. Returns the operations on it that still wait, which are now this node's own. */
  withdraw(context: Context): PendingOperation[]
  /** Takes back those contexts that wait to be created and for which the test holds. */
  recall(test: (record: ContextRecord, waiter: Waiter) => boolean): PendingOperation[]
  close(): void
}

export interface ReplicationParts {
  engine: Engine
  store: ContextStore
  changes: Changes
}

/**
 * The oldest node orders. It tells the others to follow it; each answers with what it has, is given what differs, and from
 * then on carries out every order as it comes. What a node wants done goes to the ordering node and comes back in its place.
 * When the ordering node is lost the next one does the same anew, and what had no answer is sent to that one.
 */
export function createReplication(parts: ReplicationParts): Replication {
  const { engine, store, changes } = parts
  const { cluster, nodeId, limits, logger } = engine
  const memory = createMemory()
  const pending = createPending(limits.clusterTimeoutMs)
  /** The reigns other nodes have declared. */
  const reigns = new Map<string, string>()
  let reign = 1
  let leader = nodeId
  let term = `${nodeId}:1`
  /** Orders of this term are carried out. */
  let following = true
  let sequence = 0

  const replay = createReplay({ ...parts, memory, submit, rekeyed: pending.rekey })
  const lead = createLead({
    store,
    memory,
    term: () => term,
    isAlive: (node) => node === nodeId || cluster.nodes.has(node),
    issue: (one) => issue(one, null),
    send,
  })
  const channel = cluster.open('context', {
    nodeUp: (node) => nodeUp(node.id),
    nodeDown,
    message(from, message) {
      try {
        receive(from, message as Message)
      } catch (error) {
        logger.error({ err: error, node: from }, 'a message about contexts could not be carried out')
        // What the others have carried out and this node has not is missing here.
        if (from === leader && following) join()
      }
    },
  })

  function send(to: string, message: Message): void {
    channel.send(to, message)
  }

  function issue(one: Order, id: OperationId | null, applied?: Applied, waiter?: Waiter): void {
    sequence += 1
    if (cluster.nodes.size > 0) {
      channel.broadcast({ type: 'order', term, sequence, order: one, id } satisfies Message)
    }
    if (id !== null) memory.carriedOut(id.node, id.number)
    replay.carryOut(one, { term, sequence }, id, waiter, applied)
  }

  /** Carries out an operation of this node, where this node orders. */
  function orderOwn(operation: Operation, waiter: Waiter): void {
    try {
      const { orders, applied } = decide(engine, store, nodeId, operation)
      for (const one of orders) issue(one, null, applied, waiter)
    } catch (error) {
      if (!InteropError.is(error)) throw error
      waiter.fail?.(error)
      return
    }
    waiter.done?.()
    if (operation.kind === 'create') endUnheld(operation.context.key)
  }

  /** A context may be created for a peer that has left in the meantime. */
  function endUnheld(key: string): void {
    const context = store.replica(key)
    if (context === undefined || !context.holders.has(nodeId) || isHeld(context)) return
    const kind = context.lifetime === 'ownership' ? 'end' : 'release'
    submit({ kind, key, ending: { cause: 'peer-left', domain: 'context' } }, {})
  }

  function sendOperation({ number, operation }: PendingOperation): void {
    send(leader, { type: 'operation', term, number, operation })
  }

  function submit(operation: Operation, waiter: Waiter): void {
    if (leader === nodeId) {
      orderOwn(operation, waiter)
      return
    }
    const { kind } = operation
    if ((kind === 'hold' || kind === 'release') && pending.has(kind, operation.key)) {
      // Whoever is a member when the last of them is carried out is counted then.
      waiter.done?.()
      return
    }
    const added = pending.add(operation, waiter)
    if (following) sendOperation(added)
  }

  // The ordering node is another one than before, or has begun a new reign.

  function elect(): void {
    const next = orderingNode(cluster)
    if (next === leader) return
    leader = next
    if (next !== nodeId) {
      following = false
      join()
      return
    }
    reign += 1
    term = `${nodeId}:${reign}`
    sequence = 0
    following = true
    channel.broadcast({ type: 'lead', term } satisfies Message)
    lead.purge()
    for (const { number, operation, waiter } of pending.all()) {
      if (pending.take(number) !== undefined) orderOwn(operation, waiter)
    }
  }

  function join(): void {
    const declared = reigns.get(leader)
    if (declared === undefined) return
    term = declared
    following = false
    send(leader, {
      type: 'join',
      term,
      holdings: Array.from(store.replicas(), holdingOf),
      pending: pending.all().map(({ number }) => number),
    })
  }

  function holdingOf(context: Context): Holding {
    const { key, user, name, version } = context
    return { key, user: user ?? null, name, version: version ?? null, held: isHeld(context) }
  }

  /** Whether anything on this node keeps the context alive. */
  function isHeld({ lifetime, origin, creatorId, members }: Context): boolean {
    if (lifetime === 'ref-counted') return members.size > 0
    if (lifetime === 'retained' || origin !== nodeId) return true
    return [...members].some(({ id }) => id === creatorId)
  }

  function nodeUp(node: string): void {
    elect()
    if (leader === nodeId) send(node, { type: 'lead', term })
  }

  function nodeDown(node: string): void {
    reigns.delete(node)
    const led = leader === nodeId
    elect()
    if (led && leader === nodeId) lead.purge()
  }

  function receive(from: string, message: Message): void {
    if (message.type === 'lead') {
      reigns.set(from, message.term)
      if (from === leader) join()
      return
    }
    if (message.term !== term) return
    if (leader === nodeId) {
      if (message.type === 'join') lead.join(from, message)
      else if (message.type === 'offer') lead.offer(from, message)
      else if (message.type === 'operation') receiveOperation(from, message)
    } else if (from === leader) {
      follow(message)
    }
  }

  function receiveOperation(
    from: string,
    { number, operation }: Extract<Message, { type: 'operation' }>,
  ): void {
    if (memory.wasCarriedOut(from, number)) {
      send(from, { type: 'answer', term, number, refusal: null, late: true })
      return
    }
    try {
      const { orders, applied } = decide(engine, store, from, operation)
      for (const [position, one] of orders.entries()) {
        // The last order is the answer.
        issue(one, position === orders.length - 1 ? { node: from, number } : null, applied)
      }
      if (orders.length === 0) send(from, { type: 'answer', term, number, refusal: null, late: false })
    } catch (error) {
      const known = InteropError.is(error)
      if (!known) logger.error({ err: error, node: from }, 'a change of a context could not be ordered')
      const refusal = known
        ? { code: error.code, reason: error.message }
        : { code: 'ERR_INTEROP_FAILURE', reason: 'Something went wrong' }
      send(from, { type: 'answer', term, number, refusal, late: false })
    }
  }

  function follow(message: Message): void {
    switch (message.type) {
      case 'done':
        confirmUpdates(message.numbers)
        break
      case 'gone': {
        if (message.final) memory.destroyed(message.key)
        const context = store.replica(message.key)
        if (context !== undefined) changes.destroy(context, EXPLICIT)
        break
      }
      case 'context':
        replay.install(message.context, message.holders, message.version, null)
        break
      case 'state':
        begin(message)
        break
      case 'order':
        if (following) carryOut(message)
        break
      case 'answer':
        answered(message)
        break
      case 'lead':
      case 'join':
      case 'offer':
      case 'operation':
        // For an ordering node, which this is not.
        break
    }
  }

  function confirmUpdates(numbers: readonly number[]): void {
    const carriedOut = new Set(numbers)
    for (const { number, operation, waiter } of pending.all()) {
      if (operation.kind !== 'update' || !carriedOut.has(number)) continue
      pending.take(number)
      const context = store.replica(operation.key)
      if (context !== undefined) context.stale = true
      waiter.done?.()
    }
  }

  function begin({ want, done }: Extract<Message, { type: 'state' }>): void {
    following = true
    const wanted = new Set(want)
    for (const context of store.replicas()) {
      // One without a version has been shared since this node joined.
      if (wanted.has(context.key) || context.version === undefined) offer(context)
    }
    const carriedOut = new Set(done)
    for (const operation of pending.all()) {
      if (carriedOut.has(operation.number)) pending.take(operation.number)?.waiter.done?.(true)
      else sendOperation(operation)
    }
  }

  function offer(context: Context): void {
    send(leader, {
      type: 'offer',
      term,
      context: recordOf(context),
      version: context.version ?? null,
      held: isHeld(context),
    })
  }

  function carryOut({ order: one, id, sequence: at }: Extract<Message, { type: 'order' }>): void {
    let waiter: Waiter | undefined
    if (id !== null) {
      memory.carriedOut(id.node, id.number)
      if (id.node === nodeId) waiter = pending.take(id.number)?.waiter
    }
    const known = replay.carryOut(one, { term, sequence: at }, id, waiter)
    waiter?.done?.()
    if (one.kind === 'create') endUnheld(one.context.key)
    // What is ordered of a context that is not here shows that something was missed.
    if (!known && one.kind !== 'create' && !memory.wasWithdrawn(one.key)) join()
  }

  function answered({ number, refusal, late }: Extract<Message, { type: 'answer' }>): void {
    const answeredOne = pending.take(number)
    if (answeredOne === undefined) return
    const { operation, waiter } = answeredOne
    if (refusal === null) {
      waiter.done?.(late)
      const context = operation.kind === 'update' ? store.replica(operation.key) : undefined
      // The data have the change already, and its client has it after them: they are told again.
      if (late && context !== undefined) {
        context.stale = true
        changes.replace(context, context.data)
      }
      return
    }
    const code = Object.hasOwn(INTEROP_ERRORS, refusal.code)
      ? (refusal.code as InteropErrorCode)
      : 'ERR_INTEROP_FAILURE'
    waiter.fail?.(new InteropError(code, refusal.reason))
  }

  return {
    submit,
    share(context) {
      const key = context.announced ? engine.ids('c') : context.key
      const taken = store.replicaNamed(context.user, context.name)
      if (taken !== undefined) {
        const record = recordOf(taken)
        const holders = [...taken.holders]
        const { version = { term, sequence } } = taken
        store.remove(taken)
        store.share(context, key)
        replay.install(record, holders, version, null)
        return
      }
      store.share(context, key)
      context.announced = true
      if (leader === nodeId) {
        issue({ kind: 'create', context: recordOf(context), holders: [nodeId] }, null)
      } else if (following) {
        offer(context)
      }
    },
    withdraw(context) {
      const { key } = context
      const own = pending
        .all()
        .filter(({ operation }) => operation.kind !== 'create' && operation.key === key)
      for (const { number } of own) pending.take(number)
      store.keep(context)
      context.version = undefined
      context.holders.clear()
      memory.withdrawn(key)
      if (leader === nodeId) {
        sequence += 1
        const gone: Order = { kind: 'destroy', key, ending: EXPLICIT, final: true }
        memory.destroyed(key)
        channel.broadcast({ type: 'order', term, sequence, order: gone, id: null } satisfies Message)
        return own
      }
      submit({ kind: 'withdraw', key }, {})
      return own
    },
    recall(test) {
      const recalled = pending
        .all()
        .filter(({ operation, waiter }) => operation.kind === 'create' && test(operation.context, waiter))
      for (const { number, operation } of recalled) {
        pending.take(number)
        // It may be on its way already.
        if (operation.kind === 'create') memory.withdrawn(operation.context.key)
      }
      return recalled
    },
    close: pending.close,
  }
}
