import { freePort, startNatsServer, startTcpProxy } from '@portcullis/test-servers'
import type { Transport } from '@portcullis/transport'
import { createNatsTransport } from '@portcullis/transport/nats'
import { afterEach, describe, expect, test } from 'vitest'
import type { TransportClusterOptions } from '../../src/cluster/settings.ts'
import { clusterNode, type ClusterNode, eventually, tapped, untilTogether } from '../support/cluster-node.ts'

const transports: Transport[] = []
afterEach(async () => {
  await Promise.all(transports.splice(0).map((transport) => transport.close()))
})

async function natsTransport(url: string): Promise<Transport> {
  const transport = createNatsTransport({ servers: url })
  transports.push(transport)
  await transport.start()
  return transport
}

async function node(
  id: string,
  url: string,
  options?: Partial<TransportClusterOptions>,
): Promise<ClusterNode> {
  return clusterNode(id, await natsTransport(url), options)
}

async function together(
  urls: Record<string, string>,
  options?: Partial<TransportClusterOptions>,
): Promise<ClusterNode[]> {
  const nodes = await Promise.all(Object.entries(urls).map(([id, url]) => node(id, url, options)))
  await Promise.all(nodes.map(({ cluster }) => cluster.start()))
  await untilTogether(...nodes)
  return nodes
}

const messagesOf = (on: ClusterNode): string[] => on.log.filter((line) => !/ (up|down) /.test(line))

