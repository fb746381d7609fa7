import { startTcpProxy } from '@portcullis/test-servers'
import { expect, test } from 'vitest'
import { Disposal } from '../../src/disposal.ts'
import { Clients, type Io, startWsGateway, until, untilServers } from '../../src/interop-clients.ts'

/** A client with something of everything, and what it has heard since. */
async function equip(io: Io, name: string) {
  const heard = { prices: [] as number[], bus: [] as string[], context: {} as object }
  await io.interop.register(`${name}.Name`, () => ({ name }))
  const stream = await io.interop.createStream(`${name}.Prices`)
  await io.contexts.subscribe('shared', (data: object) => {
    heard.context = data
  })
  await io.bus.subscribe('news.*', (data) => heard.bus.push((data as { text: string }).text))
  return {
    io,
    stream,
    heard,
    async follow(other: string): Promise<void> {
      await io.interop.waitForMethod(`${other}.Prices`)
      await io.interop.subscribe(`${other}.Prices`, {
        onData: ({ data }) => void heard.prices.push((data as { n: number }).n),
      })
    },
  }
}

type Equipped = Awaited<ReturnType<typeof equip>>

/** Everything works between the two, in both directions. */
async function expectAllWorks(one: Equipped, two: Equipped, round: string): Promise<void> {
  for (const [from, to, name] of [
    [one, two, 'two'],
    [two, one, 'one'],
  ] as const) {
    await untilServers(from.io, `${name}.Name`, 1)
    expect((await from.io.interop.invoke(`${name}.Name`)).returned).toEqual({ name })
    const text = `${round} to ${name}`
    await until(() => {
      from.io.bus.publish('news.today', { text })
      expect(to.heard.bus).toContain(text)
    })
    const key = `${round} by the other of ${name}`
    await until(async () => {
      await from.io.contexts.update('shared', { [key]: true })
      expect(to.heard.context).toHaveProperty([key], true)
    })
    const n = to.heard.prices.length + 1000
    await until(() => {
      from.stream.push({ n })
      expect(to.heard.prices).toContain(n)
    })
  }
}

test('a client whose socket is cut comes back with its methods, streams, contexts and subscriptions', async () => {
  await using disposal = new Disposal()
  const gateway = disposal.use(await startWsGateway())
  const proxy = disposal.use(await startTcpProxy(gateway.url))
  const clients = disposal.use(new Clients(gateway.url))
  const one = await equip(await clients.connect('ann', { application: 'one' }), 'one')
  const two = await equip(await clients.connect('ann', { application: 'two', url: proxy.url }), 'two')
  await one.io.contexts.set('shared', { base: true })
  await Promise.all([one.follow('two'), two.follow('one')])
  await expectAllWorks(one, two, 'before')

  const before = two.io.connection.peerId
  proxy.cut()
  await until(() => expect(one.io.interop.methods('two.Name')).toEqual([]))
  await until(() => expect(gateway.gateway.stats()).toMatchObject({ peers: 1, methods: 2 }))
  await one.io.contexts.update('shared', { meanwhile: true })
  proxy.restore()
  await untilServers(one.io, 'two.Name', 1)
  expect(two.io.connection.peerId).not.toBe(before)
  await until(() => expect(two.heard.context).toMatchObject({ base: true, meanwhile: true }))
  // A subscriber whose server went away asks again.
  await one.follow('two')
  await expectAllWorks(one, two, 'after')
  await until(async () =>
    expect(await two.io.contexts.get('shared')).toEqual(await one.io.contexts.get('shared')),
  )
  expect(gateway.gateway.stats()).toMatchObject({ peers: 2, methods: 4, contexts: 1, pendingCalls: 0 })
})

