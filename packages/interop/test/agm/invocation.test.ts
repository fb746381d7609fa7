import { describe, expect, test } from 'vitest'
import { agmNode, bare, called, refusalOf, register, types, only } from '../support/agm-node.ts'

function pair() {
  const node = agmNode()
  const server = node.member()
  const caller = node.member()
  register(server, 'Sum', 'Prices$')
  server.take()
  caller.take()
  return { node, server, caller }
}

describe('a call', () => {
  test('reaches the server as an invocation, and its result the caller', () => {
    const { node, server, caller } = pair()
    caller.say({
      type: 'call',
      request_id: 'c1',
      server_id: server.id,
      method_id: '0',
      arguments_kv: { a: 1 },
      arguments: [],
      context: {},
    })
    expect(caller.take()).toEqual([])
    const [invoke] = server.take()
    const { invocation_id: id } = invoke!
    expect(id).toMatch(/^r-n1-\d+$/u)
    expect(bare([invoke!])).toEqual([
      {
        type: 'invoke',
        invocation_id: id,
        caller_id: caller.id,
        method_id: '0',
        arguments: [],
        arguments_kv: { a: 1 },
        context: {},
      },
    ])
    server.say({ type: 'yield', request_id: 'x', invocation_id: id, result: { r: 1 } })
    expect(server.take()).toEqual([])
    expect(bare(caller.take())).toEqual([{ type: 'result', request_id: 'c1', result: { r: 1 } }])
    expect(node.engine.counters.calls).toBe(1)
    expect(node.agm.stats().pendingCalls).toBe(0)
  })

  test('missing members arrive as null, and so does a missing result', () => {
    const { server, caller } = pair()
    caller.say({ type: 'call', server_id: server.id, method_id: '0' })
    const [invoke] = server.take()
    expect(invoke).toMatchObject({ arguments: null, arguments_kv: null, context: null })
    server.say({ type: 'yield', invocation_id: invoke!.invocation_id })
    expect(bare(caller.take())).toEqual([{ type: 'result', request_id: null, result: null }])
  })

  test('strings survive unharmed', () => {
    const { server, caller } = pair()
    const text = '{"":1,"a.b":"\\u0000\\u2028\\ud800","__proto__":{"x":[1e21]},":x":"#T42_DATE#1"}'
    caller.say({
      type: 'call',
      request_id: 'c',
      server_id: server.id,
      method_id: '0',
      arguments_kv: JSON.parse(text),
    })
    const [invoke] = server.take()
    expect(invoke!.arguments_kv).toEqual(JSON.parse(text))
    expect(Object.hasOwn(invoke!.arguments_kv as object, '__proto__')).toBe(true)
    server.say({
      type: 'yield',
      invocation_id: invoke!.invocation_id,
      result: JSON.parse(text),
    })
    const { result } = only(caller.take())
    expect(JSON.stringify(result)).toBe(JSON.stringify(JSON.parse(text)))
  })

  test('can be made to oneself', () => {
    const { server } = pair()
    const id = called(server, server)
    server.say({ type: 'yield', invocation_id: id, result: 5 })
    expect(bare(server.take())).toEqual([{ type: 'result', request_id: 'c', result: 5 }])
  })

  test('to oneself passes restrictions that hold for nobody', () => {
    const node = agmNode()
    const peer = node.addPeer()
    peer.join('agm', { restrictions: "$application == 'nobody'" })
    peer.say({
      type: 'register',
      methods: [{ id: 0, name: 'Mine', restrictions: "$application == 'nobody'" }],
    })
    peer.take()
    peer.say({ type: 'call', request_id: 'c', server_id: peer.id, method_id: 0 })
    expect(types(peer.take())).toEqual(['invoke'])
  })

  test('a second yield, an unknown one and one after an error are ignored', () => {
    const { server, caller } = pair()
    const id = called(caller, server)
    server.say({ type: 'yield', invocation_id: id, result: 1 })
    server.say({ type: 'yield', invocation_id: id, result: 2 })
    server.say({ type: 'yield', invocation_id: 'nonsense', result: 3 })
    server.say({ type: 'yield', invocation_id: null })
    server.say({ type: 'yield' })
    expect(caller.take()).toMatchObject([{ result: 1 }])
    const next = called(caller, server)
    server.say({ type: 'error', request_id: next, reason: 'no' })
    server.say({ type: 'yield', invocation_id: next, result: 4 })
    expect(types(caller.take())).toEqual(['error'])
    expect(server.take()).toEqual([])
  })

  test('two calls with one request id are both answered', () => {
    const { server, caller } = pair()
    const first = called(caller, server, { request: 'same' })
    const second = called(caller, server, { request: 'same' })
    expect(first).not.toBe(second)
    server.say({ type: 'yield', invocation_id: second, result: 2 })
    server.say({ type: 'yield', invocation_id: first, result: 1 })
    expect(caller.take()).toMatchObject([
      { request_id: 'same', result: 2 },
      { request_id: 'same', result: 1 },
    ])
  })
})

