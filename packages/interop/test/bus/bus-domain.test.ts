import { beforeEach, describe, expect, test } from 'vitest'
import { createBusDomain, type BusDomain } from '../../src/bus/bus-domain.ts'
import { createTestEngine, type TestEngine, type TestPeer } from '../support/test-engine.ts'

let node: TestEngine
let bus: BusDomain

beforeEach(() => {
  node = createTestEngine()
  bus = node.use(createBusDomain(node.engine))
})

interface Member {
  user?: string | null
  identity?: Record<string, unknown>
  service?: boolean
  restrictions?: string
}

function member({ restrictions, ...options }: Member = {}): TestPeer {
  const peer = node.addPeer(options)
  peer.join('bus', restrictions === undefined ? {} : { restrictions })
  peer.take()
  return peer
}

function subscribe(peer: TestPeer, topic: unknown, more: Record<string, unknown> = {}): string {
  peer.say({ domain: 'bus', type: 'subscribe', request_id: 's', topic, ...more })
  const [answer] = peer.take('subscribed')
  return answer?.subscription_id as string
}

function publish(peer: TestPeer, topic: unknown, data: unknown, more: Record<string, unknown> = {}): void {
  peer.say({ domain: 'bus', type: 'publish', request_id: 'p', topic, data, ...more })
}

const dataOf = (peer: TestPeer): unknown[] => peer.take('event').map(({ data }) => data)

describe('what a subscriber is sent', () => {
  test('has the subscription, the publisher, the data and nothing else', () => {
    const one = member({ identity: { application: 'one' } })
    const other = member({ identity: { application: 'other' } })
    one.say({ domain: 'bus', type: 'subscribe', request_id: 7, topic: 'a.*.c', source: { application: 'x' } })
    const [answer] = one.take()
    expect(answer).toEqual({
      domain: 'bus',
      type: 'subscribed',
      request_id: 7,
      peer_id: one.id,
      subscription_id: expect.stringMatching(/^r-n1-\d+$/),
    })

    publish(other, 'a.b.c', { x: [1, 'é\u2028', null] })
    expect(one.take()).toEqual([
      {
        domain: 'bus',
        type: 'event',
        peer_id: one.id,
        subscription_id: answer?.subscription_id,
        'publisher-identity': other.identity,
        data: { x: [1, 'é\u2028', null] },
      },
    ])
    expect(other.take()).toEqual([])
    expect(node.engine.counters.busEvents).toBe(1)
  })

  test('comes once per matching subscription, to the publisher as well', () => {
    const one = member()
    const ids = [subscribe(one, 'a.b'), subscribe(one, 'a.*'), subscribe(one, 'a.b'), subscribe(one, '>')]
    subscribe(one, 'a.c')
    publish(one, 'a.b', 'x')
    const events = one.take()
    expect(events).toHaveLength(4)
    expect(new Set(events.map(({ subscription_id }) => subscription_id))).toEqual(
      new Set([ids[0], ids[1], ids[2], ids[3]]),
    )
  })

  test('comes in the order of publication', () => {
    const [one, other] = [member(), member()]
    subscribe(one, '>')
    for (let count = 0; count < 100; count += 1) publish(other, `t${count % 3}`, count)
    expect(dataOf(one)).toEqual(Array.from({ length: 100 }, (_, count) => count))
  })

  test.each([[null], [false], [undefined]])('is nothing when the data is %s', (data) => {
    const one = member()
    subscribe(one, 't')
    publish(one, 't', data)
    expect(one.take()).toEqual([])
  })

  test.each([[0], [''], [[]], [{}], [true], ['text'], [-1.5]])('is %j when that is the data', (data) => {
    const one = member()
    subscribe(one, 't')
    publish(one, 't', data)
    expect(dataOf(one)).toEqual([data])
  })

  test('keeps members that JavaScript has a meaning for', () => {
    const one = member()
    subscribe(one, 't')
    node.handle(one, {
      domain: 'bus',
      type: 'publish',
      topic: 't',
      data: JSON.parse('{"__proto__":{"polluted":1},"":2,"constructor":3}'),
    })
    const [event] = one.take()
    expect(JSON.stringify(event?.data)).toBe('{"__proto__":{"polluted":1},"":2,"constructor":3}')
    expect(({} as Record<string, unknown>).polluted).toBeUndefined()
  })

  test('takes wildcards in the topic of a publication for what they are', () => {
    const one = member()
    const plain = subscribe(one, 'a.b')
    const pattern = subscribe(one, 'a.>')
    publish(one, 'a.*', 1)
    expect(one.take().map(({ subscription_id }) => subscription_id)).toEqual([pattern])
    expect(plain).not.toBe(pattern)
  })
})

