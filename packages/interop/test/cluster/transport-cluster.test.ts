import { createEmbeddedTransport, EmbeddedBroker } from '@portcullis/transport/embedded'
import type { Subscription, Transport } from '@portcullis/transport'
import { describe, expect, test } from 'vitest'
import { createTransportCluster } from '../../src/cluster/transport-cluster.ts'
import { encodeFrame } from '../../src/cluster/wire/frame.ts'
import {
  clusterNode,
  type ClusterNode,
  eventually,
  headOf,
  PATIENT,
  type Tap,
  tapped,
  untilTogether,
} from '../support/cluster-node.ts'

async function started(broker: EmbeddedBroker): Promise<Transport> {
  const transport = createEmbeddedTransport({ broker })
  await transport.start()
  return transport
}

/** Nodes of one cluster, all up. */
async function together(...ids: string[]): Promise<ClusterNode[]> {
  const broker = new EmbeddedBroker()
  const nodes = await Promise.all(ids.map(async (id) => clusterNode(id, await started(broker), PATIENT)))
  await Promise.all(nodes.map(({ cluster }) => cluster.start()))
  await untilTogether(...nodes)
  return nodes
}

/** Two nodes; what `a` publishes goes through a tap. */
async function tappedPair(options = {}): Promise<{
  a: ClusterNode
  b: ClusterNode
  tap: Tap
  publish: Transport['publishEvent']
}> {
  const broker = new EmbeddedBroker()
  const behind = await started(broker)
  const { transport, tap } = tapped(behind)
  const a = clusterNode('a', transport, options)
  const b = clusterNode('b', await started(broker), options)
  await a.cluster.start()
  await b.cluster.start()
  await untilTogether(a, b)
  return { a, b, tap, publish: (subject, payload) => behind.publishEvent(subject, payload) }
}

const messagesOf = (node: ClusterNode): string[] => node.log.filter((line) => !/ (up|down) /.test(line))

describe('coming up', () => {
  test('a node that starts has heard those that are there when start resolves', async () => {
    const broker = new EmbeddedBroker()
    const a = clusterNode('a', await started(broker))
    const b = clusterNode('b', await started(broker))
    await a.cluster.start()
    await b.cluster.start()
    expect([...b.cluster.nodes.keys()]).toEqual(['a'])
    await untilTogether(a, b)
    expect(a.log).toEqual(['one up b {"of":"b","to":"a"}', 'two up b {"of":"b","to":"a"}'])
    expect(a.cluster.nodes.get('b')).toEqual({ id: 'b', startedAt: b.cluster.startedAt })
    expect(a.cluster.stats()).toMatchObject({ nodes: 1, resyncs: 0, ignored: 0, refused: 0 })
    expect(b.cluster.stats()).toMatchObject({ nodes: 1, resyncs: 0, ignored: 0, refused: 0 })
  })

  test('many that start at once all find each other, without a resync', async () => {
    const nodes = await together(...Array.from({ length: 8 }, (_, index) => `n${index}`))
    for (const { cluster } of nodes) expect(cluster.stats()).toMatchObject({ nodes: 7, resyncs: 0 })
  })

  test('clusters with other names do not see each other', async () => {
    const broker = new EmbeddedBroker()
    const a = clusterNode('a', await started(broker), { name: 'blue' })
    const b = clusterNode('b', await started(broker), { name: 'grün' })
    await a.cluster.start()
    await b.cluster.start()
    expect(a.cluster.nodes.size + b.cluster.nodes.size).toBe(0)
  })

  test('a node that cannot hear itself refuses to start', async () => {
    const { transport, tap } = tapped(await started(new EmbeddedBroker()))
    tap.onPublish = () => []
    const a = clusterNode('a', transport, { startTimeoutMs: 100 })
    await expect(a.cluster.start()).rejects.toMatchObject({ code: 'ERR_INTEROP_UNAVAILABLE' })
    await expect(a.cluster.start()).rejects.toThrow('does not hear itself')
  })

  test('a channel is opened before the start, once', async () => {
    const [a] = await together('a', 'b')
    expect(() => a!.cluster.open('late', { message: () => undefined })).toThrow('before the cluster starts')
    const cluster = createTransportCluster({ transport: await started(new EmbeddedBroker()), nodeId: 'x' })
    cluster.open('one', { message: () => undefined })
    expect(() => cluster.open('one', { message: () => undefined })).toThrow('is open already')
    await cluster.close()
  })

  test('closing while it starts ends the start', async () => {
    const { transport } = tapped(await started(new EmbeddedBroker()))
    const { subscribeEvents } = transport
    const open = new Set<Subscription>()
    transport.subscribeEvents = async (subject, onEvent) => {
      const subscription = await subscribeEvents(subject, onEvent)
      open.add(subscription)
      return {
        ...subscription,
        close: async () => {
          open.delete(subscription)
          await subscription.close()
        },
      }
    }
    const a = clusterNode('a', transport, { settleMs: 10_000, startTimeoutMs: 600_000 })
    const [starting] = await Promise.allSettled([a.cluster.start(), a.cluster.close()])
    expect(starting).toMatchObject({ status: 'rejected', reason: { code: 'ERR_INTEROP_UNAVAILABLE' } })
    await a.cluster.close()
    await expect(a.cluster.start()).rejects.toMatchObject({ code: 'ERR_INTEROP_UNAVAILABLE' })
    expect(open.size).toBe(0)
  })
})

