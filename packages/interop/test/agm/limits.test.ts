import { describe, expect, test } from 'vitest'
import { agmNode, called, register, subscribed, types, only } from '../support/agm-node.ts'

const EXCEEDED = { type: 'error', reason_uri: 'agm.errors.limits_exceeded' }

describe('beyond a limit', () => {
  test('a peer cannot register more methods, but replace those it has', () => {
    const node = agmNode({ limits: { maxMethodsPerPeer: 3 } })
    const server = node.member()
    register(server, 'A', 'B')
    const more = (...ids: string[]): void =>
      server.say({ type: 'register', request_id: 'g', methods: ids.map((id) => ({ id, name: id })) })
    more('2', '3')
    expect(server.take()).toMatchObject([{ ...EXCEEDED, request_id: 'g' }])
    expect(node.agm.stats().methods).toBe(2)
    more('2', '1', '0')
    expect(types(server.take())).toEqual(['methods-added', 'success'])
    more('0', '1', '2', '0')
    expect(server.take()).toMatchObject([EXCEEDED])
    server.say({ type: 'unregister', request_id: 'u', methods: ['2'] })
    server.take()
    more('9')
    expect(types(server.take())).toEqual(['methods-added', 'success'])
  })

  test('the methods of a peer cannot outgrow a message', () => {
    const node = agmNode({ limits: { maxMessageBytes: 1000 } })
    const server = node.member()
    const put = (id: string, size: number): unknown => {
      server.say({ type: 'register', methods: [{ id, name: 'M', description: 'd'.repeat(size) }] })
      return server.take()
    }
    expect(put('0', 600)).toMatchObject([{ type: 'methods-added' }, { type: 'success' }])
    expect(put('1', 600)).toMatchObject([EXCEEDED])
    expect(put('0', 800)).toMatchObject([{ type: 'methods-added' }, { type: 'success' }])
    server.say({ type: 'unregister', methods: ['0'] })
    server.take()
    expect(put('1', 800)).toMatchObject([{ type: 'methods-added' }, { type: 'success' }])
  })

  test('the patterns in the restrictions of a peer cannot cost more, one that is known costs nothing', () => {
    const node = agmNode()
    const server = node.member()
    // About six hundred instructions of the engine out of two dozen characters.
    const costly = (at: number): string => `$a ? '(?:.?x){100}y+${at}'`
    const put = (from: number, to: number, restrictions: (at: number) => string): string[] => {
      const methods = Array.from({ length: to - from }, (_, at) => ({
        id: `${from + at}`,
        name: 'M',
        restrictions: restrictions(from + at),
      }))
      server.say({ type: 'register', methods })
      return server
        .take()
        .map(({ type, reason_uri: uri }) => `${type} ${(uri as string | undefined) ?? ''}`.trim())
    }
    const registered = ['methods-added', 'success']
    expect(put(0, 100, costly)).toEqual(['error agm.errors.limits_exceeded'])
    expect(node.agm.stats().methods).toBe(0)
    let count = 0
    while (put(count, count + 1, costly)[0] === 'methods-added') count += 1
    expect(count).toBeGreaterThan(10)
    expect(put(count, 1000, () => costly(0))).toEqual(registered)
    // Room comes back with the last method that has it.
    server.say({ type: 'unregister', methods: ['0'] })
    server.take()
    expect(put(2000, 2001, () => costly(2000))).toEqual(['error agm.errors.limits_exceeded'])
    server.say({ type: 'unregister', methods: ['1'] })
    server.take()
    expect(put(2000, 2001, () => costly(2000))).toEqual(registered)
  })

  test('a peer cannot wait for more results, until one comes', () => {
    const node = agmNode({ limits: { maxCallsPerPeer: 2 } })
    const server = node.member()
    const caller = node.member()
    register(server, 'Sum')
    caller.take()
    const first = called(caller, server)
    called(caller, server)
    const call = { type: 'call', request_id: 'c3', server_id: server.id, method_id: '0' }
    caller.say(call)
    expect(caller.take()).toMatchObject([{ ...EXCEEDED, request_id: 'c3' }])
    expect(server.take('invoke')).toEqual([])
    server.say({ type: 'yield', invocation_id: first })
    caller.take()
    caller.say(call)
    expect(server.take('invoke')).toHaveLength(1)
  })

  test('a peer cannot have more subscriptions, until one ends', () => {
    const node = agmNode({ limits: { maxSubscriptionsPerPeer: 1 } })
    const server = node.member()
    const subscriber = node.member()
    register(server, 'Prices$')
    subscriber.take()
    const id = subscribed(subscriber, server)
    const subscribe = { type: 'subscribe', request_id: 's', server_id: server.id, method_id: '0' }
    subscriber.say(subscribe)
    expect(subscriber.take()).toMatchObject([{ ...EXCEEDED, request_id: 's' }])
    server.say({ type: 'drop-subscription', subscription_id: id })
    subscriber.say(subscribe)
    expect(server.take('add-interest')).toHaveLength(1)
  })

  test.each(['call', 'subscribe'])(
    'a %s to a server that does not keep up is refused and counted',
    (type) => {
      const node = agmNode()
      const server = node.member()
      const peer = node.member()
      register(server, 'Sum')
      for (const each of [server, peer]) each.take()
      server.writable = false
      peer.say({ type, request_id: 'c', server_id: server.id, method_id: '0' })
      expect(peer.take()).toMatchObject([{ ...EXCEEDED, request_id: 'c' }])
      expect(server.take()).toEqual([])
      expect(node.engine.counters.mailboxFull).toBe(1)
      expect(node.agm.stats()).toMatchObject({ subscriptions: 0, pendingCalls: 0 })
      server.writable = true
      peer.say({ type, request_id: 'c', server_id: server.id, method_id: '0' })
      expect(server.take()).toHaveLength(1)
    },
  )

  test.each([
    ['a long text', 'x'.repeat(257)],
    ['a large object', { a: 'x'.repeat(257) }],
    ['a large list', Array.from({ length: 200 }, () => 0)],
  ])('%s is no request id to keep', (_what, request_id) => {
    const node = agmNode()
    const server = node.member()
    register(server, 'Sum')
    for (const type of ['call', 'subscribe']) {
      server.say({ type, request_id, server_id: server.id, method_id: '0' })
      expect(server.take()).toMatchObject([{ ...EXCEEDED, request_id: -1 }])
    }
  })

  test.each([[5], ['x'.repeat(256)], [{ a: [1] }], [null], [false], [0]])(
    'the request id %j is echoed as it is',
    (request_id) => {
      const node = agmNode()
      const server = node.member()
      register(server, 'Sum')
      server.say({ type: 'call', request_id, server_id: server.id, method_id: '0' })
      const { invocation_id } = only(server.take())
      server.say({ type: 'yield', invocation_id })
      expect(server.take()).toMatchObject([{ type: 'result', request_id }])
    },
  )

  test('a long stream id is refused', () => {
    const node = agmNode()
    const server = node.member()
    register(server, 'Prices$')
    server.say({ type: 'subscribe', request_id: 's', server_id: server.id, method_id: '0' })
    const { subscription_id } = only(server.take())
    server.say({ type: 'accepted', subscription_id, stream_id: 'x'.repeat(257) })
    expect(server.take()).toMatchObject([EXCEEDED])
  })

  test('reasons do not repeat what is too long', () => {
    const node = agmNode()
    const peer = node.member()
    register(peer, 'Sum')
    const long = 'x'.repeat(100_000)
    peer.say({ type: 'call', request_id: 1, server_id: long, method_id: '0' })
    peer.say({ type: 'call', request_id: 1, server_id: peer.id, method_id: long })
    peer.say({ type: 'unregister', request_id: 1, methods: [long] })
    peer.say({ type: 'unsubscribe', request_id: 1, subscription_id: long })
    peer.say({ type: long, request_id: 1 })
    const refused = peer.take('error')
    expect(refused).toHaveLength(5)
    for (const error of refused) expect(JSON.stringify(error).length).toBeLessThan(1000)
  })
})

test('two hundred members are told of a newcomer, and it of them, with their methods encoded once', () => {
  const node = agmNode()
  let encoded = 0
  const definition = {
    id: '0',
    name: 'Sum',
    toJSON() {
      encoded += 1
      return { id: '0', name: 'Sum' }
    },
  }
  const present = Array.from({ length: 200 }, () => node.member())
  for (const peer of present) {
    node.handle(peer, { domain: 'agm', type: 'register', methods: [definition] })
  }
  for (const peer of present) peer.take()
  expect(encoded).toBe(200)
  const newcomer = node.addPeer()
  newcomer.join('agm')
  expect(newcomer.take()).toHaveLength(401)
  for (const peer of present) expect(types(peer.take())).toEqual(['peer-added'])
  expect(encoded).toBe(200)
})
