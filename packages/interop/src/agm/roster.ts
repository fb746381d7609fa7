import type { Engine } from '../engine/engine.ts'
import { InteropError } from '../errors.ts'
import type { Peer } from '../peers/peer.ts'
import type { ClientMessage } from '../protocol/message.ts'
import { createMember, type Member } from './member.ts'
import { mayUse } from './may-use.ts'
import type { Method } from './method-table.ts'
import { printed } from './printed.ts'

/** The members of the domain. */
export interface Roster {
  add(peer: Peer): Member
  remove(peer: Peer): void
  find(peer: Peer): Member | undefined
  /** @throws InteropError `failure` for a peer that has not joined */
  required(peer: Peer): Member
  /** The members that the peer sees, without itself. */
  visibleTo(peer: Peer): Iterable<Member>
  all(): Iterable<Member>
  /**
   * Who calls what on whom. Checks in this order: the server is there, the caller has joined, they see each other, the method is
   * there for this caller, the arguments are not given both ways.
   *
   * @throws InteropError `failure` or `invocation.failure`
   */
  target(peer: Peer, message: ClientMessage): { caller: Member; server: Member; method: Method }
}

export function createRoster({ peers }: Engine): Roster {
  const members = new Map<Peer, Member>()

  function required(peer: Peer): Member {
    const member = members.get(peer)
    if (member === undefined) throw unknownPeer(peer.id)
    return member
  }

  function byId(id: unknown): Member {
    if (id === undefined || id === null) {
      throw new InteropError('ERR_INTEROP_FAILURE', 'Peer id is missing')
    }
    const peer = typeof id === 'string' ? peers.get(id) : undefined
    const member = peer && members.get(peer)
    if (member === undefined) throw unknownPeer(id)
    return member
  }

  return {
    add(peer) {
      const member = createMember(peer)
      members.set(peer, member)
      return member
    },
    remove: (peer) => void members.delete(peer),
    find: (peer) => members.get(peer),
    required,
    *visibleTo(peer) {
      for (const other of peers.visibleTo(peer, 'agm')) {
        const member = members.get(other)
        if (member !== undefined) yield member
      }
    },
    all: () => members.values(),
    target(peer, message) {
      const { server_id: serverId, method_id: methodId } = message
      const server = byId(serverId)
      // What was forwarded here is for peers of this node.
      if (!peer.local && !server.peer.local) throw unknownPeer(serverId)
      const caller = required(peer)
      if (peer !== server.peer && !peers.sees(peer, server.peer, 'agm')) {
        throw invocationError('Unable to invoke methods across different users')
      }
      const method = server.methods.get(methodId)
      if (method === undefined || !mayUse(peer, server.peer, method)) {
        throw invocationError(
          `Unable to find method with id ${printed(methodId)} on server id ${server.peer.id} registered with this peer`,
        )
      }
      if (isGiven(message.arguments) && isGiven(message.arguments_kv)) {
        throw invocationError('Cant use positional and by-name arguments at the same time')
      }
      return { caller, server, method }
    },
  }
}

function unknownPeer(id: unknown): InteropError {
  return new InteropError(
    'ERR_INTEROP_FAILURE',
    `Unable to find peer with id ${printed(id)} in domain :agm-domain`,
  )
}

function invocationError(message: string): InteropError {
  return new InteropError('ERR_INTEROP_INVOCATION', message)
}

/** Arguments that are more than an empty list or object. */
function isGiven(value: unknown): boolean {
  if (value === undefined || value === null) return false
  if (Array.isArray(value)) return value.length > 0
  if (typeof value !== 'object') return true
  for (const key in value) if (Object.hasOwn(value, key)) return true
  return false
}
