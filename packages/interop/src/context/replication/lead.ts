import { type Context, isAhead, type Version } from '../context.ts'
import type { ContextStore } from '../store.ts'
import { released } from './decide.ts'
import type { Memory } from './memory.ts'
import { contextFrom, type Holding, type Message, type Order, recordOf } from './wire.ts'

/** What the ordering node does for the others. */
export interface Lead {
  /** Gives a node that joins what it lacks, and asks for what it alone has. */
  join(from: string, message: Extract<Message, { type: 'join' }>): void
  offer(from: string, message: Extract<Message, { type: 'offer' }>): void
  /** Ends what lived on nodes that are not there any more. */
  purge(): void
}

export interface LeadParts {
  store: ContextStore
  memory: Memory
  /** The current reign. */
  term(): string
  isAlive(node: string): boolean
  /** Carries an order out here and has the others do the same. */
  issue(order: Order): void
  send(to: string, message: Message): void
}

const LOST = { cause: 'peer-left', domain: 'context' } as const

export function createLead({ store, memory, term, isAlive, issue, send }: LeadParts): Lead {
  function release(context: Context, node: string): void {
    for (const order of released(context, node, LOST, false)) issue(order)
  }

  /** The node says whether its members keep the contexts alive that it has; of the others it has no members. */
  function countMembers(node: string, holdings: ReadonlyMap<string, Holding>, isComplete: boolean): void {
    for (const context of [...store.replicas()]) {
      const { key, lifetime, origin, holders } = context
      const holding = holdings.get(key)
      if (holding === undefined && !isComplete) continue
      if (lifetime === 'ref-counted') {
        const holds = holding?.held === true
        if (holds && !holders.has(node)) issue({ kind: 'hold', key, node })
        if (!holds) release(context, node)
      } else if (lifetime === 'ownership' && origin === node && holding?.held !== true) {
        issue({ kind: 'destroy', key, ending: LOST, final: true })
      }
    }
  }

  function give(to: string, context: Context): void {
    const { holders, version } = context
    send(to, {
      type: 'context',
      term: term(),
      context: recordOf(context),
      holders: [...holders],
      version: version ?? { term: term(), sequence: 0 },
    })
  }

  /** The node knows of changes that did not get here, of a context that was not changed here since. */
  const knowsMore = (theirs: Version | null, ours: Version | undefined): boolean =>
    theirs !== null && ours !== undefined && isAhead(theirs, ours)

  const isSame = (theirs: Version | null, ours: Version | undefined): boolean =>
    theirs !== null && ours !== undefined && theirs.term === ours.term && theirs.sequence === ours.sequence

  return {
    join(from, { holdings, pending }) {
      const had = new Map(holdings.map((holding) => [holding.key, holding]))
      const done = pending.filter((number) => memory.wasCarriedOut(from, number))
      if (done.length > 0) send(from, { type: 'done', term: term(), numbers: done })
      // What has been carried out for it in the meantime it may not know yet.
      countMembers(from, had, done.length === 0)
      const want: string[] = []
      for (const { key, user, name, version, held } of holdings) {
        const ours = store.replica(key)
        if (ours !== undefined) {
          if (knowsMore(version, ours.version)) want.push(key)
        } else if (memory.wasDestroyed(key) || !held) {
          send(from, { type: 'gone', term: term(), key, final: memory.wasDestroyed(key) })
        } else if (store.replicaNamed(user ?? undefined, name) === undefined) {
          want.push(key)
        }
      }
      for (const context of store.replicas()) {
        const version = had.get(context.key)?.version ?? null
        if (!isSame(version, context.version) && !knowsMore(version, context.version)) {
          give(from, context)
        }
      }
      send(from, { type: 'state', term: term(), want, done })
    },
    offer(from, { context: record, version, held }) {
      const ours = store.replica(record.key) ?? store.replicaNamed(record.user ?? undefined, record.name)
      if (ours === undefined) {
        const final = memory.wasDestroyed(record.key)
        const lives = record.lifetime !== 'ownership' || isAlive(record.origin)
        if (held && lives && !final) {
          // Before others are told: what cannot be read is none.
          contextFrom(record, [])
          issue({ kind: 'create', context: record, holders: [from] })
        } else {
          send(from, { type: 'gone', term: term(), key: record.key, final })
        }
        return
      }
      const { key } = ours
      if (held && ours.lifetime === 'ref-counted' && !ours.holders.has(from)) {
        issue({ kind: 'hold', key, node: from })
      }
      if (key === record.key && knowsMore(version, ours.version)) {
        issue({ kind: 'replace', key, data: record.data, recent: record.recent })
      } else if (key !== record.key || !isSame(version, ours.version)) {
        give(from, ours)
      }
    },
    purge() {
      for (const context of [...store.replicas()]) {
        const { key, lifetime, origin, holders } = context
        if (lifetime === 'ref-counted') {
          // Of the one that ordered before, the release may have come and the rest not.
          if (holders.size === 0) issue({ kind: 'destroy', key, ending: LOST, final: false })
          for (const holder of [...holders]) if (!isAlive(holder)) release(context, holder)
        } else if (lifetime === 'ownership' && !isAlive(origin)) {
          issue({ kind: 'destroy', key, ending: LOST, final: false })
        }
      }
    },
  }
}