describe('routing keys', () => {
  test.each<[published: unknown, subscribed: unknown, delivered: boolean]>([
    ['k', 'k', true],
    ['k', 'K', false],
    ['k', undefined, true],
    ['k', null, true],
    [undefined, 'k', true],
    [null, 'k', true],
    [undefined, undefined, true],
    ['', 'k', false],
    ['', '', true],
    [1, '1', false],
    [1, 1, true],
    [false, 'k', false],
    [0, false, false],
  ])('published with %j, subscribed with %j: delivered %j', (published, subscribed, delivered) => {
    const one = member()
    subscribe(one, 't', { routing_key: subscribed })
    publish(one, 't', 1, { routing_key: published })
    expect(one.take('event')).toHaveLength(delivered ? 1 : 0)
    expect(one.take()).toEqual([])
  })
})

describe('target identities', () => {
  const identity = { application: 'app', process: 7, windowId: null, tags: { a: [1] } }

  test.each<[target: unknown, delivered: boolean]>([
    [{}, true],
    [null, true],
    [{ application: 'app' }, true],
    [{ application: 'App' }, false],
    [{ application: 'app', process: 7 }, true],
    [{ application: 'app', process: '7' }, false],
    [{ application: 'ap' }, false],
    [{ unknown: 'x' }, false],
    [{ windowId: null }, true],
    [{ unknown: null }, true],
    [{ application: null }, false],
    [{ tags: { a: [1] } }, true],
    [{ tags: { a: ['1'] } }, false],
    [{ toString: 'x' }, false],
    [{ constructor: null }, true],
    [{ user: 'john' }, true],
  ])('%j: delivered %j', (target, delivered) => {
    const one = member({ identity })
    subscribe(one, 't')
    publish(member(), 't', 1, { target_identity: target })
    expect(one.take('event')).toHaveLength(delivered ? 1 : 0)
  })

  test('a target that is no object reaches nobody and is refused', () => {
    const one = member()
    subscribe(one, '>')
    for (const target of ['app', ['app'], 1, true]) {
      publish(one, 't', 1, { target_identity: target })
      expect(one.take()).toMatchObject([{ type: 'error', reason_uri: 'bus.errors.failure' }])
    }
  })
})

describe('who hears whom', () => {
  test('peers of one user hear each other, peers of another hear nothing', () => {
    const [ann, other, bob, nobody] = [
      member({ user: 'ann' }),
      member({ user: 'ann' }),
      member({ user: 'bob' }),
      member({ user: null }),
    ]
    for (const peer of [ann, other, bob, nobody]) subscribe(peer, '>')
    publish(ann, 't', 1)
    expect([ann, other, bob, nobody].map((peer) => dataOf(peer).length)).toEqual([1, 1, 0, 0])
    publish(nobody, 't', 1)
    expect([ann, other, bob, nobody].map((peer) => dataOf(peer).length)).toEqual([0, 0, 0, 1])
  })

  test('a service hears every user and every user hears it', () => {
    const [ann, bob, service] = [
      member({ user: 'ann' }),
      member({ user: 'bob' }),
      member({ user: 'ann', service: true }),
    ]
    for (const peer of [ann, bob, service]) subscribe(peer, 't')
    publish(bob, 't', 1)
    expect([ann, bob, service].map((peer) => dataOf(peer).length)).toEqual([0, 1, 1])
    publish(ann, 't', 1)
    expect([ann, bob, service].map((peer) => dataOf(peer).length)).toEqual([1, 0, 1])
    publish(service, 't', 1)
    expect([ann, bob, service].map((peer) => dataOf(peer).length)).toEqual([1, 1, 1])
  })

  test('the restrictions of either side keep two peers apart', () => {
    const eu = member({ identity: { region: 'EU' } })
    const us = member({ identity: { region: 'US' } })
    const choosy = member({ identity: { region: 'EU' }, restrictions: "$region == 'EU'" })
    for (const peer of [eu, us, choosy]) subscribe(peer, 't')
    publish(us, 't', 1)
    expect([eu, us, choosy].map((peer) => dataOf(peer).length)).toEqual([1, 1, 0])
    publish(choosy, 't', 1)
    expect([eu, us, choosy].map((peer) => dataOf(peer).length)).toEqual([1, 0, 1])
  })
})