describe('three nodes over one nats-server', () => {
  test('find each other, keep the order, carry 5 MB, and say goodbye', async () => {
    await using server = await startNatsServer()
    const { url } = server
    const [a, b, c] = (await together({ a: url, b: url, c: url })) as [ClusterNode, ClusterNode, ClusterNode]
    for (const { cluster } of [a, b, c]) expect(cluster.stats()).toMatchObject({ nodes: 2, resyncs: 0 })

    const expected: string[] = []
    for (let n = 0; n < 3000; n += 1) {
      if (n % 3 === 0) a.one.broadcast(n)
      else a.two.send('b', n)
      expected.push(`${n % 3 === 0 ? 'one' : 'two'} a ${n}`)
      // oxlint-disable-next-line no-await-in-loop -- in many turns
      if (n % 20 === 0) await new Promise(setImmediate)
    }
    const text = 'ä'.repeat(2_600_000)
    a.one.broadcast(text)
    a.one.send('b', 'end')
    await b.until('one a "end"')
    await c.until((line) => line.startsWith('one a "ä'))
    expect(messagesOf(b).slice(0, 3000)).toEqual(expected)
    expect(messagesOf(b).at(3000)).toMatch(/ 2600002$/)
    expect(messagesOf(c)).toHaveLength(1001)
    for (const { cluster } of [a, b, c]) expect(cluster.stats().resyncs).toBe(0)

    await a.cluster.close()
    await Promise.all([b.until('one down a'), c.until('one down a')])
  })

  test('a node that dies without a word is down, and comes up when it is back', async () => {
    await using server = await startNatsServer()
    await using proxy = await startTcpProxy(server.url)
    const { url } = server
    const [a, b, c] = (await together({ a: proxy.url, b: url, c: url }, { deadAfterMs: 1000 })) as [
      ClusterNode,
      ClusterNode,
      ClusterNode,
    ]
    proxy.cut()
    const [atB, atC] = await Promise.all([b.until('one down a'), c.until('one down a')])
    // Alone as well, for all that it knows.
    await a.until('one down b')
    await a.until('one down c')
    b.one.broadcast('without a')
    await c.until('one b "without a"')
    proxy.restore()
    await b.until('two up a {"of":"a","to":"b"}', atB)
    await c.until('two up a {"of":"a","to":"c"}', atC)
    await untilTogether(a, b, c)
    a.one.broadcast('back')
    await Promise.all([b.until('one a "back"'), c.until('one a "back"')])
    expect(messagesOf(a)).toEqual([])
  })

  test('a node that is only not answered is down as well', async () => {
    await using server = await startNatsServer()
    await using proxy = await startTcpProxy(server.url)
    const [a, b] = (await together({ a: server.url, b: proxy.url }, { deadAfterMs: 700 })) as [
      ClusterNode,
      ClusterNode,
    ]
    proxy.mute()
    await b.until('one down a')
    proxy.unmute()
    await untilTogether(a, b)
    // Again, should the machine be so busy that they miss each other once more.
    await eventually(() => {
      a.one.send('b', 'back')
      return b.log.includes('one a "back"')
    })
  })

  test('a restart of the server: all come up again, and nothing is skipped', async () => {
    const port = await freePort()
    await using server = await startNatsServer({ port })
    const { url } = server
    const [a, b, c] = (await together({ a: url, b: url, c: url }, { deadAfterMs: 10_000 })) as [
      ClusterNode,
      ClusterNode,
      ClusterNode,
    ]
    let sent = 0
    let isOn = true
    const traffic = (async () => {
      while (isOn) {
        sent += 1
        a.one.broadcast(sent)
        // oxlint-disable-next-line no-await-in-loop -- goes on for as long as the server is away
        await new Promise((resolve) => setTimeout(resolve, 2))
      }
    })()
    await b.until('one a 20')
    await server.kill()
    await server.restart()
    await eventually(() => transports.every((transport) => transport.status().state === 'connected'))
    await untilTogether(a, b, c)
    const enough = sent + 50
    await eventually(() => sent > enough)
    isOn = false
    await traffic
    a.one.send('b', 'end')
    a.one.send('c', 'end')
    await Promise.all([b.until('one a "end"'), c.until('one a "end"')])
    for (const on of [b, c]) {
      // Between two comings up there is no gap.
      let last: number | undefined
      for (const line of on.log) {
        if (line.startsWith('one up a')) last = undefined
        const n = Number(/^one a (\d+)$/.exec(line)?.[1])
        if (Number.isNaN(n)) continue
        if (last !== undefined) expect(n).toBe(last + 1)
        last = n
      }
      expect(last).toBe(sent)
    }
  })

  test('a message that NATS lost makes both sides exchange everything anew', async () => {
    await using server = await startNatsServer()
    const { transport, tap } = tapped(await natsTransport(server.url))
    const a = clusterNode('a', transport)
    const b = await node('b', server.url)
    await Promise.all([a.cluster.start(), b.cluster.start()])
    await untilTogether(a, b)
    tap.onPublish = () => []
    a.one.broadcast('lost')
    await new Promise(setImmediate)
    tap.onPublish = (_subject, payload) => [payload]
    const at = await b.until('one down a')
    await b.until('two up a {"of":"a","to":"b"}', at)
    await untilTogether(a, b)
    a.one.broadcast('found')
    await b.until('one a "found"')
    expect(messagesOf(b)).toEqual(['one a "found"'])
  })

  test('a server that takes only small messages is sent small ones', async () => {
    await using server = await startNatsServer({ config: 'max_payload: 16384\n' })
    const [a, b] = (await together({ a: server.url, b: server.url })) as [ClusterNode, ClusterNode]
    a.one.broadcast('x'.repeat(1_000_000))
    a.one.broadcast('after')
    await b.until('one a "after"')
    expect(messagesOf(b)).toHaveLength(2)
    expect(b.cluster.stats().resyncs).toBe(0)
  })

  test('a node whose subjects are not permitted refuses to start', async () => {
    await using server = await startNatsServer({
      config: `authorization { users: [
        { user: a, password: a }
        { user: b, password: b, permissions: { publish: { deny: ["interop.>"] } } }
      ] }\n`,
    })
    const transport = createNatsTransport({ servers: server.url, connection: { user: 'b', pass: 'b' } })
    transports.push(transport)
    await transport.start()
    const b = clusterNode('b', transport, { startTimeoutMs: 500 })
    await expect(b.cluster.start()).rejects.toThrow('does not hear itself')
  })

  test('a second node with the same id refuses to start', async () => {
    await using server = await startNatsServer()
    const [a] = (await together({ a: server.url, b: server.url })) as [ClusterNode]
    const twin = await node('a', server.url, { settleMs: 2000 })
    await expect(twin.cluster.start()).rejects.toThrow('another gateway is in the cluster as node a')
    await a.untilSaid(/another gateway speaks as this node/)
  })
})
