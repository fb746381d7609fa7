import type { Engine } from '../engine/engine.ts'
import { InteropError } from '../errors.ts'
import type { Peer } from '../peers/peer.ts'
import type { ClientMessage, ServerMessage } from '../protocol/message.ts'
import { isJsonObject } from '../protocol/parse.ts'
import { refusal, success } from '../protocol/reply.ts'
import { type Context, snapshotOf } from './context.ts'
import { tooLarge } from './data/draft.ts'
import type { Data } from './data/own-members.ts'
import { weigh } from './data/weigh.ts'
import { type Lifetime, readLifetime } from './lifetimes.ts'
import { contextCreated, type NoticeDomain, subscribedContext } from './messages.ts'
import type { Operations } from './operations.ts'
import { readRestriction } from '../protocol/read-restriction.ts'
import { askedFor, checkRead } from './permissions.ts'
import { tooMany, unknownContext } from './replication/decide.ts'
import type { Waiter } from './replication/pending.ts'
import type { ContextRecord } from './replication/wire.ts'
import type { ContextStore } from './store.ts'

export interface RequestParts {
  engine: Engine
  store: ContextStore
  operations: Operations
  /** Forced on every context. */
  lifetime: Lifetime | undefined
}

/** Handles a request of a local peer. A refusal is thrown, or answered when it comes later. */
export type RequestHandler = (peer: Peer, message: ClientMessage) => void

export function createRequests(parts: RequestParts): ReadonlyMap<string, RequestHandler> {
  const { engine, store, operations } = parts
  const { limits } = engine

  /** Waits for an operation and answers with what it comes to. */
  function answering(peer: Peer, message: ClientMessage, done: (late?: boolean) => void): Waiter {
    return {
      peer,
      done,
      fail(error) {
        engine.counters.refusals += 1
        peer.send(refusal(message.domain, error, message.request_id))
      },
    }
  }

  function confirming(peer: Peer, message: ClientMessage): Waiter {
    return answering(peer, message, () => peer.send(success(message.domain, message.request_id)))
  }

  function contextOf(peer: Peer, { context_id: id }: ClientMessage): Context {
    const context = store.find(peer, id)
    if (context === undefined) throw unknownContext(id)
    return context
  }

  function enterWithSnapshot(peer: Peer, message: ClientMessage, context: Context): void {
    checkRead(context, peer)
    operations.enter(peer, context)
    const reply: ServerMessage = subscribedContext(message.domain, message.request_id, context)
    peer.send(reply, snapshotOf(context))
  }

  function create(peer: Peer, message: ClientMessage): void {
    const name = readName(message.name, limits.maxNameLength)
    const existing = store.lookup(peer, name)
    if (existing !== undefined) {
      enterWithSnapshot(peer, message, existing)
      return
    }
    const record = recordFor(peer, name, message)
    if (store.countOf(peer.user) >= limits.maxContextsPerUser) throw tooMany()
    const waiter = answering(peer, message, (late) => {
      const context = store.lookup(peer, name)
      try {
        if (context === undefined) throw unknownContext(record.key)
        // Another peer may have been first, or have changed the data.
        if (context.key !== record.key || late === true) enterWithSnapshot(peer, message, context)
        else {
          operations.enter(peer, context)
          peer.send(contextCreated(message.domain, message.request_id, context))
        }
      } catch (error) {
        if (!InteropError.is(error)) throw error
        waiter.fail?.(error)
      }
    })
    operations.create(record, peer, waiter)
  }

  function recordFor(peer: Peer, name: string, message: ClientMessage): ContextRecord {
    const read = readRestriction(message.read_permissions, 'Permissions')
    const write = readRestriction(message.write_permissions, 'Permissions')
    return {
      key: engine.ids('c'),
      name,
      user: peer.user ?? null,
      byService: peer.service,
      lifetime: parts.lifetime ?? readLifetime(message.lifetime),
      creatorId: peer.id,
      creatorIdentity: askedFor(peer.identity, read, write),
      origin: engine.nodeId,
      read: read.text,
      write: write.text,
      data: readData(message.data, limits.maxContextBytes),
      recent: [],
    }
  }

  function subscribe(peer: Peer, message: ClientMessage): void {
    enterWithSnapshot(peer, message, contextOf(peer, message))
  }

  function unsubscribe(peer: Peer, message: ClientMessage): void {
    const context = contextOf(peer, message)
    let answered = false
    const answer = (): void => {
      if (answered) return
      answered = true
      peer.send(success(message.domain, message.request_id))
    }
    const ending = { cause: 'peer-left', domain: noticeDomain(message) } as const
    // However long the rest takes, the peer itself is no member any more.
    operations.exit(peer, context, ending, { peer, done: answer, fail: answer, keep: true })
  }

  function update(peer: Peer, message: ClientMessage): void {
    const context = contextOf(peer, message)
    operations.update(context, message.delta ?? {}, peer, confirming(peer, message))
  }

  function destroy(peer: Peer, message: ClientMessage): void {
    const context = contextOf(peer, message)
    const ending = { cause: 'destroyed', domain: noticeDomain(message) } as const
    operations.destroy(context, peer, ending, confirming(peer, message))
  }

  return new Map([
    ['create-context', create],
    ['subscribe-context', subscribe],
    ['unsubscribe-context', unsubscribe],
    ['update-context', update],
    ['destroy-context', destroy],
  ])
}

function readName(name: unknown, maxLength: number): string {
  if (typeof name !== 'string' || name === '') {
    throw new InteropError('ERR_INTEROP_FAILURE', 'The name of a context must be a string that is not empty')
  }
  // Clients keep contexts by name in plain objects: one called `__proto__` would keep all later clients of the user from
  // starting, and `toString` those that use it from working.
  if (name in Object.prototype) {
    throw new InteropError(
      'ERR_INTEROP_FAILURE',
      'The name of a context must not be a member that every object has',
    )
  }
  if (name.length > maxLength) {
    throw new InteropError(
      'ERR_INTEROP_LIMITS_EXCEEDED',
      `The name of a context must not be longer than ${maxLength} characters`,
    )
  }
  return name
}

function readData(data: unknown, maxBytes: number): Data | null {
  if (data === undefined || data === null) return null
  if (!isJsonObject(data)) {
    throw new InteropError('ERR_INTEROP_FAILURE', 'The data of a context must be an object')
  }
  if (weigh(data) > maxBytes) throw tooLarge()
  return data
}

function noticeDomain({ domain }: ClientMessage): NoticeDomain {
  return domain === 'context' ? 'context' : 'global'
}
