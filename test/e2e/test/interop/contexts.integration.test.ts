import { describe, expect, test } from 'vitest'
import { Clients, type Io, startWsGateway, until } from '../../src/interop-clients.ts'

/** What a callback of a subscription was handed, as JSON would carry it. */
interface Told {
  data: Record<string, unknown>
  delta: unknown
  removed: string[]
}

/** A subscription that keeps what it is told, and resolves once the first data is here. */
async function follow(io: Io, name: string): Promise<Told[]> {
  const told: Told[] = []
  await io.contexts.subscribe(name, (data: Told['data'], delta: unknown, removed: string[]) => {
    told.push({ data, delta, removed })
  })
  return told
}

const last = (told: Told[]): Told | undefined => told.at(-1)

async function start(count = 2) {
  const gateway = await startWsGateway()
  const clients = new Clients(gateway.url)
  const all = await clients.connectAll(count, 'ann')
  return {
    gateway,
    clients,
    all,
    async [Symbol.asyncDispose]() {
      await clients[Symbol.asyncDispose]()
      await gateway[Symbol.asyncDispose]()
    },
  }
}

/** What the gateway itself holds: the answer to a subscription of a client that has seen nothing yet. */
async function held(clients: Clients, name: string): Promise<unknown> {
  const late = await clients.connect('ann')
  const data = (await late.contexts.get(name)) as unknown
  await late.connection.logout()
  return data
}

describe('a context', () => {
  test('that one sets is the same for all, and every change reaches all with what changed', async () => {
    await using setting = await start()
    const [one, two] = setting.all as [Io, Io]
    const told = await follow(two, 'prices')
    await one.contexts.set('prices', { gold: 1, silver: { bid: 2 } })
    await until(() => expect(last(told)?.data).toEqual({ gold: 1, silver: { bid: 2 } }))

    await one.contexts.update('prices', { gold: 5, tin: 3 })
    await until(() =>
      expect(last(told)).toMatchObject({ data: { gold: 5, silver: { bid: 2 }, tin: 3 }, removed: [] }),
    )
    expect(last(told)?.delta).toMatchObject({ gold: 5, tin: 3 })

    await two.contexts.update('prices', { silver: null })
    await until(async () => expect(await one.contexts.get('prices')).toEqual({ gold: 5, tin: 3 }))
    expect(last(told)?.removed).toEqual(['silver'])

    await one.contexts.setPath('prices', 'copper.lme.bid', 9)
    await one.contexts.setPaths('prices', [
      { path: 'copper.lme.ask', value: 10 },
      { path: 'gold', value: null },
    ])
    const final = { tin: 3, copper: { lme: { bid: 9, ask: 10 } } }
    await until(() => expect(last(told)?.data).toEqual(final))
    expect(await one.contexts.get('prices')).toEqual(final)
    expect(await held(setting.clients, 'prices')).toEqual(final)

    await two.contexts.set('prices', { fresh: true })
    await until(async () => expect(await one.contexts.get('prices')).toEqual({ fresh: true }))
  })

  test('that is destroyed is gone for all, and its name can be used again', async () => {
    await using setting = await start()
    const [one, two] = setting.all as [Io, Io]
    await one.contexts.set('prices', { gold: 1 })
    await until(() => expect(two.contexts.all()).toEqual(['prices']))
    await two.contexts.destroy('prices')
    await until(() => expect(one.contexts.all()).toEqual([]))
    expect(await held(setting.clients, 'prices')).toEqual({})
    await two.contexts.set('prices', { silver: 2 })
    await until(async () => expect(await one.contexts.get('prices')).toEqual({ silver: 2 }))
    expect(setting.gateway.gateway.stats().contexts).toBe(1)
  })

  test('is what it was for a client that comes late, and stays when its creator leaves', async () => {
    await using setting = await start()
    const [one] = setting.all as [Io]
    await one.contexts.set('prices', { gold: 1 })
    await one.contexts.update('prices', { tin: { a: 1 } })
    await one.connection.logout()
    const late = await setting.clients.connect('ann')
    expect(late.contexts.all()).toEqual(['prices'])
    const told = await follow(late, 'prices')
    expect(last(told)?.data).toEqual({ gold: 1, tin: { a: 1 } })
  })

  test('is told to nobody any more who has unsubscribed', async () => {
    await using setting = await start()
    const [one, two] = setting.all as [Io, Io]
    const seen: unknown[] = []
    const stop = await two.contexts.subscribe('prices', (data: unknown) => seen.push(data))
    await one.contexts.set('prices', { n: 1 })
    await until(() => expect(seen).toEqual([{ n: 1 }]))
    stop()
    await one.contexts.update('prices', { n: 2 })
    await two.contexts.set('other', { n: 3 })
    await until(() => expect(one.contexts.all()).toContain('other'))
    expect(seen).toEqual([{ n: 1 }])
  })

  test('may hold an array, and a path into it', async () => {
    await using setting = await start()
    const [one, two] = setting.all as [Io, Io]
    const told = await follow(two, 'list')
    await one.contexts.set('list', { items: [{ id: 1 }, { id: 2 }], other: [1] })
    await one.contexts.setPath('list', 'items.1.id', 'two')
    await one.contexts.update('list', { other: [1, [2, { three: 3 }]] })
    const final = { items: [{ id: 1 }, { id: 'two' }], other: [1, [2, { three: 3 }]] }
    await until(() => expect(last(told)?.data).toEqual(final))
    expect(await one.contexts.get('list')).toEqual(final)
    expect(await held(setting.clients, 'list')).toEqual(final)
  })
})

