import { expect, test } from 'vitest'
import { Disposal } from '../../src/disposal.ts'
import { Clients, type Io, until, untilServers } from '../../src/interop-clients.ts'
import { type GatewayCluster, startGatewayCluster } from '../../src/interop-cluster.ts'

/** A cluster, and a client of one user on each of its nodes. */
async function start(options?: Parameters<typeof startGatewayCluster>[0]) {
  const disposal = new Disposal()
  const cluster = disposal.use(await startGatewayCluster(options))
  const clients = disposal.use(new Clients(cluster.nodes[0].url))
  const all = await Promise.all(
    cluster.nodes.map(async ({ url }, index) => clients.connect('ann', { url, application: `app-${index}` })),
  )
  await untilMet(all)
  return {
    cluster,
    clients,
    all: all as [Io, Io, Io],
    [Symbol.asyncDispose]: () => disposal[Symbol.asyncDispose](),
  }
}

/** Every client sees all of them as servers. */
async function untilMet(all: readonly Io[]): Promise<void> {
  const ids = all.map(({ connection }) => connection.peerId)
  await until(() => {
    for (const io of all) {
      expect(io.interop.servers().map(({ peerId }) => peerId)).toEqual(expect.arrayContaining(ids))
    }
  })
}

const counts = (
  { nodes }: GatewayCluster,
  name: 'contexts' | 'methods' | 'remotePeers' | 'peers',
): number[] => nodes.map(({ gateway }) => gateway.stats()[name])

test('methods are called across nodes, and everybody knows who is on the same one', async () => {
  await using setting = await start()
  const { all } = setting
  await Promise.all(
    all.map(async (io, node) =>
      io.interop.register('Wide.Who', ({ from }: { from: number }) => ({ node, from })),
    ),
  )
  await Promise.all(all.map(async (io) => untilServers(io, 'Wide.Who', 3)))
  for (const [from, io] of all.entries()) {
    const { all_return_values: values = [] } = await io.interop.invoke('Wide.Who', { from }, 'all')
    expect(new Set(values.map(({ returned }) => returned.node))).toEqual(new Set([0, 1, 2]))
    expect(values.every(({ returned }) => returned.from === from)).toBe(true)
    // "best" prefers the servers of the same node.
    expect((await io.interop.invoke('Wide.Who', { from })).returned.node).toBe(from)
    for (const { application, isLocal } of io.interop.servers({ name: 'Wide.Who' })) {
      expect(isLocal).toBe(application === `app-${from}`)
    }
  }
})

test('what a handler on another node throws, and that its server leaves, comes back to the caller', async () => {
  await using setting = await start()
  const [caller, server, leaver] = setting.all
  await server.interop.register('Wide.Throws', () => {
    throw new Error('thrown over there')
  })
  let calls = 0
  await leaver.interop.registerAsync('Wide.Hangs', () => void (calls += 1))
  await caller.interop.waitForMethod('Wide.Throws')
  await caller.interop.waitForMethod('Wide.Hangs')
  const message = async (name: string): Promise<string> =>
    caller.interop.invoke(name).then(
      () => 'it succeeded',
      (error: { message: string }) => error.message,
    )
  expect(await message('Wide.Throws')).toContain('thrown over there')
  const pending = message('Wide.Hangs')
  await until(() => expect(calls).toBe(1))
  await leaver.connection.logout()
  expect(await pending).toContain('Peer has left')
  expect(setting.cluster.nodes.map(({ gateway }) => gateway.stats().pendingCalls)).toEqual([0, 0, 0])
})