describe('messages', () => {
  test('arrive in the order they were sent, to one and to all, across channels and turns', async () => {
    const [a, b, c] = (await together('a', 'b', 'c')) as [ClusterNode, ClusterNode, ClusterNode]
    const expected: string[] = []
    for (let round = 0; round < 60; round += 1) {
      const channel = round % 2 === 0 ? 'one' : 'two'
      if (round % 3 === 0) a[channel].broadcast(round)
      else a[channel].send('b', round)
      expected.push(`${channel} a ${round}`)
      // oxlint-disable-next-line no-await-in-loop -- some of them in turns of their own
      if (round % 7 === 0) await new Promise(setImmediate)
    }
    await b.until('two a 59')
    expect(messagesOf(b)).toEqual(expected)
    await c.until('two a 57')
    expect(messagesOf(c)).toEqual(expected.filter((line) => Number(line.slice(6)) % 3 === 0))
    expect(messagesOf(a)).toEqual([])
  })

  test('of one turn for one receiver go as one publication', async () => {
    const { a, b } = await tappedPair({ heartbeatMs: 1000 })
    const before = a.cluster.stats().framesOut
    for (let count = 0; count < 100; count += 1) a.one.send('b', count)
    await b.until('one a 99')
    expect(a.cluster.stats().framesOut - before).toBeLessThanOrEqual(3)
  })

  test('of 5 MB and more are cut and put together again, whatever characters they hold', async () => {
    const [a, b, c] = (await together('a', 'b', 'c')) as [ClusterNode, ClusterNode, ClusterNode]
    const text = 'ä€😀\u0000\u2028"\\'.repeat(400_000)
    a.one.broadcast({ text })
    a.one.send('b', { text, n: 2 })
    a.two.broadcast('after')
    await b.until('two a "after"')
    await c.until('two a "after"')
    const size = JSON.stringify({ text }).length
    expect(messagesOf(b).map((line) => line.split(' ').at(-1))).toEqual([
      String(size),
      String(JSON.stringify({ text, n: 2 }).length),
      '"after"',
    ])
    expect(messagesOf(c)).toHaveLength(2)
  })

  test('may be as large as they may be, together with others and in characters of three bytes', async () => {
    const { a, b } = await tappedPair({ maxMessageBytes: 60_000, partBytes: 4096 })
    a.one.broadcast('ä€'.repeat(600))
    a.one.broadcast('€'.repeat(19_990))
    await b.until((line) => line.endsWith(' 19992'))
    expect(messagesOf(b)).toHaveLength(2)
    a.one.broadcast('€'.repeat(20_000))
    await b.until('one down a')
    expect(a.said).toContain('error a message is too large for the cluster')
  })

  test('a transport that takes only little makes the pieces smaller', async () => {
    const { transport } = tapped(await started(new EmbeddedBroker()))
    const broker = new EmbeddedBroker()
    const strict = tapped(await started(broker))
    strict.tap.onPublish = (_subject, payload) => {
      if (payload.length > 20_000) throw Object.assign(new Error("'max_payload' exceeded"))
      return [payload]
    }
    const a = clusterNode('a', strict.transport)
    const b = clusterNode('b', await started(broker))
    await Promise.all([a.cluster.start(), b.cluster.start(), transport.close()])
    await untilTogether(a, b)
    a.one.broadcast('x'.repeat(500_000))
    a.one.broadcast('after')
    await b.until('one a "after"')
    expect(messagesOf(b)).toHaveLength(2)
    expect(b.cluster.stats().resyncs).toBe(0)
  })

  test('keys such as __proto__ arrive as they are', async () => {
    const [a, b] = (await together('a', 'b')) as [ClusterNode, ClusterNode]
    a.one.broadcast(JSON.parse('{"__proto__":{"x":1},"constructor":null,"":2}'))
    await b.until('one a {"__proto__":{"x":1},"constructor":null,"":2}')
    expect(({} as { x?: number }).x).toBeUndefined()
  })

  test('to a node that is not there go nowhere, and cost nothing when nobody is', async () => {
    const [a] = (await together('a')) as [ClusterNode]
    const before = a.cluster.stats().framesOut
    const message = { toJSON: () => expect.unreachable('it is not even encoded') }
    a.one.broadcast(message)
    a.one.send('b', message)
    a.one.send('__proto__', message)
    expect(a.cluster.stats().framesOut).toBe(before)
  })

  test('a message that is too large is said to be so, and its receivers are told everything anew', async () => {
    const { a, b } = await tappedPair({ maxMessageBytes: 2048 })
    a.one.broadcast('x'.repeat(3000))
    const at = await b.until('one down a')
    await b.until('two up a {"of":"a","to":"b"}', at)
    expect(a.said).toContain('error a message is too large for the cluster')
    await untilTogether(a, b)
    a.one.broadcast('after')
    await b.until('one a "after"')
  })

  test('a handler that throws is logged, and the others go on', async () => {
    const broker = new EmbeddedBroker()
    const a = clusterNode('a', await started(broker))
    const b = clusterNode('b', await started(broker))
    b.cluster.open('bad', {
      message() {
        throw new Error('no')
      },
    })
    const bad = a.cluster.open('bad', { message: () => undefined })
    await Promise.all([a.cluster.start(), b.cluster.start()])
    await untilTogether(a, b)
    bad.broadcast(1)
    a.one.broadcast('after')
    await b.until('one a "after"')
    expect(b.said).toContain('error a message of the cluster could not be handled')
    expect(b.cluster.stats().resyncs).toBe(0)
  })

  test('a channel that the other does not know is passed over', async () => {
    const broker = new EmbeddedBroker()
    const a = clusterNode('a', await started(broker))
    const b = clusterNode('b', await started(broker))
    const newer = a.cluster.open('newer', { snapshot: () => 1, message: () => undefined })
    await Promise.all([a.cluster.start(), b.cluster.start()])
    await untilTogether(a, b)
    newer.broadcast(1)
    a.one.broadcast('after')
    await b.until('one a "after"')
    expect(b.cluster.stats().resyncs).toBe(0)
  })
})

