import { expect, test } from 'vitest'
import { createRestrictionCache } from '../../src/bus/remote-publisher.ts'
import type { Subscription } from '../../src/bus/subscription.ts'
import { TopicIndex } from '../../src/bus/topic-index.ts'

const subscription = (topic: string): Subscription => ({
  id: topic,
  topic,
  subscriber: {} as Subscription['subscriber'],
  routingKey: undefined,
})

test('an index keeps nothing of subscriptions that are gone', () => {
  const index = new TopicIndex()
  for (const topic of ['a.b', 'a.*', '>']) {
    const [one, other] = [subscription(topic), subscription(topic)]
    index.add(one)
    index.add(other)
    index.delete(one)
    expect(index.empty).toBe(false)
    const found: Subscription[] = []
    index.collect('a.b', found)
    expect(found).toEqual([other])
    index.delete(other)
    // A second time changes nothing.
    index.delete(other)
    expect(index.empty).toBe(true)
  }
})

test('the restrictions of remote publishers are remembered, and not for ever', () => {
  const restrictionOf = createRestrictionCache()
  const first = restrictionOf('$a == 0')
  expect(restrictionOf('$a == 0')).toBe(first)
  for (let at = 1; at <= 256; at += 1) restrictionOf(`$a == ${at}`)
  expect(restrictionOf('$a == 0')).not.toBe(first)
  expect(restrictionOf('$a ==')).toBeUndefined()
})