test('clients come back, all of them, to a gateway that was started again on the same port', async () => {
  await using disposal = new Disposal()
  let gateway = await startWsGateway()
  disposal.defer(async () => gateway[Symbol.asyncDispose]())
  const clients = disposal.use(new Clients(gateway.url))
  const one = await equip(await clients.connect('ann', { application: 'one' }), 'one')
  const two = await equip(await clients.connect('ann', { application: 'two' }), 'two')
  await one.io.contexts.set('shared', { base: true })
  await Promise.all([one.follow('two'), two.follow('one')])
  await expectAllWorks(one, two, 'before')
  const known = await one.io.contexts.get('shared')

  const { port } = gateway
  await gateway[Symbol.asyncDispose]()
  await until(() => expect([one, two].some(({ io }) => io.connection.isConnected)).toBe(false))
  gateway = await startWsGateway({ port })
  await until(() => expect(gateway.gateway.stats()).toMatchObject({ peers: 2, methods: 4 }))
  // The clients bring back the data they knew.
  await until(async () => expect(await two.io.contexts.get('shared')).toEqual(known))
  await Promise.all([one.follow('two'), two.follow('one')])
  await expectAllWorks(one, two, 'after')
})

test('twenty clients that lose their sockets at once all find each other again', async () => {
  await using disposal = new Disposal()
  const gateway = disposal.use(await startWsGateway())
  const proxy = disposal.use(await startTcpProxy(gateway.url))
  const clients = disposal.use(new Clients(proxy.url))
  const all = await clients.connectAll(20, 'ann')
  await Promise.all(all.map(async (io, index) => io.interop.register('Who', () => ({ index }))))
  await Promise.all(all.map(async (io) => untilServers(io, 'Who', 20)))
  const peers = new Set(all.map(({ connection }) => connection.peerId))
  proxy.cut()
  await until(() => expect(gateway.gateway.stats()).toMatchObject({ peers: 0, methods: 0, connections: 0 }))
  proxy.restore()
  await Promise.all(all.map(async (io) => untilServers(io, 'Who', 20)))
  expect(all.filter(({ connection }) => peers.has(connection.peerId))).toEqual([])
  const { all_return_values: values } = await (all[7] as Io).interop.invoke('Who', {}, 'all')
  expect(new Set(values?.map(({ returned }) => returned.index)).size).toBe(20)
})

test('a call whose caller loses its socket leaves nothing behind, and its late answer reaches nobody', async () => {
  await using disposal = new Disposal()
  const gateway = disposal.use(await startWsGateway())
  const proxy = disposal.use(await startTcpProxy(gateway.url))
  const clients = disposal.use(new Clients(gateway.url))
  const server = await clients.connect('ann')
  const caller = await clients.connect('ann', { url: proxy.url })
  let answer: (() => void) | undefined
  await server.interop.registerAsync('Slow', (_args, _caller, succeed) => {
    answer = () => succeed({ late: true })
  })
  await caller.interop.waitForMethod('Slow')
  void caller.interop.invoke('Slow', {}, 'best', { methodResponseTimeoutMs: 60_000 }).catch(() => undefined)
  await until(() => expect(answer).toBeDefined())
  proxy.cut()
  await until(() => expect(gateway.gateway.stats()).toMatchObject({ peers: 1, pendingCalls: 0 }))
  answer?.()
  proxy.restore()
  await until(() => expect(gateway.gateway.stats()).toMatchObject({ peers: 2 }))
  await server.interop.register('Quick', () => ({ ok: true }))
  await untilServers(caller, 'Quick', 1)
  expect((await caller.interop.invoke('Quick')).returned).toEqual({ ok: true })
})

test('a socket that has gone silent is dropped, and its peers with it', async () => {
  await using disposal = new Disposal()
  const gateway = disposal.use(await startWsGateway({ upgrade: { pingIntervalMs: 200 } }))
  const proxy = disposal.use(await startTcpProxy(gateway.url))
  const clients = disposal.use(new Clients(gateway.url))
  const watcher = await clients.connect('ann')
  const silent = await clients.connect('ann', { url: proxy.url, reconnectAttempts: 0 })
  await silent.interop.register('Silent', () => ({}))
  await untilServers(watcher, 'Silent', 1)
  proxy.mute()
  await until(() => expect(watcher.interop.methods('Silent')).toEqual([]))
  expect(watcher.connection.isConnected).toBe(true)
  proxy.unmute()
})
