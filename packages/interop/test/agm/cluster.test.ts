import { describe, expect, test } from 'vitest'
import type { VisibilityRules } from '@portcullis/visibility'
import {
  agmCluster,
  agmNode,
  bare,
  called,
  refusalOf,
  register,
  subscribed,
  types,
  only,
} from '../support/agm-node.ts'

/** Methods whose name begins with `Local` stay on their node. */
const RULES: VisibilityRules = {
  methods: [{ method: '/Local.*/', restrictions: 'local' }],
  default: 'cluster',
}

/** A server on the first node, a peer on the second, and what is on the way between them. */
async function twoNodes(rules: VisibilityRules = RULES) {
  const { cluster, nodes } = await agmCluster(2, { rules })
  const [here, there] = nodes as [(typeof nodes)[0], (typeof nodes)[0]]
  const server = here.member({ identity: { application: 'S' } })
  const peer = there.member({ identity: { application: 'P' } })
  register(server, 'Sum', 'Prices$', 'LocalSum')
  const settle = () => cluster.settle()
  settle()
  server.take()
  peer.take()
  return { cluster, here, there, server, peer, settle }
}

describe('announcements', () => {
  test('a peer of another node is added before its methods, of which only those marked cluster come', async () => {
    const { cluster, nodes } = await agmCluster(2, { rules: RULES })
    const [here, there] = nodes as [(typeof nodes)[0], (typeof nodes)[0]]
    const peer = there.member()
    const server = here.member({ identity: { application: 'S' } })
    register(server, 'Sum', 'LocalSum', 'Prices$')
    cluster.settle()
    expect(bare(peer.take())).toEqual([
      {
        type: 'peer-added',
        new_peer_id: server.id,
        identity: server.identity,
        meta: { local: false },
      },
      {
        type: 'methods-added',
        source_type: 'node',
        server_id: server.id,
        methods: [
          { id: '0', name: 'Sum' },
          { id: '2', name: 'Prices$', flags: { streaming: true } },
        ],
      },
    ])
    expect(server.take()).toMatchObject([
      { type: 'peer-added', new_peer_id: peer.id, meta: { local: false } },
    ])
  })

  test('who joins later is told of the same, and so is a node that comes up later', async () => {
    const { cluster, server, there } = await twoNodes()
    const late = there.addPeer()
    late.join('agm')
    const expected = ['Sum', 'Prices$']
    const names = (peer: typeof late) =>
      (peer.take('methods-added')[0]!.methods as { name: string }[]).map(({ name }) => name)
    expect(names(late)).toEqual(expected)

    const link = cluster.node('n3')
    const third = agmNode({ rules: RULES, cluster: link })
    const waiting = third.member()
    await link.start()
    cluster.settle()
    expect(types(waiting.received)).toEqual(['peer-added', 'methods-added', 'peer-added', 'peer-added'])
    expect(names(waiting)).toEqual(expected)
    expect(server.take('peer-added').map(({ new_peer_id }) => new_peer_id)).toContain(waiting.id)
  })

  test('unregistered methods are removed there, where subscriptions end before', async () => {
    const { server, peer, there, settle } = await twoNodes()
    const id = subscribed(peer, server, { method: '1', settle })
    peer.say({ type: 'subscribe', request_id: 's2', server_id: server.id, method_id: '1' })
    settle()
    server.take()
    server.say({ type: 'unregister', request_id: 'u', methods: ['2', '1'] })
    settle()
    expect(types(server.take())).toEqual(['methods-removed', 'success'])
    expect(bare(peer.take())).toEqual([
      {
        type: 'subscription-cancelled',
        subscription_id: id,
        reason_uri: 'agm.method-removed',
        reason: 'Method has been removed',
      },
      refusalOf('s2', 'subscription.failure', 'Method has been removed while waiting for subscription'),
      { type: 'methods-removed', server_id: server.id, methods: ['1'] },
    ])
    expect(there.agm.stats().subscriptions).toBe(0)
    server.say({ type: 'publish', stream_id: 'b', data: 1 })
    settle()
    expect(peer.take()).toEqual([])
  })

  test('a replacement that the rules keep here is removed there', async () => {
    const { server, peer, settle } = await twoNodes()
    const id = subscribed(peer, server, { method: '1', settle })
    server.take()
    server.say({ type: 'register', methods: [{ id: '1', name: 'LocalPrices' }] })
    settle()
    expect(types(server.take())).toEqual(['remove-interest', 'methods-added', 'success'])
    expect(peer.take()).toMatchObject([
      { type: 'subscription-cancelled', subscription_id: id },
      { type: 'methods-removed', methods: ['1'] },
    ])
  })

  test('restrictions of methods hold there too', async () => {
    const { server, peer, there, settle } = await twoNodes()
    const other = there.member({ identity: { application: 'Q' } })
    settle()
    peer.take()
    server.say({
      type: 'register',
      methods: [{ id: 'r', name: 'ForQ', restrictions: "$application == 'Q'" }],
    })
    settle()
    expect(peer.take()).toEqual([])
    expect(other.take('methods-added')).toHaveLength(1)
    peer.say({ type: 'call', request_id: 'c', server_id: server.id, method_id: 'r' })
    expect(peer.take()).toMatchObject([{ reason_uri: 'agm.errors.invocation.failure' }])
    server.take()
    called(other, server, { method: 'r', settle })
  })

  test('peers of different users on different nodes do not meet', async () => {
    const { server, there, settle } = await twoNodes()
    const stranger = there.member({ user: 'ann' })
    settle()
    expect(stranger.take()).toEqual([])
    expect(server.take()).toEqual([])
    stranger.say({ type: 'call', request_id: 'c', server_id: server.id, method_id: '0' })
    settle()
    expect(stranger.take()).toMatchObject([{ reason: 'Unable to invoke methods across different users' }])
  })

  test('what makes no sense, or is about peers of another node, is ignored', async () => {
    const { cluster, here, there, server, peer, settle } = await twoNodes()
    const link = cluster.node('n3')
    const channel = link.open('agm', { message: () => {} })
    link.open('peers', { message: () => {}, snapshot: () => [] })
    await link.start()
    settle()
    for (const message of [
      null,
      5,
      [],
      {},
      { kind: 'added' },
      { kind: 'added', server: server.id },
      { kind: 'added', server: server.id, methods: [{ id: 'x', name: 'Forged' }] },
      { kind: 'added', server: peer.id, methods: [{ id: 'x', name: 'Forged' }] },
      { kind: 'added', server: 'p-n3-1', methods: [{ id: 'x', name: 'Forged' }] },
      { kind: 'removed', server: server.id, methods: ['0'] },
      { kind: 'removed', server: server.id, methods: 5 },
      { kind: 'removed', server: { toString: 1 }, methods: ['0'] },
      { kind: 'unknown', server: server.id, methods: ['0'] },
    ]) {
      channel.broadcast(message)
    }
    settle()
    expect([...server.take(), ...peer.take()]).toEqual([])
    expect(here.agm.describe().map(({ methods }) => methods.length)).toEqual([3, 0])
    expect(there.agm.describe().map(({ methods }) => methods.length)).toEqual([0, 2])
  })

  test('a method that is not understood is ignored, the others of the message are not', async () => {
    const { cluster, nodes } = await agmCluster(1, { rules: RULES, limits: { maxMethodsPerPeer: 3 } })
    const peer = nodes[0]!.member()
    const link = cluster.node('n2')
    const announcer = link.open('peers', { message: () => {}, snapshot: () => [] })
    const channel = link.open('agm', { message: () => {}, snapshot: () => 'nonsense' })
    await link.start()
    cluster.settle()
    const server = { id: 'p-n2-1', identity: {}, user: 'john', service: false, domain: 'agm' }
    announcer.broadcast({ t: 'joined', peer: server })
    const method = (id: unknown, rest: object = { name: 'M' }) => ({ id, ...rest })
    channel.broadcast({
      kind: 'added',
      server: server.id,
      methods: [
        null,
        method('x', {}),
        method(null),
        method('bad', { name: 'Bad', restrictions: '$a ==' }),
        method('long', { name: 'n'.repeat(257) }),
        method('a'),
        method('b'),
        method('a'),
        method('c'),
        method('one too many'),
      ],
    })
    channel.broadcast({ kind: 'added', server: server.id, methods: [method('and another')] })
    channel.broadcast({ kind: 'removed', server: server.id, methods: [null, {}, 'b', 'unknown'] })
    cluster.settle()
    expect(
      peer
        .take()
        .map(({ type, methods }) => [
          type,
          (methods as ({ id: string } | string)[] | undefined)?.map((one) =>
            typeof one === 'string' ? one : one.id,
          ),
        ]),
    ).toEqual([
      ['peer-added', undefined],
      ['methods-added', ['a', 'b', 'c']],
      ['methods-removed', ['b']],
    ])
  })
})