describe('collecting', () => {
  test('is flushed before another channel sends, and at the end of the turn', async () => {
    const broker = new EmbeddedBroker()
    const a = clusterNode('a', await started(broker))
    const b = clusterNode('b', await started(broker))
    let put: number[] = []
    const collector = a.cluster.open('collector', {
      message: () => undefined,
      flush() {
        collector.broadcast(put)
        put = []
      },
    })
    const seen: unknown[] = []
    b.cluster.open('collector', { message: (_from, message) => void seen.push(message) })
    await Promise.all([a.cluster.start(), b.cluster.start()])
    await untilTogether(a, b)
    put.push(1, 2)
    collector.collect?.()
    a.one.send('b', 'x')
    put.push(3)
    collector.collect?.()
    collector.collect?.()
    await eventually(() => seen.length === 2)
    expect(seen).toEqual([[1, 2], [3]])
  })
})

describe('what is lost', () => {
  const isCast = (payload: Uint8Array): boolean => headOf(payload).kind === 'cast'
  const isData = (payload: Uint8Array): boolean => headOf(payload).kind === 'data'

  test.each([
    ['broadcast', isCast],
    ['direct message', isData],
  ])('a %s in the middle makes both sides exchange everything anew', async (_what, isIt) => {
    const { a, b, tap } = await tappedPair()
    const say = (n: number): void => (isIt === isCast ? a.one.broadcast(n) : a.one.send('b', n))
    let lost = 0
    tap.onPublish = (_subject, payload) => (isIt(payload) && lost++ === 0 ? [] : [payload])
    const atA = a.log.length
    say(1)
    await new Promise(setImmediate)
    say(2)
    const at = await b.until('one down a')
    expect(b.log.slice(0, at)).toEqual([
      'one up a {"of":"a","to":"b"}',
      'two up a {"of":"a","to":"b"}',
      'two down a',
      'one down a',
    ])
    await b.until('two up a {"of":"a","to":"b"}', at)
    await a.until('one down b', atA)
    await a.until('two up b {"of":"b","to":"a"}', atA)
    await untilTogether(a, b)
    say(3)
    await b.until('one a 3', at)
    expect(messagesOf(b)).toEqual(['one a 3'])
  })

  test.each([
    ['broadcast', isCast],
    ['direct message', isData],
  ])('a %s that was the last one is noticed by the heartbeats', async (_what, isIt) => {
    const { a, b, tap } = await tappedPair()
    tap.onPublish = (_subject, payload) => (isIt(payload) ? [] : [payload])
    if (isIt === isCast) a.one.broadcast(1)
    else a.one.send('b', 1)
    const at = await b.until('one down a')
    tap.onPublish = (_subject, payload) => [payload]
    await b.until('two up a {"of":"a","to":"b"}', at)
    expect(messagesOf(b)).toEqual([])
  })

  test('a piece of a large message is noticed, and nothing of it is delivered', async () => {
    const { a, b, tap } = await tappedPair({ partBytes: 4096 })
    let pieces = 0
    tap.onPublish = (_subject, payload) => (isCast(payload) && ++pieces === 3 ? [] : [payload])
    a.one.broadcast('x'.repeat(50_000))
    const at = await b.until('one down a')
    await b.until('two up a {"of":"a","to":"b"}', at)
    expect(messagesOf(b)).toEqual([])
  })

  test.each(['hello', 'state', 'want'])('a %s is made up for', async (kind) => {
    const broker = new EmbeddedBroker()
    const first = tapped(await started(broker))
    const second = tapped(await started(broker))
    for (const { tap } of [first, second]) {
      let lost = 0
      tap.onPublish = (_subject, payload) => (headOf(payload).kind === kind && lost++ === 0 ? [] : [payload])
    }
    const a = clusterNode('a', first.transport, { deadAfterMs: 400 })
    const b = clusterNode('b', second.transport, { deadAfterMs: 400 })
    await a.cluster.start()
    await b.cluster.start()
    await untilTogether(a, b)
    a.one.broadcast('after')
    await b.until('one a "after"')
  })

  test('what comes twice, or out of its order, is not delivered so', async () => {
    const { a, b, tap } = await tappedPair()
    tap.onPublish = (_subject, payload) => (isCast(payload) ? [payload, payload] : [payload])
    a.one.broadcast(1)
    const at = await b.until('one down a')
    tap.onPublish = (_subject, payload) => [payload]
    await b.until('two up a {"of":"a","to":"b"}', at)
    expect(messagesOf(b)).toEqual(['one a 1'])
  })

  test('a broadcast that overtakes a direct message waits for it, and the other way round', async () => {
    // Directs among themselves stay in order, for they are on one subject.
    for (const order of [
      [1, 0, 2],
      [0, 2, 1],
    ]) {
      // oxlint-disable-next-line no-await-in-loop -- one pair after the other
      const { a, b, tap, publish } = await tappedPair({ heartbeatMs: 10_000, deadAfterMs: 20_000 })
      const held: [string, Uint8Array][] = []
      tap.onPublish = (subject, payload) => {
        held.push([subject, payload])
        return []
      }
      a.one.send('b', 0)
      a.one.broadcast(1)
      a.one.send('b', 2)
      // oxlint-disable-next-line no-await-in-loop -- as above
      await eventually(() => held.length === 3)
      for (const index of order) publish(...held[index]!)
      // oxlint-disable-next-line no-await-in-loop -- as above
      await b.until('one a 2')
      expect(messagesOf(b)).toEqual(['one a 0', 'one a 1', 'one a 2'])
    }
  })
})

