import { describe, expect, test } from 'vitest'
import { agmNode, bare, called, register, subscribed, types, only } from '../support/agm-node.ts'

describe('joining agm', () => {
  test('the newcomer is told of everybody it sees, then of its success, and they of it', () => {
    const node = agmNode()
    const first = node.member({ identity: { application: 'A' } })
    const second = node.addPeer({ identity: { application: 'B' } })
    second.join('agm', { request_id: 'j1' })
    expect(bare(second.take())).toEqual([
      {
        type: 'peer-added',
        new_peer_id: first.id,
        identity: first.identity,
        meta: { local: true },
      },
      { type: 'success', request_id: 'j1' },
    ])
    expect(bare(first.take())).toEqual([
      {
        type: 'peer-added',
        new_peer_id: second.id,
        identity: second.identity,
        meta: { local: true },
      },
    ])
  })

  test('each peer-added is directly followed by the methods that the newcomer may use', () => {
    const node = agmNode()
    const one = node.member()
    const other = node.member()
    const silent = node.member()
    register(one, 'Sum', 'Prices$')
    other.say({
      type: 'register',
      methods: [
        { id: 1, name: 'ForB', restrictions: "$application == 'B'" },
        { id: 2, name: 'ForC', restrictions: "$application == 'C'" },
      ],
    })
    silent.say({
      type: 'register',
      methods: [{ id: 0, name: 'ForC', restrictions: "$application == 'C'" }],
    })
    const newcomer = node.addPeer({ identity: { application: 'B' } })
    newcomer.join('agm')
    expect(
      newcomer
        .take()
        .map(({ type, new_peer_id, server_id, methods }) => [
          type,
          new_peer_id ?? server_id,
          ((methods ?? []) as { name: string }[]).map(({ name }) => name),
        ]),
    ).toEqual([
      ['peer-added', one.id, []],
      ['methods-added', one.id, ['Sum', 'Prices$']],
      ['peer-added', other.id, []],
      ['methods-added', other.id, ['ForB']],
      ['peer-added', silent.id, []],
      ['success', undefined, []],
    ])
  })

  test('what a newcomer is told is what there is now, whatever earlier ones were told', () => {
    const node = agmNode()
    const server = node.member()
    const told = (): unknown => {
      const newcomer = node.addPeer()
      newcomer.join('agm')
      const [added] = newcomer.take('methods-added')
      newcomer.drop()
      return (added?.methods as { name: string }[] | undefined)?.map(({ name }) => name)
    }
    const put = (id: string, name: string, restrictions: string | null = null): void =>
      server.say({ type: 'register', methods: [{ id, name, restrictions }] })
    put('0', 'A')
    expect(told()).toEqual(['A'])
    put('1', 'B')
    expect(told()).toEqual(['A', 'B'])
    put('0', 'C')
    expect(told()).toEqual(['C', 'B'])
    put('1', 'D', "$application == 'nobody'")
    expect(told()).toEqual(['C'])
    put('1', 'E')
    expect(told()).toEqual(['C', 'E'])
    server.say({ type: 'unregister', methods: ['0'] })
    expect(told()).toEqual(['E'])
    server.say({ type: 'unregister', methods: ['1'] })
    expect(told()).toBeUndefined()
  })

  test('a repeated join announces nothing again', () => {
    const node = agmNode()
    const one = node.member()
    const other = node.member()
    one.take()
    other.join('agm', { request_id: 2 })
    expect(one.take()).toEqual([])
    expect(bare(other.take())).toEqual([{ type: 'success', request_id: 2 }])
  })

  test.each([
    ['peers of different users', { user: 'ann' }, { user: 'bob' }, false],
    ['a peer with a user and one without', { user: 'ann' }, { user: null }, false],
    ['peers without a user', { user: null }, { user: null }, true],
    ['a service and a peer of any user', { user: 'svc', service: true }, { user: 'bob' }, true],
  ])('%s: seen %j %j %s', (_what, one, other, seen) => {
    const node = agmNode()
    const present = node.member(one)
    const newcomer = node.addPeer(other)
    newcomer.join('agm')
    expect(types(newcomer.take())).toEqual(seen ? ['peer-added', 'success'] : ['success'])
    expect(types(present.take())).toEqual(seen ? ['peer-added'] : [])
  })

  test('restrictions of either side hide the two from each other', () => {
    const node = agmNode()
    const present = node.member({ identity: { region: 'EU' } }, { restrictions: '$region == #region' })
    const stranger = node.addPeer({ identity: { region: 'US' } })
    stranger.join('agm')
    const friend = node.addPeer({ identity: { region: 'EU' } })
    friend.join('agm', { restrictions: "$region != 'US'" })
    expect(types(stranger.take())).toEqual(['success'])
    expect(types(friend.take())).toEqual(['peer-added', 'success'])
    expect(present.take().map(({ new_peer_id: id }) => id)).toEqual([friend.id])
  })

  test('the identity of a peer survives as it is, whatever its members are called', () => {
    const node = agmNode()
    const identity = JSON.parse('{"__proto__":{"a":1},"constructor":2,"":"x"}') as object
    const present = node.member()
    node.member({ identity: { ...identity, ['__proto__']: { a: 1 } } })
    const seen = only(present.take()).identity as object
    expect(Object.hasOwn(seen, '__proto__')).toBe(true)
    expect(JSON.stringify(seen)).toContain('"__proto__":{"a":1}')
  })
})