describe('a call to another node', () => {
  test('is handled there, and answered here under the request id of the caller', async () => {
    const { server, peer, here, there, settle } = await twoNodes()
    peer.say({
      type: 'call',
      request_id: { any: ['json'] },
      server_id: server.id,
      method_id: '0',
      arguments_kv: { a: 1 },
      context: { c: 1 },
    })
    expect(there.agm.stats().pendingCalls).toBe(1)
    settle()
    const [invoke] = server.take()
    const { invocation_id } = invoke!
    expect(invocation_id).toMatch(/^r-n1-/u)
    expect(bare([invoke!])).toEqual([
      {
        type: 'invoke',
        invocation_id,
        caller_id: peer.id,
        method_id: '0',
        arguments: null,
        arguments_kv: { a: 1 },
        context: { c: 1 },
      },
    ])
    server.say({ type: 'yield', invocation_id, result: { r: 1 } })
    server.say({ type: 'yield', invocation_id, result: { r: 2 } })
    settle()
    expect(bare(peer.take())).toEqual([{ type: 'result', request_id: { any: ['json'] }, result: { r: 1 } }])
    expect(server.take()).toEqual([])
    expect(there.agm.stats().pendingCalls).toBe(0)
    expect(here.engine.counters.calls + there.engine.counters.calls).toBe(1)
  })

  test('two with one request id are both answered', async () => {
    const { server, peer, settle } = await twoNodes()
    const first = called(peer, server, { settle })
    const second = called(peer, server, { settle })
    server.say({ type: 'yield', invocation_id: second, result: 2 })
    server.say({ type: 'yield', invocation_id: first, result: 1 })
    settle()
    expect(peer.take()).toMatchObject([
      { request_id: 'c', result: 2 },
      { request_id: 'c', result: 1 },
    ])
  })

  test('an error of the server arrives as one', async () => {
    const { server, peer, settle } = await twoNodes()
    const id = called(peer, server, { settle })
    server.say({ type: 'error', request_id: id, reason_uri: 'u', reason: 'r', context: [1] })
    settle()
    expect(bare(peer.take())).toEqual([
      { type: 'error', request_id: 'c', reason_uri: 'u', reason: 'r', context: [1] },
    ])
  })

  test('of a method marked local is refused here and would be there', async () => {
    const { server, peer, here, settle } = await twoNodes()
    peer.say({ type: 'call', request_id: 'c', server_id: server.id, method_id: '2' })
    settle()
    const reason = `Unable to find method with id 2 on server id ${server.id} registered with this peer`
    expect(bare(peer.take())).toEqual([refusalOf('c', 'invocation.failure', reason)])
    const remote = here.engine.peers.get(peer.id)!
    for (const type of ['call', 'subscribe']) {
      expect(() =>
        here.agm.handle(remote, {
          domain: 'agm',
          type,
          request_id: 'forged',
          server_id: server.id,
          method_id: '2',
        }),
      ).toThrow(reason)
    }
    expect(server.take()).toEqual([])
  })

  test('refused there is refused here', async () => {
    const { server, peer, here, settle } = await twoNodes()
    server.writable = false
    peer.say({ type: 'call', request_id: 'c', server_id: server.id, method_id: '0' })
    peer.say({ type: 'subscribe', request_id: 's', server_id: server.id, method_id: '1' })
    settle()
    expect(peer.take()).toMatchObject([
      { type: 'error', request_id: 'c', reason_uri: 'agm.errors.limits_exceeded' },
      { type: 'error', request_id: 's', reason_uri: 'agm.errors.limits_exceeded' },
    ])
    expect(here.engine.counters.mailboxFull).toBe(2)
  })

  test('a caller that is gone is answered no more', async () => {
    const { server, peer, here, there, settle } = await twoNodes()
    const id = called(peer, server, { settle })
    peer.drop()
    server.say({ type: 'yield', invocation_id: id, result: 1 })
    settle()
    server.take()
    server.say({ type: 'yield', invocation_id: id, result: 1 })
    settle()
    expect(server.take()).toEqual([])
    for (const node of [here, there]) expect(node.agm.stats().pendingCalls).toBe(0)
  })

  test('that came too late, after the method was removed, is refused by the server’s node', async () => {
    const { server, peer, settle } = await twoNodes()
    server.say({ type: 'unregister', methods: ['0'] })
    peer.say({ type: 'call', request_id: 'c', server_id: server.id, method_id: '0' })
    settle()
    expect(types(peer.take())).toEqual(['methods-removed', 'error'])
    expect(server.take('invoke')).toEqual([])
  })

  test('is not passed on to a third node', async () => {
    const { cluster, nodes } = await agmCluster(3)
    const [a, b, c] = nodes.map((node) => node.member())
    register(c!, 'Sum')
    cluster.settle()
    const [, second] = nodes
    const remote = second!.engine.peers.get(a!.id)!
    expect(() =>
      second!.agm.handle(remote, {
        domain: 'agm',
        type: 'call',
        server_id: c!.id,
        method_id: '0',
      }),
    ).toThrow(`Unable to find peer with id ${c!.id} in domain :agm-domain`)
    expect(b!.take('error')).toEqual([])
  })
})

