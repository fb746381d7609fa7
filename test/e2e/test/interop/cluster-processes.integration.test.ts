import { startNatsServer } from '@portcullis/test-servers'
import { expect, test } from 'vitest'
import { Disposal } from '../../src/disposal.ts'
import { Clients, type Io, until, untilServers } from '../../src/interop-clients.ts'
import { type GatewayProcess, startGatewayProcess, startSwitchboard } from '../../src/interop-cluster.ts'

async function start() {
  const disposal = new Disposal()
  const nats = disposal.use(await startNatsServer())
  const nodes = await Promise.all(
    [0, 1, 2].map(async () => {
      const node = await startGatewayProcess(nats.url)
      disposal.use(node.process)
      return node
    }),
  )
  await untilTogether(nodes)
  const clients = disposal.use(new Clients(nodes[0]?.url ?? ''))
  return {
    nats,
    nodes: nodes as [GatewayProcess, GatewayProcess, GatewayProcess],
    clients,
    [Symbol.asyncDispose]: () => disposal[Symbol.asyncDispose](),
  }
}

const untilTogether = (nodes: readonly GatewayProcess[]): Promise<void> =>
  until(async () => {
    const counts = await Promise.all(nodes.map(async (node) => (await node.stats())['nodes']))
    expect(counts).toEqual(nodes.map(() => nodes.length - 1))
  })

/** What a call ends with, however it ends. */
const outcome = (call: Promise<{ returned: unknown }>): Promise<string> =>
  call.then(
    ({ returned }) => JSON.stringify(returned),
    (error: { message: string }) => error.message,
  )

test('a node that is killed takes its servers and calls with it, and its clients go on at another', async () => {
  await using disposal = new Disposal()
  const { nodes, clients } = disposal.use(await start())
  const board = disposal.use(await startSwitchboard(nodes[2].port))
  const one = await clients.connect('ann', { application: 'one', url: nodes[0].url })
  const two = await clients.connect('ann', { application: 'two', url: nodes[1].url })
  const moves = await clients.connect('ann', { application: 'moves', url: board.url })

  await moves.interop.register('Wide.Name', () => ({ name: 'moves' }))
  let calls = 0
  await moves.interop.registerAsync('Wide.Hangs', () => void (calls += 1))
  const stream = await moves.interop.createStream('Wide.Prices')
  await moves.contexts.set('wide.kept', { by: 'moves' })
  await one.interop.register('Wide.One', () => ({ name: 'one' }))
  for (const io of [one, two]) {
    await io.interop.waitForMethod('Wide.Prices')
    await io.interop.waitForMethod('Wide.Hangs')
    expect((await io.interop.invoke('Wide.Name')).returned).toEqual({ name: 'moves' })
    await until(async () => expect(await io.contexts.get('wide.kept')).toEqual({ by: 'moves' }))
    expect(io.interop.servers({ name: 'Wide.Name' })).toMatchObject([{ isLocal: false }])
  }
  const heard: number[] = []
  let isClosed = false
  await two.interop.subscribe('Wide.Prices', {
    onData: ({ data }) => void heard.push((data as { n: number }).n),
    onClosed: () => {
      isClosed = true
    },
  })
  stream.push({ n: 1 })
  await until(() => expect(heard).toEqual([1]))
  const pending = [one, two].map(async (io) => outcome(io.interop.invoke('Wide.Hangs')))
  await until(() => expect(calls).toBe(2))

  board.to(nodes[0].port)
  const leaver = moves.connection.peerId
  await nodes[2].process.kill()
  for (const answer of await Promise.all(pending)) expect(answer).toContain('Peer has left')
  for (const io of [one, two]) {
    await until(() => expect(io.interop.servers().map(({ peerId }) => peerId)).not.toContain(leaver))
  }
  await until(() => expect(isClosed).toBe(true))
  expect(await two.contexts.get('wide.kept')).toEqual({ by: 'moves' })

  // It comes back on another node by itself, with all it had.
  await Promise.all([one, two].map(async (io) => untilServers(io, 'Wide.Name', 1)))
  expect(one.interop.servers({ name: 'Wide.Name' })).toMatchObject([{ isLocal: true }])
  expect((await two.interop.invoke('Wide.Name')).returned).toEqual({ name: 'moves' })
  await untilServers(moves, 'Wide.One', 1)
  expect((await moves.interop.invoke('Wide.One')).returned).toEqual({ name: 'one' })
  await moves.contexts.update('wide.kept', { again: true })
  await until(async () => expect(await two.contexts.get('wide.kept')).toEqual({ by: 'moves', again: true }))
  await untilTogether(nodes.slice(0, 2))
})

test('contexts converge when writers on three processes write at once, and one process is killed', async () => {
  await using setting = await start()
  const { nodes, clients } = setting
  const all = (await Promise.all(
    nodes.map(async ({ url }) => clients.connect('ann', { url, reconnectAttempts: 0 })),
  )) as [Io, Io, Io]
  await all[0].contexts.set('wide.shared', { base: true })
  await until(() => all.forEach((io) => expect(io.contexts.all()).toEqual(['wide.shared'])))
  await Promise.all(all.map(async (io) => io.contexts.subscribe('wide.shared', () => undefined)))
  const write = async (io: Io, writer: number): Promise<void> => {
    for (let n = 1; n <= 60; n += 1) {
      await io.contexts.update('wide.shared', { [`of-${writer}`]: n, disputed: { writer, n } })
    }
  }
  // The first node is most likely the one that puts changes in order.
  const writing = [write(all[1], 1), write(all[2], 2)]
  await until(async () => {
    expect(await all[2].contexts.get('wide.shared')).toHaveProperty('of-1')
  })
  await nodes[0].process.kill()
  const results = await Promise.allSettled(writing)
  await untilTogether(nodes.slice(1))
  // A change that was under way when the node died may be refused; what is accepted afterwards is everywhere.
  for (const [index, { status }] of results.entries()) {
    if (status === 'rejected') await write(all[index === 0 ? 1 : 2], index + 1)
  }
  const late = await Promise.all(nodes.slice(1).map(async ({ url }) => clients.connect('ann', { url })))
  await until(async () => {
    const copies = await Promise.all(
      [all[1], all[2], ...late].map(async (io) => io.contexts.get('wide.shared')),
    )
    expect(copies[0]).toMatchObject({ base: true, 'of-1': 60, 'of-2': 60 })
    for (const copy of copies) expect(copy).toEqual(copies[0])
  })
})

test('a process that is told to stop says goodbye: its servers are gone at once', async () => {
  await using setting = await start()
  const { nodes, clients } = setting
  const stays = await clients.connect('ann', { url: nodes[0].url })
  const goes = await clients.connect('ann', { url: nodes[1].url, reconnectAttempts: 0 })
  await goes.interop.register('Wide.Goes', () => ({}))
  await stays.interop.waitForMethod('Wide.Goes')
  expect(await nodes[1].process.stop()).toEqual({ code: 0, signal: null })
  await until(() => expect(stays.interop.methods('Wide.Goes')).toEqual([]))
  await untilTogether([nodes[0], nodes[2]])
})
