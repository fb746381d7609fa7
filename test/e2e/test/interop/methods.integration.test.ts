import { describe, expect, test } from 'vitest'
import {
  Clients,
  type Instance,
  type Io,
  startWsGateway,
  until,
  untilServers,
} from '../../src/interop-clients.ts'

/** A gateway with a server and a caller of one user. */
async function startPair() {
  const gateway = await startWsGateway()
  const clients = new Clients(gateway.url)
  const [server, caller] = [
    await clients.connect('ann', { application: 'server' }),
    await clients.connect('ann', { application: 'caller' }),
  ]
  return {
    gateway,
    clients,
    server,
    caller,
    async [Symbol.asyncDispose]() {
      await clients[Symbol.asyncDispose]()
      await gateway[Symbol.asyncDispose]()
    },
  }
}

const failure = (attempt: Promise<unknown>): Promise<{ message: string; returned?: unknown }> =>
  attempt.then(
    () => ({ message: 'it succeeded' }),
    (error: { message: string; returned?: unknown }) => error,
  )

describe('a method', () => {
  test('is called with what the caller says, and answers with what its handler returns', async () => {
    await using pair = await startPair()
    const { server, caller } = pair
    let seen: Instance | undefined
    await server.interop.register('Sum', ({ a, b }: { a: number; b: number }, from) => {
      seen = from
      return { sum: a + b }
    })
    await caller.interop.waitForMethod('Sum')
    const result = await caller.interop.invoke('Sum', { a: 1, b: 2 })
    expect(result.returned).toEqual({ sum: 3 })
    expect(result.called_with).toEqual({ a: 1, b: 2 })
    expect(result.executed_by).toMatchObject({ application: 'server', user: 'ann', isLocal: true })
    expect(seen).toMatchObject({ application: 'caller', user: 'ann', peerId: caller.connection.peerId })
  })

  test('is described to callers as it was registered', async () => {
    await using pair = await startPair()
    const { server, caller } = pair
    await server.interop.register(
      {
        name: 'Orders.Open',
        displayName: 'Open an order',
        description: 'Opens it\u2028in a window',
        version: 7,
        accepts: 'String id, Int? count',
        returns: 'Bool opened',
        objectTypes: ['Order', 'Trade'],
        flags: { colour: 'red', nested: { deep: [1, null, '\u0000'] } },
      },
      () => ({}),
    )
    const method = await caller.interop.waitForMethod('Orders.Open')
    expect(method).toMatchObject({
      displayName: 'Open an order',
      description: 'Opens it\u2028in a window',
      version: 7,
      accepts: 'String id, Int? count',
      returns: 'Bool opened',
      objectTypes: ['Order', 'Trade'],
      flags: { colour: 'red', nested: { deep: [1, null, '\u0000'] } },
      supportsStreaming: false,
    })
    expect(caller.interop.methods({ objectTypes: ['Trade'] }).map(({ name }) => name)).toEqual([
      'Orders.Open',
    ])
    expect(caller.interop.methods({ accepts: 'String id, Int? count' })).toHaveLength(1)
  })

  test.each([
    ['null', null],
    ['deep data', { list: [1, 'two', [3, { four: null }]], empty: {} }],
    ['odd text', { text: 'a\u0000b\u2028c\u2029d\ud800e🚀', '': 'no name', 'a.b': 1, ':x': 2, 'ns/name': 3 }],
    ['numbers at their ends', { max: Number.MAX_SAFE_INTEGER, min: -1e-300, zero: 0, no: false }],
  ])('carries %s both ways unharmed', async (_name, value) => {
    await using pair = await startPair()
    const { server, caller } = pair
    let got: unknown
    await server.interop.register('Echo', (args: { value: unknown }) => {
      got = args.value
      return { value: args.value }
    })
    await caller.interop.waitForMethod('Echo')
    const { returned } = await caller.interop.invoke('Echo', { value })
    expect(got).toEqual(value)
    expect(returned).toEqual({ value })
  })

  test('carries dates, and names of members that objects have by themselves', async () => {
    await using pair = await startPair()
    const { server, caller } = pair
    await server.interop.register('Echo', (args: object) => args)
    await caller.interop.waitForMethod('Echo')
    const args = {
      when: new Date(86_400_000),
      constructor: { prototype: 1 },
      hasOwnProperty: 2,
      toString: 'no',
    }
    expect((await caller.interop.invoke('Echo', args)).returned).toEqual(args)
  })

  test('carries a megabyte', async () => {
    await using pair = await startPair()
    const { server, caller } = pair
    await server.interop.register('Echo', (args: object) => args)
    await caller.interop.waitForMethod('Echo')
    const text = 'é'.repeat(2 ** 20)
    expect((await caller.interop.invoke('Echo', { text })).returned.text).toBe(text)
  })

  test('that throws, or rejects, or answers with an error of its own, tells the caller why', async () => {
    await using pair = await startPair()
    const { server, caller } = pair
    await server.interop.register('Throws', () => {
      throw new Error('thrown here')
    })
    await server.interop.register('Rejects', async () => {
      await Promise.resolve()
      throw new Error('rejected later')
    })
    await server.interop.registerAsync('Refuses', (_args, _caller, _success, refuse) =>
      refuse?.('refused as text'),
    )
    await caller.interop.waitForMethod('Refuses')
    const message = async (name: string): Promise<string> =>
      (await failure(caller.interop.invoke(name))).message
    expect(await message('Throws')).toContain('thrown here')
    expect(await message('Rejects')).toContain('rejected later')
    expect(await message('Refuses')).toContain('refused as text')
  })

  test('that answers later answers the calls in its own order', async () => {
    await using pair = await startPair()
    const { server, caller } = pair
    const waiting = new Map<number, (value: object) => void>()
    let allIn: () => void
    const complete = new Promise<void>((resolve) => {
      allIn = resolve
    })
    await server.interop.registerAsync('Later', ({ n }: { n: number }, _caller, succeed) => {
      waiting.set(n, succeed)
      if (waiting.size === 20) allIn()
    })
    await caller.interop.waitForMethod('Later')
    const calls = Array.from({ length: 20 }, async (_, n) => caller.interop.invoke('Later', { n }))
    await complete
    for (const [n, succeed] of [...waiting].toReversed()) succeed({ n: n * 2 })
    expect((await Promise.all(calls)).map(({ returned }) => returned.n)).toEqual(calls.map((_, n) => n * 2))
  })

  test('that never answers leaves the caller to its own time-out, and the next call works', async () => {
    await using pair = await startPair()
    const { server, caller } = pair
    let late: ((value: object) => void) | undefined
    await server.interop.registerAsync('Maybe', ({ answer }: { answer: boolean }, _caller, succeed) => {
      if (answer) succeed({ ok: true })
      else late = succeed
    })
    await caller.interop.waitForMethod('Maybe')
    const { message } = await failure(
      caller.interop.invoke('Maybe', { answer: false }, 'best', { methodResponseTimeoutMs: 200 }),
    )
    expect(message).toMatch(/timeout/i)
    late?.({ ok: 'too late' })
    expect((await caller.interop.invoke('Maybe', { answer: true })).returned).toEqual({ ok: true })
  })

  test('can be called by its own server, and when it has no name known to the gateway the caller is told', async () => {
    await using pair = await startPair()
    const { server, caller } = pair
    await server.interop.register('Own', () => ({ mine: true }))
    expect((await server.interop.invoke('Own')).returned).toEqual({ mine: true })
    const { message } = await failure(
      caller.interop.invoke('Nobody.Has.It', {}, 'best', { waitTimeoutMs: 100 }),
    )
    expect(message).toMatch(/Nobody\.Has\.It/)
  })

  test('is gone when it is unregistered, and comes back under its name', async () => {
    await using pair = await startPair()
    const { server, caller } = pair
    await server.interop.register('Blinks', () => ({ life: 1 }))
    await caller.interop.waitForMethod('Blinks')
    const removed = new Promise((resolve) => caller.interop.methodRemoved(({ name }) => resolve(name)))
    server.interop.unregister('Blinks')
    expect(await removed).toBe('Blinks')
    expect(caller.interop.methods('Blinks')).toEqual([])
    const added = new Promise((resolve) => caller.interop.methodAdded(({ name }) => resolve(name)))
    await server.interop.register('Blinks', () => ({ life: 2 }))
    expect(await added).toBe('Blinks')
    expect((await caller.interop.invoke('Blinks')).returned).toEqual({ life: 2 })
  })
})