describe('a stream of another node', () => {
  test('is subscribed, pushed and unsubscribed', async () => {
    const { server, peer, here, there, settle } = await twoNodes()
    const id = subscribed(peer, server, { method: '1', settle })
    expect(id).toMatch(/^r-n1-/u)
    server.say({ type: 'publish', stream_id: 'b', data: { d: [1] }, sequence: 1 })
    server.say({ type: 'post', subscription_id: id, data: 2, snapshot: true })
    settle()
    expect(bare(peer.take())).toEqual([
      {
        type: 'event',
        subscription_id: id,
        oob: false,
        sequence: 1,
        snapshot: null,
        data: { d: [1] },
      },
      { type: 'event', subscription_id: id, oob: true, sequence: null, snapshot: true, data: 2 },
    ])
    peer.say({
      type: 'unsubscribe',
      request_id: 'q',
      subscription_id: id,
      reason_uri: '',
      reason: 'ClientInitiated',
    })
    server.say({ type: 'publish', stream_id: 'b', data: 'too late' })
    settle()
    expect(bare(peer.take())).toEqual([{ type: 'success', request_id: 'q' }])
    expect(bare(server.take())).toEqual([
      {
        type: 'remove-interest',
        subscription_id: id,
        method_id: '1',
        caller_id: peer.id,
        reason_uri: '',
        reason: 'ClientInitiated',
      },
    ])
    for (const node of [here, there]) expect(node.agm.stats().subscriptions).toBe(0)
    expect(here.engine.counters.streamEvents).toBe(3)
  })

  test('of which a peer has two subscriptions, sends each its event', async () => {
    const { server, peer, settle } = await twoNodes()
    const ids = [1, 2].map(() => subscribed(peer, server, { method: '1', settle }))
    server.say({ type: 'publish', stream_id: 'b', data: 1 })
    settle()
    expect(peer.take().map(({ subscription_id }) => subscription_id)).toEqual(ids)
  })

  test('that rejects answers the request', async () => {
    const { server, peer, there, settle } = await twoNodes()
    peer.say({ type: 'subscribe', request_id: 's', server_id: server.id, method_id: '1' })
    settle()
    const { subscription_id } = only(server.take())
    server.say({ type: 'error', request_id: subscription_id, reason_uri: 'u', reason: 'no' })
    settle()
    expect(bare(peer.take())).toEqual([{ type: 'error', request_id: 's', reason_uri: 'u', reason: 'no' }])
    expect(there.agm.stats().subscriptions).toBe(0)
  })

  test('whose server drops the subscription cancels it', async () => {
    const { server, peer, there, settle } = await twoNodes()
    const id = subscribed(peer, server, { method: '1', settle })
    server.say({ type: 'drop-subscription', subscription_id: id, reason: 'bye' })
    settle()
    expect(bare(peer.take())).toEqual([
      { type: 'subscription-cancelled', subscription_id: id, reason_uri: null, reason: 'bye' },
    ])
    expect(there.agm.stats().subscriptions).toBe(0)
  })

  test('dropped and unsubscribed at once ends once on either side', async () => {
    const { server, peer, settle } = await twoNodes()
    const id = subscribed(peer, server, { method: '1', settle })
    server.say({ type: 'drop-subscription', subscription_id: id, reason: 'bye' })
    peer.say({ type: 'unsubscribe', request_id: 'q', subscription_id: id })
    settle()
    expect(types(peer.take())).toEqual(['success'])
    expect(server.take()).toEqual([])
  })

  test('not accepted yet cannot be unsubscribed by a guessed id', async () => {
    const { server, peer, settle } = await twoNodes()
    peer.say({ type: 'subscribe', request_id: 's', server_id: server.id, method_id: '1' })
    settle()
    const { subscription_id: id } = only(server.take())
    for (let n = 1; n < 20; n += 1) {
      peer.say({ type: 'unsubscribe', request_id: n, subscription_id: `r-n2-${n}` })
    }
    expect(types(peer.take())).toEqual(Array.from({ length: 19 }, () => 'error'))
    server.say({ type: 'accepted', subscription_id: id, stream_id: 'b' })
    settle()
    expect(types(peer.take())).toEqual(['subscribed'])
  })

  test.each([
    ['leaves', 'leave'],
    ['is lost', 'drop'],
  ] as const)('its server hears once that a subscriber %s', async (_what, how) => {
    const { server, peer, here, settle } = await twoNodes()
    const id = subscribed(peer, server, { method: '1', settle })
    peer.say({ type: 'subscribe', request_id: 's2', server_id: server.id, method_id: '1' })
    settle()
    const second = server.take('add-interest')[0]!.subscription_id
    if (how === 'leave') peer.leave('agm', { reason_uri: 'agm.peer-removed', reason: 'r' })
    else peer.drop()
    settle()
    expect(
      server.take().map(({ type, subscription_id, reason_uri }) => [type, subscription_id, reason_uri]),
    ).toEqual([
      ['remove-interest', id, 'agm.peer-removed'],
      ['remove-interest', second, 'agm.peer-removed'],
      ['peer-removed', undefined, 'agm.peer-removed'],
    ])
    expect(here.agm.describe()).toHaveLength(1)
  })
})

