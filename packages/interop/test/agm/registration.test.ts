import { describe, expect, test } from 'vitest'
import { agmNode, bare, refusalOf, register, subscribed, types, only } from '../support/agm-node.ts'

const SUM = {
  id: '0',
  name: 'Sum',
  display_name: 'Σ',
  version: 7,
  flags: { metadata: { a: [1] }, streaming: false },
  object_types: ['Instrument'],
  input_signature: 'String a, Int? b',
  result_signature: 'Bool ok',
  whatever: { else: null },
}

describe('register', () => {
  test('the server is told of its methods first, then of its success, then others are told', () => {
    const node = agmNode()
    const server = node.member()
    const consumer = node.member()
    server.take()
    server.say({ type: 'register', request_id: 'g1', methods: [SUM] })
    const added = {
      type: 'methods-added',
      source_type: 'local',
      server_id: server.id,
      methods: [SUM],
    }
    expect(bare(server.take())).toEqual([added, { type: 'success', request_id: 'g1' }])
    expect(bare(consumer.take())).toEqual([added])
  })

  test('only those are told who see the server and satisfy the restriction of the method', () => {
    const node = agmNode()
    const server = node.member({ identity: { region: 'EU' } })
    const near = node.member({ identity: { region: 'EU' } })
    const far = node.member({ identity: { region: 'US' } })
    const stranger = node.member({ user: 'ann', identity: { region: 'EU' } })
    for (const peer of [near, far]) peer.take()
    server.say({
      type: 'register',
      methods: [
        { id: 1, name: 'Near', restrictions: '$region == #region' },
        { id: 2, name: 'Any', restrictions: null },
      ],
    })
    const names = (peer: typeof near): unknown =>
      peer.take().map(({ methods }) => (methods as { name: string }[] | undefined)?.map(({ name }) => name))
    expect(names(near)).toEqual([['Near', 'Any']])
    expect(names(far)).toEqual([['Any']])
    expect(names(stranger)).toEqual([])
  })

  test('an empty list is a success that nobody else hears of', () => {
    const node = agmNode()
    const server = node.member()
    const other = node.member()
    server.take()
    server.say({ type: 'register', request_id: 1, methods: [] })
    expect(types(server.take())).toEqual(['methods-added', 'success'])
    expect(other.take()).toEqual([])
  })

  test('numbers are ids too, and 1 is not "1"', () => {
    const node = agmNode()
    const server = node.member()
    server.say({
      type: 'register',
      methods: [
        { id: 1, name: 'Number' },
        { id: '1', name: 'String' },
      ],
    })
    server.take()
    for (const id of [1, '1']) {
      server.say({ type: 'call', request_id: 'c', server_id: server.id, method_id: id })
      expect(server.take()).toMatchObject([{ type: 'invoke', method_id: id }])
    }
    server.say({ type: 'unregister', request_id: 'u', methods: [1] })
    expect(server.take()).toMatchObject([{ type: 'methods-removed', methods: [1] }, {}])
    server.say({ type: 'call', request_id: 'c', server_id: server.id, method_id: '1' })
    expect(types(server.take())).toEqual(['invoke'])
  })

  test('the same id again replaces the method, and is announced again', () => {
    const node = agmNode()
    const server = node.member()
    const other = node.member()
    register(server, 'Old')
    other.take()
    server.say({ type: 'register', methods: [{ id: '0', name: 'New' }] })
    expect(other.take()).toMatchObject([{ methods: [{ id: '0', name: 'New' }] }])
    expect(node.agm.stats().methods).toBe(1)
    expect(node.agm.describe()[0]!.methods).toMatchObject([{ id: '0', name: 'New' }])
  })

  test('of two methods with one id in one list the later counts', () => {
    const node = agmNode()
    const server = node.member()
    server.say({
      type: 'register',
      methods: [
        { id: '0', name: 'First' },
        { id: '0', name: 'Second' },
      ],
    })
    expect(server.take()).toMatchObject([{ methods: [{ name: 'Second' }] }, { type: 'success' }])
  })

  test('a peer that a replacement hides the method from is told so, and its subscription ends', () => {
    const node = agmNode()
    const server = node.member()
    const lost = node.member({ identity: { application: 'B' } })
    const kept = node.member({ identity: { application: 'C' } })
    register(server, 'Prices$')
    const ended = subscribed(lost, server)
    const living = subscribed(kept, server)
    for (const peer of [server, lost, kept]) peer.take()
    server.say({
      type: 'register',
      request_id: 'g',
      methods: [{ id: '0', name: 'Prices$', restrictions: "$application == 'C'" }],
    })
    expect(bare(lost.take())).toEqual([
      {
        type: 'subscription-cancelled',
        subscription_id: ended,
        reason_uri: 'agm.method-removed',
        reason: 'Method has been removed',
      },
      { type: 'methods-removed', server_id: server.id, methods: ['0'] },
    ])
    expect(types(kept.take())).toEqual(['methods-added'])
    expect(server.take('remove-interest')).toMatchObject([{ subscription_id: ended }])
    server.say({ type: 'publish', stream_id: 'b', data: 1 })
    expect(lost.take()).toEqual([])
    expect(kept.take()).toMatchObject([{ type: 'event', subscription_id: living }])
    lost.say({ type: 'call', request_id: 'c', server_id: server.id, method_id: '0' })
    expect(lost.take()).toMatchObject([{ reason_uri: 'agm.errors.invocation.failure' }])
  })

  test('members named like those of prototypes are carried through untouched', () => {
    const node = agmNode()
    const server = node.member()
    const other = node.member()
    const text = '{"id":"__proto__","name":"constructor","__proto__":{"x":1},"flags":{"__proto__":2}}'
    node.handle(server, {
      domain: 'agm',
      type: 'register',
      methods: [JSON.parse(text)],
    })
    const methods = only(other.take()).methods as unknown[]
    expect(JSON.stringify(methods[0])).toBe(text)
    other.say({ type: 'call', request_id: 1, server_id: server.id, method_id: '__proto__' })
    expect(server.take('invoke')).toMatchObject([{ method_id: '__proto__' }])
    other.say({ type: 'call', request_id: 1, server_id: server.id, method_id: 'toString' })
    expect(other.take()).toMatchObject([{ type: 'error' }])
  })

  test.each([
    ['no list', undefined, 'registration.failure'],
    ['a list in an object', { 0: SUM }, 'registration.failure'],
    ['a method that is no object', ['Sum'], 'registration.failure'],
    ['null', [null], 'registration.failure'],
    ['no id', [{ name: 'Sum' }], 'registration.failure'],
    ['a null id', [{ id: null, name: 'Sum' }], 'registration.failure'],
    ['an id that is an object', [{ id: {}, name: 'Sum' }], 'registration.failure'],
    ['an id that is true', [{ id: true, name: 'Sum' }], 'registration.failure'],
    ['no name', [{ id: '0' }], 'registration.failure'],
    ['an empty name', [{ id: '0', name: '' }], 'registration.failure'],
    ['a name that is a number', [{ id: '0', name: 5 }], 'registration.failure'],
    ['restrictions of blanks', [{ ...SUM, restrictions: ' ' }], 'failure'],
    ['restrictions that end early', [{ ...SUM, restrictions: '$a ==' }], 'failure'],
    ['restrictions that are a number', [{ ...SUM, restrictions: 5 }], 'failure'],
    ['restrictions that are an object', [{ ...SUM, restrictions: {} }], 'failure'],
    ['a long name', [{ id: '0', name: 'n'.repeat(257) }], 'limits_exceeded'],
    ['a long id', [{ id: 'i'.repeat(257), name: 'n' }], 'limits_exceeded'],
  ])('%s is refused, and nothing is registered', (_what, methods, uri) => {
    const node = agmNode()
    const server = node.member()
    const other = node.member()
    server.take()
    const good = { id: 'good', name: 'Good' }
    server.say({
      type: 'register',
      request_id: 'g',
      methods: Array.isArray(methods) ? [good, ...(methods as unknown[])] : methods,
    })
    expect(server.take()).toMatchObject([{ type: 'error', request_id: 'g', reason_uri: `agm.errors.${uri}` }])
    expect(other.take()).toEqual([])
    expect(node.agm.stats().methods).toBe(0)
  })

  test('the reason for a bad restriction says which method and where', () => {
    const node = agmNode()
    const server = node.member()
    server.say({ type: 'register', methods: [{ ...SUM, restrictions: "$a == 'b' &&" }] })
    const { reason } = only(server.take())
    expect(reason).toMatch(/^The restrictions of method 0 do not parse: .*12/u)
  })
})

