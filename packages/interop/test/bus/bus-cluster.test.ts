import type { VisibilityRules } from '@portcullis/visibility'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createBusDomain } from '../../src/bus/bus-domain.ts'
import { type MemoryCluster, memoryCluster } from '../support/memory-cluster.ts'
import {
  createTestEngine,
  type TestEngine,
  type TestPeer,
  type TestPeerOptions,
} from '../support/test-engine.ts'

const CLUSTER: VisibilityRules = { peers: [{ domain: 'bus', restrictions: 'cluster' }] }

interface System {
  cluster: MemoryCluster
  nodes: TestEngine[]
}

async function start(rules: VisibilityRules[]): Promise<System> {
  const cluster = memoryCluster()
  const nodes: TestEngine[] = []
  for (const [index, of] of rules.entries()) {
    const own = cluster.node(`n${index + 1}`)
    const node = createTestEngine({ cluster: own, rules: of })
    node.use(createBusDomain(node.engine))
    await own.start()
    nodes.push(node)
  }
  cluster.settle()
  return { cluster, nodes }
}

function member(
  node: TestEngine | undefined,
  options: TestPeerOptions = {},
  restrictions?: string,
): TestPeer {
  const peer = (node as TestEngine).addPeer(options)
  peer.join('bus', restrictions === undefined ? {} : { restrictions })
  peer.take()
  return peer
}

function subscribe(peer: TestPeer, topic: string, more: Record<string, unknown> = {}): void {
  peer.say({ domain: 'bus', type: 'subscribe', topic, ...more })
  expect(peer.take('subscribed')).toHaveLength(1)
}

function publish(peer: TestPeer, topic: string, data: unknown, more: Record<string, unknown> = {}): void {
  peer.say({ domain: 'bus', type: 'publish', topic, data, ...more })
}

const ofBus = ({ sent }: MemoryCluster): string[] =>
  sent.filter(({ channel }) => channel === 'bus').map(({ json }) => json)

describe('a publication that crosses nodes', () => {
  test('reaches the subscribers of the same user as it would on one node', async () => {
    const { cluster, nodes } = await start([CLUSTER, CLUSTER, CLUSTER])
    const publisher = member(nodes[0], { user: 'ann', identity: { application: 'p' } })
    const [near, far, other, service] = [
      member(nodes[0], { user: 'ann' }),
      member(nodes[1], { user: 'ann', identity: { application: 'far' } }),
      member(nodes[1], { user: 'bob' }),
      member(nodes[2], { user: 'ops', service: true }),
    ]
    for (const peer of [near, far, other, service]) subscribe(peer, 'a.*')
    publish(publisher, 'a.b', { x: '\u0000é' })
    cluster.settle()
    expect([near, far, other, service].map((peer) => peer.received.length)).toEqual([1, 1, 0, 1])
    expect(far.take()).toEqual([
      {
        domain: 'bus',
        type: 'event',
        peer_id: far.id,
        subscription_id: expect.any(String),
        'publisher-identity': publisher.identity,
        data: { x: '\u0000é' },
      },
    ])
    expect(nodes.map(({ engine }) => engine.counters.busEvents)).toEqual([1, 1, 1])
  })

  test('keeps to its routing key and its target', async () => {
    const { cluster, nodes } = await start([CLUSTER, CLUSTER])
    const publisher = member(nodes[0])
    const far = member(nodes[1], { identity: { application: 'far' } })
    subscribe(far, 't', { routing_key: 'k' })
    publish(publisher, 't', 1, { routing_key: 'other' })
    publish(publisher, 't', 2, { routing_key: 'k', target_identity: { application: 'near' } })
    publish(publisher, 't', 3, { routing_key: 'k', target_identity: { application: 'far' } })
    cluster.settle()
    expect(far.take().map(({ data }) => data)).toEqual([3])
  })

  test('keeps to the restrictions of both sides', async () => {
    const { cluster, nodes } = await start([CLUSTER, CLUSTER])
    const plain = member(nodes[0], { identity: { region: 'US' } })
    const choosy = member(nodes[0], { identity: { region: 'EU' } }, "$region == 'EU'")
    const eu = member(nodes[1], { identity: { region: 'EU' } })
    const us = member(nodes[1], { identity: { region: 'US' } })
    const european = member(nodes[1], { identity: { region: 'EU' } }, '$region == #region')
    for (const peer of [eu, us, european]) subscribe(peer, 't')
    publish(plain, 't', 'plain')
    publish(choosy, 't', 'choosy')
    cluster.settle()
    const heard = [eu, us, european].map((peer) => peer.take().map(({ data }) => data))
    expect(heard).toEqual([['plain', 'choosy'], ['plain'], ['choosy']])
  })

  test('stays with its node when the publisher is local, and is not heard by one that is', async () => {
    const local: VisibilityRules = {
      peers: [
        { domain: 'bus', restrictions: 'cluster', identity: { application: 'open' } },
        { domain: 'bus', restrictions: 'local' },
      ],
    }
    const { cluster, nodes } = await start([local, local])
    const [hidden, open] = [
      member(nodes[0], { identity: { application: 'closed' }, verified: { application: 'closed' } }),
      member(nodes[0], { verified: { application: 'open' } }),
    ]
    const [farHidden, farOpen] = [member(nodes[1]), member(nodes[1], { verified: { application: 'open' } })]
    for (const peer of [farHidden, farOpen]) subscribe(peer, '>')
    publish(hidden, 't', 'secret')
    cluster.settle()
    expect(ofBus(cluster)).toEqual([])
    publish(open, 't', 1)
    cluster.settle()
    expect([farHidden, farOpen].map(({ received }) => received.length)).toEqual([0, 1])
    expect(ofBus(cluster)).toHaveLength(1)
  })

  test('follows the rules as they are when it is published', async () => {
    const { cluster, nodes } = await start([CLUSTER, CLUSTER])
    const publisher = member(nodes[0])
    const far = member(nodes[1])
    subscribe(far, 't')
    const { peers } = (nodes[0] as TestEngine).engine
    peers.join(publisher, 'bus', { restriction: undefined, visibility: 'local', options: undefined })
    publish(publisher, 't', 1)
    cluster.settle()
    expect(far.take()).toEqual([])
  })

  test('is not sent when there is no other node', async () => {
    const { cluster, nodes } = await start([CLUSTER, CLUSTER])
    const publisher = member(nodes[0])
    cluster.cut()
    publish(publisher, 't', 1)
    expect(ofBus(cluster)).toEqual([])
  })
})

