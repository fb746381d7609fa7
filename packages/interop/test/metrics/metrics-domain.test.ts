import { describe, expect, test } from 'vitest'
import { createMetricsDomain } from '../../src/metrics/metrics-domain.ts'
import { createTestEngine } from '../support/test-engine.ts'
import { collector, define, isMetrics, isStatus, publish, startMetrics, valuesOf, until } from './support.ts'

describe('what a publisher is handed', () => {
  test('is one value with its definition and the identity of the repository', async () => {
    const publisher = collector()
    await using system = await startMetrics({ publishers: [publisher] })
    const peer = system.member(
      { process: 383, 'start-time': 1_795_214_782_343, windowId: null, api: '6.10.4', machine: '127.0.0.1' },
      { system: 'Sys', service: 'Svc', instance: 'ignored', user: 'ignored' },
    )
    peer.say({
      domain: 'metrics',
      type: 'define',
      request_id: 'x',
      metrics: [{ name: '/App/sub/num', type: 'number', context: {} }],
    })
    publish(peer, '/App/sub/num', 7, 1_795_214_782_349)
    await publisher.until((updates) => updates.length === 1)
    expect(JSON.parse(JSON.stringify(publisher.updates))).toEqual([
      {
        identity: {
          machine: '127.0.0.1',
          application: 'App',
          process: '383',
          'process-id': '',
          'start-time': '1795214782343',
          os: '',
          system: 'Sys',
          service: 'Svc',
          instance: peer.identity.instance,
          user: 'john',
          windowId: '',
          api: '6.10.4',
        },
        metrics: {
          '/App/sub/num': {
            definition: { type: 'number', context: {} },
            datapoints: [{ timestamp: 1_795_214_782_349, value: { value: 7 } }],
          },
        },
      },
    ])
    expect(peer.take()).toEqual([])
  })

  test('is the definition of an object, and its value wrapped member by member', async () => {
    const publisher = collector()
    await using system = await startMetrics({ publishers: [publisher] })
    const peer = system.member()
    const definition = {
      type: 'object',
      description: 'System state',
      context: { a: [1] },
      composite: {
        Description: { type: 'string', description: '' },
        Value: { type: 'object', composite: { n: { type: 'number' }, at: { type: 'timestamp' } } },
      },
    }
    peer.say({ domain: 'metrics', type: 'define', metrics: [{ name: 's', ...definition }] })
    publish(peer, 's', {
      Description: 'half',
      Value: { n: 50, at: '#T42_DATE#1' },
      list: [1, { x: 2 }],
      none: null,
    })
    await publisher.until((updates) => updates.length === 1)
    const { s } = publisher.updates.filter(isMetrics)[0]?.metrics ?? {}
    expect(s?.definition).toEqual(definition)
    expect(JSON.parse(JSON.stringify(s?.datapoints[0]?.value))).toEqual({
      value: {
        Description: { value: 'half' },
        Value: { value: { n: { value: 50 }, at: { value: '#T42_DATE#1' } } },
        list: { value: [1, { x: 2 }] },
        none: { value: null },
      },
    })
  })

  test('is a heartbeat of each repository, and a final status after its last value', async () => {
    const publisher = collector({ heartbeats: 5 })
    await using system = await startMetrics({ publishers: [publisher] })
    const peer = system.member()
    const before = Date.now()
    define(peer, 'n')
    await publisher.until((updates) => updates.length >= 3)
    const [first] = publisher.updates.filter(isStatus)
    expect(JSON.parse(JSON.stringify(first))).toEqual({
      identity: expect.objectContaining({ system: 'Sys', service: 'Svc', application: 'App' }),
      status: {
        state: 0,
        description: 'Running',
        updated: expect.any(Number),
        timestamp: expect.any(Number),
        expires: (first?.status.timestamp ?? 0) + 15,
        'updated-at': first?.status.updated,
        'expires-at': first?.status.expires,
      },
      metrics: null,
      metadata: null,
    })
    expect(first?.status.updated).toBeGreaterThanOrEqual(before)
    publish(peer, 'n', 1)
    peer.drop()
    await publisher.until((updates) =>
      updates.some((update) => isStatus(update) && update.status.state === -1),
    )
    const last = publisher.updates.at(-1)
    expect(last).toMatchObject({ status: { state: -1, description: 'Repository stopped' }, metrics: null })
    expect(publisher.updates.at(-2)).toMatchObject({ metrics: { n: {} } })
    expect(publisher.updates.filter(isStatus).every(({ status }) => status.updated <= status.timestamp)).toBe(
      true,
    )
  })

  test('is in the order of publication, for many peers', async () => {
    const publisher = collector()
    await using system = await startMetrics({ publishers: [publisher] })
    const members = [system.member(), system.member(), system.member()]
    for (const peer of members) define(peer, 'n')
    for (let count = 0; count < 300; count += 1) publish(members[count % 3]!, 'n', count)
    await publisher.until((updates) => updates.length === 300)
    expect(valuesOf(publisher.updates)).toEqual(Array.from({ length: 300 }, (_, count) => `n=${count}`))
  })

  test('is several values at once with split_size, never of two repositories', async () => {
    const publisher = collector({ split_size: 3 })
    await using system = await startMetrics({ publishers: [publisher] })
    const [one, other] = [system.member(), system.member()]
    define(one, 'a', 'b')
    define(other, 'a')
    for (const value of [1, 2]) publish(one, 'a', value)
    for (const value of [3, 4]) publish(one, 'b', value)
    publish(other, 'a', 5)
    await publisher.until((updates) => valuesOf(updates).length === 5)
    expect(publisher.updates.map((update) => valuesOf([update]))).toEqual([
      ['a=1', 'a=2', 'b=3'],
      ['b=4'],
      ['a=5'],
    ])
  })

  test('keeps a definition with the values that were published under it', async () => {
    const publisher = collector({ split_size: 10 })
    await using system = await startMetrics({ publishers: [publisher] })
    const peer = system.member()
    define(peer, 'n')
    publish(peer, 'n', 1)
    peer.say({ domain: 'metrics', type: 'define', metrics: [{ name: 'n', type: 'string' }] })
    publish(peer, 'n', 'two')
    await publisher.until((updates) => valuesOf(updates).length === 2)
    expect(publisher.updates.filter(isMetrics).map(({ metrics }) => metrics.n?.definition.type)).toEqual([
      'number',
      'string',
    ])
  })

  test('keeps names that JavaScript has a meaning for', async () => {
    const publisher = collector()
    await using system = await startMetrics({ publishers: [publisher] })
    const peer = system.member({}, JSON.parse('{"__proto__":"p","system":"Sys","service":"Svc"}'))
    define(peer, '__proto__', 'constructor')
    publish(peer, '__proto__', JSON.parse('{"__proto__":1}'))
    publish(peer, 'constructor', 2)
    await publisher.until((updates) => updates.length === 2)
    expect(JSON.stringify(publisher.updates[0])).toContain('"__proto__":"p"')
    expect(valuesOf(publisher.updates)).toEqual(['__proto__={"__proto__":{"value":1}}', 'constructor=2'])
    expect(({} as Record<string, unknown>).value).toBeUndefined()
  })

  test('cannot be changed by one publisher for another', async () => {
    const greedy = collector({
      function(update) {
        const { identity } = update as unknown as { identity: Record<string, string> }
        identity.system = 'mine'
      },
    })
    const publisher = collector()
    await using system = await startMetrics({ publishers: [greedy, publisher] })
    const peer = system.member()
    define(peer, 'n')
    publish(peer, 'n', 1)
    await publisher.until((updates) => updates.length === 1)
    expect(publisher.updates[0]?.identity.system).toBe('Sys')
  })
})

