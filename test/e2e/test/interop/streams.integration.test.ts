import type { IOConnectCore } from '@interopio/core'
import { startTcpProxy } from '@portcullis/test-servers'
import { expect, test } from 'vitest'
import { Disposal } from '../../src/disposal.ts'
import { Clients, type Io, startWsGateway, until } from '../../src/interop-clients.ts'

type Stream = IOConnectCore.Interop.Stream
type Subscription = IOConnectCore.Interop.Subscription
type SubscriptionParams = IOConnectCore.Interop.SubscriptionParams

/** A subscription that keeps what it is sent. */
interface Reader {
  readonly subscription: Subscription
  readonly numbers: number[]
  /** Of these, those that came to this subscription alone. */
  readonly alone: number[]
  readonly closed: Promise<void>
}

async function read(io: Io, params: SubscriptionParams = {}): Promise<Reader> {
  await io.interop.waitForMethod('Prices')
  const numbers: number[] = []
  const alone: number[] = []
  let onClosed: () => void
  const closed = new Promise<void>((resolve) => {
    onClosed = resolve
  })
  const subscription = await io.interop.subscribe('Prices', {
    ...params,
    onData({ data, private: isPrivate }) {
      const { n } = data as { n: number }
      numbers.push(n)
      if (isPrivate) alone.push(n)
    },
    onClosed: () => onClosed(),
  })
  return { subscription, numbers, alone, closed }
}

async function startStream(
  options: IOConnectCore.Interop.StreamOptions & { readers?: number } = {},
): Promise<{ stream: Stream; server: Io; readers: Io[]; clients: Clients; url: string } & AsyncDisposable> {
  const { readers: count = 2, ...streamOptions } = options
  const disposal = new Disposal()
  const gateway = disposal.use(await startWsGateway())
  const clients = disposal.use(new Clients(gateway.url))
  const server = await clients.connect('ann', { application: 'server' })
  const readers = await clients.connectAll(count, 'ann', { application: 'reader' })
  const stream = await server.interop.createStream({ name: 'Prices', flags: { feed: 'live' } }, streamOptions)
  return {
    stream,
    server,
    readers,
    clients,
    url: gateway.url,
    [Symbol.asyncDispose]: () => disposal[Symbol.asyncDispose](),
  }
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, n) => n)

test('a push reaches every subscriber, in the order of the pushes', async () => {
  await using setting = await startStream({ readers: 5 })
  const { stream, readers } = setting
  const all = await Promise.all(readers.map(async (io) => read(io)))
  for (const n of upTo(1000)) stream.push({ n })
  await until(() => all.forEach(({ numbers }) => expect(numbers).toHaveLength(1000)))
  for (const { numbers, alone } of all) {
    expect(numbers).toEqual(upTo(1000))
    expect(alone).toEqual([])
  }
  expect(stream.subscriptions()).toHaveLength(5)
})

test('a stream is a method that says it streams, with its flags', async () => {
  await using setting = await startStream()
  const method = await (setting.readers[0] as Io).interop.waitForMethod('Prices')
  expect(method).toMatchObject({ supportsStreaming: true, flags: { feed: 'live' } })
})

test('a subscriber is handed a snapshot of its own before anything else', async () => {
  await using setting = await startStream({
    subscriptionAddedHandler: (subscription) => subscription.push({ n: -1 }),
  })
  const { stream, readers } = setting
  const [first, second] = readers as [Io, Io]
  const one = await read(first)
  await until(() => expect(one.numbers).toEqual([-1]))
  stream.push({ n: 1 })
  const two = await read(second)
  await until(() => expect(two.numbers).toEqual([-1]))
  stream.push({ n: 2 })
  await until(() =>
    expect([one.numbers, two.numbers]).toEqual([
      [-1, 1, 2],
      [-1, 2],
    ]),
  )
  expect([one.alone, two.alone]).toEqual([[-1], [-1]])
})

test('branches carry what is pushed to them, each to all its subscribers', async () => {
  await using setting = await startStream({
    readers: 6,
    subscriptionRequestHandler(request) {
      request.acceptOnBranch((request.arguments as { market: string }).market)
    },
  })
  const { stream, readers } = setting
  const markets = ['A', 'B', 'C']
  const all = await Promise.all(
    readers.map(async (io, index) => read(io, { arguments: { market: markets[index % 3] } })),
  )
  expect(
    stream
      .branches()
      .map(({ key }) => key)
      .toSorted(),
  ).toEqual(markets)
  expect(stream.branch('A')?.subscriptions()).toHaveLength(2)
  stream.push({ n: 1 }, 'A')
  stream.push({ n: 2 }, ['B', 'C'])
  stream.branch('C')?.push({ n: 3 })
  stream.push({ n: 4 })
  const wanted = [
    [1, 4],
    [2, 4],
    [2, 3, 4],
  ]
  await until(() => expect(all.map(({ numbers }) => numbers)).toEqual([...wanted, ...wanted]))
  stream.branch('B')?.close()
  await Promise.all([all[1]?.closed, all[4]?.closed])
  stream.push({ n: 5 })
  await until(() => expect(all[0]?.numbers).toEqual([1, 4, 5]))
  expect(all[1]?.numbers).toEqual([2, 4])
})

