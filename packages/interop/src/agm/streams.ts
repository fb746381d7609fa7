import type { Departure } from '../engine/domain.ts'
import type { Engine } from '../engine/engine.ts'
import { InteropError } from '../errors.ts'
import type { Peer } from '../peers/peer.ts'
import type { ClientMessage, ServerMessage } from '../protocol/message.ts'
import { checkRequestId } from '../protocol/request-id.ts'
import { refusal, success } from '../protocol/reply.ts'
import { sharedMember } from '../protocol/shared-member.ts'
import { checkWritable } from './check-writable.ts'
import { forwarded } from './forwarded.ts'
import type { Member, Subscription } from './member.ts'
import {
  addInterest,
  type Ending,
  givenEnding,
  METHOD_REMOVED,
  PEER_REMOVED,
  removeInterest,
  serverError,
  subscriptionCancelled,
} from './messages.ts'
import type { MethodId } from './method-table.ts'
import { isMethodId } from './parse-methods.ts'
import { printed } from './printed.ts'
import type { Roster } from './roster.ts'

/** Subscriptions to streams and what is pushed to them. */
export interface Streams {
  subscribe(peer: Peer, message: ClientMessage): void
  accepted(server: Member, message: ClientMessage): void
  publish(server: Member, message: ClientMessage): void
  post(server: Member, message: ClientMessage): void
  dropSubscription(server: Member, message: ClientMessage): void
  unsubscribe(subscriber: Member, message: ClientMessage): void
  /** A server's `error`; false when it is not about one of its subscriptions. */
  fail(server: Member, message: ClientMessage): boolean
  /** A message that came from the server's node, as the subscriber gets it; undefined when it has no such subscription. */
  delivered(subscriber: Member, message: ServerMessage): ServerMessage | undefined
  /** The server no longer has the methods. It knows, and is not told. */
  methodsRemoved(server: Member, ids: ReadonlySet<MethodId>): void
  /** Ends the subscriptions for which `keeps` does not hold; the server did not ask for that, and is told. */
  methodsHidden(server: Member, keeps: (subscriber: Peer, id: MethodId) => boolean): void
  serverLeft(server: Member): void
  subscriberLeft(subscriber: Member, departure: Departure): void
  /** The member and peers of other nodes do not meet any more. */
  parted(member: Member): void
}

