import type { ServerMessage } from '../../../src/protocol/message.ts'
import type { TestPeer } from '../../support/test-engine.ts'

interface Copy {
  readonly name: string
  data: unknown
}

/** A client that keeps copies of contexts as the real one does: from snapshots, deltas, and its own confirmed deltas. */
export interface ModelClient {
  readonly peer: TestPeer
  /** Contexts it was told of, by id. */
  readonly known: ReadonlyMap<string, string>
  /** Its copies of those it subscribed to, by id. */
  readonly copies: ReadonlyMap<string, Copy>
  /** Requests without an answer. */
  readonly unanswered: number
  create(name: string, lifetime: string, data: object): void
  subscribe(id: string): void
  unsubscribe(id: string): void
  update(id: string, delta: object): void
  destroy(id: string): void
  /** Reads what came. */
  read(): void
}

export function modelClient(peer: TestPeer, apply: (data: unknown, delta: unknown) => unknown): ModelClient {
  const known = new Map<string, string>()
  const copies = new Map<string, Copy>()
  const asked = new Map<string, { type: string; id?: string; delta?: unknown; data?: unknown }>()
  const seen = new Set<string>()
  let count = 0

  function ask(type: string, message: Record<string, unknown>): void {
    count += 1
    const requestId = `r${count}`
    const { context_id: id, delta, data } = message
    asked.set(requestId, { type, id: id as string, delta, data })
    peer.say({ domain: 'global', type: `${type}-context`, request_id: requestId, ...message })
  }

  function change(id: string, delta: unknown): void {
    const tag = (delta as { tag?: string }).tag
    if (tag !== undefined) {
      if (seen.has(`${id} ${tag}`)) throw new Error(`${peer.id} was told twice of ${tag}`)
      seen.add(`${id} ${tag}`)
    } else {
      // Other data have come in the place of those with the changes seen so far.
      for (const one of seen) if (one.startsWith(`${id} `)) seen.delete(one)
    }
    const copy = copies.get(id)
    if (copy !== undefined) copy.data = apply(copy.data ?? {}, JSON.parse(JSON.stringify(delta)))
  }

  function readMessage(message: ServerMessage): void {
    const id = message.context_id as string
    const request = asked.get(message.request_id as string)
    if (request !== undefined) asked.delete(message.request_id as string)
    switch (message.type) {
      case 'context-added':
        known.set(id, message.name as string)
        break
      case 'context-created':
        copies.set(id, { name: known.get(id) ?? '', data: request?.data })
        break
      case 'subscribed-context':
        copies.set(id, { name: message.name as string, data: message.data })
        break
      case 'context-updated':
        change(id, message.delta)
        break
      case 'context-destroyed':
        known.delete(id)
        copies.delete(id)
        break
      case 'success':
        if (request?.type === 'update') change(request.id ?? '', request.delta)
        if (request?.type === 'unsubscribe') copies.delete(request.id ?? '')
        break
      case 'error':
        break
      default:
        throw new Error(`unexpected ${message.type}`)
    }
  }

  return {
    peer,
    known,
    copies,
    get unanswered() {
      return asked.size
    },
    create: (name, lifetime, data) => ask('create', { name, lifetime, data }),
    subscribe: (id) => ask('subscribe', { context_id: id }),
    unsubscribe: (id) => ask('unsubscribe', { context_id: id }),
    update: (id, delta) => ask('update', { context_id: id, delta }),
    destroy: (id) => ask('destroy', { context_id: id }),
    read() {
      for (const message of peer.take()) readMessage(message)
    },
  }
}
