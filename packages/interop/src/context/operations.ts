import type { Engine } from '../engine/engine.ts'
import { InteropError } from '../errors.ts'
import type { Peer } from '../peers/peer.ts'
import type { Identity } from '../protocol/message.ts'
import type { SharedMember } from '../protocol/shared-member.ts'
import { type Changes, deltaMember } from './changes.ts'
import type { Context } from './context.ts'
import { applyDelta } from './data/apply-delta.ts'
import { readDelta } from './data/read-delta.ts'
import { tooDeep } from './data/weigh.ts'
import type { Ending } from './messages.ts'
import type { Participants } from './participants.ts'
import { type Actor, actorFor, checkDestroy, checkUpdate } from './permissions.ts'
import type { Waiter } from './replication/pending.ts'
import type { Replication } from './replication/replication.ts'
import { type ContextRecord, contextFrom } from './replication/wire.ts'
import type { ContextStore } from './store.ts'

/**
 * What can be done to a context: at once to one of this node, in the order of the cluster to one of the cluster. A refusal is
 * thrown, or handed to the waiter when it comes later.
 */
export interface Operations {
  create(record: ContextRecord, creator: Peer, waiter: Waiter): void
  update(context: Context, delta: unknown, by: Actor, waiter: Waiter): void
  destroy(context: Context, by: Actor, ending: Ending, waiter: Waiter): void
  /** Makes the peer a member. */
  enter(peer: Peer, context: Context): void
  /** Ends its membership, and the context if that lived on it. */
  exit(peer: Peer, context: Context, ending: Ending, waiter: Waiter): void
  /** Decides anew which contexts that were created here leave this node. */
  judge(): void
}

export interface OperationsParts {
  engine: Engine
  participants: Participants
  changes: Changes
  replication: Replication
  store: ContextStore
}

export function createOperations(parts: OperationsParts): Operations {
  const { engine, store, participants, changes, replication } = parts
  const { limits, visibility, nodeId } = engine

  function create(record: ContextRecord, creator: Peer, waiter: Waiter): void {
    const identity = creator.verified
    if (!isKept(record.name, identity)) {
      replication.submit({ kind: 'create', context: record }, waiter)
      return
    }
    createHere(record, identity, waiter, false)
  }

  function createHere(record: ContextRecord, verified: Identity, waiter: Waiter, announced: boolean): void {
    const context = contextFrom(record, [])
    context.visibility = 'local'
    context.announced = announced
    context.verified = verified
    changes.create(context, record.creatorId)
    waiter.done?.()
  }

  const isKept = (name: string, identity: Identity | undefined): boolean =>
    visibility.decide({ kind: 'context', name, identity }) === 'local'

  /** Contexts that wait for their place in the order, and are not to leave this node any more. */
  function recall(): void {
    const recalled = replication.recall(({ name }, { peer }) => isKept(name, peer?.verified))
    for (const { operation, waiter } of recalled) {
      if (operation.kind !== 'create' || waiter.peer === undefined) continue
      const { context: record } = operation
      const { peer } = waiter
      // Another one may have the name by now, of which the waiter makes the best.
      const isNew = store.lookup(peer, record.name) === undefined
      if (participants.has(peer) && isNew) createHere(record, peer.verified, waiter, true)
      else waiter.done?.()
    }
  }

  function update(context: Context, delta: unknown, by: Actor, waiter: Waiter): void {
    checkUpdate(context, by)
    const shared = encoded(delta)
    if (context.visibility === 'cluster') {
      const { key } = context
      const operation = { kind: 'update', key, delta, by: actorFor(context, by) } as const
      replication.submit(operation, { ...waiter, delta: shared })
      return
    }
    const { data, weight } = context
    const applied = applyDelta(data, weight, readDelta(delta), limits.maxContextBytes)
    changes.update(context, applied, shared, by.id, waiter.peer)
    waiter.done?.()
  }

  function destroy(context: Context, by: Actor, ending: Ending, waiter: Waiter): void {
    checkDestroy(context, by)
    if (context.visibility === 'cluster') {
      const { key } = context
      replication.submit({ kind: 'destroy', key, by: actorFor(context, by), ending }, waiter)
      return
    }
    changes.destroy(context, ending)
    waiter.done?.()
  }

  function enter(peer: Peer, context: Context): void {
    if (!participants.enter(peer, context)) return
    const { visibility: reach, lifetime, members, key, holders } = context
    if (reach === 'local' || lifetime !== 'ref-counted' || members.size > 1) return
    if (!holders.has(nodeId)) replication.submit({ kind: 'hold', key }, {})
  }

  function exit(peer: Peer, context: Context, ending: Ending, waiter: Waiter): void {
    const wasMember = participants.exit(peer, context)
    const { lifetime, creatorId, members, key } = context
    const ownerLeft = lifetime === 'ownership' && peer.id === creatorId
    const lastLeft = lifetime === 'ref-counted' && members.size === 0
    if (!wasMember || (!ownerLeft && !lastLeft)) {
      waiter.done?.()
    } else if (context.visibility === 'cluster') {
      replication.submit({ kind: ownerLeft ? 'end' : 'release', key, ending }, waiter)
    } else {
      changes.destroy(context, ending)
      waiter.done?.()
    }
  }

  function keepToThisNode(context: Context): void {
    for (const { operation, waiter } of replication.withdraw(context)) {
      try {
        if (operation.kind === 'update') update(context, operation.delta, operation.by, waiter)
        else if (operation.kind === 'destroy') {
          destroy(context, operation.by, operation.ending, waiter)
        } else waiter.done?.()
      } catch (error) {
        if (!InteropError.is(error)) throw error
        waiter.fail?.(error)
      }
    }
    const { hidden, lifetime, members, creatorId } = context
    const isAlive =
      !hidden &&
      (lifetime === 'retained' ||
        (lifetime === 'ref-counted' ? members.size > 0 : hasMember(members, creatorId)))
    if (!isAlive) changes.destroy(context, { cause: 'peer-left', domain: 'context' })
  }

  return {
    create,
    update,
    destroy,
    enter,
    exit,
    judge() {
      recall()
      const all = store.all()
      for (const context of [...all]) {
        // One that has become another is not there any more.
        if (context.origin !== nodeId || !all.has(context)) continue
        const { name, verified } = context
        const verdict = isKept(name, verified) ? 'local' : 'cluster'
        if (verdict === context.visibility) continue
        if (verdict === 'cluster') replication.share(context)
        else keepToThisNode(context)
      }
    },
  }
}

function hasMember(members: ReadonlySet<Peer>, id: string): boolean {
  return [...members].some((peer) => peer.id === id)
}

/** The delta as text, once for all that are told of it. @throws InteropError when it cannot be written */
function encoded(delta: unknown): SharedMember {
  const shared = deltaMember(delta)
  try {
    void shared.json.length
  } catch (error) {
    if (error instanceof RangeError) throw tooDeep()
    throw error
  }
  return shared
}