describe('repositories', () => {
  test('start with the first metric; what was published before is dropped and counted', async () => {
    const publisher = collector({ heartbeats: 5 })
    await using system = await startMetrics({ publishers: [publisher] })
    const peer = system.member()
    publish(peer, 'n', 1)
    expect(system.metrics.stats()).toMatchObject({ repositories: 0, values: 0, undefinedValues: 1 })
    define(peer, 'n')
    publish(peer, 'other', 2)
    publish(peer, 'n', 3)
    await publisher.until((updates) => valuesOf(updates).length === 1)
    expect(valuesOf(publisher.updates)).toEqual(['n=3'])
    expect(system.metrics.stats()).toMatchObject({
      repositories: 1,
      metrics: 1,
      values: 1,
      undefinedValues: 2,
    })
    expect(peer.take()).toEqual([])
  })

  test('end with leaving, and start anew after another join', async () => {
    const publisher = collector({ heartbeats: 1000 })
    await using system = await startMetrics({ publishers: [publisher] })
    const peer = system.member()
    define(peer, 'n')
    peer.leave('metrics')
    peer.join('metrics', { options: { system: 'Other', service: 'S' } })
    publish(peer, 'n', 1)
    expect(system.metrics.stats()).toMatchObject({ repositories: 0, undefinedValues: 1 })
    define(peer, 'n')
    publish(peer, 'n', 2)
    await publisher.until((updates) => valuesOf(updates).length === 1)
    const states = publisher.updates
      .filter(isStatus)
      .map(({ identity, status }) => [identity.system, status.state])
    expect(states).toContainEqual(['Sys', -1])
    expect(publisher.updates.at(-1)?.identity.system).toBe('Other')
  })

  test('end with the domain: values first, then the last status, then cleanup', async () => {
    const order: string[] = []
    const publisher = collector({
      startup: (context) => void order.push(`startup ${String(context)}`),
      function: (update) => void order.push(isStatus(update) ? `status ${update.status.state}` : 'value'),
      cleanup: () => void order.push('cleanup'),
      context: 'context',
    })
    const system = await startMetrics({ publishers: [publisher] })
    const peer = system.member()
    define(peer, 'n')
    for (let count = 0; count < 250; count += 1) publish(peer, 'n', count)
    await Promise.all([system.metrics.close(), system.metrics.close()])
    expect(order).toEqual(['startup context', ...Array<string>(250).fill('value'), 'status -1', 'cleanup'])
    publish(peer, 'n', 1)
    expect(order).toHaveLength(253)
    expect(system.metrics.stats().publishers).toMatchObject([{ queued: 0, dropped: 0, published: 251 }])
  })

  test('of different publishers start by what each is given', async () => {
    const numbers = collector({
      heartbeats: 1000,
      filters: { publishers: [{ metrics: { whitelist: ['/App/n'] } }] },
    })
    const nothing = collector({ heartbeats: 5, filters: { 'non-matched': 'blacklist' } })
    await using system = await startMetrics({ publishers: [numbers, nothing] })
    const peer = system.member()
    define(peer, '/App/n', '/App/m')
    publish(peer, '/App/m', 1)
    publish(peer, '/App/n', 2)
    await numbers.until((updates) => valuesOf(updates).length === 1)
    await system.metrics.close()
    expect(valuesOf(numbers.updates)).toEqual(['/App/n=2'])
    expect(nothing.updates).toEqual([])
  })
})

