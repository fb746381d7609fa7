import { expect, test } from 'vitest'
import type { Channel } from '../../src/cluster/cluster.ts'
import { createDeliveries, type Delivery } from '../../src/peers/deliveries.ts'
import { sharedMember } from '../../src/protocol/shared-member.ts'

const EVENT = { domain: 'agm', type: 'event' } as const

test('a publication to very many peers of a node goes in several messages, each peer once and in order', () => {
  const sent: [to: string, delivery: Delivery][] = []
  const channel: Channel = {
    broadcast: () => undefined,
    send: (to, message) => sent.push([to, message as Delivery]),
    collect: () => undefined,
  }
  const deliveries = createDeliveries(() => channel)
  const shared = sharedMember('data', { a: 1 })
  for (let peer = 0; peer < 2500; peer += 1) deliveries.add('a', `p-a-${peer}`, EVENT, shared)
  expect(sent.map(([to, { heads }]) => [to, heads.length])).toEqual([
    ['a', 1000],
    ['a', 1000],
  ])
  deliveries.flush()
  const peers = sent.flatMap(([, { heads }]) => heads.map(([peer]) => peer))
  expect(peers).toEqual(Array.from({ length: 2500 }, (_, peer) => `p-a-${peer}`))
})

test('what waits for a node that is gone is not sent', () => {
  const sent: string[] = []
  const channel: Channel = {
    broadcast: () => undefined,
    send: (to) => sent.push(to),
    collect: () => undefined,
  }
  const deliveries = createDeliveries(() => channel)
  const shared = sharedMember('data', 1)
  deliveries.add('a', 'p-a-1', EVENT, shared)
  deliveries.add('b', 'p-b-1', EVENT, shared)
  deliveries.drop('a')
  deliveries.flush()
  expect(sent).toEqual(['b'])
})
