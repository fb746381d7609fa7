import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createGateway, type InteropLogger } from '../../src/index.ts'
import { RawConnection } from '../support/raw-connection.ts'

/** What clients send, one of each. Ids are filled in with those of the run, so that some of the fuzz gets past the first check. */
const MESSAGES = [
  {
    type: 'hello',
    identity: { application: 'A', instance: null, windowId: '?' },
    authentication: { method: 'secret', login: 'ann', secret: 'pw', provider: 'basic' },
  },
  { type: 'join', destination: 'agm', restrictions: "$user == #user && $application ? 'A.*'", options: {} },
  { type: 'join', destination: 'metrics', options: { system: 's', service: 'v', instance: 'i' } },
  { type: 'leave', destination: 'bus', reason_uri: 'u', reason: 'r' },
  { type: 'create-token' },
  { type: 'ping' },
  {
    type: 'create-context',
    name: 'c',
    data: { a: 1 },
    lifetime: 'retained',
    read_permissions: '$user == #user',
  },
  { type: 'subscribe-context', context_id: 'context' },
  { type: 'update-context', context_id: 'context', delta: { added: { a: 1 }, updated: {}, removed: ['b'] } },
  {
    type: 'update-context',
    context_id: 'context',
    delta: { commands: [{ type: 'set', path: 'a.b', value: 1 }] },
  },
  { type: 'unsubscribe-context', context_id: 'context' },
  { type: 'destroy-context', context_id: 'context' },
  {
    domain: 'agm',
    type: 'register',
    methods: [{ id: '0', name: 'Sum', flags: { streaming: true }, restrictions: "$user ? 'a.*'" }],
  },
  { domain: 'agm', type: 'unregister', methods: ['0'] },
  { domain: 'agm', type: 'call', server_id: 'peer', method_id: '0', arguments_kv: { a: 1 }, context: {} },
  { domain: 'agm', type: 'yield', invocation_id: 'invocation', result: { r: 1 } },
  { domain: 'agm', type: 'error', reason_uri: 'u', reason: 'r', context: {} },
  { domain: 'agm', type: 'subscribe', server_id: 'peer', method_id: '0', arguments_kv: {}, flags: {} },
  { domain: 'agm', type: 'accepted', subscription_id: 'subscription', stream_id: '0' },
  { domain: 'agm', type: 'publish', stream_id: '0', data: {}, sequence: 1, snapshot: true },
  { domain: 'agm', type: 'post', subscription_id: 'subscription', data: {} },
  { domain: 'agm', type: 'drop-subscription', subscription_id: 'subscription', reason: 'r' },
  { domain: 'agm', type: 'unsubscribe', subscription_id: 'subscription' },
  { domain: 'bus', type: 'subscribe', topic: 'a.*.>', routing_key: 'k', source: {} },
  { domain: 'bus', type: 'publish', topic: 'a.b.c', data: {}, routing_key: 'k', target_identity: { a: 1 } },
  { domain: 'bus', type: 'unsubscribe', subscription_id: 'subscription' },
  {
    domain: 'metrics',
    type: 'define',
    metrics: [{ name: '/a', type: 'object', composite: { V: { type: 'number' } }, context: {} }],
  },
  { domain: 'metrics', type: 'publish', values: [{ name: '/a', value: { V: 1 }, timestamp: 1 }] },
]

/** Values that are wrong nearly everywhere, as JSON can say them. */
const odd: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    false,
    0,
    -1,
    1.5,
    1e308,
    JSON.parse('1e999'),
    '',
    '?',
    '0',
    '__proto__',
    'constructor',
    '*',
    '>',
    '\ud800',
    '\u0000',
    'a'.repeat(300),
    "$a ? '(a+)+'",
    '$',
    '((((',
    [],
    {},
    [[]],
    [null],
    ['__proto__'],
    JSON.parse('{"__proto__":{"a":1}}'),
    JSON.parse('{"toString":1,"valueOf":1,"toJSON":1,"then":1,"length":-1}'),
    { type: 'success' },
    { commands: {} },
    { commands: [null] },
    { reset: 5 },
    { removed: {} },
  ),
  fc.jsonValue({ maxDepth: 3 }),
)

