import { describe, expect, test } from 'vitest'
import type { ServerMessage } from '../../src/protocol/message.ts'
import { agmNode, bare, refusalOf, register, subscribed, types } from '../support/agm-node.ts'

function pair() {
  const node = agmNode()
  const server = node.member()
  const subscriber = node.member()
  register(server, 'Prices$')
  server.take()
  subscriber.take()
  return { node, server, subscriber }
}

const invalid = (requestId: unknown, reason: string) =>
  refusalOf(requestId, 'subscription.invalid_subscription', reason)

describe('a subscription', () => {
  test('is asked of the server, and confirmed when it accepts', () => {
    const { node, server, subscriber } = pair()
    subscriber.say({
      type: 'subscribe',
      request_id: 's1',
      server_id: server.id,
      method_id: '0',
      arguments_kv: { q: 1 },
      flags: { f: true },
      context: { c: 1 },
    })
    const [interest] = server.take()
    const { subscription_id: id } = interest!
    expect(bare([interest!])).toEqual([
      {
        type: 'add-interest',
        subscription_id: id,
        caller_id: subscriber.id,
        method_id: '0',
        arguments: null,
        arguments_kv: { q: 1 },
        flags: { f: true },
        context: { c: 1 },
      },
    ])
    expect(subscriber.take()).toEqual([])
    server.say({ type: 'accepted', request_id: 'y', subscription_id: id, stream_id: '0' })
    expect(server.take()).toEqual([])
    expect(bare(subscriber.take())).toEqual([{ type: 'subscribed', request_id: 's1', subscription_id: id }])
    expect(node.agm.stats().subscriptions).toBe(1)
  })

  test('has nulls for what the subscriber did not say', () => {
    const { server, subscriber } = pair()
    subscriber.say({ type: 'subscribe', server_id: server.id, method_id: '0' })
    expect(server.take()).toMatchObject([{ arguments: null, arguments_kv: null, flags: null, context: null }])
  })

  test('that is rejected answers the request with what the server said', () => {
    const { node, server, subscriber } = pair()
    subscriber.say({ type: 'subscribe', request_id: 's1', server_id: server.id, method_id: '0' })
    const id = server.take()[0]!.subscription_id
    const uri = 'com.tick42.agm.errors.subscription.failure'
    server.say({ type: 'error', request_id: id, reason_uri: uri, reason: 'no', context: [1] })
    expect(bare(subscriber.take())).toEqual([
      { type: 'error', request_id: 's1', reason_uri: uri, reason: 'no', context: [1] },
    ])
    server.say({ type: 'accepted', subscription_id: id, stream_id: '0' })
    expect([...server.take(), ...subscriber.take()]).toEqual([])
    expect(node.agm.stats().subscriptions).toBe(0)
  })

  test('of an established one the server ends with an error too: the subscriber is told', () => {
    const { server, subscriber } = pair()
    const id = subscribed(subscriber, server)
    server.say({ type: 'error', request_id: id, reason_uri: 'u', reason: 'broken' })
    expect(bare(subscriber.take())).toEqual([
      { type: 'subscription-cancelled', subscription_id: id, reason_uri: 'u', reason: 'broken' },
    ])
    server.say({ type: 'publish', stream_id: 'b', data: 1 })
    expect(subscriber.take()).toEqual([])
  })

  test('accepted twice stays on its branch and is confirmed once', () => {
    const { server, subscriber } = pair()
    const id = subscribed(subscriber, server, { branch: 'one' })
    server.say({ type: 'accepted', subscription_id: id, stream_id: 'two' })
    expect(subscriber.take()).toEqual([])
    server.say({ type: 'publish', stream_id: 'two', data: 1 })
    expect(subscriber.take()).toEqual([])
    server.say({ type: 'publish', stream_id: 'one', data: 1 })
    expect(types(subscriber.take())).toEqual(['event'])
  })

  test('an accepted for an unknown one is ignored', () => {
    const { server } = pair()
    server.say({ type: 'accepted', subscription_id: 'nonsense', stream_id: '0' })
    server.say({ type: 'accepted', stream_id: '0' })
    expect(server.take()).toEqual([])
  })

  test.each([[undefined], [null], [{}], [true], [['0']]])(
    'an accepted with the stream id %j is refused',
    (stream_id) => {
      const { server, subscriber } = pair()
      subscriber.say({ type: 'subscribe', server_id: server.id, method_id: '0' })
      const id = server.take()[0]!.subscription_id
      server.say({ type: 'accepted', request_id: 'y', subscription_id: id, stream_id })
      expect(bare(server.take())).toEqual([invalid('y', 'Invalid or missing stream id')])
      expect(subscriber.take()).toEqual([])
    },
  )
})