describe('leaving agm', () => {
  test('those who saw the leaver get errors, cancellations, methods-removed and peer-removed, in this order', () => {
    const node = agmNode()
    const server = node.member()
    const caller = node.member()
    const bystander = node.member()
    register(server, 'Sum', 'Prices$')
    caller.take()
    bystander.take()
    const subscription = subscribed(caller, server, { method: '1' })
    caller.say({ type: 'subscribe', request_id: 's2', server_id: server.id, method_id: '1' })
    called(caller, server, { request: 'c1' })
    called(caller, server, { request: 'c2' })
    server.take()
    server.leave('agm', { reason_uri: 'my.uri', reason: 'my reason' })
    expect(bare(server.take())).toEqual([{ type: 'success', request_id: null }])
    const farewell = [
      { type: 'methods-removed', server_id: server.id, methods: ['0', '1'] },
      {
        type: 'peer-removed',
        removed_id: server.id,
        reason_uri: 'my.uri',
        reason: 'my reason',
      },
    ]
    const left = {
      type: 'error',
      reason_uri: 'agm.errors.invocation.failure',
      reason: 'Peer has left while waiting for result',
    }
    expect(bare(caller.take())).toEqual([
      { ...left, request_id: 'c1' },
      { ...left, request_id: 'c2' },
      {
        type: 'subscription-cancelled',
        subscription_id: subscription,
        reason_uri: 'agm.peer-removed',
        reason: 'Peer has been removed',
      },
      {
        type: 'error',
        request_id: 's2',
        reason_uri: 'agm.errors.subscription.failure',
        reason: 'Peer has left while waiting for subscription',
      },
      ...farewell,
    ])
    expect(bare(bystander.take())).toEqual(farewell)
    expect(node.agm.stats()).toEqual({ methods: 0, subscriptions: 0, pendingCalls: 0 })
  })

  test('methods that a peer could not see are not removed from it', () => {
    const node = agmNode()
    const server = node.member()
    const one = node.member({ identity: { application: 'B' } })
    const other = node.member({ identity: { application: 'C' } })
    server.say({
      type: 'register',
      methods: [{ id: 7, name: 'ForB', restrictions: "$application == 'B'" }],
    })
    one.take()
    other.take()
    server.leave('agm')
    expect(one.take().map(({ type, methods }) => [type, methods])).toEqual([
      ['methods-removed', [7]],
      ['peer-removed', undefined],
    ])
    expect(types(other.take())).toEqual(['peer-removed'])
  })

  test('without a reason peer-removed has nulls', () => {
    const node = agmNode()
    const one = node.member()
    const other = node.member()
    one.take()
    other.leave('agm')
    expect(bare(one.take())).toEqual([
      { type: 'peer-removed', removed_id: other.id, reason_uri: null, reason: null },
    ])
  })

  test('a lost connection is a peer that has been removed', () => {
    const node = agmNode()
    const one = node.member()
    const other = node.member()
    one.take()
    other.drop()
    expect(bare(one.take())).toEqual([
      {
        type: 'peer-removed',
        removed_id: other.id,
        reason_uri: 'agm.peer-removed',
        reason: 'Peer has been removed',
      },
    ])
  })

  test('servers of the leaver learn that its interest is gone before it is, for pending ones too', () => {
    const node = agmNode()
    const server = node.member()
    const subscriber = node.member()
    register(server, 'Prices$')
    const first = subscribed(subscriber, server)
    subscriber.say({ type: 'subscribe', request_id: 's', server_id: server.id, method_id: '0' })
    const second = server.take('add-interest')[0]!.subscription_id
    server.take()
    subscriber.drop()
    const gone = { reason_uri: 'agm.peer-removed', reason: 'Peer has been removed' }
    const interest = {
      type: 'remove-interest',
      method_id: '0',
      caller_id: subscriber.id,
      ...gone,
    }
    expect(bare(server.take())).toEqual([
      { ...interest, subscription_id: first },
      { ...interest, subscription_id: second },
      { type: 'peer-removed', removed_id: subscriber.id, ...gone },
    ])
    server.say({ type: 'publish', stream_id: 'b', data: 1 })
    server.say({ type: 'accepted', subscription_id: second, stream_id: 'b' })
    expect(server.take()).toEqual([])
  })

  test('an explicit leave gives the servers its reason', () => {
    const node = agmNode()
    const server = node.member()
    const subscriber = node.member()
    register(server, 'Prices$')
    subscribed(subscriber, server)
    server.take()
    subscriber.leave('agm', { reason_uri: 'u', reason: 'r' })
    expect(server.take('remove-interest')).toMatchObject([{ reason_uri: 'u', reason: 'r' }])
  })

  test('calls and streams to oneself end with the leaver, which is told its success only', () => {
    const node = agmNode()
    const peer = node.member()
    register(peer, 'Sum', 'Prices$')
    called(peer, peer)
    subscribed(peer, peer, { method: '1' })
    peer.take()
    peer.leave('agm')
    expect(types(peer.take())).toEqual(['success'])
    expect(node.agm.stats()).toEqual({ methods: 0, subscriptions: 0, pendingCalls: 0 })
    peer.join('agm')
    expect(types(peer.take())).toEqual(['success'])
  })

  test.each(['leave', 'drop'] as const)(
    'the caller is gone (%s): the server is not told, and its result is dropped',
    (how) => {
      const node = agmNode()
      const server = node.member()
      const caller = node.member()
      register(server, 'Sum')
      const invocations = [1, 2, 3].map(() => called(caller, server))
      server.take()
      if (how === 'leave') caller.leave('agm')
      else caller.drop()
      caller.take()
      expect(types(server.take())).toEqual(['peer-removed'])
      server.say({ type: 'yield', invocation_id: invocations[0], result: {} })
      expect([...server.take(), ...caller.take()]).toEqual([])
      if (how === 'leave') caller.join('agm')
      for (const peer of [server, caller]) peer.take()
      server.say({ type: 'yield', invocation_id: invocations[1], result: {} })
      // There is no such invocation any more.
      server.say({ type: 'error', request_id: invocations[2] })
      expect(types(server.take())).toEqual(['error'])
      expect(caller.take()).toEqual([])
    },
  )
})
