import type { Context, OperationId, Version } from '../context.ts'
import type { Data } from '../data/own-members.ts'
import { isLifetime, type Lifetime } from '../lifetimes.ts'
import type { Ending } from '../messages.ts'
import { readRestriction } from '../../protocol/read-restriction.ts'
import type { Actor } from '../permissions.ts'
import type { Identity } from '../../protocol/message.ts'
import { weigh } from '../data/weigh.ts'

/** A context as nodes tell each other of it. */
export interface ContextRecord {
  readonly key: string
  readonly name: string
  readonly user: string | null
  readonly byService: boolean
  readonly lifetime: Lifetime
  readonly creatorId: string
  readonly creatorIdentity: Identity
  readonly origin: string
  readonly read: string
  readonly write: string
  readonly data: Data | null
  /** The last operations that are in the data, so that none is done again. */
  readonly recent: readonly OperationId[]
}

/** What a node asks the ordering node to put in its place. */
export type Operation =
  | { readonly kind: 'create'; readonly context: ContextRecord }
  | { readonly kind: 'update'; key: string; readonly delta: unknown; readonly by: Actor }
  | { readonly kind: 'destroy'; key: string; readonly by: Actor; readonly ending: Ending }
  /** The node has a member of a `ref-counted` context. */
  | { readonly kind: 'hold'; key: string }
  /** It has none any more. */
  | { readonly kind: 'release'; key: string; readonly ending: Ending }
  /** The owner of an `ownership` context is no member any more. */
  | { readonly kind: 'end'; key: string; readonly ending: Ending }
  /** The node keeps the context to itself from now on. */
  | { readonly kind: 'withdraw'; key: string }

/** What the ordering node has put in its place. Every node carries it out, in this order. */
export type Order =
  | { readonly kind: 'create'; readonly context: ContextRecord; readonly holders: readonly string[] }
  | { readonly kind: 'update'; readonly key: string; readonly delta: unknown; readonly updaterId: string }
  | {
      readonly kind: 'replace'
      readonly key: string
      readonly data: Data | null
      readonly recent: readonly OperationId[]
    }
  | {
      readonly kind: 'destroy'
      readonly key: string
      readonly ending: Ending
      /** False when a node was lost with it, which may come back and bring it along. */
      readonly final: boolean
    }
  | { readonly kind: 'hold' | 'release'; readonly key: string; readonly node: string }

/** What a node that joins has: enough to tell what it lacks, and what it alone has. */
export interface Holding {
  readonly key: string
  readonly user: string | null
  readonly name: string
  readonly version: Version | null
  /** Its members keep the context alive. */
  readonly held: boolean
}

export type Message =
  /** Ordering node to others: follow me. */
  | { readonly type: 'lead'; readonly term: string }
  /** The answer. `pending`: numbers of operations that it has no answer to. */
  | {
      readonly type: 'join'
      readonly term: string
      readonly holdings: readonly Holding[]
      readonly pending: readonly number[]
    }
  /** Parts of the ordering node's state, before `state`, or to one node that is known to differ. */
  | { readonly type: 'gone'; readonly term: string; readonly key: string; readonly final: boolean }
  | {
      readonly type: 'context'
      readonly term: string
      readonly context: ContextRecord
      readonly holders: readonly string[]
      readonly version: Version
    }
  /** Before them: which of the operations have been carried out. Who waits for an update is told before the data that follow. */
  | { readonly type: 'done'; readonly term: string; readonly numbers: readonly number[] }
  /** The end of the state. `want`: what the node alone has. `done`: as before. */
  | {
      readonly type: 'state'
      readonly term: string
      readonly want: readonly string[]
      readonly done: readonly number[]
    }
  /** A context that the ordering node does not have, or has in an older state. */
  | {
      readonly type: 'offer'
      readonly term: string
      readonly context: ContextRecord
      readonly version: Version | null
      readonly held: boolean
    }
  | {
      readonly type: 'operation'
      readonly term: string
      readonly number: number
      readonly operation: Operation
    }
  | {
      readonly type: 'order'
      readonly term: string
      readonly sequence: number
      readonly order: Order
      readonly id: OperationId | null
    }
  /** To the operation's node, when nothing is to be carried out. `late`: it has been, and its order was missed. */
  | {
      readonly type: 'answer'
      readonly term: string
      readonly number: number
      readonly refusal: { readonly code: string; readonly reason: string } | null
      readonly late: boolean
    }

export function recordOf(context: Context): ContextRecord {
  const { key, name, user, byService, lifetime, creatorId, creatorIdentity, origin, data } = context
  return {
    key,
    name,
    user: user ?? null,
    byService,
    lifetime,
    creatorId,
    creatorIdentity,
    origin,
    read: context.read.text,
    write: context.write.text,
    data,
    recent: context.recent,
  }
}

/** @throws when another node says what this one does not understand */
export function contextFrom(record: ContextRecord, holders: readonly string[]): Context {
  if (!isLifetime(record.lifetime)) throw new Error('a context has an unknown lifetime')
  return {
    id: record.key,
    key: record.key,
    name: record.name,
    user: record.user ?? undefined,
    byService: record.byService,
    lifetime: record.lifetime,
    creatorId: record.creatorId,
    creatorIdentity: record.creatorIdentity,
    verified: undefined,
    origin: record.origin,
    read: readRestriction(record.read, 'Permissions'),
    write: readRestriction(record.write, 'Permissions'),
    visibility: 'cluster',
    hidden: false,
    data: record.data,
    weight: weigh(record.data),
    members: new Set(),
    holders: new Set(holders),
    version: undefined,
    recent: record.recent,
    stale: false,
    announced: true,
    snapshot: undefined,
  }
}