describe('data', () => {
  test('published goes to every subscription of the branch, and to no other', () => {
    const { node, server, subscriber } = pair()
    const other = node.member()
    const first = subscribed(subscriber, server, { branch: 'x' })
    const second = subscribed(subscriber, server, { branch: 'x' })
    const third = subscribed(other, server, { branch: 'y' })
    for (const peer of [other, server, subscriber]) peer.take()
    server.say({
      type: 'publish',
      stream_id: 'x',
      data: { d: 1 },
      sequence: 7,
      snapshot: true,
      request_id: 'z',
    })
    const event = { type: 'event', oob: false, sequence: 7, snapshot: true, data: { d: 1 } }
    expect(bare(subscriber.take())).toEqual([
      { ...event, subscription_id: first },
      { ...event, subscription_id: second },
    ])
    expect(other.take()).toEqual([])
    server.say({ type: 'publish', stream_id: 'y' })
    expect(bare(other.take())).toEqual([
      {
        type: 'event',
        subscription_id: third,
        oob: false,
        sequence: null,
        snapshot: null,
        data: null,
      },
    ])
    expect(server.take()).toEqual([])
    expect(node.engine.counters.streamEvents).toBe(3)
  })

  test('posted goes to one subscription', () => {
    const { node, server, subscriber } = pair()
    const first = subscribed(subscriber, server)
    subscribed(subscriber, server)
    server.say({ type: 'post', subscription_id: first, data: [1], sequence: 1, snapshot: false })
    server.say({ type: 'post', subscription_id: first, data: false })
    expect(bare(subscriber.take())).toEqual([
      {
        type: 'event',
        subscription_id: first,
        oob: true,
        sequence: 1,
        snapshot: false,
        data: [1],
      },
      {
        type: 'event',
        subscription_id: first,
        oob: true,
        sequence: null,
        snapshot: null,
        data: false,
      },
    ])
    expect(server.take()).toEqual([])
    expect(node.engine.counters.streamEvents).toBe(2)
  })

  test('for an unknown branch or subscription, or one not accepted yet, is ignored', () => {
    const { server, subscriber } = pair()
    subscriber.say({ type: 'subscribe', server_id: server.id, method_id: '0' })
    const id = server.take()[0]!.subscription_id
    server.say({ type: 'publish', stream_id: 'nowhere', data: 1 })
    server.say({ type: 'publish', data: 1 })
    server.say({ type: 'post', subscription_id: id, data: 1 })
    server.say({ type: 'post', subscription_id: 'nonsense', data: 1 })
    expect([...server.take(), ...subscriber.take()]).toEqual([])
  })

  test('keeps the order it was pushed in', () => {
    const { server, subscriber } = pair()
    const id = subscribed(subscriber, server)
    for (let n = 0; n < 50; n += 1) {
      server.say(
        n % 2 === 0
          ? { type: 'publish', stream_id: 'b', data: n }
          : { type: 'post', subscription_id: id, data: n },
      )
    }
    expect(subscriber.take().map(({ data }) => data)).toEqual([...Array(50).keys()])
  })

  test('of two servers with one branch name does not mix', () => {
    const { node, server, subscriber } = pair()
    const other = node.member()
    register(other, 'Prices$')
    const first = subscribed(subscriber, server, { branch: 'same' })
    subscribed(subscriber, other, { branch: 'same' })
    subscriber.take()
    server.say({ type: 'publish', stream_id: 'same', data: 1 })
    expect(subscriber.take().map(({ subscription_id }) => subscription_id)).toEqual([first])
  })

  test('a branch that is a number is not that of its digits', () => {
    const { server, subscriber } = pair()
    subscriber.say({ type: 'subscribe', server_id: server.id, method_id: '0' })
    const id = server.take()[0]!.subscription_id
    server.say({ type: 'accepted', subscription_id: id, stream_id: 1 })
    subscriber.take()
    server.say({ type: 'publish', stream_id: '1', data: 1 })
    expect(subscriber.take()).toEqual([])
    server.say({ type: 'publish', stream_id: 1, data: 1 })
    expect(types(subscriber.take())).toEqual(['event'])
  })

  test('reaches the server itself, when it subscribed to its own stream', () => {
    const { server } = pair()
    const id = subscribed(server, server)
    server.say({ type: 'publish', stream_id: 'b', data: 1 })
    expect(server.take()).toMatchObject([{ type: 'event', subscription_id: id }])
    server.say({ type: 'unsubscribe', request_id: 'q', subscription_id: id })
    expect(types(server.take())).toEqual(['success', 'remove-interest'])
  })
})

