import type { Engine } from '../engine/engine.ts'
import { InteropError } from '../errors.ts'
import type { Peer } from '../peers/peer.ts'
import type { ClientMessage, ServerMessage } from '../protocol/message.ts'
import { checkRequestId } from '../protocol/request-id.ts'
import { refusal } from '../protocol/reply.ts'
import { checkWritable } from './check-writable.ts'
import { forwarded } from './forwarded.ts'
import type { Invocation, Member } from './member.ts'
import { invoke, serverError } from './messages.ts'
import type { Roster } from './roster.ts'

/** Calls of methods and their results. */
export interface Calls {
  call(peer: Peer, message: ClientMessage): void
  yield(server: Member, message: ClientMessage): void
  /** A server's `error`; false when it is not about one of its invocations. */
  fail(server: Member, message: ClientMessage): boolean
  /** A result or an error that came from the server's node, for the caller; undefined when it waits for none such. */
  answered(caller: Member, message: ServerMessage): ServerMessage | undefined
  /** Nobody answers any more: the callers are told, those of this node. */
  serverLeft(server: Member): void
  /** Nobody waits any more: what comes later is dropped. */
  callerLeft(caller: Member): void
  /** The member and peers of other nodes do not meet any more. */
  parted(member: Member): void
}

export function createCalls(engine: Engine, roster: Roster): Calls {
  const { counters, ids, limits, link } = engine

  function end({ id, caller, server }: Invocation): void {
    caller.calls.delete(id)
    server.invocations.delete(id)
  }

  /** The server's node tells its own peers, and each other node its. */
  function tellLeft({ caller, server, requestId }: Invocation): void {
    if (!caller.peer.local || caller === server) return
    const error = new InteropError('ERR_INTEROP_INVOCATION', 'Peer has left while waiting for result')
    caller.peer.send(refusal('agm', error, requestId))
  }

  return {
    call(peer, message) {
      const { caller, server } = roster.target(peer, message)
      checkRequestId(limits, message.request_id)
      if (caller.calls.size >= limits.maxCallsPerPeer) {
        throw new InteropError(
          'ERR_INTEROP_LIMITS_EXCEEDED',
          `A peer can wait for no more than ${limits.maxCallsPerPeer} results`,
        )
      }
      checkWritable(engine, server.peer)
      const invocation = { id: ids('r'), caller, server, requestId: message.request_id ?? null }
      caller.calls.set(invocation.id, invocation)
      server.invocations.set(invocation.id, invocation)
      if (peer.local) counters.calls += 1
      if (server.peer.local) server.peer.send(invoke(invocation, message))
      else link.forward(peer, server.peer.nodeId, forwarded(message, peer, invocation.id))
    },
    yield(server, message) {
      const invocation = server.invocations.get(message.invocation_id as string)
      if (invocation === undefined) return
      end(invocation)
      invocation.caller.peer.send({
        domain: 'agm',
        type: 'result',
        request_id: invocation.requestId,
        result: message.result ?? null,
      })
    },
    fail(server, message) {
      const invocation = server.invocations.get(message.request_id as string)
      if (invocation === undefined) return false
      end(invocation)
      invocation.caller.peer.send(serverError(invocation.requestId, message))
      return true
    },
    answered(caller, message) {
      const invocation = caller.calls.get(message.request_id as string)
      if (invocation === undefined || invocation.server.peer.local) return undefined
      end(invocation)
      return { ...message, request_id: invocation.requestId }
    },
    serverLeft(server) {
      for (const invocation of server.invocations.values()) {
        end(invocation)
        tellLeft(invocation)
      }
    },
    callerLeft(caller) {
      for (const invocation of caller.calls.values()) end(invocation)
    },
    parted(member) {
      for (const invocation of member.calls.values()) {
        if (invocation.server.peer.local) continue
        end(invocation)
        tellLeft(invocation)
      }
      for (const invocation of member.invocations.values()) {
        if (!invocation.caller.peer.local) end(invocation)
      }
    },
  }
}