describe('what another node says', () => {
  const valid = { publisher: { identity: { application: 'x' }, user: 'john' }, topic: 't', data: 1 }

  test.each<[string, unknown, number]>([
    ['a publication', valid, 1],
    [
      'one with a restriction that holds',
      { ...valid, publisher: { ...valid.publisher, restrictions: "#application == 'x'" } },
      1,
    ],
    [
      'one with a restriction that does not',
      { ...valid, publisher: { ...valid.publisher, restrictions: "#application == 'y'" } },
      0,
    ],
    [
      'one with a restriction that cannot be read',
      { ...valid, publisher: { ...valid.publisher, restrictions: '((' } },
      0,
    ],
    [
      'one with a restriction of another type',
      { ...valid, publisher: { ...valid.publisher, restrictions: 7 } },
      0,
    ],
    ['one of no user', { ...valid, publisher: { identity: {} } }, 0],
    ['one with a user of another type', { ...valid, publisher: { identity: {}, user: ['john'] } }, 0],
    ['one of a service', { ...valid, publisher: { identity: {}, service: true } }, 1],
    [
      'one that claims to be a service in words',
      { ...valid, publisher: { identity: {}, service: 'yes' } },
      0,
    ],
    ['one without a publisher', { ...valid, publisher: undefined }, 0],
    ['one without an identity', { ...valid, publisher: { user: 'john' } }, 0],
    ['one without a topic', { ...valid, topic: undefined }, 0],
    ['one without data', { ...valid, data: null }, 0],
    ['null', null, 0],
    ['a list', [valid], 0],
    ['a text', 'x', 0],
  ])('%s', async (_what, message, events) => {
    const cluster = memoryCluster()
    const own = cluster.node('n1')
    const node = createTestEngine({ cluster: own, rules: CLUSTER })
    node.use(createBusDomain(node.engine))
    const other = cluster.node('n2')
    other.open('peers', { snapshot: () => [], message: () => undefined })
    const channel = other.open('bus', { message: () => undefined })
    await own.start()
    await other.start()
    const listener = member(node, { identity: { application: 'l' } })
    subscribe(listener, '>')
    channel.broadcast(message)
    cluster.settle()
    expect(listener.take('event')).toHaveLength(events)
  })
})

test('nothing of a local publisher is ever broadcast, whatever the rules and the nodes', async () => {
  const visibility = fc.constantFrom<'local' | 'cluster'>('local', 'cluster')
  const application = fc.constantFrom('a', 'b', 'c')
  const rules: fc.Arbitrary<VisibilityRules> = fc.record({
    default: visibility,
    peers: fc.array(
      fc.record(
        {
          domain: fc.constantFrom<'bus' | 'interop'>('bus', 'interop'),
          restrictions: visibility,
          identity: fc.record({ application }),
        },
        { requiredKeys: ['domain', 'restrictions'] },
      ),
      { maxLength: 4 },
    ),
  })
  const peer = fc.record({
    node: fc.nat(2),
    application,
    user: fc.constantFrom('ann', 'bob'),
    service: fc.boolean(),
  })
  await fc.assert(
    fc.asyncProperty(
      fc.array(rules, { minLength: 2, maxLength: 3 }),
      fc.array(peer, { minLength: 2, maxLength: 8 }),
      async (rulesOf, peers) => {
        const { cluster, nodes } = await start(rulesOf)
        const members = peers.map(({ node, ...options }, index) => {
          const engine = nodes[node % nodes.length] as TestEngine
          const name = { application: options.application }
          const own = member(engine, {
            user: options.user,
            service: options.service,
            identity: { ...name, mark: `mark-${index}` },
            verified: name,
          })
          subscribe(own, '>')
          const decided = engine.engine.visibility.decide({ kind: 'peer', domain: 'bus', identity: name })
          return { own, engine, index, decided }
        })
        for (const { own, index } of members) publish(own, `topic.${index}`, `data-${index}`)
        cluster.settle()
        const crossed = ofBus(cluster).join('\n')
        for (const { own, engine, index, decided } of members) {
          if (decided === 'cluster') continue
          for (const trace of [`mark-${index}"`, `topic.${index}"`, `data-${index}"`, own.id]) {
            expect(crossed).not.toContain(trace)
          }
          // Nor does a local subscriber hear of other nodes.
          for (const event of own.received) {
            const from = event['publisher-identity'] as Record<string, unknown>
            const publisher = members.find((one) => `mark-${one.index}` === from.mark)
            expect(publisher?.engine).toBe(engine)
          }
        }
      },
    ),
    { numRuns: 200 },
  )
})
