import type { Engine } from '../../engine/engine.ts'
import { type Changes, deltaMember } from '../changes.ts'
import { type Context, type OperationId, type Version, versionAfter } from '../context.ts'
import { type Applied, applyDelta } from '../data/apply-delta.ts'
import { readDelta } from '../data/read-delta.ts'
import type { ContextStore } from '../store.ts'
import type { Memory } from './memory.ts'
import type { Waiter } from './pending.ts'
import { type ContextRecord, contextFrom, type Operation, type Order } from './wire.ts'

/** Operations that a context remembers. */
const MAX_RECENT = 64
/** Of data that another node let in, by its own limit: more than this could not be told to a node that joins. */
const MAX_REPLICA_BYTES = 64 * 1024 * 1024

export interface ReplayParts {
  engine: Engine
  store: ContextStore
  changes: Changes
  memory: Memory
  submit(operation: Operation, waiter: Waiter): void
  /** What waits under one key waits under another from now on. */
  rekeyed(from: string, to: string): void
}

export interface Replay {
  /**
   * Carries an order out on this node, and tells its peers.
   *
   * @param id the operation of another node that it answers
   * @param waiter who waits here for the operation that led to it
   * @param applied what an update comes to, if that is known
   * @returns false when this node does not have what the order is about
   */
  carryOut(
    order: Order,
    version: Version,
    id: OperationId | null,
    waiter: Waiter | undefined,
    applied?: Applied,
  ): boolean
  /** Takes a context over from the ordering node, in place of the one it corresponds to here. */
  install(record: ContextRecord, holders: readonly string[], version: Version, creatorId: string | null): void
}

export function createReplay(parts: ReplayParts): Replay {
  const { store, changes, memory } = parts
  const { nodeId } = parts.engine

  function install(
    record: ContextRecord,
    holders: readonly string[],
    version: Version,
    creatorId: string | null,
  ): void {
    const existing = store.replica(record.key) ?? store.replicaNamed(record.user ?? undefined, record.name)
    if (existing === undefined) {
      const context = contextFrom(record, holders)
      context.version = version
      if (record.origin === nodeId) context.verified = parts.engine.peers.get(record.creatorId)?.verified
      remember(context, record.recent)
      changes.create(context, creatorId)
      // The others missed that this node keeps it to itself.
      if (memory.wasWithdrawn(record.key)) parts.submit({ kind: 'withdraw', key: record.key }, {})
      return
    }
    if (existing.key !== record.key) adopt(existing, record)
    existing.version = version
    existing.announced = true
    remember(existing, record.recent)
    changes.replace(existing, record.data)
    existing.holders.clear()
    for (const holder of holders) existing.holders.add(holder)
    const counts = existing.lifetime === 'ref-counted' && existing.members.size > 0
    if (counts && !existing.holders.has(nodeId)) parts.submit({ kind: 'hold', key: existing.key }, {})
  }

  function remember(context: Context, recent: readonly OperationId[]): void {
    context.recent = recent
    for (const { node, number } of recent) memory.carriedOut(node, number)
  }

  /** Two nodes had made the context without knowing of each other: ours becomes the other, under the id it is known by. */
  function adopt(context: Context, record: ContextRecord): void {
    const other = contextFrom(record, [])
    parts.rekeyed(context.key, record.key)
    store.rekey(context, record.key)
    context.lifetime = other.lifetime
    context.creatorId = other.creatorId
    context.creatorIdentity = other.creatorIdentity
    context.origin = other.origin
    context.read = other.read
    context.write = other.write
  }

  return {
    install,
    carryOut(order, version, id, waiter, applied) {
      if (order.kind === 'create') {
        const { context, holders } = order
        install(context, holders, version, context.creatorId)
        return true
      }
      if (order.kind === 'destroy' && order.final) memory.destroyed(order.key)
      const context = store.replica(order.key)
      if (context === undefined) return order.kind !== 'update' && order.kind !== 'replace'
      switch (order.kind) {
        case 'update': {
          const { data, weight } = context
          const now = applied ?? applyDelta(data, weight, readDelta(order.delta), MAX_REPLICA_BYTES)
          context.version = versionAfter(context.version, version)
          if (id !== null) context.recent = [...context.recent.slice(1 - MAX_RECENT), id]
          const delta = waiter?.delta ?? deltaMember(order.delta)
          changes.update(context, now, delta, order.updaterId, waiter?.peer)
          break
        }
        case 'replace':
          context.version = version
          remember(context, order.recent)
          changes.replace(context, order.data)
          break
        case 'destroy':
          changes.destroy(context, order.ending)
          break
        case 'hold':
          context.holders.add(order.node)
          break
        case 'release':
          context.holders.delete(order.node)
          // Somebody has become a member since it was asked for.
          if (order.node === nodeId && context.members.size > 0) {
            parts.submit({ kind: 'hold', key: context.key }, {})
          }
          break
      }
      return true
    },
  }
}
