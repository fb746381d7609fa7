import { createEmbeddedTransport, EmbeddedBroker } from '@portcullis/transport/embedded'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { removedFrom } from '../../src/engine/departure.ts'
import type { Departure } from '../../src/engine/domain.ts'
import type { Peer } from '../../src/peers/peer.ts'
import { encodeMessage } from '../../src/protocol/encode.ts'
import { sharedMember } from '../../src/protocol/shared-member.ts'
import { eventually, headOf, PATIENT } from '../support/cluster-node.ts'
import { createTransportCluster } from '../../src/cluster/transport-cluster.ts'
import { LEFT, type LinkedNode, linkedNode, type LinkedNodeOptions } from '../support/linked-node.ts'

async function pair(options: LinkedNodeOptions = {}): Promise<[LinkedNode, LinkedNode]> {
  const broker = new EmbeddedBroker()
  const a = await linkedNode('a', broker, options)
  const b = await linkedNode('b', broker, options)
  await start(a, b)
  return [a, b]
}

async function start(...nodes: LinkedNode[]): Promise<void> {
  await Promise.all(nodes.map(({ cluster }) => cluster.start()))
  await eventually(() => nodes.every(({ cluster }) => cluster.nodes.size === nodes.length - 1))
}

/** All that is published on the cluster's subjects from now on. */
async function listen(broker: EmbeddedBroker): Promise<string[]> {
  const wire = createEmbeddedTransport({ broker })
  await wire.start()
  const published: string[] = []
  await wire.subscribeEvents('interop.default.>', (payload) => {
    published.push(Buffer.from(payload).toString())
  })
  return published
}

const remotesOf = ({ peers }: LinkedNode): string[] =>
  [...peers.all()].filter(({ local }) => !local).map(({ id }) => id)
const until = (node: LinkedNode, line: string): Promise<void> =>
  eventually(
    () => node.log.includes(line),
    () => `${line} in\n${node.log.join('\n')}`,
  )

describe('announcing', () => {
  test('a member that rules mark cluster is a peer on the other node, as it was here', async () => {
    const [a, b] = await pair()
    const identity = JSON.parse('{"application":"A","windowId":null,"__proto__":{"x":1},"deep":{"y":2}}')
    const peer = a.add({
      identity,
      verified: { application: 'secret to rules' },
      user: 'john',
      service: true,
    })
    a.join(peer, 'agm', "$application == 'B'")
    await until(b, 'agm joined p-a-1')
    const remote = b.peers.get('p-a-1')!
    expect(remote).toMatchObject({
      id: 'p-a-1',
      nodeId: 'a',
      local: false,
      user: 'john',
      service: true,
      writable: true,
    })
    expect(Object.getPrototypeOf(remote.identity)).toBeNull()
    expect(Object.isFrozen(remote.identity)).toBe(true)
    expect(Object.keys(remote.identity)).toEqual(['application', 'windowId', '__proto__', 'deep'])
    expect(JSON.stringify(remote.identity)).toBe(JSON.stringify(identity))
    expect(Object.keys(remote.verified)).toEqual([])
    const membership = b.peers.membership(remote, 'agm')!
    expect(membership).toMatchObject({ visibility: 'cluster', options: undefined })
    expect(membership.restriction?.text).toBe("$application == 'B'")
    expect(membership.restriction?.test({}, { application: 'B' })).toBe(true)
  })

  test('those that were there first are announced to a node that comes up, before anything else of it', async () => {
    const broker = new EmbeddedBroker()
    const a = await linkedNode('a', broker)
    const [one, two] = [a.add({ user: 'u' }), a.add()]
    a.join(one)
    a.join(two)
    const b = await linkedNode('b', broker)
    await start(a, b)
    expect(b.log).toEqual(['agm joined p-a-1', 'agm joined p-a-2'])
    expect(b.peers.get(two.id)?.user).toBeUndefined()
  })

  test('only agm is announced, and only what is marked cluster', async () => {
    const rules = {
      peers: [{ domain: 'interop', restrictions: 'local', identity: { kind: 'private' } }],
      default: 'cluster',
    } as const
    const [a, b] = await pair({ rules })
    const hidden = a.add({ verified: { kind: 'private' } })
    a.join(hidden)
    const bus = a.add()
    a.join(bus, 'bus')
    a.join(bus, 'context')
    a.join(bus, 'metrics')
    const shown = a.add({ identity: { kind: 'private' } })
    a.join(shown)
    await until(b, `agm joined ${shown.id}`)
    expect(remotesOf(b)).toEqual([shown.id])
  })

  test('a member that leaves is gone from the other node with its reason, and one that is lost too', async () => {
    const departures: Departure[] = []
    const [a, b] = await pair({ domain: { leaving: (_peer, departure) => void departures.push(departure) } })
    const [left, lost] = [a.add(), a.add()]
    for (const peer of [left, lost]) a.join(peer)
    a.leave(left)
    a.link.left(lost, 'agm', removedFrom('agm', 'gone'))
    a.link.left(lost, 'agm', removedFrom('agm', 'gone'))
    a.leave(lost)
    await eventually(() => departures.length === 2)
    expect(departures).toEqual([
      LEFT,
      {
        cause: 'gone',
        reasonUri: 'agm.peer-removed',
        reason: 'Peer has been removed',
        requestDomain: 'context',
      },
    ])
    expect(remotesOf(b)).toEqual([])
    a.join(left)
    await eventually(() => remotesOf(b).length === 1)
  })

  test('the peers of a node that goes are gone, each with its domains told while it is still known', async () => {
    const known: boolean[] = []
    const [a, b] = await pair({
      domain: { leaving: (peer: Peer) => void known.push(b.peers.member('agm', peer.id) === peer) },
    })
    for (let count = 0; count < 3; count += 1) a.join(a.add())
    await eventually(() => remotesOf(b).length === 3)
    await a.cluster.close()
    await eventually(() => remotesOf(b).length === 0)
    expect(known).toEqual([true, true, true])
  })

  test('a domain that throws does not keep other peers away', async () => {
    const [a, b] = await pair({
      domain: {
        joined(peer) {
          if (peer.id === 'p-a-1') throw new Error('no')
        },
      },
    })
    a.join(a.add())
    a.join(a.add())
    await eventually(() => remotesOf(b).length === 2)
    expect(b.said).toContain('a peer of another node could not be taken in or out')
  })

  test('a node announces no more peers than it may', async () => {
    const [a, b] = await pair({ maxPeersPerNode: 2 })
    for (let count = 0; count < 4; count += 1) a.join(a.add())
    await eventually(
      () => b.said.filter((line) => line === 'a node announces more peers than it may').length === 2,
    )
    expect(remotesOf(b)).toEqual(['p-a-1', 'p-a-2'])
  })
})