describe('when the server of another node is gone', () => {
  const LEFT = 'Peer has left while waiting for result'

  test.each(['leave', 'drop', 'die', 'cut'] as const)(
    '%s: callers and subscribers hear of it once, before its methods and itself are removed',
    async (how) => {
      const { cluster, server, peer, there, settle } = await twoNodes()
      const id = subscribed(peer, server, { method: '1', settle })
      peer.say({ type: 'subscribe', request_id: 's2', server_id: server.id, method_id: '1' })
      called(peer, server, { settle })
      peer.say({ type: 'call', request_id: 'on the way', server_id: server.id, method_id: '0' })
      if (how === 'leave') server.leave('agm')
      if (how === 'drop') server.drop()
      if (how === 'die') cluster.kill('n1')
      if (how === 'cut') cluster.cut('n1', 'n2')
      settle()
      const heard = bare(peer.take())
      expect(heard.slice(0, 4)).toEqual([
        refusalOf('c', 'invocation.failure', LEFT),
        refusalOf('on the way', 'invocation.failure', LEFT),
        {
          type: 'subscription-cancelled',
          subscription_id: id,
          reason_uri: 'agm.peer-removed',
          reason: 'Peer has been removed',
        },
        refusalOf('s2', 'subscription.failure', 'Peer has left while waiting for subscription'),
      ])
      expect(heard.slice(4)).toMatchObject([
        { type: 'methods-removed', server_id: server.id, methods: ['0', '1'] },
        { type: 'peer-removed', removed_id: server.id },
      ])
      expect(there.agm.stats()).toEqual({ methods: 0, subscriptions: 0, pendingCalls: 0 })
    },
  )

  test('and the nodes meet again, everything is there anew and nothing of before is left', async () => {
    const { cluster, server, peer, here, there, settle } = await twoNodes()
    const id = subscribed(peer, server, { method: '1', settle })
    const invocation = called(peer, server, { settle })
    cluster.cut()
    settle()
    expect(types(server.take())).toEqual(['remove-interest', 'peer-removed'])
    peer.take()
    cluster.heal()
    settle()
    expect(types(peer.take())).toEqual(['peer-added', 'methods-added'])
    expect(types(server.take())).toEqual(['peer-added'])
    server.say({ type: 'publish', stream_id: 'b', data: 1 })
    server.say({ type: 'post', subscription_id: id, data: 1 })
    server.say({ type: 'yield', invocation_id: invocation })
    settle()
    expect([...peer.take(), ...server.take()]).toEqual([])
    for (const node of [here, there]) {
      expect(node.agm.stats()).toMatchObject({ subscriptions: 0, pendingCalls: 0 })
    }
    const again = called(peer, server, { settle })
    server.say({ type: 'yield', invocation_id: again, result: 'again' })
    settle()
    expect(peer.take()).toMatchObject([{ result: 'again' }])
  })
})

