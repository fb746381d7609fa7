import { DiscardPolicy, jetstreamManager } from '@nats-io/jetstream'
import { Kvm } from '@nats-io/kv'
import { connect, type NatsConnection } from '@nats-io/transport-node'
import { type NatsServer, startNatsServer, startTcpProxy } from '@portcullis/test-servers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type BucketDrift, createNatsStore } from '../../src/nats/index.ts'
import type { AuthStore } from '../../src/store/auth-store.ts'
import { authStoreContract } from '../../src/testing/index.ts'
import { begun, clientRecord, inserted, ROOM, tokenFamily } from '../../src/testing/records.ts'
import { connectNats, openNatsStores } from '../fixtures/nats-stores.ts'

const UNAVAILABLE = { code: 'ERR_AUTH_STORE_UNAVAILABLE', statusCode: 503 }
const SOON = { timeout: 15_000, interval: 20 }

let server: NatsServer
let connections: readonly [NatsConnection, NatsConnection]

beforeAll(async () => {
  server = await startNatsServer()
  connections = [await connectNats(server.url), await connectNats(server.url)]
})
afterAll(async () => {
  await Promise.all(connections.map((connection) => connection.close()))
  await server[Symbol.asyncDispose]()
})

async function addRevocations(store: AuthStore, count: number): Promise<void> {
  const expiresAt = Date.now() + 600_000
  const ids = Array.from({ length: count }, (_, index) => `${index}`)
  while (ids.length > 0) {
    const some = ids.splice(0, 100)
    await Promise.all(some.map((id) => store.addRevocation({ kind: 'client', id, at: 1, expiresAt })))
  }
}

authStoreContract('NATS', () => openNatsStores(connections))