test('streams with branches cross nodes, two hundred pushes in their order', async () => {
  await using setting = await start()
  const [server, ...readers] = setting.all
  const stream = await server.interop.createStream('Wide.Prices', {
    subscriptionRequestHandler: (request) =>
      request.acceptOnBranch((request.arguments as { key: string }).key),
    subscriptionAddedHandler: (subscription) => subscription.push({ n: -1 }),
  })
  const heard = await Promise.all(
    readers.flatMap((io) =>
      ['gold', 'tin'].map(async (key) => {
        await io.interop.waitForMethod('Wide.Prices')
        const numbers: number[] = []
        let close: (() => void) | undefined
        const closed = new Promise<void>((resolve) => {
          close = resolve
        })
        await io.interop.subscribe('Wide.Prices', {
          arguments: { key },
          onData: ({ data }) => void numbers.push((data as { n: number }).n),
          onClosed: () => close?.(),
        })
        return { key, numbers, closed }
      }),
    ),
  )
  expect(
    stream
      .branches()
      .map(({ key }) => key)
      .toSorted(),
  ).toEqual(['gold', 'tin'])
  for (let n = 0; n < 200; n += 1) stream.push({ n }, n % 2 === 0 ? 'gold' : 'tin')
  stream.push({ n: 200 })
  await until(() => heard.forEach(({ numbers }) => expect(numbers.at(-1)).toBe(200)))
  for (const { key, numbers } of heard) {
    const own = Array.from({ length: 100 }, (_, index) => index * 2 + (key === 'gold' ? 0 : 1))
    expect(numbers).toEqual([-1, ...own, 200])
  }
  stream.close()
  await Promise.all(heard.map(async ({ closed }) => closed))
})

test('messages of the bus cross nodes, in the order of their publisher', async () => {
  await using setting = await start()
  const { all } = setting
  const heard = await Promise.all(
    all.map(async (io) => {
      const texts: number[] = []
      await io.bus.subscribe('news.>', (data) => texts.push((data as { n: number }).n))
      return texts
    }),
  )
  // What was subscribed a moment ago takes a moment to be known elsewhere.
  await until(() => {
    all[0].bus.publish('news.start', { n: -1 })
    for (const texts of heard) expect(texts).toContain(-1)
  })
  for (let n = 0; n < 200; n += 1) all[0].bus.publish(`news.${n % 3}`, { n })
  await until(() => heard.forEach((texts) => expect(texts.at(-1)).toBe(199)))
  for (const texts of heard) {
    expect(texts.filter((n) => n >= 0)).toEqual(Array.from({ length: 200 }, (_, n) => n))
  }
})

test('contexts are shared by all nodes, and writers on three at once leave them all the same', async () => {
  await using setting = await start()
  const { all, cluster, clients } = setting
  await all[0].contexts.set('wide.shared', { base: true })
  await until(() => expect(counts(cluster, 'contexts')).toEqual([1, 1, 1]))
  await Promise.all(all.map(async (io) => io.contexts.subscribe('wide.shared', () => undefined)))
  await until(() => all.forEach((io) => expect(io.contexts.all()).toEqual(['wide.shared'])))
  await Promise.all(
    all.map(async (io, writer) => {
      for (let n = 1; n <= 30; n += 1) {
        await io.contexts.update('wide.shared', { [`of-${writer}`]: n, disputed: { writer, n } })
        await io.contexts.setPath('wide.shared', `tree.branch-${n % 3}`, writer)
      }
    }),
  )
  const late = await Promise.all(cluster.nodes.map(async ({ url }) => clients.connect('ann', { url })))
  await until(async () => {
    const copies = await Promise.all([...all, ...late].map(async (io) => io.contexts.get('wide.shared')))
    expect(copies[0]).toMatchObject({ base: true, 'of-0': 30, 'of-1': 30, 'of-2': 30 })
    for (const copy of copies) expect(copy).toEqual(copies[0])
  })
  await all[1].contexts.destroy('wide.shared')
  await until(() => expect(counts(cluster, 'contexts')).toEqual([0, 0, 0]))
})

test('clients on three nodes that create one name at once share one context', async () => {
  await using setting = await start()
  const { all, cluster } = setting
  await Promise.all(all.map(async (io, index) => io.contexts.set('wide.new', { by: index })))
  await all[2].contexts.update('wide.new', { settled: true })
  await until(async () => {
    const copies = await Promise.all(all.map(async (io) => io.contexts.get('wide.new')))
    expect(copies[0]).toMatchObject({ settled: true })
    for (const copy of copies) expect(copy).toEqual(copies[0])
  })
  expect(counts(cluster, 'contexts')).toEqual([1, 1, 1])
})