describe('sending', () => {
  test('reaches the peer on its node, in order, with the text of shared members as it was', async () => {
    const [a, b] = await pair()
    const [one, two] = [a.add(), a.add()]
    for (const peer of [one, two]) a.join(peer)
    await eventually(() => remotesOf(b).length === 2)
    const before = b.cluster.stats().framesOut
    const data = JSON.parse('{"__proto__":1,"text":"\\u2028ä"}')
    const shared = sharedMember('data', data)
    const [there, there2] = [b.peers.get(one.id)!, b.peers.get(two.id)!]
    there.send({ domain: 'agm', type: 'result', n: 0 })
    for (let n = 1; n <= 3; n += 1) {
      there.send({ domain: 'agm', type: 'event', n }, shared)
      there2.send({ domain: 'agm', type: 'event', n }, shared)
    }
    there.send({ domain: 'agm', type: 'event', n: 4 }, sharedMember('data', 'other'))
    there.send({ domain: 'agm', type: 'result', n: 5 })
    await eventually(() => one.sent.length === 6)
    expect(one.sent.map(({ message }) => message.n)).toEqual([0, 1, 2, 3, 4, 5])
    expect(two.sent.map(({ message }) => message.n)).toEqual([1, 2, 3])
    const event = one.sent[1]!
    expect(event.shared?.json).toBe(JSON.stringify(data))
    expect(encodeMessage(one.id, event.message, event.shared)).toBe(
      `{"domain":"agm","type":"event","n":1,"peer_id":"p-a-1","data":${JSON.stringify(data)}}`,
    )
    expect(b.cluster.stats().framesOut - before).toBeLessThan(8)
  })

  test('what is collected goes before an announcement and before what other channels say', async () => {
    const broker = new EmbeddedBroker()
    const a = await linkedNode('a', broker)
    const b = await linkedNode('b', broker)
    const order: string[] = []
    const other = b.cluster.open('agm', { message: () => undefined })
    a.cluster.open('agm', { message: (_node, message) => void order.push(String(message)) })
    const peer = a.add()
    peer.send = ({ type }) => void order.push(type)
    a.join(peer)
    await start(a, b)
    await eventually(() => remotesOf(b).length === 1)
    const there = b.peers.get(peer.id)!
    there.send({ domain: 'agm', type: 'event' }, sharedMember('data', 1))
    other.broadcast('methods-removed')
    there.send({ domain: 'agm', type: 'event' }, sharedMember('data', 1))
    other.send('a', 'direct')
    there.send({ domain: 'agm', type: 'last' }, sharedMember('data', 1))
    await eventually(() => order.includes('last'))
    expect(order).toEqual(['event', 'methods-removed', 'event', 'direct', 'last'])
  })

  test('what is collected for a peer goes before what is announced after it', async () => {
    const broker = new EmbeddedBroker()
    const [a, b] = [await linkedNode('a', broker), await linkedNode('b', broker)]
    const peer = a.add()
    a.join(peer)
    await start(a, b)
    await eventually(() => remotesOf(b).length === 1)
    const published = await listen(broker)
    b.peers.get(peer.id)!.send({ domain: 'agm', type: 'event' }, sharedMember('data', 1))
    const next = b.add()
    b.join(next)
    await eventually(() => remotesOf(a).includes(next.id))
    const said = published.join()
    expect(said).toContain('"deliver"')
    expect(said.indexOf('"deliver"')).toBeLessThan(said.indexOf('"joined"'))
  })

  test('works where messages cannot be put off', async () => {
    const [a, b] = await pair({
      around: (cluster) => ({
        ...cluster,
        open(name, handlers) {
          const { broadcast, send } = cluster.open(name, handlers)
          return { broadcast, send }
        },
      }),
    })
    const peer = a.add()
    a.join(peer)
    await eventually(() => remotesOf(b).length === 1)
    b.peers.get(peer.id)!.send({ domain: 'agm', type: 'event' }, sharedMember('data', [1]))
    await eventually(() => peer.sent.length === 1)
    expect(peer.sent[0]!.shared).toMatchObject({ key: 'data', value: [1], json: '[1]' })
  })

  test('a domain can change or hold back what comes for its peer', async () => {
    const [a, b] = await pair({
      domain: {
        delivering: (_peer, message) => (message.type === 'held' ? undefined : { ...message, changed: true }),
      },
    })
    const peer = a.add()
    a.join(peer)
    await eventually(() => remotesOf(b).length === 1)
    const there = b.peers.get(peer.id)!
    there.send({ domain: 'agm', type: 'held' })
    there.send({ domain: 'agm', type: 'passed' })
    await eventually(() => peer.sent.length === 1)
    expect(peer.sent[0]!.message).toEqual({ domain: 'agm', type: 'passed', changed: true })
  })

  test('to a peer whose node is gone does nothing', async () => {
    const [a, b] = await pair()
    const peer = a.add()
    a.join(peer)
    await eventually(() => remotesOf(b).length === 1)
    const there = b.peers.get(peer.id)!
    there.send({ domain: 'agm', type: 'event' }, sharedMember('data', 1))
    await a.cluster.close()
    await eventually(() => b.cluster.nodes.size === 0)
    there.send({ domain: 'agm', type: 'event' }, sharedMember('data', 1))
    there.send({ domain: 'agm', type: 'event' })
    expect(there.writable).toBe(true)
  })
})