describe('an error of the server', () => {
  test('reaches the caller with the uri, the reason and the context', () => {
    const { server, caller } = pair()
    const id = called(caller, server)
    server.say({
      type: 'error',
      request_id: id,
      reason_uri: 'agm.errors.client_error',
      reason: 'kaboom',
      context: { a: 1 },
    })
    expect(server.take()).toEqual([])
    expect(bare(caller.take())).toEqual([
      {
        type: 'error',
        request_id: 'c',
        reason_uri: 'agm.errors.client_error',
        reason: 'kaboom',
        context: { a: 1 },
      },
    ])
  })

  test('has nulls for what the server did not say', () => {
    const { server, caller } = pair()
    server.say({ type: 'error', request_id: called(caller, server) })
    expect(bare(caller.take())).toEqual([{ type: 'error', request_id: 'c', reason_uri: null, reason: null }])
  })

  test('for nothing that it serves is refused', () => {
    const { server, caller } = pair()
    server.say({ type: 'error', request_id: 'nonsense' })
    expect(bare(server.take())).toEqual([
      refusalOf(
        'nonsense',
        'subscription.invalid_subscription',
        'Trying to drop a non-existing subscription',
      ),
    ])
    expect(caller.take()).toEqual([])
  })
})

describe('somebody else', () => {
  test('cannot yield, nor can the caller itself', () => {
    const { node, server, caller } = pair()
    const other = node.member()
    const stranger = node.member({ user: 'mallory' })
    caller.take()
    const id = called(caller, server)
    for (const peer of [other, stranger, caller]) {
      peer.take()
      peer.say({ type: 'yield', invocation_id: id, result: 'forged' })
      expect(peer.take()).toEqual([])
    }
    server.say({ type: 'yield', invocation_id: id, result: 'real' })
    expect(caller.take()).toMatchObject([{ result: 'real' }])
  })

  test('cannot fail a call', () => {
    const { node, server, caller } = pair()
    const other = node.member()
    caller.take()
    const id = called(caller, server)
    other.say({ type: 'error', request_id: id, reason: 'forged' })
    expect(other.take()).toMatchObject([{ reason_uri: 'agm.errors.subscription.invalid_subscription' }])
    expect(caller.take()).toEqual([])
    server.say({ type: 'yield', invocation_id: id })
    expect(types(caller.take())).toEqual(['result'])
  })
})

describe('what a call is checked for', () => {
  const missing = (id: string) => `Unable to find peer with id ${id} in domain :agm-domain`

  test.each(['call', 'subscribe'])('%s: the server is there', (type) => {
    const { node, caller } = pair()
    const outside = node.addPeer()
    const say = (server_id: unknown) => caller.say({ type, request_id: 'c', server_id, method_id: '0' })
    say('p-nowhere')
    say(outside.id)
    say(undefined)
    say(7)
    say({})
    expect(bare(caller.take())).toEqual([
      refusalOf('c', 'failure', missing('p-nowhere')),
      refusalOf('c', 'failure', missing(outside.id)),
      refusalOf('c', 'failure', 'Peer id is missing'),
      refusalOf('c', 'failure', missing('7')),
      refusalOf('c', 'failure', missing('')),
    ])
  })

  test.each(['call', 'subscribe'])('%s: the two see each other', (type) => {
    const { node, server } = pair()
    const stranger = node.member({ user: 'ann' })
    stranger.say({ type, request_id: 'c', server_id: server.id, method_id: '0' })
    expect(bare(stranger.take())).toEqual([
      refusalOf('c', 'invocation.failure', 'Unable to invoke methods across different users'),
    ])
    const shy = node.member({}, { restrictions: "$application == 'nobody'" })
    shy.say({ type, request_id: 'c', server_id: server.id, method_id: '0' })
    expect(shy.take()).toMatchObject([{ reason: 'Unable to invoke methods across different users' }])
    expect(server.take('invoke')).toEqual([])
  })

  test.each(['call', 'subscribe'])('%s: the method is there for this caller', (type) => {
    const { server, caller } = pair()
    server.say({
      type: 'register',
      methods: [{ id: 'r', name: 'Restricted', restrictions: "$application == 'B'" }],
    })
    server.take()
    for (const id of ['9', 0, null, undefined, 'r', {}, []]) {
      caller.say({ type, request_id: 'c', server_id: server.id, method_id: id })
      const printed = typeof id === 'string' || typeof id === 'number' ? id : ''
      expect(bare(caller.take())).toEqual([
        refusalOf(
          'c',
          'invocation.failure',
          `Unable to find method with id ${printed} on server id ${server.id} registered with this peer`,
        ),
      ])
    }
    expect(server.take()).toEqual([])
  })

  test.each(['call', 'subscribe'])('%s: arguments come in one way', (type) => {
    const { server, caller } = pair()
    caller.say({
      type,
      request_id: 'c',
      server_id: server.id,
      method_id: '0',
      arguments: [1],
      arguments_kv: { a: 1 },
    })
    expect(bare(caller.take())).toEqual([
      refusalOf('c', 'invocation.failure', 'Cant use positional and by-name arguments at the same time'),
    ])
    expect(server.take()).toEqual([])
    caller.say({
      type,
      request_id: 'c',
      server_id: server.id,
      method_id: '0',
      arguments: [1],
      arguments_kv: {},
    })
    expect(server.take()).toMatchObject([{ arguments: [1], arguments_kv: {} }])
  })

  test('a service may call peers of every user', () => {
    const { node, server } = pair()
    const service = node.member({ user: 'svc', service: true })
    server.take()
    const id = called(service, server)
    server.say({ type: 'yield', invocation_id: id, result: 1 })
    expect(types(service.take())).toEqual(['result'])
  })
})
