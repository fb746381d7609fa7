import type { Restriction } from '@portcullis/visibility'
import type { Domain } from '../engine/domain.ts'
import type { Engine } from '../engine/engine.ts'
import { InteropError } from '../errors.ts'
import type { Membership, Peer } from '../peers/peer.ts'
import { isJsonObject } from '../protocol/parse.ts'
import { success } from '../protocol/reply.ts'
import type { ClientMessage, Identity, ServerMessage } from '../protocol/message.ts'
import {
  assertEncodable,
  isMeantFor,
  type Publication,
  routingKeyOf,
  topicOf,
  toPublication,
} from './publication.ts'
import {
  createRestrictionCache,
  describePublisher,
  readPublisher,
  type RemotePublisher,
} from './remote-publisher.ts'
import type { Subscription } from './subscription.ts'
import { type PublisherScope, Subscriptions } from './subscriptions.ts'

export interface BusDomain extends Domain {
  stats(): { subscriptions: number }
}

/**
 * The domain `bus`: publications by topic, to the subscribers of the same user and to services. Nothing is kept, and a
 * publication is never confirmed. What a peer publishes reaches other nodes when the peer's place in this domain is `cluster`.
 */
export function createBusDomain(engine: Engine): BusDomain {
  const { peers, counters, limits, logger } = engine
  const subscriptions = new Subscriptions()
  const restrictionOf = createRestrictionCache()
  const channel = engine.cluster.open('bus', { message: published })

  function subscribe(peer: Peer, message: ClientMessage): void {
    const topic = topicOf(message.topic, limits)
    const routingKey = routingKeyOf(message.routing_key, limits)
    if (subscriptions.countOf(peer) >= limits.maxBusSubscriptionsPerPeer) {
      throw new InteropError(
        'ERR_INTEROP_LIMITS_EXCEEDED',
        `a peer has at most ${limits.maxBusSubscriptionsPerPeer} subscriptions`,
      )
    }
    const subscription: Subscription = { id: engine.ids('r'), subscriber: peer, topic, routingKey }
    subscriptions.add(subscription)
    peer.send({
      domain: message.domain,
      type: 'subscribed',
      request_id: message.request_id ?? null,
      subscription_id: subscription.id,
    })
  }

  function unsubscribe(peer: Peer, message: ClientMessage): void {
    subscriptions.delete(peer, message.subscription_id)
    peer.send(success(message.domain, message.request_id))
  }

  function publish(peer: Peer, membership: Membership, message: ClientMessage): void {
    const publication = toPublication(message, limits)
    if (publication === undefined) return
    const receivers = receiversOf(
      publication,
      peer,
      (subscriber) => subscriber === peer || peers.sees(peer, subscriber, 'bus'),
    )
    const toNodes = membership.visibility === 'cluster' && engine.cluster.nodes.size > 0
    if (!toNodes && receivers.length === 0) return
    const { topic, routingKey, target, data } = publication
    assertEncodable(data)
    // To other nodes first: a local receiver may answer at once, and its answer must not overtake what it answers.
    if (toNodes) {
      channel.broadcast({
        publisher: describePublisher(peer, membership.restriction),
        topic,
        data: data.value,
        ...(routingKey === undefined ? {} : { routing_key: routingKey }),
        ...(target === undefined ? {} : { target_identity: target }),
      })
    }
    deliver(publication, peer.identity, receivers)
  }

  /** A publication of a peer on another node. */
  function published(nodeId: string, message: unknown): void {
    const publisher = isJsonObject(message) ? readPublisher(message.publisher, restrictionOf) : undefined
    const publication = publisher && readPublication(message)
    if (publisher === undefined || publication === undefined) {
      logger.debug({ nodeId }, 'a publication of another node is not understood')
      return
    }
    const receivers = receiversOf(publication, publisher, (subscriber) => meetsRemote(subscriber, publisher))
    deliver(publication, publisher.identity, receivers)
  }

  function readPublication(message: unknown): Publication | undefined {
    try {
      return isJsonObject(message) ? toPublication(message, limits) : undefined
    } catch (error) {
      if (InteropError.is(error)) return undefined
      throw error
    }
  }

  function meetsRemote(subscriber: Peer, publisher: RemotePublisher): boolean {
    const membership = peers.membership(subscriber, 'bus')
    return (
      membership?.visibility === 'cluster' &&
      holds(membership.restriction, subscriber.identity, publisher.identity) &&
      holds(publisher.restriction, publisher.identity, subscriber.identity)
    )
  }

  /** Found first and sent to then: a client in this process may subscribe, leave or publish while it receives. */
  function receiversOf(
    publication: Publication,
    publisher: PublisherScope,
    meets: (subscriber: Peer) => boolean,
  ): Subscription[] {
    return subscriptions
      .matching(publication.topic, publisher)
      .filter((subscription) => isMeantFor(publication, subscription) && meets(subscription.subscriber))
  }

  function deliver(publication: Publication, publisher: Identity, receivers: Subscription[]): void {
    for (const subscription of receivers) {
      if (!subscriptions.has(subscription)) continue
      counters.busEvents += 1
      const event: ServerMessage = {
        domain: 'bus',
        type: 'event',
        subscription_id: subscription.id,
        'publisher-identity': publisher,
      }
      subscription.subscriber.send(event, publication.data)
    }
  }

  return {
    name: 'bus',
    version: 1,
    handle(peer, message) {
      const membership = peer.local ? peers.membership(peer, 'bus') : undefined
      const handler = HANDLED.has(message.type)
      if (!handler) {
        throw new InteropError('ERR_INTEROP_UNHANDLED_MESSAGE', 'the domain bus has no such message', {
          requestId: message.request_id ?? -1,
        })
      }
      if (membership === undefined) {
        throw new InteropError(
          'ERR_INTEROP_FAILURE',
          `Unable to find peer with id ${peer.id} in domain :bus-domain`,
        )
      }
      if (message.type === 'publish') publish(peer, membership, message)
      else if (message.type === 'subscribe') subscribe(peer, message)
      else unsubscribe(peer, message)
    },
    leaving: (peer) => subscriptions.deleteAllOf(peer),
    gone: (peer) => subscriptions.deleteAllOf(peer),
    stats: () => ({ subscriptions: subscriptions.size }),
  }
}

const HANDLED: ReadonlySet<string> = new Set(['subscribe', 'unsubscribe', 'publish'])

function holds(restriction: Restriction | undefined, own: Identity, other: Identity): boolean {
  return restriction?.test(own, other) ?? true
}
