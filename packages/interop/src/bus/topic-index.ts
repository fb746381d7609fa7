import type { Subscription } from './subscription.ts'
import { compileTopicPattern, isTopicPattern, type TopicTest } from './topic-pattern.ts'

interface Pattern {
  readonly matches: TopicTest
  readonly subscriptions: Set<Subscription>
}

/**
 * Subscriptions by topic. Those to plain topics are found at once; each different pattern is tried once, whatever the number
 * of its subscriptions.
 */
export class TopicIndex {
  readonly #plain = new Map<string, Set<Subscription>>()
  readonly #patterns = new Map<string, Pattern>()

  get empty(): boolean {
    return this.#plain.size === 0 && this.#patterns.size === 0
  }

  add(subscription: Subscription): void {
    const { topic } = subscription
    if (!isTopicPattern(topic)) {
      const subscriptions = this.#plain.get(topic)
      if (subscriptions === undefined) this.#plain.set(topic, new Set([subscription]))
      else subscriptions.add(subscription)
      return
    }
    const pattern = this.#patterns.get(topic)
    if (pattern === undefined) {
      this.#patterns.set(topic, {
        matches: compileTopicPattern(topic),
        subscriptions: new Set([subscription]),
      })
    } else pattern.subscriptions.add(subscription)
  }

  delete(subscription: Subscription): void {
    const { topic } = subscription
    const plain = this.#plain.get(topic)
    if (plain?.delete(subscription) && plain.size === 0) this.#plain.delete(topic)
    const pattern = this.#patterns.get(topic)
    if (pattern?.subscriptions.delete(subscription) && pattern.subscriptions.size === 0) {
      this.#patterns.delete(topic)
    }
  }

  /** Adds to `found` each subscription whose topic matches, once. */
  collect(topic: string, found: Subscription[]): void {
    const plain = this.#plain.get(topic)
    if (plain !== undefined) for (const subscription of plain) found.push(subscription)
    for (const { matches, subscriptions } of this.#patterns.values()) {
      if (matches(topic)) for (const subscription of subscriptions) found.push(subscription)
    }
  }
}
