import type { Authenticate, Authenticated } from '../authentication/authenticate.ts'
import type { ConnectionState } from '../connection/connection-state.ts'
import type { Core } from '../engine/core.ts'
import { InteropError } from '../errors.ts'
import { createLocalPeer, type LocalPeer } from '../peers/local-peer.ts'
import type { ClientMessage, Identity, JsonObject } from '../protocol/message.ts'
import { isJsonObject } from '../protocol/parse.ts'
import { checkRequestId } from '../protocol/request-id.ts'
import { readIdentity, resolveIdentity } from './identity.ts'
import { machineOf } from './machine.ts'
import { welcome } from './welcome.ts'

export interface HelloOptions {
  authenticate: Authenticate
  /** Members of a client's identity that are believed. */
  trustClientIdentity: readonly string[]
  info: object | undefined
}

type Success = Extract<Authenticated, { type: 'success' }>

const LONGEST_TIMER_MS = 2 ** 31 - 1
/** Close code of an ended credential: the same as that of the relay. */
const CREDENTIAL_EXPIRED = 4401

/** What a hello says. It is all that is kept of the message while the authenticator is asked. */
interface Said {
  readonly requestId: unknown
  readonly identity: JsonObject
  readonly authentication: JsonObject
}

export interface Hello {
  /** Answers a hello: a new peer and its welcome, a challenge, or a refusal after which the client may try again. */
  handle(connection: ConnectionState, message: ClientMessage): void
  /** To be called when a peer is gone: its identity is free again. */
  forget(peer: LocalPeer): void
}

export function createHello(core: Core, options: HelloOptions): Hello {
  const { authenticate, trustClientIdentity, info } = options
  const { limits, peers, ids, nodeId, counters } = core
  /** Identities of live peers, and how to end what waits for their end. */
  const alive = new Map<string, LocalPeer>()
  const endings = new WeakMap<LocalPeer, () => void>()
  let pending = 0

  function admit(connection: ConnectionState): void {
    if (connection.peers.size + connection.hellos.size >= limits.maxPeersPerConnection) {
      throw limitsExceeded('Maximum number of peers per connection have been reached')
    }
    if (pending >= limits.maxPendingHellos) throw limitsExceeded('Too many authentication requests wait')
  }

  /** @throws InteropError for what is too long to be kept, or has no identity */
  function read(message: ClientMessage): Said {
    checkRequestId(limits, message.request_id)
    const authentication = isJsonObject(message.authentication) ? { ...message.authentication } : {}
    if (JSON.stringify(authentication).length > limits.maxAuthenticationLength) {
      throw limitsExceeded(
        `The authentication of a hello has at most ${limits.maxAuthenticationLength} characters`,
      )
    }
    const identity = readIdentity(message.identity, limits.maxIdentityLength)
    return { requestId: message.request_id ?? null, identity, authentication }
  }

  function createPeer({ end }: ConnectionState, claimed: JsonObject, success: Success): LocalPeer {
    const user = typeof success.user === 'string' ? success.user : undefined
    if (user !== undefined && peers.countOfUser(user) >= limits.maxPeersPerUser) {
      throw limitsExceeded('Maximum number of peers per user have been reached')
    }
    const id = ids('p')
    const { identity, verified } = resolveIdentity({
      claimed,
      success,
      machine: machineOf(end.remoteAddress),
      peerId: id,
      instance: () => ids('i'),
      trusted: end.trusted || trustClientIdentity,
    })
    const service = success.options?.service === true
    const onSend = (): void => {
      counters.messagesOut += 1
    }
    const credential = {
      endsAtMs: success.enforceExpiry ? success.expiresAtMs : undefined,
      isRevoked: success.isRevoked,
    }
    return createLocalPeer({ id, nodeId, identity, verified, user, service, end, credential, onSend })
  }

  function enter(connection: ConnectionState, { requestId, identity }: Said, success: Success): void {
    const { expiresAtMs, accessToken } = success
    if (expiresAtMs !== undefined && expiresAtMs <= Date.now()) {
      throw new InteropError('ERR_INTEROP_AUTHENTICATION', 'Invalid or expired token: it has expired')
    }
    const peer = createPeer(connection, identity, success)
    const { endsAtMs, isRevoked } = peer.credential
    const key = fingerprint(peer.identity)
    if (alive.has(key)) throw new InteropError('ERR_INTEROP_ALREADY_SEEN', 'Hello already received once')
    alive.set(key, peer)
    peers.add(peer)
    connection.peers.add(peer)
    const stop =
      endsAtMs === undefined
        ? undefined
        : at(endsAtMs, () => core.end(connection, CREDENTIAL_EXPIRED, 'token_expired'))
    if (isRevoked !== undefined) connection.revocable.add(isRevoked)
    endings.set(peer, () => {
      alive.delete(key)
      stop?.()
    })
    peer.send(welcome({ peer, domains: core.domains.values(), requestId, accessToken, info }))
    for (const domain of core.domains.values()) domain.welcomed?.(peer)
  }

  function answer(connection: ConnectionState, said: Said, result: Authenticated): void {
    if (result.type === 'success') {
      enter(connection, said, result)
      return
    }
    const { authentication } = result
    connection.end.deliver(
      null,
      {
        domain: 'global',
        type: 'authentication-request',
        request_id: said.requestId,
        authentication: isJsonObject(authentication) ? authentication : {},
      },
      undefined,
    )
  }

  function refuse(connection: ConnectionState, requestId: unknown, error: unknown): void {
    core.refuse(connection, undefined, 'global', error, requestId)
    connection.refusedHellos += 1
    if (connection.refusedHellos >= limits.maxRefusedHellos) {
      core.end(connection, 1008, 'too many refused hellos')
    }
  }

  function handle(connection: ConnectionState, message: ClientMessage): void {
    let said: Said
    try {
      admit(connection)
      said = read(message)
    } catch (error) {
      refuse(connection, message.request_id, error)
      return
    }
    pending += 1
    const { requestId, authentication } = said
    const request = { authentication, ...(typeof requestId === 'string' && { requestId }) }
    const answered = authenticate(request, connection.end.onAuthenticate)
      .finally(() => {
        pending -= 1
        connection.hellos.delete(answered)
      })
      .then((result) => {
        if (connection.open) answer(connection, said, result)
      })
      .catch((error: unknown) => {
        if (connection.open) refuse(connection, requestId, error)
      })
    connection.hellos.add(answered)
  }
  return { handle, forget: (peer) => endings.get(peer)?.() }
}

/** Equal for equal identities, whatever the order of their members. */
function fingerprint(identity: Identity): string {
  return JSON.stringify(
    Object.keys(identity)
      .toSorted()
      .map((name) => [name, identity[name]]),
  )
}

/** Calls back at a time that may be further away than a timer reaches; returns the way to stop it. */
function at(timeMs: number, callback: () => void): () => void {
  let timer: NodeJS.Timeout
  const wait = (): void => {
    const left = timeMs - Date.now()
    timer = setTimeout(
      left > LONGEST_TIMER_MS ? wait : callback,
      Math.min(Math.max(left, 0), LONGEST_TIMER_MS),
    )
    timer.unref()
  }
  wait()
  return () => clearTimeout(timer)
}

function limitsExceeded(reason: string): InteropError {
  return new InteropError('ERR_INTEROP_LIMITS_EXCEEDED', reason)
}
