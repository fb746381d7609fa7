import type { Peer } from '../peers/peer.ts'
import type { Subscription } from './subscription.ts'
import { TopicIndex } from './topic-index.ts'

/** The publisher, as far as it decides who can be among its receivers. */
export interface PublisherScope {
  readonly user: string | undefined
  readonly service: boolean
}

/** The subscriptions of the local peers. */
export class Subscriptions {
  readonly #ofPeer = new Map<Peer, Map<string, Subscription>>()
  readonly #all = new TopicIndex()
  readonly #ofUser = new Map<string | undefined, TopicIndex>()
  /** Those of services, which hear every user. */
  readonly #ofServices = new TopicIndex()
  #size = 0

  get size(): number {
    return this.#size
  }

  countOf(peer: Peer): number {
    return this.#ofPeer.get(peer)?.size ?? 0
  }

  add(subscription: Subscription): void {
    const { subscriber, id } = subscription
    const ofPeer = this.#ofPeer.get(subscriber)
    if (ofPeer === undefined) this.#ofPeer.set(subscriber, new Map([[id, subscription]]))
    else ofPeer.set(id, subscription)
    this.#size += 1
    this.#all.add(subscription)
    if (subscriber.service) {
      this.#ofServices.add(subscription)
      return
    }
    const ofUser = this.#ofUser.get(subscriber.user)
    if (ofUser === undefined) {
      const index = new TopicIndex()
      index.add(subscription)
      this.#ofUser.set(subscriber.user, index)
    } else ofUser.add(subscription)
  }

  has({ subscriber, id }: Subscription): boolean {
    return this.#ofPeer.get(subscriber)?.has(id) ?? false
  }

  /** Ends a subscription of the peer; one that it does not have is none of its business and stays. */
  delete(peer: Peer, id: unknown): void {
    const ofPeer = this.#ofPeer.get(peer)
    const subscription = typeof id === 'string' ? ofPeer?.get(id) : undefined
    if (ofPeer === undefined || subscription === undefined) return
    ofPeer.delete(subscription.id)
    if (ofPeer.size === 0) this.#ofPeer.delete(peer)
    this.#forget(subscription)
  }

  deleteAllOf(peer: Peer): void {
    const ofPeer = this.#ofPeer.get(peer)
    if (ofPeer === undefined) return
    this.#ofPeer.delete(peer)
    for (const subscription of ofPeer.values()) this.#forget(subscription)
  }

  /** Those to the topic whose subscriber belongs to the publisher's user, or of whom one is a service. */
  matching(topic: string, { user, service }: PublisherScope): Subscription[] {
    const found: Subscription[] = []
    if (service) this.#all.collect(topic, found)
    else {
      this.#ofUser.get(user)?.collect(topic, found)
      this.#ofServices.collect(topic, found)
    }
    return found
  }

  #forget(subscription: Subscription): void {
    this.#size -= 1
    this.#all.delete(subscription)
    const { service, user } = subscription.subscriber
    if (service) {
      this.#ofServices.delete(subscription)
      return
    }
    const ofUser = this.#ofUser.get(user)
    ofUser?.delete(subscription)
    if (ofUser?.empty) this.#ofUser.delete(user)
  }
}
