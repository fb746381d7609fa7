import type { IOConnectCore } from '@interopio/core'
import { expect, test } from 'vitest'
import { Clients, type Io, startWsGateway, until } from '../../src/interop-clients.ts'

interface Heard {
  readonly texts: string[]
  readonly sources: (string | undefined)[]
  unsubscribe(): Promise<void>
}

async function hear(io: Io, topic: string, options?: IOConnectCore.Bus.MessageOptions): Promise<Heard> {
  const texts: string[] = []
  const sources: (string | undefined)[] = []
  const { unsubscribe } = await io.bus.subscribe(
    topic,
    (data, _topic, source) => {
      texts.push((data as { text: string }).text)
      sources.push(source.application)
    },
    options,
  )
  return { texts, sources, unsubscribe }
}

test('what is published reaches those whose topic or pattern fits, the publisher included, in order', async () => {
  await using gateway = await startWsGateway()
  await using clients = new Clients(gateway.url)
  const one = await clients.connect('ann', { application: 'one' })
  const two = await clients.connect('ann', { application: 'two' })
  const topics = [
    'trades.eu.open',
    'trades.*.open',
    'trades.>',
    'tr*es.eu.open',
    '>',
    'trades.eu',
    'Trades.>',
  ]
  const heard = await Promise.all(topics.map(async (topic) => hear(two, topic)))
  const own = await hear(one, 'trades.eu.open')
  one.bus.publish('trades.eu.open', { text: 'first' })
  one.bus.publish('trades.us.open', { text: 'second' })
  one.bus.publish('trades.eu', { text: 'third' })
  one.bus.publish('end', { text: 'last' })
  await until(() => expect(heard[4]?.texts.at(-1)).toBe('last'))
  expect(heard.map(({ texts }) => texts)).toEqual([
    ['first'],
    ['first', 'second'],
    ['first', 'second', 'third'],
    ['first'],
    ['first', 'second', 'third', 'last'],
    ['third'],
    [],
  ])
  expect(own.texts).toEqual(['first'])
  expect(new Set(heard[4]?.sources)).toEqual(new Set(['one']))
})

test('signs that other pattern languages know are plain characters of a topic', async () => {
  await using gateway = await startWsGateway()
  await using clients = new Clients(gateway.url)
  const io = await clients.connect('ann')
  const topics = ['a+.*', 'a+.b', 'a(.b', '[a].*', 'a\\d.>', '$.*', 'ü.*']
  const heard = await Promise.all(topics.map(async (topic) => hear(io, topic)))
  for (const topic of ['aa.b', 'a+.b', 'a(.b', 'a.b', '[a].c', 'a1.x', 'a\\d.x', '$.a', 'ü.a', 'a+.ü']) {
    io.bus.publish(topic, { text: topic })
  }
  const last = await hear(io, 'last')
  io.bus.publish('last', { text: 'last' })
  await until(() => expect(last.texts).toEqual(['last']))
  expect(heard.map(({ texts }) => texts)).toEqual([
    ['a+.b'],
    ['a+.b'],
    ['a(.b'],
    ['[a].c'],
    ['a\\d.x'],
    ['$.a'],
    ['ü.a'],
  ])
})

test('routing keys part those that name different ones, and only those', async () => {
  await using gateway = await startWsGateway()
  await using clients = new Clients(gateway.url)
  const io = await clients.connect('ann')
  const heard = [
    await hear(io, 'topic'),
    await hear(io, 'topic', { routingKey: 'eu' }),
    await hear(io, 'topic', { routingKey: 'us' }),
  ]
  io.bus.publish('topic', { text: 'to eu' }, { routingKey: 'eu' })
  io.bus.publish('topic', { text: 'to all' })
  await until(() => expect(heard[2]?.texts).toEqual(['to all']))
  expect(heard.map(({ texts }) => texts)).toEqual([['to eu', 'to all'], ['to eu', 'to all'], ['to all']])
})

test('a target is reached alone, and a subscriber hears only the sources it names', async () => {
  await using gateway = await startWsGateway()
  await using clients = new Clients(gateway.url)
  const [one, two, three] = await Promise.all(
    ['one', 'two', 'three'].map(async (application) => clients.connect('ann', { application })),
  )
  const heard = await Promise.all([one, two, three].map(async (io) => hear(io as Io, 'topic')))
  const choosy = await hear(two as Io, 'topic', { target: { application: 'three' } })
  one?.bus.publish('topic', { text: 'for two' }, { target: { application: 'two' } })
  one?.bus.publish('topic', { text: 'for nobody' }, { target: { application: 'two', user: 'bob' } })
  three?.bus.publish('topic', { text: 'from three' })
  one?.bus.publish('topic', { text: 'last' })
  await until(() => heard.forEach(({ texts }) => expect(texts).toContain('last')))
  await until(() => heard.forEach(({ texts }) => expect(texts).toContain('from three')))
  expect(heard[0]?.texts.toSorted()).toEqual(['from three', 'last'])
  expect(heard[1]?.texts.toSorted()).toEqual(['for two', 'from three', 'last'])
  expect(heard[2]?.texts.toSorted()).toEqual(['from three', 'last'])
  expect(choosy.texts).toEqual(['from three'])
})

test('nothing is heard after unsubscribing, and each subscription is served while it lasts', async () => {
  await using gateway = await startWsGateway()
  await using clients = new Clients(gateway.url)
  const io = await clients.connect('ann')
  const [ends, stays] = [await hear(io, 'topic'), await hear(io, 'top*')]
  io.bus.publish('topic', { text: 'one' })
  await until(() => expect(stays.texts).toEqual(['one']))
  await ends.unsubscribe()
  io.bus.publish('topic', { text: 'two' })
  await until(() => expect(stays.texts).toEqual(['one', 'two']))
  expect(ends.texts).toEqual(['one'])
  expect(gateway.gateway.stats().busSubscriptions).toBe(1)
})

test('two hundred messages of each of five publishers arrive complete, each publisher in its order', async () => {
  await using gateway = await startWsGateway()
  await using clients = new Clients(gateway.url)
  const publishers = await Promise.all(
    [0, 1, 2, 3, 4].map(async (index) => clients.connect('ann', { application: `p${index}` })),
  )
  const reader = await clients.connect('ann')
  const { texts, sources } = await hear(reader, '>')
  for (let n = 0; n < 200; n += 1) {
    for (const io of publishers) io.bus.publish(`numbers.${n % 7}`, { text: String(n) })
  }
  await until(() => expect(texts).toHaveLength(1000))
  for (const application of ['p0', 'p1', 'p2', 'p3', 'p4']) {
    const numbers = texts.filter((_text, index) => sources[index] === application)
    expect(numbers).toEqual(Array.from({ length: 200 }, (_, n) => String(n)))
  }
})