interface Place {
  at: number
  /** Within the member, if it has members. */
  deep: number | undefined
  value: unknown
  gone: boolean
}

const place: fc.Arbitrary<Place> = fc.record({
  at: fc.nat(),
  deep: fc.option(fc.nat(), { nil: undefined }),
  value: odd,
  gone: fc.boolean(),
})

/** Changes, drops or adds members, at the top or further down. */
function mutated(message: Record<string, unknown>, places: readonly Place[]): Record<string, unknown> {
  const copy = structuredClone(message)
  for (const { at, deep, value, gone } of places) {
    let target: Record<string, unknown> = copy
    const keys = [...Object.keys(target), 'request_id', 'peer_id', 'domain', 'extra']
    let key = keys[at % keys.length] as string
    const inner = target[key]
    if (deep !== undefined && typeof inner === 'object' && inner !== null && Object.keys(inner).length > 0) {
      target = inner as Record<string, unknown>
      key = Object.keys(inner)[deep % Object.keys(inner).length] as string
    }
    if (gone && Array.isArray(target)) target.splice(Number(key), 1)
    else if (gone) delete target[key]
    else
      Object.defineProperty(target, key, {
        value: structuredClone(value),
        enumerable: true,
        configurable: true,
        writable: true,
      })
  }
  return copy
}

const RUNS = 400

test('whatever a client sends, it is answered or ignored, and nobody else notices', async () => {
  const failures: [object, string][] = []
  const logger: InteropLogger = {
    debug: () => undefined,
    info: () => undefined,
    warn: () => undefined,
    error: (details, message) => failures.push([details, message]),
  }
  const gateway = createGateway({
    logger,
    limits: { maxRefusedHellos: 1_000_000, maxPeersPerConnection: 1_000_000 },
    authentication: {
      basic: { secretVerifier: (_user, secret) => secret === 'pw' },
    },
  })
  const witness = new RawConnection(gateway)
  const witnessId = await witness.login('ann')
  witness.send({ type: 'join', destination: 'agm', peer_id: witnessId })
  witness.send({ domain: 'agm', type: 'register', peer_id: witnessId, methods: [{ id: '0', name: 'Echo' }] })

  const step = fc.record({ index: fc.nat(MESSAGES.length - 1), places: fc.array(place, { maxLength: 3 }) })
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 40 }), async (steps) => {
      failures.length = 0
      const client = new RawConnection(gateway)
      const peerId = await client.login('ann')
      for (const destination of ['agm', 'bus', 'metrics', 'context']) {
        client.send({ type: 'join', destination, peer_id: peerId })
      }
      const known: Record<string, unknown> = { peer: peerId }
      for (const { index, places } of steps) {
        for (const message of client.received.splice(0)) {
          known['context'] = message['context_id'] ?? known['context']
          known['invocation'] = message['invocation_id'] ?? known['invocation']
          known['subscription'] = message['subscription_id'] ?? known['subscription']
        }
        const filled = Object.fromEntries(
          Object.entries({ request_id: 'r', peer_id: peerId, ...MESSAGES[index] }).map(([key, value]) => [
            key,
            key.endsWith('_id') && typeof value === 'string' ? (known[value] ?? value) : value,
          ]),
        )
        client.send(mutated(filled, places))
      }
      await client.idle()
      client.close()
      expect(failures).toEqual([])
    }),
    { numRuns: RUNS },
  )

  witness.received.length = 0
  witness.send({
    domain: 'agm',
    type: 'call',
    request_id: 'last',
    peer_id: witnessId,
    server_id: witnessId,
    method_id: '0',
  })
  expect(witness.received.map(({ type }) => type)).toContain('invoke')
  witness.close()
  expect(gateway.stats()).toMatchObject({
    connections: 0,
    peers: 0,
    methods: 0,
    subscriptions: 0,
    pendingCalls: 0,
    busSubscriptions: 0,
    repositories: 0,
  })
  await gateway.close()
})