describe('refusals', () => {
  const outsider = /^Unable to find peer with id p-n1-\d+ in domain :bus-domain$/

  test.each([
    { type: 'subscribe', topic: 't' },
    { type: 'unsubscribe', subscription_id: 'r-1' },
    { type: 'publish', topic: 't', data: 1 },
  ])('$type of a peer that has not joined', (message) => {
    const listener = member()
    subscribe(listener, '>')
    const peer = node.addPeer()
    peer.say({ domain: 'bus', request_id: 'q', ...message })
    expect(peer.take()).toEqual([
      {
        domain: 'bus',
        type: 'error',
        request_id: 'q',
        peer_id: peer.id,
        reason_uri: 'bus.errors.failure',
        reason: expect.stringMatching(outsider),
      },
    ])
    expect(listener.take()).toEqual([])
    expect(bus.stats()).toEqual({ subscriptions: 1 })
  })

  test('an unknown type', () => {
    const one = member()
    one.say({ domain: 'bus', type: 'post' })
    expect(one.take()).toMatchObject([{ reason_uri: 'bus.errors.unhandled_message', request_id: -1 }])
  })

  test.each([[undefined], [null], [7], [{}], [['t']]])('the topic %j', (topic) => {
    const one = member()
    expect(subscribe(one, topic)).toBeUndefined()
    expect(one.take()).toMatchObject([{ type: 'error', reason_uri: 'bus.errors.failure' }])
    publish(one, topic, 1)
    expect(one.take()).toMatchObject([{ type: 'error', reason_uri: 'bus.errors.failure' }])
  })

  test.each([[{}], [['k']]])('the routing key %j', (routing_key) => {
    const one = member()
    expect(subscribe(one, 't', { routing_key })).toBeUndefined()
    publish(one, 't', 1, { routing_key })
    expect(one.take()).toMatchObject([{ type: 'error' }, { type: 'error' }])
  })

  test('names and targets that are too long', () => {
    const one = member()
    const long = 'a'.repeat(257)
    subscribe(one, long)
    subscribe(one, 't', { routing_key: long })
    publish(one, long, 1)
    publish(one, 't', 1, { routing_key: long })
    publish(one, 't', 1, {
      target_identity: Object.fromEntries([...Array(65).keys()].map((key) => [key, 1])),
    })
    expect(one.take().map(({ reason_uri }) => reason_uri)).toEqual(
      Array(5).fill('bus.errors.limits_exceeded'),
    )
    expect(subscribe(one, long.slice(1))).toBeDefined()
  })

  test('data that is nested too deep to be sent', () => {
    const one = member()
    subscribe(one, 't')
    const data = JSON.parse('['.repeat(100_000) + ']'.repeat(100_000)) as unknown
    node.handle(one, { domain: 'bus', type: 'publish', topic: 't', data })
    expect(one.take()).toMatchObject([
      { reason_uri: 'bus.errors.failure', reason: '"data" is nested too deep' },
    ])
    publish(one, 't', 1)
    expect(dataOf(one)).toEqual([1])
  })

  test('a peer of another node speaks through its own node alone', () => {
    const one = member()
    const remote = { ...one, local: false, send: one.send }
    node.engine.peers.join(remote, 'bus', {
      restriction: undefined,
      visibility: 'cluster',
      options: undefined,
    })
    node.handle(remote, { domain: 'bus', type: 'subscribe', topic: 't' })
    expect(one.take()).toMatchObject([{ type: 'error' }])
    expect(bus.stats()).toEqual({ subscriptions: 0 })
  })
})