describe('refusals', () => {
  test.each([
    { type: 'define', metrics: [] },
    { type: 'publish', values: [] },
  ])('$type of a peer that has not joined', async (message) => {
    await using system = await startMetrics({})
    const peer = system.node.addPeer()
    peer.say({ domain: 'metrics', request_id: 'q', ...message })
    expect(peer.take()).toEqual([
      {
        domain: 'metrics',
        type: 'error',
        request_id: 'q',
        peer_id: peer.id,
        reason_uri: 'metrics.errors.failure',
        reason: `Unable to find peer with id ${peer.id} in domain :metrics-domain`,
      },
    ])
  })

  test('an unknown type', async () => {
    await using system = await startMetrics({})
    const peer = system.member()
    peer.say({ domain: 'metrics', type: 'undefine' })
    expect(peer.take()).toMatchObject([{ reason_uri: 'metrics.errors.unhandled_message', request_id: -1 }])
  })

  const number = { name: 'n', type: 'number' }
  const deep = (levels: number): unknown => (levels === 0 ? 1 : { x: deep(levels - 1) })

  test.each<[string, unknown]>([
    ['no list', { metrics: { n: number } }],
    ['an entry that is no object', { metrics: [number, null] }],
    ['no name', { metrics: [{ type: 'number' }] }],
    ['an empty name', { metrics: [{ ...number, name: '' }] }],
    ['a name of another type', { metrics: [{ ...number, name: 7 }] }],
    ['no type', { metrics: [{ name: 'n' }] }],
    ['an unknown type', { metrics: [{ ...number, type: 'Number' }] }],
    ['an object without members', { metrics: [{ name: 'n', type: 'object' }] }],
    ['an object with a list of members', { metrics: [{ name: 'n', type: 'object', composite: [number] }] }],
    ['an object with a wrong member', { metrics: [{ name: 'n', type: 'object', composite: { a: {} } }] }],
    ['a name that is too long', { metrics: [{ ...number, name: 'n'.repeat(257) }] }],
    ['a definition that is too large', { metrics: [{ ...number, description: 'x'.repeat(20_000) }] }],
    ['a definition that nests too deep', { metrics: [{ ...number, context: deep(40) }] }],
    ['too many metrics', { metrics: Array.from({ length: 4 }, (_, n) => ({ ...number, name: `${n}` })) }],
    ['too many with those that are there', { metrics: ['a', 'b', 'c'].map((name) => ({ ...number, name })) }],
  ])('a definition with %s, of which nothing is taken', async (_what, message) => {
    await using system = await startMetrics({}, { limits: { maxMetricsPerPeer: 3 } })
    const peer = system.member()
    define(peer, 'first')
    peer.say({ domain: 'metrics', type: 'define', request_id: 'd', ...(message as object) })
    expect(peer.take()).toMatchObject([
      { type: 'error', request_id: 'd', reason_uri: expect.stringMatching(/failure|limits_exceeded/) },
    ])
    expect(system.metrics.stats()).toMatchObject({ metrics: 1 })
  })

  test('metrics that are defined again do not count twice', async () => {
    await using system = await startMetrics({}, { limits: { maxMetricsPerPeer: 2 } })
    const peer = system.member()
    for (let count = 0; count < 5; count += 1) define(peer, 'a', 'b')
    expect(peer.take()).toEqual([])
  })

  test.each<[string, unknown]>([
    ['no list', { values: { name: 'n', value: 1 } }],
    ['an entry that is no object', { values: [{ name: 'n', value: 1 }, 7] }],
    ['no name', { values: [{ value: 1 }] }],
    ['a value that is too large', { values: [{ name: 'n', value: 'x'.repeat(70_000) }] }],
    ['a value that nests too deep', { values: [{ name: 'n', value: deep(40) }] }],
    ['too many values', { values: Array.from({ length: 10_001 }, () => ({ name: 'n', value: 1 })) }],
  ])('a publication with %s, of which nothing is taken', async (_what, message) => {
    await using system = await startMetrics({})
    const peer = system.member()
    define(peer, 'n')
    peer.say({ domain: 'metrics', type: 'publish', ...(message as object) })
    expect(peer.take()).toMatchObject([{ type: 'error' }])
    expect(system.metrics.stats()).toMatchObject({ values: 0 })
  })

  test('options of a join that are too large for an identity', async () => {
    await using system = await startMetrics({})
    const peer = system.member({}, { system: 'x'.repeat(9000) })
    define(peer, 'n')
    expect(peer.take()).toMatchObject([{ reason_uri: 'metrics.errors.bad_identity' }])
  })

  test('a repository without an instance', async () => {
    const node = createTestEngine()
    const metrics = node.use(createMetricsDomain(node.engine))
    const peer = node.addPeer()
    const bare = { ...peer, identity: { application: 'x' } }
    node.engine.peers.join(bare, 'metrics', {
      restriction: undefined,
      visibility: 'local',
      options: undefined,
    })
    const message = { domain: 'metrics', type: 'define', metrics: [{ name: 'n', type: 'number' }] }
    node.handle(bare, message)
    expect(peer.take()).toMatchObject([
      {
        reason_uri: 'metrics.errors.bad_identity',
        reason: 'Repository is missing required :instance property',
      },
    ])
    await metrics.close()
  })
})