describe('a call to several servers', () => {
  async function startServers(count: number) {
    const pair = await startPair()
    const servers = await pair.clients.connectAll(count, 'ann', { application: 'worker' })
    await Promise.all(servers.map(async (server, index) => server.interop.register('Who', () => ({ index }))))
    await untilServers(pair.caller, 'Who', count)
    return { ...pair, servers, [Symbol.asyncDispose]: pair[Symbol.asyncDispose] }
  }
  const indexes = (result: Awaited<ReturnType<Io['interop']['invoke']>>): number[] =>
    (result.all_return_values ?? [])
      .map(({ returned }) => (returned as { index: number }).index)
      .toSorted((a, b) => a - b)

  test('reaches one of them with "best", and each with "all"', async () => {
    await using group = await startServers(4)
    const { caller } = group
    expect((await caller.interop.invoke('Who', {}, 'best')).all_return_values).toHaveLength(1)
    expect(indexes(await caller.interop.invoke('Who', {}, 'all'))).toEqual([0, 1, 2, 3])
  })

  test('reaches all others with "skipMine", and oneself too with "all"', async () => {
    await using group = await startServers(3)
    const [first] = group.servers as [Io]
    await untilServers(first, 'Who', 3)
    expect(indexes(await first.interop.invoke('Who', {}, 'skipMine'))).toEqual([1, 2])
    expect(indexes(await first.interop.invoke('Who', {}, 'all'))).toEqual([0, 1, 2])
  })

  test('reaches those that a filter, an instance or a list of instances names', async () => {
    await using group = await startServers(3)
    const { caller, servers } = group
    const instanceOf = (io?: Io): Instance => ({ instance: io?.interop.instance.instance ?? 'none' })
    expect(indexes(await caller.interop.invoke('Who', {}, instanceOf(servers[1])))).toEqual([1])
    const listed = [instanceOf(servers[0]), instanceOf(servers[2])]
    expect(indexes(await caller.interop.invoke('Who', {}, listed))).toEqual([0, 2])
    const { message } = await failure(
      caller.interop.invoke('Who', {}, { application: 'nobody' }, { waitTimeoutMs: 100 }),
    )
    expect(message).toMatch(/Who/)
  })

  test('tells the answers of some from the errors of others', async () => {
    await using group = await startServers(2)
    const { caller, clients } = group
    const failing = await clients.connect('ann')
    await failing.interop.register('Who', () => {
      throw new Error('not me')
    })
    await untilServers(caller, 'Who', 3)
    const result = await caller.interop.invoke('Who', {}, 'all')
    expect(indexes(result)).toEqual([0, 1])
    expect(JSON.stringify(result.all_errors)).toContain('not me')
  })
})