describe('forwarding', () => {
  test('hands a request to the node, with the peer it is from', async () => {
    const [a, b] = await pair({
      handle: (_node, peer, message) =>
        peer.send({ domain: 'agm', type: 'result', request_id: message.request_id }),
    })
    const peer = a.add()
    a.join(peer)
    a.link.forward(peer, 'b', { domain: 'agm', type: 'call', request_id: 'x', arguments: [1] })
    await eventually(() => peer.sent.length === 1)
    expect(b.forwarded[0]).toMatchObject({
      from: b.peers.get(peer.id),
      message: { type: 'call', arguments: [1] },
    })
    expect(peer.sent[0]!.message).toEqual({ domain: 'agm', type: 'result', request_id: 'x' })
  })

  test('is refused for a peer that the other node does not know', async () => {
    const [a, b] = await pair({ maxPeersPerNode: 1 })
    a.join(a.add())
    const peer = a.add()
    a.join(peer)
    a.link.forward(peer, 'b', { domain: 'agm', type: 'call', request_id: 'x' })
    a.link.forward(peer, 'b', { domain: 'agm', type: 'publish' })
    await eventually(() => peer.sent.length === 1)
    expect(peer.sent[0]!.message).toEqual({
      domain: 'agm',
      type: 'error',
      request_id: 'x',
      reason_uri: 'agm.errors.failure',
      reason: 'Unable to find peer with id p-a-2',
    })
    expect(b.forwarded).toEqual([])
  })

  test('does not happen for a peer that other nodes do not know of', async () => {
    const broker = new EmbeddedBroker()
    const [a, b] = [
      await linkedNode('a', broker, { rules: {} }),
      await linkedNode('b', broker, { rules: {} }),
    ]
    const published = await listen(broker)
    await start(a, b)
    const peer = a.add()
    a.join(peer)
    a.link.forward(peer, 'b', { domain: 'agm', type: 'call', request_id: 'private' })
    await a.cluster.close()
    await eventually(() => b.cluster.nodes.size === 0)
    expect(b.forwarded).toEqual([])
    expect(published.join()).not.toContain('private')
  })
})