test('odd names, keys and values survive unharmed, for those who were there and for those who come', async () => {
  await using setting = await start()
  const [one, two] = setting.all as [Io, Io]
  const data = {
    '': 'no name',
    'a.b': { 'c.d': 1 },
    ':x': 2,
    'ns/name': 3,
    '🚀 é': '👨‍👩‍👧',
    nul: 'a\u0000b',
    separators: '\u2028\u2029\ufeff',
    lone: '\ud800 and \udfff',
    constructor: { prototype: 1 },
    hasOwnProperty: 'no',
    toString: 1,
    when: new Date(86_400_000),
    zero: 0,
    no: false,
  }
  for (const name of ['a.b', '🚀', '\u0000', '\ud800', ' ', '___platform___', '___channel___Red']) {
    const told = await follow(two, name)
    await one.contexts.set(name, data)
    await until(() => expect(last(told)?.data).toEqual(data))
    await one.contexts.update(name, { more: { deep: data } })
    await until(() => expect(last(told)?.data).toEqual({ ...data, more: { deep: data } }))
    expect(await held(setting.clients, name)).toEqual({ ...data, more: { deep: data } })
  }
})

describe('writers at the same time', () => {
  test('leave all clients and the gateway with one and the same context', async () => {
    await using setting = await start(6)
    const { all, clients } = setting
    await (all[0] as Io).contexts.set('shared', { base: true })
    await Promise.all(all.map(async (io) => follow(io, 'shared')))
    await until(() => all.forEach((io) => expect(io.contexts.all()).toEqual(['shared'])))
    await Promise.all(
      all.map(async (io, writer) => {
        for (let n = 0; n < 30; n += 1) {
          await io.contexts.update('shared', { [`of-${writer}`]: n, disputed: { writer, n } })
          await io.contexts.setPath('shared', `tree.branch-${n % 5}`, writer)
          if (n % 7 === 0) await io.contexts.update('shared', { [`of-${(writer + 1) % 6}`]: null })
        }
      }),
    )
    const final = await held(clients, 'shared')
    expect(final).toMatchObject({ base: true })
    await until(async () => {
      for (const io of all) expect(await io.contexts.get('shared')).toEqual(final)
    })
  })

  test('lose nothing when each writes its own key', async () => {
    await using setting = await start(5)
    const { all, clients } = setting
    await (all[0] as Io).contexts.set('shared', {})
    await until(() => all.forEach((io) => expect(io.contexts.all()).toEqual(['shared'])))
    await Promise.all(
      all.map(async (io, writer) => {
        for (let n = 1; n <= 40; n += 1) await io.contexts.update('shared', { [`of-${writer}`]: n })
      }),
    )
    expect(await held(clients, 'shared')).toEqual({
      'of-0': 40,
      'of-1': 40,
      'of-2': 40,
      'of-3': 40,
      'of-4': 40,
    })
  })

  test('who create one name at once share one context', async () => {
    await using setting = await start(5)
    const { all, clients, gateway } = setting
    await Promise.all(all.map(async (io, index) => io.contexts.set('new', { by: index })))
    expect(gateway.gateway.stats().contexts).toBe(1)
    await (all[3] as Io).contexts.update('new', { settled: true })
    const final = await held(clients, 'new')
    expect(final).toMatchObject({ settled: true })
    await until(async () => {
      for (const io of all) expect(await io.contexts.get('new')).toEqual(final)
    })
  })
})

test('a context of two megabytes reaches twenty readers, and so does a small change of it', async () => {
  await using setting = await start(1)
  const [writer] = setting.all as [Io]
  const readers = await setting.clients.connectAll(20, 'ann')
  const told = await Promise.all(readers.map(async (io) => follow(io, 'big')))
  const rows = Array.from({ length: 2000 }, (_, id) => ({ id, text: `é${'x'.repeat(1000)}` }))
  await writer.contexts.set('big', { rows })
  await until(() => told.forEach((each) => expect(last(each)?.data['rows']).toHaveLength(2000)))
  await writer.contexts.setPath('big', 'cursor.row', 7)
  await until(() => told.forEach((each) => expect(last(each)?.data['cursor']).toEqual({ row: 7 })))
  expect(last(told[19] ?? [])?.data['rows']).toEqual(rows)
  expect(setting.gateway.gateway.stats()).toMatchObject({ contexts: 1, slowConsumers: 0 })
})

test('a context that would grow beyond the limit is refused, and is what it was', async () => {
  await using gateway = await startWsGateway({ limits: { maxContextBytes: 10_000 } })
  await using clients = new Clients(gateway.url)
  const io = await clients.connect('ann')
  await io.contexts.set('small', { text: 'x' })
  const refusal = await io.contexts.update('small', { more: 'x'.repeat(20_000) }).then(
    () => 'was accepted',
    (error: { reason?: string; message?: string }) => error.reason ?? error.message,
  )
  expect(refusal).toContain('maximum size')
  expect(await held(clients, 'small')).toEqual({ text: 'x' })
})