test('what is local is unknown elsewhere: no peer, method, stream, context, message or count of it', async () => {
  await using setting = await start()
  const { all, cluster, clients } = setting
  const [, there] = all
  const seen: string[] = []
  there.interop.serverAdded(({ application }) => seen.push(`server ${application}`))
  there.interop.methodAdded(({ name }) => seen.push(`method ${name}`))
  await there.bus.subscribe('>', (data) => seen.push(`bus ${(data as { text: string }).text}`))

  const home = await clients.connect('ann', { application: 'home' })
  await home.interop.register('Wide.OfHome', () => ({}))
  await home.interop.createStream('Wide.StreamOfHome')
  home.bus.publish('news', { text: 'of home' })
  await all[0].interop.register('Home.Method', () => ({ home: true }))
  await all[0].contexts.set('home', { a: 1 })
  // On its own node all of it is there.
  await all[0].interop.waitForMethod('Wide.StreamOfHome')
  expect((await home.interop.invoke('Home.Method')).returned).toEqual({ home: true })
  expect(await home.contexts.get('home')).toEqual({ a: 1 })

  // What comes after it is there, so that what came before had its time.
  await all[0].interop.register('Wide.Last', () => ({}))
  await all[0].contexts.set('wide.last', {})
  await there.interop.waitForMethod('Wide.Last')
  await until(() => {
    all[0].bus.publish('news', { text: 'wide' })
    expect(seen).toContain('bus wide')
    expect(there.contexts.all()).toEqual(['wide.last'])
  })
  expect(seen.filter((line) => line.toLowerCase().includes('home'))).toEqual([])
  expect(there.interop.methods('Wide.OfHome')).toEqual([])
  expect(there.interop.methods('Home.Method')).toEqual([])
  const refusal = await there.interop.invoke('Home.Method', {}, 'best', { waitTimeoutMs: 100 }).then(
    () => 'it succeeded',
    (error: { message: string }) => error.message,
  )
  expect(refusal).not.toContain(all[0].connection.peerId)
  expect(counts(cluster, 'peers')).toEqual([2, 1, 1])
  expect(counts(cluster, 'remotePeers')).toEqual([2, 2, 2])
  expect(counts(cluster, 'contexts')).toEqual([2, 1, 1])
  // Nor does a client that stays at home see what is elsewhere.
  await there.interop.register('Wide.There', () => ({}))
  await all[0].interop.waitForMethod('Wide.There')
  expect(home.interop.methods('Wide.There')).toEqual([])
  expect(new Set(home.interop.servers().map(({ application }) => application))).toEqual(
    new Set(['app-0', 'home']),
  )
})

test('two users do not meet across nodes either', async () => {
  await using setting = await start()
  const { all, clients, cluster } = setting
  const bob = await clients.connect('bob', { url: cluster.nodes[1].url })
  const elsewhere = await clients.connect('bob', { url: cluster.nodes[2].url })
  const heard: unknown[] = []
  await bob.bus.subscribe('>', (data) => heard.push(data))
  await all[0].interop.register('Wide.Anns', () => ({}))
  await all[0].contexts.set('wide.shared', { of: 'ann' })
  await elsewhere.interop.register('Wide.Bobs', () => ({}))
  await elsewhere.contexts.set('wide.shared', { of: 'bob' })
  await bob.interop.waitForMethod('Wide.Bobs')
  await until(async () => expect(await bob.contexts.get('wide.shared')).toEqual({ of: 'bob' }))
  await until(async () => expect(await all[1].contexts.get('wide.shared')).toEqual({ of: 'ann' }))
  await until(() => {
    all[0].bus.publish('topic', { of: 'ann' })
    elsewhere.bus.publish('topic', { of: 'bob' })
    expect(heard).not.toEqual([])
  })
  expect(heard.filter((data) => (data as { of: string }).of !== 'bob')).toEqual([])
  expect(bob.interop.methods('Wide.Anns')).toEqual([])
  expect(bob.interop.servers()).toHaveLength(2)
})