test('one client can hold several subscriptions of one branch, and each is served', async () => {
  await using setting = await startStream()
  const [io] = setting.readers as [Io]
  const both = [await read(io), await read(io)]
  setting.stream.push({ n: 1 })
  await until(() => expect(both.map(({ numbers }) => numbers)).toEqual([[1], [1]]))
  both[0]?.subscription.close()
  await until(() => expect(setting.stream.subscriptions()).toHaveLength(1))
  setting.stream.push({ n: 2 })
  await until(() => expect(both[1]?.numbers).toEqual([1, 2]))
  expect(both[0]?.numbers).toEqual([1])
})

test('a subscriber that the server rejects is told why', async () => {
  await using setting = await startStream({
    subscriptionRequestHandler(request) {
      if (request.instance.application === 'reader') request.reject('not for readers')
      else request.accept()
    },
  })
  const { readers, clients, stream } = setting
  const answer = await read(readers[0] as Io).then(
    () => 'was accepted',
    (error: { message?: string }) => error.message,
  )
  expect(answer).toContain('not for readers')
  const accepted = await read(await clients.connect('ann', { application: 'writer' }))
  stream.push({ n: 1 })
  await until(() => expect(accepted.numbers).toEqual([1]))
  expect(stream.subscriptions()).toHaveLength(1)
})

test('a subscription ends for both sides, whichever of them closes it', async () => {
  const gone: string[] = []
  await using setting = await startStream({
    readers: 3,
    subscriptionRemovedHandler: ({ instance }) => void gone.push(instance.peerId ?? ''),
  })
  const { stream, readers } = setting
  const [first, second, third] = readers as [Io, Io, Io]
  const all = await Promise.all(readers.map(async (io) => read(io)))
  all[0]?.subscription.close()
  await until(() => expect(gone).toEqual([first.connection.peerId]))
  stream
    .subscriptions()
    .find(({ instance }) => instance.peerId === second.connection.peerId)
    ?.close()
  await all[1]?.closed
  await third.connection.logout()
  await until(() => expect(gone).toContain(third.connection.peerId))
  expect(stream.subscriptions()).toEqual([])
})

test('a server that closes its stream, or leaves, ends the subscriptions', async () => {
  await using setting = await startStream()
  const { stream, readers, server } = setting
  const [first, second] = readers as [Io, Io]
  const one = await read(first)
  const removed = new Promise((resolve) => second.interop.methodRemoved(resolve))
  stream.close()
  await Promise.all([one.closed, removed])
  expect(second.interop.methods('Prices')).toEqual([])
  await server.interop.createStream('Prices')
  const two = await read(second)
  await server.connection.logout()
  await two.closed
})

test('a subscriber that loses its socket is subscribed again when it is back', async () => {
  await using disposal = new Disposal()
  const gateway = disposal.use(await startWsGateway())
  const proxy = disposal.use(await startTcpProxy(gateway.url))
  const clients = disposal.use(new Clients(gateway.url))
  const server = await clients.connect('ann', { application: 'server' })
  const reader = await clients.connect('ann', { url: proxy.url, application: 'reader' })
  const stream = await server.interop.createStream('Prices', {
    subscriptionRequestHandler: (request) =>
      request.acceptOnBranch((request.arguments as { key: string }).key),
  })
  const reconnects: boolean[] = []
  const { numbers } = await read(reader, {
    arguments: { key: 'gold' },
    onConnected: (_server, again) => void reconnects.push(again),
  })
  stream.push({ n: 1 }, 'gold')
  await until(() => expect(numbers).toEqual([1]))
  proxy.cut()
  await until(() => expect(stream.subscriptions()).toEqual([]))
  stream.push({ n: 2 }, 'gold')
  proxy.restore()
  await until(() => expect(reconnects).toEqual([false, true]))
  stream.push({ n: 3 }, 'gold')
  await until(() => expect(numbers).toEqual([1, 3]))
  expect(stream.subscriptions().map(({ branchKey }) => branchKey)).toEqual(['gold'])
})

test('subscribers that come and go while the server pushes get a run without gaps', async () => {
  await using setting = await startStream({ readers: 8 })
  const { stream, readers } = setting
  const wide = await read(readers[0] as Io)
  let n = 0
  let pushing = true
  const pump = (): void => {
    for (let index = 0; index < 20; index += 1) stream.push({ n: n++ })
    if (pushing) setImmediate(pump)
  }
  pump()
  const runs = await Promise.all(
    readers.slice(1).map(async (io) => {
      const reader = await read(io)
      await until(() => expect(reader.numbers.length).toBeGreaterThan(50))
      reader.subscription.close()
      return reader.numbers
    }),
  )
  pushing = false
  await until(() => expect(wide.numbers).toHaveLength(n))
  expect(wide.numbers).toEqual(upTo(n))
  for (const numbers of runs) expect(numbers).toEqual(numbers.map((_, index) => (numbers[0] ?? 0) + index))
})