describe('other rules', () => {
  const LOCAL = { peers: [{ domain: 'interop', restrictions: 'local' }], default: 'cluster' } as const

  test('withdraw a peer: its domain is told, then the others', async () => {
    const [a, b] = await pair()
    const peer = a.add()
    a.join(peer)
    a.join(peer, 'bus')
    await until(b, 'agm joined p-a-1')
    a.visibility.reload(LOCAL)
    expect(a.log).toEqual(['agm hiding p-a-1 cluster'])
    expect(a.peers.membership(peer, 'agm')).toMatchObject({ visibility: 'local', options: { as: 'sent' } })
    expect(a.peers.membership(peer, 'bus')?.visibility).toBe('cluster')
    await until(b, 'agm leaving p-a-1 withdrawn')
    expect(remotesOf(b)).toEqual([])
    // What was on its way to it comes too late.
    a.visibility.reload({ default: 'cluster' })
    expect(a.log.at(-1)).toBe('agm showing p-a-1 cluster')
    await eventually(() => remotesOf(b).length === 1)
    a.visibility.reload({ peers: [{ domain: 'bus', restrictions: 'local' }], default: 'cluster' })
    expect(a.peers.membership(peer, 'bus')?.visibility).toBe('local')
    expect(a.log.at(-1)).toBe('bus hiding p-a-1 cluster')
    expect(remotesOf(b)).toEqual(['p-a-1'])
  })

  test('withdraw a peer even if its domain fails', async () => {
    const [a, b] = await pair({
      domain: {
        hiding() {
          throw new Error('no')
        },
      },
    })
    a.join(a.add())
    await until(b, 'agm joined p-a-1')
    a.visibility.reload(LOCAL)
    await until(b, 'agm leaving p-a-1 withdrawn')
    expect(a.said).toContain('new rules could not be applied to a peer')
  })

  test('are not applied to peers of other nodes, nor after the link is closed', async () => {
    const [a, b] = await pair()
    a.join(a.add())
    await until(b, 'agm joined p-a-1')
    b.visibility.reload(LOCAL)
    expect(remotesOf(b)).toEqual(['p-a-1'])
    a.link.close()
    a.visibility.reload(LOCAL)
    expect(a.log).toEqual([])
  })
})