describe('ending', () => {
  test('by the subscriber: it gets its success, the server its remove-interest', () => {
    const { node, server, subscriber } = pair()
    const id = subscribed(subscriber, server)
    subscriber.say({
      type: 'unsubscribe',
      request_id: 'q1',
      subscription_id: id,
      reason_uri: '',
      reason: 'ClientInitiated',
    })
    expect(bare(subscriber.take())).toEqual([{ type: 'success', request_id: 'q1' }])
    expect(bare(server.take())).toEqual([
      {
        type: 'remove-interest',
        subscription_id: id,
        method_id: '0',
        caller_id: subscriber.id,
        reason_uri: '',
        reason: 'ClientInitiated',
      },
    ])
    server.say({ type: 'publish', stream_id: 'b', data: 1 })
    expect(subscriber.take()).toEqual([])
    expect(node.agm.stats().subscriptions).toBe(0)
  })

  test('by the server: the subscriber is told, the server is not answered', () => {
    const { server, subscriber } = pair()
    const id = subscribed(subscriber, server)
    server.say({ type: 'drop-subscription', subscription_id: id, reason: 'bye' })
    expect(server.take()).toEqual([])
    expect(bare(subscriber.take())).toEqual([
      { type: 'subscription-cancelled', subscription_id: id, reason_uri: null, reason: 'bye' },
    ])
  })

  test('of an unknown subscription is refused under its id', () => {
    const { server } = pair()
    server.say({ type: 'drop-subscription', request_id: 'd', subscription_id: 'nonsense' })
    expect(bare(server.take())).toEqual([invalid('nonsense', 'Trying to drop a non-existing subscription')])
  })

  test('before it is accepted is refused', () => {
    const { server, subscriber } = pair()
    subscriber.say({ type: 'subscribe', request_id: 's', server_id: server.id, method_id: '0' })
    const id = server.take()[0]!.subscription_id
    server.say({ type: 'drop-subscription', request_id: 'd', subscription_id: id })
    expect(bare(server.take())).toEqual([
      invalid(
        id,
        'Trying to drop a subscription that wasnt established. Did you mean to return an error instead?',
      ),
    ])
    server.say({ type: 'accepted', subscription_id: id, stream_id: 'b' })
    expect(types(subscriber.take())).toEqual(['subscribed'])
  })

  test('an unknown one cannot be unsubscribed, nor one twice', () => {
    const { server, subscriber } = pair()
    const id = subscribed(subscriber, server)
    subscriber.say({ type: 'unsubscribe', request_id: 'q', subscription_id: id })
    subscriber.take()
    for (const subscription_id of [id, 'nonsense']) {
      subscriber.say({ type: 'unsubscribe', request_id: 'q', subscription_id })
      expect(bare(subscriber.take())).toEqual([
        invalid(
          'q',
          `Unable to find subscription with id ${subscription_id} on subscriber id ${subscriber.id}`,
        ),
      ])
    }
    subscriber.say({ type: 'unsubscribe', request_id: 'q' })
    expect(subscriber.take()).toMatchObject([{ type: 'error' }])
    expect(server.take('remove-interest')).toHaveLength(1)
  })
})