describe('limits', () => {
  test('the subscription one too many is refused, and fits when another has ended', () => {
    node = createTestEngine({ limits: { maxBusSubscriptionsPerPeer: 2 } })
    bus = node.use(createBusDomain(node.engine))
    const [one, other] = [member(), member()]
    const id = subscribe(one, 'a')
    subscribe(one, 'b')
    expect(subscribe(one, 'c')).toBeUndefined()
    expect(one.take()).toMatchObject([{ reason_uri: 'bus.errors.limits_exceeded' }])
    expect(subscribe(other, 'c')).toBeDefined()
    one.say({ domain: 'bus', type: 'unsubscribe', subscription_id: id })
    expect(subscribe(one, 'c')).toBeDefined()
  })
})

describe('the end of a subscription', () => {
  test('is confirmed, for unknown ones as well', () => {
    const one = member()
    const id = subscribe(one, 't')
    for (const subscription_id of [id, id, 'r-n1-999', null, {}]) {
      one.say({ domain: 'bus', type: 'unsubscribe', request_id: 'u', subscription_id })
    }
    expect(one.take()).toEqual(
      Array.from({ length: 5 }, () => ({ domain: 'bus', type: 'success', request_id: 'u', peer_id: one.id })),
    )
    publish(one, 't', 1)
    expect(one.take()).toEqual([])
    expect(bus.stats()).toEqual({ subscriptions: 0 })
  })

  test('is up to its owner', () => {
    const [one, other] = [member(), member()]
    const id = subscribe(one, 't')
    other.say({ domain: 'bus', type: 'unsubscribe', subscription_id: id })
    publish(other, 't', 1)
    expect(dataOf(one)).toEqual([1])
  })

  test('comes with leaving, and joining again brings nothing back', () => {
    const [one, other] = [member(), member()]
    subscribe(one, 't')
    subscribe(one, 't.*')
    one.leave('bus')
    one.join('bus')
    one.take()
    publish(other, 't', 1)
    publish(other, 't.x', 1)
    expect(one.take()).toEqual([])
    expect(bus.stats()).toEqual({ subscriptions: 0 })
  })

  test('comes with the loss of the connection', () => {
    const [one, other] = [member(), member({ service: true })]
    subscribe(one, 't')
    subscribe(other, '>')
    one.drop()
    other.drop()
    expect(bus.stats()).toEqual({ subscriptions: 0 })
    const third = member()
    publish(third, 't', 1)
    expect(node.engine.counters.busEvents).toBe(0)
  })

  test('holds for an event that is on its way: who unsubscribes while others receive gets nothing', () => {
    const [one, other] = [member(), member()]
    subscribe(one, 't')
    const id = subscribe(other, 't')
    const { send } = one
    one.send = (message, shared) => {
      send(message, shared)
      if (message.type !== 'event') return
      other.say({ domain: 'bus', type: 'unsubscribe', subscription_id: id })
      one.say({ domain: 'bus', type: 'subscribe', topic: 't' })
    }
    publish(one, 't', 1)
    expect(dataOf(one)).toEqual([1])
    expect(dataOf(other)).toEqual([])
  })
})

test('data is encoded once, however many receive it', () => {
  const peers = Array.from({ length: 20 }, () => member())
  for (const peer of peers) subscribe(peer, 't')
  let encoded = 0
  const data = { toJSON: () => ((encoded += 1), { x: 1 }) }
  node.handle(peers[0] as TestPeer, { domain: 'bus', type: 'publish', topic: 't', data })
  expect(peers.map(dataOf)).toEqual(Array.from({ length: 20 }, () => [{ x: 1 }]))
  expect(encoded).toBe(1)
})