export function createStreams(engine: Engine, roster: Roster): Streams {
  const { counters, ids, limits, link } = engine

  function end(subscription: Subscription): void {
    const { id, subscriber, server, streamId } = subscription
    subscriber.subscriptions.delete(id)
    server.serving.delete(id)
    if (streamId === undefined) return
    const branch = server.branches.get(streamId)
    branch?.delete(subscription)
    if (branch?.size === 0) server.branches.delete(streamId)
  }

  /**
   * The subscriber learns that there is nothing more to come: as the answer it waits for, if the server has not answered yet.
   * Only if it is on this node; another node tells its own.
   */
  function tellEnd(subscription: Subscription, ending: Ending, pending: string): void {
    const { subscriber, requestId, established } = subscription
    if (!subscriber.peer.local) return
    subscriber.peer.send(
      established
        ? subscriptionCancelled(subscription, ending)
        : refusal('agm', new InteropError('ERR_INTEROP_SUBSCRIPTION', pending), requestId),
    )
  }

  function tellServer(subscription: Subscription, ending: Ending): void {
    const { peer } = subscription.server
    if (peer.local) peer.send(removeInterest(subscription, ending))
  }

  const LEFT = 'Peer has left while waiting for subscription'
  const REMOVED = 'Method has been removed while waiting for subscription'

  return {
    subscribe(peer, message) {
      const { caller: subscriber, server, method } = roster.target(peer, message)
      checkRequestId(limits, message.request_id)
      if (subscriber.subscriptions.size >= limits.maxSubscriptionsPerPeer) {
        throw new InteropError(
          'ERR_INTEROP_LIMITS_EXCEEDED',
          `A peer can have no more than ${limits.maxSubscriptionsPerPeer} subscriptions`,
        )
      }
      checkWritable(engine, server.peer)
      const subscription: Subscription = {
        id: ids('r'),
        subscriber,
        server,
        methodId: method.id,
        requestId: message.request_id ?? null,
        established: false,
        streamId: undefined,
      }
      subscriber.subscriptions.set(subscription.id, subscription)
      server.serving.set(subscription.id, subscription)
      if (server.peer.local) server.peer.send(addInterest(subscription, message))
      else link.forward(peer, server.peer.nodeId, forwarded(message, peer, subscription.id))
    },

    accepted(server, message) {
      const { stream_id: streamId } = message
      if (!isMethodId(streamId)) throw invalid('Invalid or missing stream id')
      if (typeof streamId === 'string' && streamId.length > limits.maxNameLength) {
        throw new InteropError(
          'ERR_INTEROP_LIMITS_EXCEEDED',
          `A "stream_id" is longer than ${limits.maxNameLength} characters`,
        )
      }
      const subscription = server.serving.get(message.subscription_id as string)
      if (subscription === undefined || subscription.established) return
      subscription.established = true
      subscription.streamId = streamId
      const branch = server.branches.get(streamId)
      if (branch === undefined) server.branches.set(streamId, new Set([subscription]))
      else branch.add(subscription)
      subscription.subscriber.peer.send({
        domain: 'agm',
        type: 'subscribed',
        request_id: subscription.requestId,
        subscription_id: subscription.id,
      })
    },

    publish(server, message) {
      const branch = server.branches.get(message.stream_id as MethodId)
      if (branch === undefined) return
      const data = sharedMember('data', message.data ?? null)
      const sequence = message.sequence ?? null
      const snapshot = message.snapshot ?? null
      for (const { id, subscriber } of branch) {
        subscriber.peer.send(
          { domain: 'agm', type: 'event', subscription_id: id, oob: false, sequence, snapshot },
          data,
        )
      }
      counters.streamEvents += branch.size
    },

    post(server, message) {
      const subscription = server.serving.get(message.subscription_id as string)
      if (subscription?.established !== true) return
      subscription.subscriber.peer.send({
        domain: 'agm',
        type: 'event',
        subscription_id: subscription.id,
        oob: true,
        sequence: message.sequence ?? null,
        snapshot: message.snapshot ?? null,
        data: message.data ?? null,
      })
      counters.streamEvents += 1
    },

    dropSubscription(server, message) {
      const id = message.subscription_id
      const subscription = server.serving.get(id as string)
      if (subscription === undefined) throw invalid('Trying to drop a non-existing subscription', id)
      if (!subscription.established) {
        throw invalid(
          'Trying to drop a subscription that wasnt established. Did you mean to return an error instead?',
          id,
        )
      }
      end(subscription)
      subscription.subscriber.peer.send(subscriptionCancelled(subscription, givenEnding(message)))
    },

    unsubscribe(subscriber, message) {
      const { peer } = subscriber
      const id = message.subscription_id
      const subscription = subscriber.subscriptions.get(id as string)
      if (subscription?.established !== true) {
        throw invalid(`Unable to find subscription with id ${printed(id)} on subscriber id ${peer.id}`)
      }
      end(subscription)
      // The node of a remote subscriber has answered it already.
      if (peer.local) peer.send(success('agm', message.request_id))
      const { server } = subscription
      const { reasonUri, reason } = givenEnding(message)
      if (server.peer.local) server.peer.send(removeInterest(subscription, { reasonUri, reason }))
      else {
        link.forward(peer, server.peer.nodeId, {
          domain: 'agm',
          type: 'unsubscribe',
          peer_id: peer.id,
          subscription_id: id,
          reason_uri: reasonUri,
          reason,
        })
      }
    },

    fail(server, message) {
      const subscription = server.serving.get(message.request_id as string)
      if (subscription === undefined) return false
      end(subscription)
      // To a subscriber that has been answered, an error for its request means nothing any more.
      subscription.subscriber.peer.send(
        subscription.established
          ? subscriptionCancelled(subscription, givenEnding(message))
          : serverError(subscription.requestId, message),
      )
      return true
    },

    delivered(subscriber, message) {
      const answer = message.type === 'subscribed' || message.type === 'error'
      const key = answer ? message.request_id : message.subscription_id
      const subscription = subscriber.subscriptions.get(key as string)
      if (subscription === undefined || subscription.server.peer.local) return undefined
      if (answer === subscription.established) return undefined
      if (message.type === 'event') return message
      end(subscription)
      if (message.type === 'subscribed') {
        const id = message.subscription_id
        if (typeof id !== 'string' || subscriber.subscriptions.has(id)) return undefined
        subscription.id = id
        subscription.established = true
        subscriber.subscriptions.set(id, subscription)
        subscription.server.serving.set(id, subscription)
      }
      return answer ? { ...message, request_id: subscription.requestId } : message
    },

    methodsRemoved(server, removed) {
      for (const subscription of server.serving.values()) {
        if (!removed.has(subscription.methodId)) continue
        end(subscription)
        tellEnd(subscription, METHOD_REMOVED, REMOVED)
      }
    },

    methodsHidden(server, keeps) {
      for (const subscription of server.serving.values()) {
        if (keeps(subscription.subscriber.peer, subscription.methodId)) continue
        end(subscription)
        tellEnd(subscription, METHOD_REMOVED, REMOVED)
        tellServer(subscription, METHOD_REMOVED)
      }
    },

    serverLeft(server) {
      for (const subscription of server.serving.values()) {
        end(subscription)
        if (subscription.subscriber !== server) tellEnd(subscription, PEER_REMOVED, LEFT)
      }
    },

    subscriberLeft(subscriber, departure) {
      for (const subscription of subscriber.subscriptions.values()) {
        end(subscription)
        if (subscription.server !== subscriber) tellServer(subscription, departure)
      }
    },

    parted(member) {
      for (const subscription of member.serving.values()) {
        if (subscription.subscriber.peer.local) continue
        end(subscription)
        tellServer(subscription, PEER_REMOVED)
      }
      for (const subscription of member.subscriptions.values()) {
        if (subscription.server.peer.local) continue
        end(subscription)
        tellEnd(subscription, PEER_REMOVED, LEFT)
      }
    },
  }
}

function invalid(message: string, requestId?: unknown): InteropError {
  return new InteropError('ERR_INTEROP_INVALID_SUBSCRIPTION', message, { requestId })
}