describe('NATS store', () => {
  test('ten processes that start at once make the buckets once', async () => {
    await using opened = await openNatsStores(connections)
    const { bucketPrefix } = opened
    const stores = Array.from({ length: 10 }, (_, index) =>
      createNatsStore({
        connection: connections[index % 2] as NatsConnection,
        bucketPrefix: `${bucketPrefix}_more`,
        maxBucketBytes: 1_048_576,
      }),
    )
    await Promise.all(stores.map((store) => store.start()))
    const { client } = await inserted(stores[0] as (typeof stores)[0])
    expect((await stores[9]?.findClient(client.clientId))?.value).toEqual(client)
    await Promise.all(stores.map((store) => store.close()))
  })

  test('a connection that is still to come is refused until it is there, and then works', async () => {
    await using opened = await openNatsStores(connections)
    let arrive!: (connection: NatsConnection) => void
    await using store = createNatsStore({
      connection: new Promise<NatsConnection>((resolve) => {
        arrive = resolve
      }),
      bucketPrefix: opened.bucketPrefix,
    })
    await expect(store.start()).rejects.toMatchObject(UNAVAILABLE)
    await expect(store.findClient('c_1')).rejects.toMatchObject(UNAVAILABLE)
    arrive(connections[0])
    await expect.poll(() => store.start().then(() => 'started', String), SOON).toBe('started')
    expect(await store.findClient('c_1')).toBeNull()
  })

  test('a bucket with other bounds is reported and left as it is', async () => {
    await using opened = await openNatsStores(connections)
    const drifts: BucketDrift[] = []
    await using store = createNatsStore({
      connection: connections[0],
      bucketPrefix: opened.bucketPrefix,
      maxBucketBytes: 1_048_576,
      onDrift: (drift) => drifts.push(drift),
    })
    await store.start()
    expect(drifts).toHaveLength(5)
    expect(drifts[0]).toEqual({
      bucket: `${opened.bucketPrefix}_CLIENTS`,
      setting: 'max_bytes',
      expected: 1_048_576,
      actual: 4_194_304,
    })
    const { streams } = await jetstreamManager(connections[0])
    expect((await streams.info(`KV_${opened.bucketPrefix}_CLIENTS`)).config.max_bytes).toBe(4_194_304)
  })

  test('a bucket that would lose live entries ends the start', async () => {
    await using opened = await openNatsStores(connections, { maxFamilyMs: 60_000 })
    const store = createNatsStore({ connection: connections[0], bucketPrefix: opened.bucketPrefix })
    await expect(store.start()).rejects.toThrow(new RegExp(`${opened.bucketPrefix}_FAMILIES: max_age`))
    await expect(store.findClient('c_1')).rejects.toMatchObject(UNAVAILABLE)
    await store.close()
  })

  test('a bucket that drops live entries to make room ends the start', async () => {
    const { streams } = await jetstreamManager(connections[0])
    const name = 'KV_dropping_CLIENTS'
    const subjects = ['$KV.dropping_CLIENTS.>']
    await streams.add({ name, subjects, discard: DiscardPolicy.Old, max_msgs_per_subject: 1 })
    await using store = createNatsStore({ connection: connections[0], bucketPrefix: 'dropping' })
    await expect(store.start()).rejects.toThrow('dropping_CLIENTS: discard is old')
    await streams.delete(name)
  })

  test('an end further ahead than the bucket keeps entries is a mistake of the calling code', async () => {
    await using opened = await openNatsStores(connections, {
      maxFamilyMs: 60_000,
      maxRevocationMs: 60_000,
      maxClaimMs: 60_000,
      maxWindowMs: 60_000,
    })
    const [store] = opened.stores
    const far = Date.now() + 120_000
    await expect(store.insertFamily(tokenFamily({ expiresAt: far }))).rejects.toThrow('"maxFamilyMs"')
    await expect(store.claim('key', far)).rejects.toThrow('"maxClaimMs"')
    await expect(store.hit('key', 120_000)).rejects.toThrow('"maxWindowMs"')
    const revocation = { kind: 'client', id: 'a', at: 1, expiresAt: far } as const
    await expect(store.addRevocation(revocation)).rejects.toThrow('"maxRevocationMs"')
  })

  test('a full bucket refuses what is new and keeps what is there', async () => {
    await using opened = await openNatsStores(connections, { maxBucketBytes: 4096 })
    const [store] = opened.stores
    const { client } = await inserted(store)
    const families = [tokenFamily(), tokenFamily()]
    for (const family of families) await store.insertFamily(family)
    const large = tokenFamily({ scope: ['x'.repeat(4096)] })
    await expect(store.insertFamily(large)).rejects.toMatchObject(UNAVAILABLE)
    for (const { familyId } of families) expect(await store.findFamily(familyId)).not.toBeNull()
    expect((await store.findClient(client.clientId))?.value).toEqual(client)
  })

  test('an entry that an operator deletes is absent, and its id is free again', async () => {
    await using opened = await openNatsStores(connections)
    const [store] = opened.stores
    const { family, version } = await begun(store)
    const kv = await new Kvm(connections[0]).open(`${opened.bucketPrefix}_FAMILIES`)
    await kv.delete(family.familyId)
    expect(await store.findFamily(family.familyId)).toBeNull()
    expect(await store.replaceFamily(family, version)).toBe(false)
    expect(await store.insertFamily(family)).toBe(true)
  })

  test('a client that an operator deletes is absent, and hides no other', async () => {
    await using opened = await openNatsStores(connections)
    const [store] = opened.stores
    const { client } = await inserted(store)
    const { client: staying } = await inserted(store, { namespaceId: client.namespaceId })
    const kv = await new Kvm(connections[0]).open(`${opened.bucketPrefix}_CLIENTS`)
    await kv.delete(`${client.namespaceId}.${client.clientId}`)
    expect(await store.findClient(client.clientId)).toBeNull()
    expect((await store.listClients({ limit: 10 })).clients).toEqual([staying])
    expect(await store.insertClient(client, ROOM)).toBe('inserted')
    expect((await store.findClient(client.clientId))?.value).toEqual(client)
  })

  test('the stream of something else under the name of a bucket ends the start', async () => {
    const { streams } = await jetstreamManager(connections[0])
    const name = 'KV_foreign_FAMILIES'
    const orders = { name, subjects: ['orders.>'], discard: DiscardPolicy.New, max_msgs_per_subject: 1 }
    await streams.add(orders)
    const store = createNatsStore({
      connection: connections[0],
      bucketPrefix: 'foreign',
      maxBucketBytes: 1_048_576,
    })
    await expect(store.start()).rejects.toThrow(`stream ${name} is not the bucket`)
    await expect(store.findFamily('f')).rejects.toMatchObject(UNAVAILABLE)
    expect((await streams.info(name)).config.subjects).toEqual(orders.subjects)
    await store.close()
    for (const suffix of ['CLIENTS', 'FAMILIES']) await streams.delete(`KV_foreign_${suffix}`)
  })

  test('a watch goes over to a bucket that is made anew', { timeout: 20_000 }, async () => {
    await using opened = await openNatsStores(connections)
    const [store, other] = opened.stores
    const revocation = { kind: 'client', at: 1, expiresAt: Date.now() + 600_000 } as const
    await store.addRevocation({ ...revocation, id: 'of the former' })
    const heard: string[] = []
    await store.watchRevocations(({ id }) => heard.push(id))
    const { streams } = await jetstreamManager(connections[0])
    const { config } = await streams.info(`KV_${opened.bucketPrefix}_REVOCATIONS`)
    await streams.delete(config.name)
    await streams.add(config)
    // With as many entries as were seen of the former.
    await other.addRevocation({ ...revocation, id: 'of the new one' })
    await expect.poll(() => heard, SOON).toEqual(['of the former', 'of the new one'])
  })

  test('a watch that is slow to hear what is stored is no outage', async () => {
    await using opened = await openNatsStores(connections)
    await addRevocations(opened.stores[0], 5000)
    await using store = createNatsStore({
      connection: connections[1],
      bucketPrefix: opened.bucketPrefix,
      timeoutMs: 500,
    })
    await store.start()
    const heard = new Set<string>()
    await store.watchRevocations(({ id }) => {
      heard.add(id)
      const end = performance.now() + 0.3
      while (performance.now() < end);
    })
    expect(heard.size).toBe(5000)
  })

  test('a watch that is interrupted before all was told is refused', async () => {
    await using opened = await openNatsStores(connections)
    await addRevocations(opened.stores[0], 2000)
    await using proxy = await startTcpProxy(server.url)
    const connection = await connectNats(proxy.url)
    await using store = createNatsStore({ connection, bucketPrefix: opened.bucketPrefix })
    await store.start()
    const heard = new Set<string>()
    const watching = store.watchRevocations(({ id }) => {
      if (heard.size === 0) {
        proxy.cut()
        proxy.restore()
      }
      heard.add(id)
    })
    await expect(watching).rejects.toMatchObject(UNAVAILABLE)
    expect(heard.size).toBeLessThan(2000)
    await expect.poll(() => store.watchRevocations(() => undefined).catch(() => null), SOON).not.toBeNull()
    await connection.close()
  })

  test('a beginning that another one has overtaken does not interrupt it', async () => {
    await using opened = await openNatsStores(connections)
    await using proxy = await startTcpProxy(server.url)
    const connection = await connectNats(proxy.url)
    await using store = createNatsStore({ connection, bucketPrefix: opened.bucketPrefix, timeoutMs: 1000 })
    await store.start()
    const states: boolean[] = []
    await store.watchRevocations(
      () => undefined,
      (isCurrent) => states.push(isCurrent),
    )
    const statuses = connection.status()
    proxy.cut()
    proxy.restore()
    for await (const { type } of statuses) if (type === 'reconnect') break
    // What the watch asks now gets no answer.
    proxy.mute()
    const { outMsgs } = connection.stats()
    await expect.poll(() => connection.stats().outMsgs, SOON).toBeGreaterThan(outMsgs)
    const unanswered = store.peek('key')
    proxy.cut()
    proxy.unmute()
    proxy.restore()
    await expect(unanswered).rejects.toMatchObject(UNAVAILABLE)
    await expect.poll(() => states, SOON).toEqual([true, false, true])
    await expect(store.peek('key')).resolves.toBeNull()
    expect(states).toEqual([true, false, true])
    await connection.close()
  })

  test('a record that is none is an error, and ends no watch', async () => {
    await using opened = await openNatsStores(connections)
    const [store] = opened.stores
    const kvm = new Kvm(connections[0])
    await (await kvm.open(`${opened.bucketPrefix}_FAMILIES`)).put('f', '{"schema":2}')
    await (await kvm.open(`${opened.bucketPrefix}_REVOCATIONS`)).put('client.x', 'nonsense')
    await expect(store.findFamily('f')).rejects.toThrow(Error)
    const heard: string[] = []
    await store.watchRevocations((revocation) => heard.push(revocation.id))
    await store.addRevocation({ kind: 'client', id: 'good', at: 1, expiresAt: Date.now() + 60_000 })
    await expect.poll(() => heard, SOON).toEqual(['good'])
  })

  test('bounds hold when the bucket of clients is made anew while the store runs', async () => {
    await using opened = await openNatsStores(connections)
    const { streams } = await jetstreamManager(connections[0])
    const name = `KV_${opened.bucketPrefix}_CLIENTS`
    const { config } = await streams.info(name)
    await streams.delete(name)
    await expect(opened.stores[0].insertClient(clientRecord(), ROOM)).rejects.toMatchObject(UNAVAILABLE)
    await streams.add(config)
    const results = await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        opened.stores[index % 2 === 0 ? 0 : 1].insertClient(clientRecord({ namespaceId: 'n' }), {
          maxPerNamespace: 2,
          maxClients: 100,
        }),
      ),
    )
    expect(results.filter((result) => result === 'inserted')).toHaveLength(2)
  })

  test('a server that is killed and comes back: calls say so meanwhile, and a watch hears what it missed', async () => {
    await using own = await startNatsServer()
    const mine = await connectNats(own.url)
    // Its own way to the server, which stays cut when the server is back.
    await using proxy = await startTcpProxy(own.url)
    const watching = await connectNats(proxy.url)
    const stores = [mine, watching].map((connection) => createNatsStore({ connection })) as [
      ReturnType<typeof createNatsStore>,
      ReturnType<typeof createNatsStore>,
    ]
    const [store, watcher] = stores
    await Promise.all(stores.map((each) => each.start()))
    const { client } = await inserted(store)
    const { family, version } = await begun(store)
    const heard: string[] = []
    const states: boolean[] = []
    await watcher.watchRevocations(
      (revocation) => heard.push(revocation.id),
      (isCurrent) => states.push(isCurrent),
    )
    const revocation = { kind: 'client', at: 1, expiresAt: Date.now() + 600_000 } as const
    await store.addRevocation({ ...revocation, id: 'before' })
    await expect.poll(() => heard, SOON).toEqual(['before'])

    proxy.cut()
    await own.kill()
    await expect.poll(() => states, SOON).toEqual([true, false])
    const results = await Promise.allSettled([
      store.findClient(client.clientId),
      store.listClients({ limit: 10 }),
      store.insertClient(clientRecord(), ROOM),
      store.deleteClient(client.clientId),
      store.replaceFamily({ ...family, jti: 'lost' }, version),
      store.addRevocation({ ...revocation, id: 'lost' }),
      store.watchRevocations(() => undefined),
      store.claim('key', Date.now() + 60_000),
      store.hit('key', 60_000),
      store.peek('key'),
    ])
    for (const result of results) {
      expect((result as PromiseRejectedResult).reason).toMatchObject(UNAVAILABLE)
    }

    await own.restart()
    await expect
      .poll(() => store.findClient(client.clientId).catch(() => undefined), SOON)
      .toMatchObject({ value: client })
    await store.addRevocation({ ...revocation, id: 'meanwhile' })
    proxy.restore()
    await expect.poll(() => heard, SOON).toContain('meanwhile')
    await expect.poll(() => states, SOON).toEqual([true, false, true])
    expect(new Set(heard)).toEqual(new Set(['before', 'meanwhile']))
    await store.addRevocation({ ...revocation, id: 'after' })
    await expect.poll(() => heard, SOON).toContain('after')
    // What was refused while the server was away did not happen later.
    expect(await store.replaceFamily({ ...family, jti: 'next' }, version)).toBe(true)
    expect(await store.claim('key', Date.now() + 60_000)).toBe(true)
    await Promise.all(stores.map((each) => each.close()))
    await Promise.all([mine.close(), watching.close()])
  })

  test('a server that does not answer is an outage in bounded time, and the watch says so', async () => {
    await using own = await startNatsServer()
    const connection = await connectNats(own.url)
    await using store = createNatsStore({ connection, timeoutMs: 300 })
    await store.start()
    const states: boolean[] = []
    await store.watchRevocations(
      () => undefined,
      (isCurrent) => states.push(isCurrent),
    )
    await own.pause()
    await expect(store.findClient('c_1')).rejects.toMatchObject(UNAVAILABLE)
    await expect(store.hit('key', 1000)).rejects.toMatchObject(UNAVAILABLE)
    await expect(store.insertClient(clientRecord(), ROOM)).rejects.toMatchObject(UNAVAILABLE)
    await expect.poll(() => states, SOON).toEqual([true, false])
    own.resume()
    await expect.poll(() => states, SOON).toEqual([true, false, true])
    expect(await store.findClient('c_1')).toBeNull()
    await store.close()
    await connection.close()
  })

  test(
    'a crowd that inserts while nobody answers is told as soon as one is',
    { timeout: 10_000 },
    async () => {
      await using own = await startNatsServer()
      const connection = await connectNats(own.url)
      await using store = createNatsStore({ connection, timeoutMs: 300 })
      await store.start()
      await own.pause()
      const crowd = Array.from({ length: 60 }, () => store.insertClient(clientRecord(), ROOM))
      for (const insertion of crowd) await expect(insertion).rejects.toMatchObject(UNAVAILABLE)
      own.resume()
      await connection.close()
    },
  )

  test('a store that cannot start says so, and starts later', async () => {
    await using own = await startNatsServer({ jetstream: false })
    const connection = await connectNats(own.url)
    await using store = createNatsStore({ connection, timeoutMs: 300 })
    await expect(store.start()).rejects.toMatchObject(UNAVAILABLE)
    await expect(store.findClient('c_1')).rejects.toMatchObject(UNAVAILABLE)
    await connection.close()
    await expect(store.start()).rejects.toMatchObject(UNAVAILABLE)
  })

  test('a user with the rights that the README lists can do everything, and asks for nothing more', async () => {
    const buckets = ['CLIENTS', 'FAMILIES', 'REVOCATIONS', 'CLAIMS', 'RATES'].map(
      (name) => `PORTCULLIS_AUTH_${name}`,
    )
    const publish = [
      ...buckets.flatMap((bucket) => [
        `$JS.API.STREAM.INFO.KV_${bucket}`,
        `$JS.API.STREAM.CREATE.KV_${bucket}`,
        `$JS.API.STREAM.MSG.GET.KV_${bucket}`,
        `$KV.${bucket}.>`,
      ]),
      '$JS.API.STREAM.PURGE.KV_PORTCULLIS_AUTH_CLIENTS',
      '$JS.API.CONSUMER.CREATE.KV_PORTCULLIS_AUTH_REVOCATIONS.>',
      '$JS.API.CONSUMER.INFO.KV_PORTCULLIS_AUTH_REVOCATIONS.*',
      '$JS.API.CONSUMER.DELETE.KV_PORTCULLIS_AUTH_REVOCATIONS.*',
      '$JS.FC.KV_PORTCULLIS_AUTH_REVOCATIONS.>',
    ]
    const permissions = JSON.stringify({ publish, subscribe: ['_INBOX.>'] })
    await using own = await startNatsServer({
      config: `authorization { users: [{ user: gateway, password: p, permissions: ${permissions} }] }`,
    })
    const connection = await connect({ servers: own.url, user: 'gateway', pass: 'p' })
    const errors: unknown[] = []
    void (async () => {
      for await (const status of connection.status()) if (status.type === 'error') errors.push(status.error)
    })()
    await using store = createNatsStore({ connection })
    await store.start()
    const { client, version } = await inserted(store)
    expect(await store.replaceClient({ ...client, name: 'other' }, version)).toBe(true)
    expect((await store.listClients({ limit: 10 })).clients).toHaveLength(1)
    expect(await store.deleteClient(client.clientId)).toBe(true)
    const begin = await begun(store)
    expect(await store.replaceFamily(begin.family, begin.version)).toBe(true)
    const heard: string[] = []
    const watch = await store.watchRevocations((revocation) => heard.push(revocation.id))
    await store.addRevocation({ kind: 'client', id: 'a', at: 1, expiresAt: Date.now() + 60_000 })
    await expect.poll(() => heard, SOON).toEqual(['a'])
    expect(await store.claim('key', Date.now() + 60_000)).toBe(true)
    expect((await store.hit('key', 60_000)).count).toBe(1)
    expect((await store.peek('key'))?.count).toBe(1)
    await watch.close()
    await connection.flush()
    expect(errors).toEqual([])
    await store.close()
    await connection.close()
  })

  test('closing leaves the connection open, and the store answers nothing any more', async () => {
    await using opened = await openNatsStores(connections)
    const [store] = opened.stores
    await store.close()
    await expect(store.findClient('c_1')).rejects.toMatchObject(UNAVAILABLE)
    expect(connections[0].isClosed()).toBe(false)
    await connections[0].flush()
  })

  test.each([
    ['connection', {}],
    ['connection', { connection: {} }],
    ['bucketPrefix', { bucketPrefix: 'a.b' }],
    ['bucketPrefix', { bucketPrefix: '' }],
    ['replicas', { replicas: 6 }],
    ['timeoutMs', { timeoutMs: 0 }],
    ['maxFamilyMs', { maxFamilyMs: NaN }],
    ['onDrift', { onDrift: 1 }],
  ])('a wrong %s option is a mistake of the calling code', (name, options) => {
    const connection = name === 'connection' ? {} : { connection: connections[0] }
    expect(() => createNatsStore({ ...connection, ...options } as never)).toThrow(`"${name}" option`)
  })
})