describe('what other nodes say', () => {
  /** A node `x` that can say anything on the channel. */
  async function withStranger(options: LinkedNodeOptions = {}): Promise<{
    b: LinkedNode
    say(message: unknown): void
    heard: unknown[]
    settled(): Promise<void>
  }> {
    const broker = new EmbeddedBroker()
    const b = await linkedNode('b', broker, options)
    const transport = createEmbeddedTransport({ broker })
    await transport.start()
    const x = createTransportCluster({ transport, nodeId: 'x', ...PATIENT })
    const heard: unknown[] = []
    const channel = x.open('peers', {
      snapshot: () => ['nonsense', null, { id: 7 }],
      message: (_from, message) => void heard.push(message),
    })
    let marks = 0
    const marker = x.open('marker', { message: () => undefined })
    b.cluster.open('marker', { message: () => void (marks += 1) })
    await b.cluster.start()
    await x.start()
    await eventually(() => x.nodes.size === 1 && b.cluster.nodes.size === 1)
    return {
      b,
      heard,
      say: (message) => channel.send('b', message),
      async settled() {
        const before = marks
        marker.send('b', 1)
        await eventually(() => marks > before)
        await x.close()
      },
    }
  }

  const PEER = { id: 'p-x-1', domain: 'agm', identity: {} }

  test.each([
    ['a peer of another node', { ...PEER, id: 'p-y-1' }],
    ['a peer of this node', { ...PEER, id: 'p-b-1' }],
    ['a peer whose number is none', { ...PEER, id: 'p-x-1-2' }],
    ['a peer without a number', { ...PEER, id: 'p-x-' }],
    ['an id that is no text', { ...PEER, id: ['p-x-1'] }],
    ['an id without end', { ...PEER, id: `p-x-${'1'.repeat(1000)}` }],
    ['no identity', { ...PEER, identity: null }],
    ['an identity that is a list', { ...PEER, identity: [] }],
    ['an unknown domain', { ...PEER, domain: 'toString' }],
    ['a user that is no text', { ...PEER, user: { toString: 'x' } }],
    ['a service that is neither', { ...PEER, service: 'no' }],
    ['a restriction that does not parse', { ...PEER, restriction: '$a ==' }],
    ['a restriction that is no text', { ...PEER, restriction: {} }],
    ['nothing', null],
  ])('%s is not taken in', async (_what, peer) => {
    const { b, say, settled } = await withStranger()
    const own = b.add()
    b.join(own)
    say({ t: 'joined', peer })
    await settled()
    expect([...b.peers.all()]).toEqual([own])
    expect(b.peers.get(own.id)).toBe(own)
  })

  test('a peer of this node does not leave because another node says so', async () => {
    const { b, say, settled } = await withStranger()
    const own = b.add()
    b.join(own)
    say({ t: 'left', id: own.id, domain: 'agm', departure: LEFT })
    say({ t: 'left', id: 'p-x-9', domain: 'agm' })
    say({ t: 'left' })
    await settled()
    expect(b.peers.member('agm', own.id)).toBe(own)
    expect(b.log).toEqual([])
  })

  test('nothing is delivered to a peer that stays on its node, nor what is no message', async () => {
    const rules = {
      peers: [{ domain: 'interop', restrictions: 'local', identity: { kind: 'private' } }],
      default: 'cluster',
    } as const
    const { b, say, settled } = await withStranger({ rules })
    const hidden = b.add({ verified: { kind: 'private' } })
    const shown = b.add()
    b.join(hidden)
    b.join(shown)
    const message = { domain: 'agm', type: 'event' }
    say({ t: 'deliver', heads: [[hidden.id, message]] })
    for (const heads of [
      'x',
      [null],
      [[shown.id]],
      [[shown.id, 'x']],
      [[shown.id, { type: 'event' }]],
      [[shown.id, { domain: 'agm' }]],
      [[shown.id, { domain: 'constructor', type: 'x' }]],
      [['__proto__', message]],
      [[7, message]],
    ]) {
      say({ t: 'deliver', heads })
    }
    // The text of a shared member would go to sockets as it is.
    for (const shared of ['x', [], ['data'], ['data', '1,"peer_id":"p"'], ['data', ''], [7, '1'], null]) {
      say({ t: 'deliver', heads: [[shown.id, message]], shared })
    }
    say({ t: 'deliver', heads: [[shown.id, message]], shared: ['data', '{"ok":1}'] })
    await settled()
    expect(hidden.sent).toEqual([])
    expect(shown.sent).toEqual([{ message, shared: { key: 'data', value: { ok: 1 }, json: '{"ok":1}' } }])
  })

  test('a request is taken only for the sender’s own peers', async () => {
    const { b, say, heard, settled } = await withStranger()
    const own = b.add()
    b.join(own)
    say({ t: 'joined', peer: PEER })
    const call = { domain: 'agm', type: 'call', request_id: 1 }
    for (const from of [own.id, 'p-y-1', 7, '__proto__']) say({ t: 'forward', from, message: call })
    for (const message of [null, [], 'call', { domain: 'agm' }, { type: 7 }])
      say({ t: 'forward', from: 'p-x-1', message })
    for (const domain of ['bus', 'context', 'global', '__proto__']) {
      say({ t: 'forward', from: 'p-x-1', message: { ...call, domain } })
    }
    say({ t: 'forward', from: 'p-x-2', message: call })
    say({ t: 'forward', from: 'p-x-1', message: call })
    await eventually(() => heard.length === 2)
    await settled()
    expect(b.forwarded.map(({ from, message }) => [from.id, message])).toEqual([['p-x-1', call]])
    expect(heard[1]).toMatchObject({ t: 'deliver', heads: [['p-x-2', { type: 'error', request_id: 1 }]] })
  })

  test('a domain that throws at a message does not keep the next from its peer', async () => {
    const { b, say, settled } = await withStranger({
      domain: {
        delivering(_peer, message) {
          if (message.type === 'bad') throw new Error('no')
          return message
        },
      },
    })
    const own = b.add()
    b.join(own)
    const heads = ['bad', 'good'].map((type) => [own.id, { domain: 'agm', type }])
    say({ t: 'deliver', heads })
    await settled()
    expect(own.sent.map(({ message }) => message.type)).toEqual(['good'])
    expect(b.said).toContain('a message of another node could not be delivered')
  })

  test('nonsense of any kind breaks nothing', async () => {
    const { b, say, settled } = await withStranger()
    const own = b.add()
    b.join(own)
    const member = fc.oneof(fc.jsonValue(), fc.constantFrom('p-x-1', own.id, 'agm', PEER, [[own.id, {}]]))
    const messages = fc.record(
      {
        t: fc.constantFrom('joined', 'left', 'deliver', 'forward', 'other'),
        peer: member,
        id: member,
        domain: member,
        departure: member,
        heads: fc.oneof(member, fc.array(fc.tuple(member, member))),
        shared: fc.oneof(member, fc.tuple(fc.string(), fc.string())),
        from: member,
        message: member,
      },
      { requiredKeys: ['t'] },
    )
    for (const message of fc.sample(fc.oneof(fc.jsonValue(), messages), 2000)) say(message)
    await settled()
    expect(b.peers.member('agm', own.id)).toBe(own)
    expect(b.said.filter((line) => line === 'a message of the cluster could not be handled')).toEqual([])
  })
})