describe('only the server of a subscription', () => {
  test('may accept, publish to, post to, drop or fail it', () => {
    const { node, server, subscriber } = pair()
    const other = node.member()
    const stranger = node.member({ user: 'mallory' })
    for (const peer of [subscriber, other]) peer.take()
    subscriber.say({ type: 'subscribe', request_id: 's', server_id: server.id, method_id: '0' })
    const id = server.take('add-interest')[0]!.subscription_id
    const attack = (): void => {
      for (const peer of [other, stranger, subscriber]) {
        peer.say({ type: 'accepted', subscription_id: id, stream_id: 'b' })
        peer.say({ type: 'publish', stream_id: 'b', data: 'forged' })
        peer.say({ type: 'post', subscription_id: id, data: 'forged' })
        peer.say({ type: 'drop-subscription', subscription_id: id })
        peer.say({ type: 'error', request_id: id, reason: 'forged' })
        // What is about an unknown subscription is refused, or ignored.
        expect(types(peer.take()).filter((type) => type !== 'error')).toEqual([])
      }
    }
    attack()
    server.say({ type: 'accepted', subscription_id: id, stream_id: 'b' })
    expect(types(subscriber.take())).toEqual(['subscribed'])
    attack()
    for (const peer of [other, stranger]) {
      peer.say({ type: 'unsubscribe', request_id: 'q', subscription_id: id })
      expect(peer.take()).toMatchObject([{ type: 'error' }])
    }
    server.say({ type: 'publish', stream_id: 'b', data: 'real' })
    expect(subscriber.take()).toMatchObject([{ type: 'event', data: 'real' }])
  })

  test('the server cannot unsubscribe its subscriber', () => {
    const { server, subscriber } = pair()
    const id = subscribed(subscriber, server)
    server.say({ type: 'unsubscribe', request_id: 'q', subscription_id: id })
    expect(server.take()).toMatchObject([{ type: 'error' }])
    server.say({ type: 'publish', stream_id: 'b', data: 1 })
    expect(types(subscriber.take())).toEqual(['event'])
  })
})

test('of several streams that are replaced at once, those end that the subscriber may not use any more', () => {
  const node = agmNode()
  const server = node.member()
  const subscriber = node.member({ identity: { application: 'A' } })
  register(server, 'A$', 'B$', 'C$', 'D$')
  const [a, b, c, d] = ['0', '1', '2', '3'].map((method) => subscribed(subscriber, server, { method }))
  subscriber.take()
  const streams = [
    ['0', "$application == 'B'"],
    ['1', "$application == 'A'"],
    ['2', "$application == 'B'"],
  ] as const
  server.say({
    type: 'register',
    methods: streams.map(([id, restrictions]) => ({ id, name: id, restrictions })),
  })
  const ended = (messages: ServerMessage[]): unknown[] => messages.map((message) => message.subscription_id)
  expect(ended(subscriber.take('subscription-cancelled'))).toEqual([a, c])
  expect(ended(server.take('remove-interest'))).toEqual([a, c])
  server.say({ type: 'publish', stream_id: 'b', data: 1 })
  expect(ended(subscriber.take('event'))).toEqual([b, d])
})