describe('a node that goes', () => {
  test('with a goodbye is down at once, in reverse order, after what it said last', async () => {
    const [a, b] = (await together('a', 'b')) as [ClusterNode, ClusterNode]
    a.one.broadcast('last')
    await a.cluster.close()
    await b.until('one down a')
    expect(b.log.slice(2)).toEqual(['one a "last"', 'two down a', 'one down a'])
    expect(b.cluster.nodes.size).toBe(0)
    a.one.broadcast('never')
    a.one.send('b', 'never')
    expect(a.cluster.nodes.size).toBe(0)
  })

  test('silently is down after a while, and comes up again when it is heard again', async () => {
    const { a, b, tap } = await tappedPair({ deadAfterMs: 300 })
    tap.onPublish = () => []
    const at = await b.until('one down a')
    expect(b.said).toContain('warn a node of the cluster is down')
    tap.onPublish = (_subject, payload) => [payload]
    await b.until('two up a {"of":"a","to":"b"}', at)
    // What it had been told was lost with it, so it has begun anew as well.
    await a.until('one down b')
    await untilTogether(a, b)
  })

  test('is gone for the one that stood still as well: what it sent in between is not taken for the present', async () => {
    let stoodStill = 0
    const broker = new EmbeddedBroker()
    const a = clusterNode('a', await started(broker), { now: () => performance.now() + stoodStill })
    const b = clusterNode('b', await started(broker))
    await Promise.all([a.cluster.start(), b.cluster.start()])
    await untilTogether(a, b)
    b.one.send('a', 'in between')
    stoodStill += 10_000
    const at = await a.until('one down b')
    await a.until('two up b {"of":"b","to":"a"}', at)
    await b.until('two up a {"of":"a","to":"b"}', await b.until('one down a'))
    b.one.send('a', 'after')
    await a.until('one b "after"')
    expect(messagesOf(a)).toEqual(['one b "after"'])
  })

  test('and starts anew under its id is met as another one, once the old one is silent', async () => {
    const broker = new EmbeddedBroker()
    const { transport, tap } = tapped(await started(broker))
    const old = clusterNode('a', transport, { deadAfterMs: 300 })
    const b = clusterNode('b', await started(broker), { deadAfterMs: 300 })
    await old.cluster.start()
    await b.cluster.start()
    await untilTogether(old, b)
    // It dies without a word, and does not hear anything any more.
    tap.onPublish = () => []
    await old.cluster.close()
    const fresh = clusterNode('a', await started(broker), { deadAfterMs: 300 })
    await fresh.cluster.start()
    const at = await b.until('one down a')
    await b.until('two up a {"of":"a","to":"b"}', at)
    await untilTogether(fresh, b)
    fresh.one.send('b', 'new')
    await b.until('one a "new"')
  })
})