describe('what is local', () => {
  test('never crosses, whatever the rules, joins, leaves and reloads', async () => {
    const kinds = ['k1', 'k2', 'k3']
    const rules = fc.record({
      default: fc.constantFrom('local' as const, 'cluster' as const),
      peers: fc.array(
        fc.record({
          domain: fc.constantFrom('interop' as const, 'bus' as const, 'agm' as const),
          restrictions: fc.constantFrom('local' as const, 'cluster' as const),
          identity: fc.record({ kind: fc.constantFrom(...kinds) }),
        }),
        { maxLength: 3 },
      ),
    })
    const step = fc.oneof(
      fc.record({
        do: fc.constant('join' as const),
        kind: fc.constantFrom(...kinds),
        domain: fc.constantFrom('agm' as const, 'bus' as const),
      }),
      fc.record({ do: fc.constant('leave' as const), nth: fc.nat(5) }),
      fc.record({ do: fc.constant('reload' as const), rules }),
    )
    await fc.assert(
      fc.asyncProperty(rules, fc.array(step, { maxLength: 12 }), async (initial, steps) => {
        const broker = new EmbeddedBroker()
        const a = await linkedNode('a', broker, { rules: initial })
        const b = await linkedNode('b', broker)
        const wire = createEmbeddedTransport({ broker })
        await wire.start()
        let crossed = ''
        await wire.subscribeEvents('interop.default.>', (payload) => {
          if (headOf(payload).from === 'a') crossed += Buffer.from(payload).toString()
        })
        await start(a, b)
        /** Peers that were announced at any time by a rule. */
        const allowed = new Set<string>()
        const members: Peer[] = []
        const note = (): void => {
          for (const peer of a.peers.members('agm')) {
            if (
              peer.local &&
              a.visibility.decide({ kind: 'peer', domain: 'interop', identity: peer.verified }) === 'cluster'
            ) {
              allowed.add(peer.id)
            }
          }
        }
        for (const next of steps) {
          if (next.do === 'join') {
            const peer = a.add({
              verified: { kind: next.kind },
              identity: { secret: `secret-${members.length}.` },
            })
            members.push(peer)
            a.join(peer, next.domain)
          } else if (next.do === 'leave') {
            const peer = members[next.nth]
            if (peer !== undefined) for (const domain of ['agm', 'bus'] as const) a.leave(peer, domain)
          } else {
            a.visibility.reload(next.rules)
          }
          note()
        }
        const expected = [...a.peers.members('agm')]
          .filter((peer) => a.peers.membership(peer, 'agm')?.visibility === 'cluster')
          .map(({ id }) => id)
          .toSorted()
        await eventually(() => remotesOf(b).toSorted().join() === expected.join())
        for (const [index, peer] of members.entries()) {
          if (allowed.has(peer.id)) continue
          expect(crossed).not.toContain(`"${peer.id}"`)
          expect(crossed).not.toContain(`secret-${index}.`)
        }
        await a.cluster.close()
        await b.cluster.close()
      }),
      { numRuns: 25 },
    )
  })
})