describe('another node', () => {
  test.each([
    ['register', { methods: [{ id: 'x', name: 'X' }] }],
    ['unregister', { methods: [] }],
    ['yield', {}],
    ['error', {}],
    ['accepted', { stream_id: '0' }],
    ['publish', {}],
    ['post', {}],
    ['drop-subscription', {}],
  ])('cannot forward %s', async (type, rest) => {
    const { here, peer } = await twoNodes()
    const remote = here.engine.peers.get(peer.id)!
    expect(() => here.agm.handle(remote, { domain: 'agm', type, ...rest })).toThrow('Unhandled')
  })

  test('cannot deliver an event before the answer, nor an answer twice', async () => {
    const { cluster, there, server, peer, settle } = await twoNodes()
    const deliver = (message: object): unknown =>
      there.agm.delivering!(peer, { domain: 'agm', ...message } as never)
    peer.say({ type: 'subscribe', request_id: 's', server_id: server.id, method_id: '1' })
    const sent = JSON.parse(cluster.sent.at(-1)!.json) as { message: { request_id: string } }
    const id = sent.message.request_id
    for (const type of ['event', 'subscription-cancelled']) {
      expect(deliver({ type, subscription_id: id })).toBeUndefined()
    }
    settle()
    const { subscription_id } = only(server.take())
    server.say({ type: 'accepted', subscription_id, stream_id: 'b' })
    settle()
    expect(types(peer.take())).toEqual(['subscribed'])
    for (const request_id of [id, subscription_id]) {
      expect(deliver({ type: 'subscribed', request_id, subscription_id: 'x' })).toBeUndefined()
      expect(deliver({ type: 'error', request_id })).toBeUndefined()
    }
    server.say({ type: 'publish', stream_id: 'b', data: 1 })
    settle()
    expect(types(peer.take())).toEqual(['event'])
  })

  test('cannot deliver what the peer did not ask for', async () => {
    const { there, server, peer, settle } = await twoNodes()
    const local = there.member()
    register(local, 'Prices$')
    const id = subscribed(peer, local)
    const invocation = called(peer, local)
    const deliver = (message: object) => there.agm.delivering!(peer, { domain: 'agm', ...message } as never)
    for (const message of [
      { type: 'result', request_id: 'nonsense' },
      { type: 'result', request_id: invocation },
      { type: 'result', request_id: 'c' },
      { type: 'error', request_id: id },
      { type: 'subscribed', request_id: 's', subscription_id: 'x' },
      { type: 'event', subscription_id: id },
      { type: 'event' },
      { type: 'subscription-cancelled', subscription_id: id },
      { type: 'invoke', invocation_id: 'x' },
      { type: 'methods-added', server_id: server.id, methods: [] },
      { type: 'peer-removed', removed_id: local.id },
      { type: 'success', request_id: 's' },
    ]) {
      expect(deliver(message)).toBeUndefined()
    }
    settle()
    local.say({ type: 'publish', stream_id: 'b', data: 1 })
    expect(types(peer.take())).toContain('event')
    const outsider = there.addPeer()
    expect(there.agm.delivering!(outsider, { domain: 'agm', type: 'result' })).toBeUndefined()
  })
})