describe('two nodes with one id', () => {
  test('the one that starts later refuses to, and the other says so', async () => {
    const broker = new EmbeddedBroker()
    const a = clusterNode('a', await started(broker))
    const b = clusterNode('b', await started(broker))
    await a.cluster.start()
    await b.cluster.start()
    const twin = clusterNode('a', await started(broker))
    await expect(twin.cluster.start()).rejects.toThrow('another gateway is in the cluster as node a')
    expect(
      a.said.filter((line) => line.startsWith('error another gateway speaks as this node')),
    ).toHaveLength(1)
    await untilTogether(a, b)
    a.one.broadcast('still')
    await b.until('one a "still"')
    expect(b.log).not.toContain('one down a')
  })

  test('of two that start at once, one does', async () => {
    const broker = new EmbeddedBroker()
    const transports = await Promise.all([started(broker), started(broker)])
    const twins = transports.map((transport) => clusterNode('a', transport))
    const results = await Promise.allSettled(twins.map(({ cluster }) => cluster.start()))
    expect(results.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
  })

  test('that meet when both are up are both logged, and others go on with the one they know', async () => {
    const broker = new EmbeddedBroker()
    const a = clusterNode('a', await started(broker))
    const b = clusterNode('b', await started(broker))
    await a.cluster.start()
    await b.cluster.start()
    await untilTogether(a, b)
    const elsewhere = new EmbeddedBroker()
    const { transport, tap } = tapped(await started(elsewhere))
    const twin = clusterNode('a', transport)
    await twin.cluster.start()
    const bridge = await started(broker)
    tap.onPublish = (subject, payload) => {
      bridge.publishEvent(subject, payload)
      return [payload]
    }
    await a.untilSaid(/another gateway speaks as this node/)
    twin.one.broadcast('from the twin')
    await eventually(() => b.cluster.stats().ignored > 2)
    a.one.broadcast('from a')
    await b.until('one a "from a"')
    expect(messagesOf(b)).toEqual(['one a "from a"'])
  })
})

describe('what is none of ours', () => {
  const HOSTILE: [string, string, string | Uint8Array][] = [
    ['no JSON', 'all.x', 'hello'],
    ['nothing', 'all.x', ''],
    ['a line without an end', 'all.x', '{"v":1}'],
    ['binary', 'all.x', new Uint8Array([0, 255, 254, 10, 1])],
    ['an array', 'all.x', '[]\n'],
    ['null', 'all.x', 'null\n'],
    ['another version', 'all.x', head({ v: 2, kind: 'bye', from: 'x' })],
    ['another name than the subject says', 'all.x', head({ kind: 'bye', from: 'a' })],
    ['an unknown kind', 'all.x', head({ kind: 'constructor' })],
    ['a kind that is none', 'all.x', head({ kind: ['bye'] })],
    ['no epoch', 'all.x', head({ kind: 'bye', epoch: '' })],
    ['an epoch that is no text', 'all.x', head({ kind: 'bye', epoch: { toString: 1 } })],
    ['a start that is no number', 'all.x', head({ kind: 'bye', startedAt: '1' })],
    ['a broadcast of a direct kind', 'all.x', head({ kind: 'want', link: 'l' })],
    ['a direct of a broadcast kind', 'to.b.x', head({ kind: 'hello', link: 'l' })],
    ['counts that are none', 'all.x', head({ kind: 'beat', n: -1, d: {} })],
    ['counts of text', 'all.x', head({ kind: 'beat', n: '1', d: {} })],
    ['a piece beyond its end', 'all.x', `${head({ kind: 'cast', n: 1, d: {}, size: 1, off: 1 })}xx`],
    ['a piece of nothing', 'all.x', head({ kind: 'cast', n: 1, d: {}, size: 1, off: 0 })],
    ['a name with characters of its own', 'all.x!', head({ kind: 'bye', from: 'x!' })],
  ]

  function head(members: object): string {
    return `${JSON.stringify({ v: 1, from: 'x', epoch: 'e', startedAt: 1, ...members })}\n`
  }

  test.each(HOSTILE)('%s is ignored and counted', async (_what, subject, payload) => {
    const broker = new EmbeddedBroker()
    const b = clusterNode('b', await started(broker))
    const stranger = await started(broker)
    await b.cluster.start()
    stranger.publishEvent(`interop.default.${subject}`, Buffer.from(payload))
    await eventually(() => b.cluster.stats().ignored === 1)
    expect(b.cluster.nodes.size).toBe(0)
    expect(b.log).toEqual([])
  })

  test('a node that says things in no order is asked anew with pauses, and disturbs nobody', async () => {
    const { a, b } = await tappedPair()
    const broker = new EmbeddedBroker()
    const c = clusterNode('c', await started(broker))
    await c.cluster.start()
    const stranger = await started(broker)
    let asked = 0
    await stranger.subscribeEvents('interop.default.to.x.*', (payload) => {
      const { kind, link } = headOf(payload)
      if (kind === 'want') asked += 1
      const state = { kind: 'state', link: `s${asked}`, for: link, n: 1, b: 0, size: 2, off: 0 }
      stranger.publishEvent('interop.default.to.c.x', Buffer.from(`${head(state)}[]`))
    })
    for (let n = 0; n < 20; n += 1) {
      stranger.publishEvent(
        'interop.default.all.x',
        Buffer.from(`${head({ kind: 'cast', n, d: {}, size: 2, off: 0 })}[]`),
      )
    }
    await eventually(() => asked >= 3)
    expect(asked).toBeLessThan(20)
    expect(c.cluster.nodes.size).toBe(0)
    a.one.broadcast('undisturbed')
    await b.until('one a "undisturbed"')
  })

  test('a node that asks for the state again and again is sent it seldom, and for what it asked last', async () => {
    const { a, tap, publish } = await tappedPair()
    const states: Record<string, unknown>[] = []
    tap.onPublish = (subject, payload) => {
      if (subject === 'interop.default.to.r.a') states.push(headOf(payload))
      return [payload]
    }
    for (let count = 0; count < 50; count += 1) {
      const origin = { from: 'r', epoch: 'e', startedAt: 1 }
      publish('interop.default.to.a.r', encodeFrame(origin, { kind: 'want', link: `l${count}` }))
    }
    const served = (): unknown[] => states.filter(({ kind }) => kind === 'state').map((frame) => frame.for)
    await eventually(() => served().includes('l49'))
    expect(served()).toEqual(['l0', 'l49'])
    expect(a.cluster.nodes.has('b')).toBe(true)
  })

  test('more nodes than there may be are not heard', async () => {
    const broker = new EmbeddedBroker()
    const b = clusterNode('b', await started(broker), { maxNodes: 3 })
    const stranger = await started(broker)
    await b.cluster.start()
    for (let n = 0; n < 50; n += 1) {
      const beat = head({ kind: 'beat', n: 0, d: {}, from: `x${n}` })
      stranger.publishEvent(`interop.default.all.x${n}`, Buffer.from(beat))
    }
    await b.untilSaid(/more nodes than the cluster may have/)
    expect(b.said.filter((line) => line.startsWith('error more nodes'))).toHaveLength(1)
  })
})

describe('while the engine is away', () => {
  test('messages are held, and sent in order when it is back', async () => {
    const { a, b, tap } = await tappedPair({ deadAfterMs: 20_000 })
    tap.setState('disconnected')
    tap.onPublish = () => expect.unreachable('nothing is published meanwhile')
    for (let n = 0; n < 30; n += 1) {
      if (n % 2 === 0) a.one.broadcast(n)
      else a.one.send('b', n)
      // oxlint-disable-next-line no-await-in-loop -- in turns of their own
      await new Promise(setImmediate)
    }
    tap.onPublish = (_subject, payload) => [payload]
    tap.setState('connected')
    await b.until('one a 29')
    expect(messagesOf(b)).toEqual(Array.from({ length: 30 }, (_, n) => `one a ${n}`))
    expect(b.cluster.stats().resyncs).toBe(0)
  })

  test('no more than a bound is held: beyond, everything is told anew', async () => {
    const { a, b, tap } = await tappedPair({ deadAfterMs: 20_000, maxHeldBytes: 10_000 })
    tap.setState('disconnected')
    for (let n = 0; n < 30; n += 1) {
      a.one.broadcast(`${n}`.padEnd(1000))
      // oxlint-disable-next-line no-await-in-loop -- in turns of their own
      await new Promise(setImmediate)
    }
    expect(a.said).toContain(
      'warn the engine is away for too long: what was held is dropped, and told anew when it is back',
    )
    tap.setState('connected')
    const at = await b.until('one down a')
    await b.until('two up a {"of":"a","to":"b"}', at)
    expect(messagesOf(b)).toEqual([])
    await untilTogether(a, b)
    a.one.broadcast('after')
    await b.until('one a "after"')
  })

  test('the others are down after a while, and up when it is back', async () => {
    const { a, b, tap } = await tappedPair({ deadAfterMs: 300 })
    tap.setState('disconnected')
    await b.until('one down a')
    tap.setState('connected')
    await untilTogether(a, b)
    a.one.broadcast('after')
    await b.until('one a "after"')
  })
})

describe('a session that one side has ended', () => {
  test('is over for a node that hears others and is not heard', async () => {
    const broker = new EmbeddedBroker()
    const { transport, tap } = tapped(await started(broker))
    const options = { deadAfterMs: 300 }
    const a = clusterNode('a', await started(broker), options)
    const b = clusterNode('b', transport, options)
    await Promise.all([a.cluster.start(), b.cluster.start()])
    await untilTogether(a, b)
    tap.onPublish = () => []
    await a.until('one down b')
    await b.until('one down a')
    tap.onPublish = (_subject, payload) => [payload]
    await untilTogether(a, b)
  })
})

describe('what cannot be sent', () => {
  test('is logged, and its receivers are told everything anew', async () => {
    const { a, b } = await tappedPair()
    a.one.send('b', { n: 1n })
    const at = await b.until('one down a')
    await b.until('two up a {"of":"a","to":"b"}', at)
    expect(a.said).toContain('error a message to the cluster is no JSON')
  })

  test('a state that cannot be made keeps both from each other, and is logged', async () => {
    const broker = new EmbeddedBroker()
    const a = clusterNode('a', await started(broker), { deadAfterMs: 400 })
    let isBad = true
    a.cluster.open('bad', { snapshot: () => (isBad ? 1n : 1), message: () => undefined })
    const b = clusterNode('b', await started(broker), { deadAfterMs: 200 })
    await b.cluster.start()
    await a.cluster.start()
    await a.untilSaid(/the state of this node could not be made/)
    expect(a.cluster.nodes.size + b.cluster.nodes.size).toBe(0)
    expect(a.log).toEqual([])
    isBad = false
    await untilTogether(a, b)
  })

  test('a state that makes no sense brings no node up or down', async () => {
    const broker = new EmbeddedBroker()
    const { transport, tap } = tapped(await started(broker))
    const a = clusterNode('a', transport)
    const b = clusterNode('b', await started(broker))
    let isBad = true
    tap.onPublish = (_subject, payload) => {
      if (!isBad || headOf(payload).kind !== 'state') return [payload]
      const { size } = headOf(payload) as { size: number }
      const head = payload.subarray(0, payload.indexOf(10) + 1)
      return [Buffer.concat([head, Buffer.from('[]'.padEnd(size))])]
    }
    await b.cluster.start()
    await a.cluster.start()
    await b.untilSaid(/does not come up/)
    expect(b.log).toEqual([])
    isBad = false
    await untilTogether(a, b)
  })
})

describe('a node that does not keep up', () => {
  test('is not writable until it has confirmed what it was sent', async () => {
    const broker = new EmbeddedBroker()
    const { transport, tap } = tapped(await started(broker))
    const options = { maxUnconfirmedBytes: 10_000, deadAfterMs: 20_000 }
    const a = clusterNode('a', await started(broker), options)
    const b = clusterNode('b', transport, options)
    await Promise.all([a.cluster.start(), b.cluster.start()])
    await untilTogether(a, b)
    expect(a.cluster.writable('b')).toBe(true)
    expect(a.cluster.writable('nobody')).toBe(true)
    tap.onPublish = (_subject, payload) => (headOf(payload).kind === 'ack' ? [] : [payload])
    a.one.send('b', 'x'.repeat(6000))
    a.one.broadcast('y'.repeat(6000))
    await eventually(() => !a.cluster.writable('b'))
    tap.onPublish = (_subject, payload) => [payload]
    a.one.send('b', 'x'.repeat(6000))
    await eventually(() => a.cluster.writable('b'))
  })
})

describe('options', () => {
  test.each([
    ['transport', { transport: undefined }],
    ['transport', { transport: {} }],
    ['nodeId', { nodeId: '' }],
    ['nodeId', { nodeId: 'a.b' }],
    ['nodeId', { nodeId: '>' }],
    ['nodeId', { nodeId: 7 }],
    ['name', { name: '' }],
    ['name', { name: 'a\nb' }],
    ['name', { name: 'ä'.repeat(64) }],
    ['heartbeatMs', { heartbeatMs: 0 }],
    ['deadAfterMs', { deadAfterMs: Number.NaN }],
    ['deadAfterMs', { heartbeatMs: 1000, deadAfterMs: 1000 }],
    ['partBytes', { partBytes: 1 }],
    ['maxMessageBytes', { maxMessageBytes: 1.5 }],
    ['maxNodes', { maxNodes: 0 }],
  ])('"%s" that is wrong is named: %j', (name, options) => {
    const transport = createEmbeddedTransport()
    const all = { transport, nodeId: 'a', ...options } as unknown as Parameters<
      typeof createTransportCluster
    >[0]
    expect(() => createTransportCluster(all)).toThrow(TypeError)
    expect(() => createTransportCluster(all)).toThrow(`"${name}"`)
  })
})