describe('a client is told', () => {
  test('of servers and methods that come and go, in an order that makes sense', async () => {
    await using pair = await startPair()
    const { caller, clients } = pair
    const told: string[] = []
    const inst = ({ application }: Instance): string => application ?? ''
    // The callbacks are also handed what is there already.
    caller.interop.serverAdded((server) => told.push(`server ${inst(server)}`))
    caller.interop.serverRemoved((server) => told.push(`no server ${inst(server)}`))
    caller.interop.serverMethodAdded(({ server, method }) =>
      told.push(`method ${method.name} of ${inst(server)}`),
    )
    caller.interop.serverMethodRemoved(({ server, method }) =>
      told.push(`no method ${method.name} of ${inst(server)}`),
    )
    const comes = await clients.connect('ann', { application: 'comes' })
    await comes.interop.register('One', () => ({}))
    await comes.interop.register('Two', () => ({}))
    await until(() => expect(told).toContain('method Two of comes'))
    comes.interop.unregister('One')
    await until(() => expect(told).toContain('no method One of comes'))
    await comes.connection.logout()
    await until(() => expect(told).toContain('no server comes'))
    expect(told.filter((line) => line.endsWith('comes'))).toEqual([
      'server comes',
      'method One of comes',
      'method Two of comes',
      'no method One of comes',
      'no method Two of comes',
      'no server comes',
    ])
  })

  test('at once, when it comes late, of all that is there', async () => {
    await using pair = await startPair()
    const { server, clients } = pair
    for (const name of ['One', 'Two', 'Three']) await server.interop.register(name, () => ({ name }))
    const late = await clients.connect('ann')
    expect(['One', 'Two', 'Three'].map((name) => late.interop.methods(name).length)).toEqual([1, 1, 1])
    expect((await late.interop.invoke('Two')).returned).toEqual({ name: 'Two' })
    expect(late.interop.servers()).toHaveLength(3)
  })
})

test('a server that leaves in the middle of a call fails it at once', async () => {
  await using pair = await startPair()
  const { caller, clients, gateway } = pair
  const leaves = await clients.connect('ann')
  let calls = 0
  await leaves.interop.registerAsync('Hangs', () => {
    calls += 1
  })
  await caller.interop.waitForMethod('Hangs')
  const pending = [1, 2, 3].map(async () => failure(caller.interop.invoke('Hangs')))
  await until(() => expect(calls).toBe(3))
  await leaves.connection.logout()
  for (const { message } of await Promise.all(pending))
    expect(message).toContain('Peer has left while waiting')
  expect(gateway.gateway.stats().pendingCalls).toBe(0)
})

test('fifty clients at once call each other, all of them all others', async () => {
  await using gateway = await startWsGateway()
  await using clients = new Clients(gateway.url)
  const all = await Promise.all(
    Array.from({ length: 50 }, async (_, index) => clients.connect('ann', { application: `app-${index}` })),
  )
  await Promise.all(
    all.map(async (io, index) =>
      io.interop.register('Who', ({ from }: { from: number }) => ({ index, from })),
    ),
  )
  await Promise.all(all.map(async (io) => untilServers(io, 'Who', 50)))
  const results = await Promise.all(all.map(async (io, from) => io.interop.invoke('Who', { from }, 'all')))
  results.forEach(({ all_return_values: values = [], all_errors: errors = [] }, from) => {
    expect(errors).toEqual([])
    expect(new Set(values.map(({ returned }) => returned.index)).size).toBe(50)
    expect(values.every(({ returned }) => returned.from === from)).toBe(true)
  })
  expect(gateway.gateway.stats()).toMatchObject({ peers: 50, methods: 50, pendingCalls: 0 })
})
