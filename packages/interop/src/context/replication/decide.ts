import type { Engine } from '../../engine/engine.ts'
import { InteropError } from '../../errors.ts'
import { type Applied, applyDelta } from '../data/apply-delta.ts'
import { tooLarge } from '../data/draft.ts'
import { readDelta } from '../data/read-delta.ts'
import type { Context } from '../context.ts'
import type { Ending } from '../messages.ts'
import { checkDestroy, checkUpdate } from '../permissions.ts'
import type { ContextStore } from '../store.ts'
import { contextFrom, type Operation, type Order } from './wire.ts'

/** Of a context that is withdrawn, or not known any more. */
export const EXPLICIT: Ending = { cause: 'destroyed', domain: 'global' }

const NOTHING: Decision = { orders: [] }

/** What is to be carried out. */
export interface Decision {
  readonly orders: readonly Order[]
  /** What an update comes to on this node. */
  readonly applied?: Applied
}

/**
 * What an operation of a node comes to, in the eyes of the ordering node; nothing when there is nothing to be done.
 *
 * @throws InteropError when it is refused
 */
export function decide(
  { limits }: Engine,
  store: ContextStore,
  origin: string,
  operation: Operation,
): Decision {
  if (operation.kind === 'create') {
    const { context } = operation
    const user = context.user ?? undefined
    if (store.replicaNamed(user, context.name) !== undefined) return NOTHING
    if (store.replicasOf(user) >= limits.maxContextsPerUser) throw tooMany()
    // Before others are told: what cannot be read here, or is larger than this node lets in, is refused.
    if (contextFrom(context, []).weight > limits.maxContextBytes) throw tooLarge()
    return { orders: [{ kind: 'create', context, holders: [origin] }] }
  }
  const { key } = operation
  const context = store.replica(key)
  switch (operation.kind) {
    case 'update': {
      if (context === undefined) throw unknownContext(key)
      checkUpdate(context, operation.by)
      const { data, weight } = context
      const { delta, by } = operation
      const applied = applyDelta(data, weight, readDelta(delta), limits.maxContextBytes)
      return { orders: [{ kind: 'update', key, delta, updaterId: by.id }], applied }
    }
    case 'destroy':
      if (context === undefined) throw unknownContext(key)
      checkDestroy(context, operation.by)
      return { orders: [{ kind: 'destroy', key, ending: operation.ending, final: true }] }
    case 'hold':
      return context === undefined ? NOTHING : { orders: [{ kind: 'hold', key, node: origin }] }
    case 'release':
      if (context === undefined) return NOTHING
      return { orders: released(context, origin, operation.ending, true) }
    case 'end':
      if (context?.lifetime !== 'ownership' || context.origin !== origin) return NOTHING
      return { orders: [{ kind: 'destroy', key, ending: operation.ending, final: true }] }
    case 'withdraw':
      if (context === undefined || context.origin !== origin) return NOTHING
      return { orders: [{ kind: 'destroy', key, ending: EXPLICIT, final: true }] }
    default:
      throw new InteropError('ERR_INTEROP_FAILURE', 'Another node asks for what this one does not know')
  }
}

/** The node's members do not keep the context alive any more. */
export function released(
  { key, lifetime, holders }: Context,
  node: string,
  ending: Ending,
  final: boolean,
): Order[] {
  if (!holders.has(node)) return []
  const orders: Order[] = [{ kind: 'release', key, node }]
  if (lifetime === 'ref-counted' && holders.size === 1) {
    orders.push({ kind: 'destroy', key, ending, final })
  }
  return orders
}

/** Clients know this beginning, and take such a context for an empty one. */
export function unknownContext(id: unknown): InteropError {
  const said = typeof id === 'string' ? id.slice(0, 128) : ''
  return new InteropError('ERR_INTEROP_FAILURE', `Unable to find context with id ${said}`)
}

export function tooMany(): InteropError {
  return new InteropError(
    'ERR_INTEROP_LIMITS_EXCEEDED',
    'The maximum number of contexts per user has been reached',
  )
}