describe('unregister', () => {
  test('the server is told first, then of its success, then those who could see the method', () => {
    const node = agmNode()
    const server = node.member()
    const consumer = node.member({ identity: { application: 'B' } })
    const other = node.member()
    server.say({
      type: 'register',
      methods: [
        { id: '0', name: 'ForB', restrictions: "$application == 'B'" },
        { id: '1', name: 'Any' },
      ],
    })
    for (const peer of [server, consumer, other]) peer.take()
    server.say({ type: 'unregister', request_id: 'u1', methods: ['0'] })
    const removed = { type: 'methods-removed', server_id: server.id, methods: ['0'] }
    expect(bare(server.take())).toEqual([removed, { type: 'success', request_id: 'u1' }])
    expect(bare(consumer.take())).toEqual([removed])
    expect(other.take()).toEqual([])
    expect(node.agm.stats().methods).toBe(1)
  })

  test('subscribers are cancelled before methods-removed; the server gets no remove-interest', () => {
    const node = agmNode()
    const server = node.member()
    const subscriber = node.member()
    register(server, 'Sum', 'Prices$')
    const subscription = subscribed(subscriber, server, { method: '1' })
    subscriber.say({ type: 'subscribe', request_id: 's2', server_id: server.id, method_id: '1' })
    const pending = server.take('add-interest')[0]!.subscription_id
    for (const peer of [server, subscriber]) peer.take()
    server.say({ type: 'unregister', request_id: 'u', methods: ['1', '0'] })
    expect(types(server.take())).toEqual(['methods-removed', 'success'])
    expect(bare(subscriber.take())).toEqual([
      {
        type: 'subscription-cancelled',
        subscription_id: subscription,
        reason_uri: 'agm.method-removed',
        reason: 'Method has been removed',
      },
      refusalOf('s2', 'subscription.failure', 'Method has been removed while waiting for subscription'),
      { type: 'methods-removed', server_id: server.id, methods: ['1', '0'] },
    ])
    server.say({ type: 'accepted', subscription_id: pending, stream_id: 'b' })
    server.say({ type: 'publish', stream_id: 'b', data: 1 })
    expect([...server.take(), ...subscriber.take()]).toEqual([])
  })

  test('calls that run keep running', () => {
    const node = agmNode()
    const server = node.member()
    register(server, 'Sum')
    server.say({ type: 'call', request_id: 'c', server_id: server.id, method_id: '0' })
    const invocation = server.take('invoke')[0]!.invocation_id
    server.say({ type: 'unregister', request_id: 'u', methods: ['0'] })
    server.take()
    server.say({ type: 'yield', invocation_id: invocation, result: { r: 1 } })
    expect(server.take()).toMatchObject([{ type: 'result', request_id: 'c', result: { r: 1 } }])
  })

  test('an unknown id is refused, and nothing is removed', () => {
    const node = agmNode()
    const server = node.member()
    register(server, 'Sum')
    server.say({ type: 'unregister', request_id: 'u', methods: ['0', '9'] })
    expect(bare(server.take())).toEqual([
      refusalOf('u', 'unregistration.failure', 'Unable to unregister missing method 9'),
    ])
    expect(node.agm.stats().methods).toBe(1)
  })

  test.each([[undefined], ['0'], [{ 0: '0' }], [[{}]], [[null]]])('%j is no list of ids', (methods) => {
    const node = agmNode()
    const server = node.member()
    register(server, 'Sum')
    server.say({ type: 'unregister', request_id: 'u', methods })
    expect(server.take()).toMatchObject([{ type: 'error', reason_uri: 'agm.errors.unregistration.failure' }])
    expect(node.agm.stats().methods).toBe(1)
  })

  test('another peer cannot unregister a method', () => {
    const node = agmNode()
    const server = node.member()
    const other = node.member()
    register(server, 'Sum')
    other.take()
    other.say({ type: 'unregister', request_id: 'u', methods: ['0'], server_id: server.id })
    expect(other.take()).toMatchObject([{ reason_uri: 'agm.errors.unregistration.failure' }])
    expect(node.agm.stats().methods).toBe(1)
  })
})

