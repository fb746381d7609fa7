import type { ClientMessage, ServerMessage } from '../protocol/message.ts'
import type { Invocation, Member, Subscription } from './member.ts'

/** With the server's methods as the shared member. */
export function methodsAdded({ peer }: Member): ServerMessage {
  return {
    domain: 'agm',
    type: 'methods-added',
    source_type: peer.local ? 'local' : 'node',
    server_id: peer.id,
  }
}

/** With the ids as the shared member. */
export function methodsRemoved({ peer }: Member): ServerMessage {
  return { domain: 'agm', type: 'methods-removed', server_id: peer.id }
}

/** With the identity as the shared member. */
export function peerAdded({ peer }: Member): ServerMessage {
  return { domain: 'agm', type: 'peer-added', new_peer_id: peer.id, meta: { local: peer.local } }
}

export function peerRemoved({ peer }: Member, { reasonUri, reason }: Ending): ServerMessage {
  return {
    domain: 'agm',
    type: 'peer-removed',
    removed_id: peer.id,
    reason_uri: reasonUri,
    reason,
  }
}

export function invoke({ id, caller }: Invocation, message: ClientMessage): ServerMessage {
  return {
    domain: 'agm',
    type: 'invoke',
    invocation_id: id,
    caller_id: caller.peer.id,
    method_id: message.method_id,
    arguments: message.arguments ?? null,
    arguments_kv: message.arguments_kv ?? null,
    context: message.context ?? null,
  }
}

export function addInterest(subscription: Subscription, message: ClientMessage): ServerMessage {
  return {
    domain: 'agm',
    type: 'add-interest',
    subscription_id: subscription.id,
    caller_id: subscription.subscriber.peer.id,
    method_id: subscription.methodId,
    arguments: message.arguments ?? null,
    arguments_kv: message.arguments_kv ?? null,
    flags: message.flags ?? null,
    context: message.context ?? null,
  }
}

export function removeInterest(
  { id, subscriber, methodId }: Subscription,
  { reasonUri, reason }: Ending,
): ServerMessage {
  return {
    domain: 'agm',
    type: 'remove-interest',
    subscription_id: id,
    method_id: methodId,
    caller_id: subscriber.peer.id,
    reason_uri: reasonUri,
    reason,
  }
}

export function subscriptionCancelled({ id }: Subscription, { reasonUri, reason }: Ending): ServerMessage {
  return {
    domain: 'agm',
    type: 'subscription-cancelled',
    subscription_id: id,
    reason_uri: reasonUri,
    reason,
  }
}

/** A server's `error` as its caller or subscriber gets it. */
export function serverError(requestId: unknown, message: ClientMessage): ServerMessage {
  return {
    domain: 'agm',
    type: 'error',
    request_id: requestId ?? null,
    reason_uri: message.reason_uri ?? null,
    reason: message.reason ?? null,
    ...(message.context === undefined ? {} : { context: message.context }),
  }
}

/** Why something ended, as the peers are told: what a peer gave, of any type, or the gateway's own words. */
export interface Ending {
  readonly reasonUri: unknown
  readonly reason: unknown
}

export const PEER_REMOVED: Ending = {
  reasonUri: 'agm.peer-removed',
  reason: 'Peer has been removed',
}

export const METHOD_REMOVED: Ending = {
  reasonUri: 'agm.method-removed',
  reason: 'Method has been removed',
}

/** The reason a peer gave, null for what it did not. */
export function givenEnding(message: ClientMessage): Ending {
  return { reasonUri: message.reason_uri ?? null, reason: message.reason ?? null }
}
