import type { GatewayTokens } from '../authentication/tokens.ts'
import type { ConnectionState } from '../connection/connection-state.ts'
import { InteropError } from '../errors.ts'
import { createToken } from '../global/create-token.ts'
import type { Hello } from '../global/hello.ts'
import { join, leave } from '../global/membership.ts'
import type { LocalPeer } from '../peers/local-peer.ts'
import type { ClientMessage, DomainName } from '../protocol/message.ts'
import { toClientMessage } from '../protocol/parse.ts'
import type { Core } from './core.ts'

export interface DispatchOptions {
  hello: Hello
  tokens: GatewayTokens
}

type Handler = (core: Core, peer: LocalPeer, message: ClientMessage) => void

/** Requests about contexts come in `global` from clients that never join the domain `context`. */
const CONTEXT_REQUESTS = new Set([
  'create-context',
  'subscribe-context',
  'unsubscribe-context',
  'update-context',
  'destroy-context',
])

/** Finds out whom a message is from and what it is for. Never throws: what is refused is answered. */
export function createDispatch(
  core: Core,
  { hello, tokens }: DispatchOptions,
): (connection: ConnectionState, value: unknown) => void {
  const global: ReadonlyMap<string, Handler> = new Map<string, Handler>([
    ['join', join],
    ['leave', leave],
    ['create-token', (_core, peer, message) => createToken(core, tokens, peer, message)],
  ])

  function handle(peer: LocalPeer, message: ClientMessage): void {
    const { domain, type } = message
    if (domain === 'global') {
      const handler = global.get(type)
      if (handler !== undefined) handler(core, peer, message)
      else if (CONTEXT_REQUESTS.has(type)) core.domains.get('context')?.handle(peer, message)
      else throw unhandled(message)
      return
    }
    const handler = core.domains.get(domain as DomainName)
    if (handler === undefined) {
      throw new InteropError('ERR_INTEROP_FAILURE', `Unable to find domain ${domain.slice(0, 64)}`)
    }
    handler.handle(peer, message)
  }

  return (connection, value) => {
    core.counters.messagesIn += 1
    let message: ClientMessage | undefined
    let peer: LocalPeer | undefined
    try {
      message = toClientMessage(value)
      if (message.domain === 'global') {
        // A keep-alive, which is not answered.
        if (message.type === 'ping') return
        if (message.type === 'hello') {
          hello.handle(connection, message)
          return
        }
      }
      peer = senderOf(core, connection, message)
      handle(peer, message)
    } catch (error) {
      core.refuse(connection, peer, message?.domain ?? 'global', error, message?.request_id)
    }
  }
}

/** The peer a message is from. @throws InteropError when there is none, or it is on another connection */
function senderOf(core: Core, connection: ConnectionState, message: ClientMessage): LocalPeer {
  const { peer_id: id, type, domain } = message
  if (id === undefined || id === null) throw new InteropError('ERR_INTEROP_FAILURE', 'Peer id is missing')
  const said = typeof id === 'string' ? id : ''
  const peer = core.peers.get(said)
  if (peer === undefined) {
    const code =
      domain === 'global' && (type === 'join' || type === 'leave')
        ? 'ERR_INTEROP_INVALID_PEER'
        : 'ERR_INTEROP_FAILURE'
    throw new InteropError(code, `Unable to find peer with id ${said.slice(0, 128)}`)
  }
  if (!connection.peers.has(peer as LocalPeer)) {
    throw new InteropError(
      'ERR_INTEROP_FAILURE',
      `The original source of peer ${peer.id} doesnt match the current source`,
    )
  }
  return peer as LocalPeer
}

function unhandled({ type, request_id: requestId }: ClientMessage): InteropError {
  return new InteropError('ERR_INTEROP_UNHANDLED_MESSAGE', `Unhandled message ${type.slice(0, 64)}`, {
    requestId: requestId ?? -1,
  })
}