test('a node that joins late has all that is there, and is there for all', async () => {
  await using setting = await start()
  const { all, cluster, clients } = setting
  await all[0].interop.register('Wide.Old', () => ({ old: true }))
  await all[0].contexts.set('wide.shared', { n: 1 })
  const { url } = await cluster.join()
  const late = await clients.connect('ann', { url })
  await late.interop.waitForMethod('Wide.Old')
  expect((await late.interop.invoke('Wide.Old')).returned).toEqual({ old: true })
  await until(async () => expect(await late.contexts.get('wide.shared')).toEqual({ n: 1 }))
  await late.contexts.update('wide.shared', { late: true })
  await late.interop.register('Wide.New', () => ({ late: true }))
  for (const io of all) {
    await io.interop.waitForMethod('Wide.New')
    expect((await io.interop.invoke('Wide.New')).returned).toEqual({ late: true })
    await until(async () => expect(await io.contexts.get('wide.shared')).toEqual({ n: 1, late: true }))
  }
})

test('rules that are exchanged while clients are connected withdraw and announce', async () => {
  await using setting = await start()
  const { all, cluster } = setting
  const [here, there] = all
  await here.interop.register('Wide.Method', () => ({}))
  await here.interop.register('Next.Method', () => ({ next: true }))
  await here.contexts.set('wide.context', { wide: true })
  await here.contexts.set('next.context', { next: true })
  await there.interop.waitForMethod('Wide.Method')
  await until(() => expect(there.contexts.all()).toEqual(['wide.context']))

  for (const { gateway } of cluster.nodes) {
    gateway.visibility.reload({
      contexts: [{ context: '/next\\..*/', restrictions: 'cluster' }],
      methods: [{ method: '/Next\\..*/', restrictions: 'cluster' }],
      peers: [{ restrictions: 'cluster' }],
    })
  }
  await there.interop.waitForMethod('Next.Method')
  expect((await there.interop.invoke('Next.Method')).returned).toEqual({ next: true })
  await until(() => expect(there.interop.methods('Wide.Method')).toEqual([]))
  await until(() => expect(there.contexts.all()).toContain('next.context'))
  expect(await there.contexts.get('next.context')).toEqual({ next: true })
  // On its own node nothing changed.
  expect(here.interop.methods('Wide.Method')).toHaveLength(1)
  expect(await here.contexts.get('wide.context')).toEqual({ wide: true })
})

test('after nats-server was away everything is the same everywhere again', async () => {
  await using setting = await start()
  const { all, cluster } = setting
  const [one, two, three] = all
  await one.interop.register('Wide.Stays', () => ({ stays: true }))
  await two.interop.register('Wide.Goes', () => ({}))
  await one.contexts.set('wide.shared', { before: true })
  await three.interop.waitForMethod('Wide.Stays')
  await three.interop.waitForMethod('Wide.Goes')
  await until(() => expect(counts(cluster, 'contexts')).toEqual([1, 1, 1]))
  await cluster.nats.stop()
  await until(() => expect(cluster.nodes.map(({ gateway }) => gateway.stats().nodes)).toEqual([0, 0, 0]))
  await until(() => expect(three.interop.methods('Wide.Stays')).toEqual([]))
  // Each node goes on by itself.
  two.interop.unregister('Wide.Goes')
  await two.interop.register('Wide.Comes', () => ({ comes: true }))
  await until(async () => {
    await one.contexts.update('wide.shared', { during: true })
  })
  await cluster.nats.restart()
  await until(() => expect(cluster.nodes.map(({ gateway }) => gateway.stats().nodes)).toEqual([2, 2, 2]))
  await Promise.all(['Wide.Stays', 'Wide.Comes'].map(async (name) => three.interop.waitForMethod(name)))
  expect((await three.interop.invoke('Wide.Stays')).returned).toEqual({ stays: true })
  expect((await three.interop.invoke('Wide.Comes')).returned).toEqual({ comes: true })
  expect(three.interop.methods('Wide.Goes')).toEqual([])
  await until(async () => {
    await three.contexts.update('wide.shared', { after: true })
    const copies = await Promise.all(all.map(async (io) => io.contexts.get('wide.shared')))
    expect(copies[0]).toMatchObject({ before: true, after: true })
    for (const copy of copies) expect(copy).toEqual(copies[0])
  })
  await untilMet(all)
  expect(counts(cluster, 'contexts')).toEqual([1, 1, 1])
})