describe('a peer that has not joined', () => {
  test.each([
    'register',
    'unregister',
    'yield',
    'error',
    'accepted',
    'publish',
    'post',
    'drop-subscription',
    'unsubscribe',
  ])('is refused %s', (type) => {
    const node = agmNode()
    const peer = node.addPeer()
    peer.say({ type, request_id: 'x', methods: [], stream_id: '0' })
    expect(bare(peer.take())).toEqual([
      refusalOf('x', 'failure', `Unable to find peer with id ${peer.id} in domain :agm-domain`),
    ])
  })

  test.each(['call', 'subscribe'])('is refused %s of somebody else', (type) => {
    const node = agmNode()
    const server = node.member()
    register(server, 'Sum')
    const peer = node.addPeer()
    peer.say({ type, request_id: 'x', server_id: server.id, method_id: '0' })
    expect(bare(peer.take())).toEqual([
      refusalOf('x', 'failure', `Unable to find peer with id ${peer.id} in domain :agm-domain`),
    ])
    expect(server.take()).toEqual([])
  })
})

test.each(['invoke', 'toString', '__proto__', '', 'methods-added', 'CALL'])(
  'the type %j is not handled',
  (type) => {
    const node = agmNode()
    const peer = node.member()
    peer.say({ type, request_id: 'x' })
    peer.say({ type })
    expect(peer.take()).toMatchObject([
      { type: 'error', request_id: 'x', reason_uri: 'agm.errors.unhandled_message' },
      { type: 'error', request_id: -1, reason_uri: 'agm.errors.unhandled_message' },
    ])
  },
)