test('a timestamp that is none is now', async () => {
  const publisher = collector()
  await using system = await startMetrics({ publishers: [publisher] })
  const peer = system.member()
  define(peer, 'n')
  const before = Date.now()
  for (const timestamp of [undefined, 'x', null]) publish(peer, 'n', 1, timestamp)
  await publisher.until((updates) => updates.length === 3)
  for (const { metrics } of publisher.updates.filter(isMetrics)) {
    expect(metrics.n?.datapoints[0]?.timestamp).toBeGreaterThanOrEqual(before)
  }
})

describe('publishers that fail', () => {
  test('one that throws loses its update, which is counted and said; the others and the peer go on', async () => {
    const failing = collector({
      name: 'failing',
      function() {
        throw new Error('no')
      },
    })
    const rejecting = collector({ function: () => Promise.reject(new Error('no')) })
    const publisher = collector()
    await using system = await startMetrics({ publishers: [failing, rejecting, publisher] })
    const peer = system.member()
    define(peer, 'n')
    publish(peer, 'n', 1)
    publish(peer, 'n', 2)
    await publisher.until((updates) => updates.length === 2)
    await until(() =>
      system.metrics.stats().publishers.every(({ dropped }, at) => dropped === (at < 2 ? 2 : 0)),
    )
    expect(peer.take()).toEqual([])
    expect(system.logged.filter(({ details }) => details.publisher === 'failing')).toMatchObject([
      { details: { dropped: { failed: 1 } }, message: 'updates of metrics were dropped' },
    ])
    await system.metrics.close()
    expect(system.logged.filter(({ details }) => details.publisher === 'failing')).toHaveLength(2)
  })

  test('one that does not answer is not waited for longer than its timeout', async () => {
    let calls = 0
    const hanging = collector({
      timeout: 10,
      function: () => ((calls += 1), calls === 1 ? new Promise<void>(() => undefined) : undefined),
    })
    await using system = await startMetrics({ publishers: [hanging] })
    const peer = system.member()
    define(peer, 'n')
    publish(peer, 'n', 1)
    publish(peer, 'n', 2)
    await until(() => calls === 2)
    await until(() => system.metrics.stats().publishers[0]?.published === 1)
    expect(system.metrics.stats().publishers).toMatchObject([{ published: 1, dropped: 1, queued: 0 }])
  })

  test('one that does not start keeps the others from it, and ends those that did', async () => {
    const order: string[] = []
    const good = collector({ startup: () => void order.push('up'), cleanup: () => void order.push('down') })
    const bad = collector({
      name: 'bad',
      startup: () => Promise.reject(new Error('no database')),
      cleanup: () => void order.push('never'),
    })
    await expect(startMetrics({ publishers: [good, bad] })).rejects.toMatchObject({
      message: 'metrics publisher "bad" did not start',
      cause: { message: 'no database' },
    })
    expect(order).toEqual(['up', 'down'])
  })

  test('one that takes too long to start or to clean up is given up', async () => {
    const forever = new Promise<void>(() => undefined)
    await expect(
      startMetrics({ publishers: [collector({ timeout: 5, startup: () => forever })] }),
    ).rejects.toThrow('did not start')
    const system = await startMetrics({ publishers: [collector({ timeout: 5, cleanup: () => forever })] })
    await system.metrics.close()
    expect(system.logged).toMatchObject([{ message: 'a publisher of metrics did not end well' }])
  })
})

test('nothing is lost silently: what a full queue drops is counted and said', async () => {
  let release = (): void => undefined
  const gate = new Promise<void>((resolve) => {
    release = resolve
  })
  const publisher = collector({ buffer_size: 5 })
  const slow = { ...publisher, function: async (update: never) => (await gate, publisher.function(update)) }
  await using system = await startMetrics({ publishers: [slow] })
  const peer = system.member()
  define(peer, 'n')
  for (let count = 0; count < 20; count += 1) publish(peer, 'n', count)
  release()
  await publisher.until((updates) => valuesOf(updates).includes('n=19'))
  const values = valuesOf(publisher.updates)
  expect(values.slice(-5)).toEqual(['n=15', 'n=16', 'n=17', 'n=18', 'n=19'])
  expect(system.metrics.stats().publishers).toMatchObject([{ dropped: 20 - values.length }])
  expect(system.logged[0]).toMatchObject({ details: { dropped: { full: 1 } } })
})
