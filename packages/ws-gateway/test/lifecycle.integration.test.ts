import { createServer } from 'node:http'
import { createEmbeddedTransport } from '@portcullis/transport/embedded'
import type { PublishReceipt, Transport, TransportStatus } from '@portcullis/transport'
import { describe, expect, test, vi } from 'vitest'
import { createGateway } from '../src/index.ts'
import { Queue } from './support/queue.ts'
import { frame, RawPeer } from './support/raw-peer.ts'
import { listen, SCOPE, type StartedGateway, startGateway } from './support/start-gateway.ts'
import { TestClient } from './support/test-client.ts'
import { wrapTransport } from './support/wrap-transport.ts'

const GRANT = { ...SCOPE, userId: null, claims: {} }

/** A transport that counts its outbound consumers, and opens the first ones when told so. */
function counting(
  real: Transport,
  beforeOpen: () => Promise<void> = async () => undefined,
): { transport: Transport; open: () => number } {
  let open = 0
  const transport = wrapTransport(real, {
    subscribeOutbound: async (filter, onDelivery) => {
      await beforeOpen()
      const subscription = await real.subscribeOutbound(filter, onDelivery)
      open += 1
      return {
        close: async () => {
          open -= 1
          await subscription.close()
        },
      }
    },
  })
  return { transport, open: () => open }
}

describe('start', () => {
  test('upgrades before it are refused with 503, though the engine is there', async () => {
    const transport = createEmbeddedTransport()
    await transport.start()
    const gateway = createGateway({ transport, authorize: async () => GRANT })
    const server = createServer()
    gateway.attach(server)
    const url = `ws://127.0.0.1:${await listen(server)}/ws`
    expect(await TestClient.refused(url)).toMatchObject({
      statusCode: 503,
      headers: { 'retry-after': '1' },
      body: { code: 'broker_unavailable' },
    })
    await gateway.start()
    await (await TestClient.open(url)).close()
    await gateway.close()
    server.close()
  })

  test('happens once, with one consumer', async () => {
    const { transport, open } = counting(createEmbeddedTransport())
    await using system = await startGateway({ transport })
    await Promise.all([system.gateway.start(), system.gateway.start()])
    expect(open()).toBe(1)
  })

  test('can be tried again after it failed, and lets nobody in meanwhile', async () => {
    let fails = true
    const { transport, open } = counting(createEmbeddedTransport(), async () => {
      if (fails) throw new Error('no consumer')
    })
    const gateway = createGateway({ transport, authorize: async () => GRANT })
    const server = createServer()
    gateway.attach(server)
    const url = `ws://127.0.0.1:${await listen(server)}/ws`
    await expect(gateway.start()).rejects.toThrow('no consumer')
    expect((await TestClient.refused(url)).body.code).toBe('broker_unavailable')
    fails = false
    await gateway.start()
    await (await TestClient.open(url)).close()
    await gateway.close()
    expect(open()).toBe(0)
    server.close()
  })

  test('after an end is refused', async () => {
    const transport = createEmbeddedTransport()
    const gateway = createGateway({ transport, authorize: async () => GRANT })
    await gateway.close()
    await expect(gateway.start()).rejects.toMatchObject({ code: 'draining' })
  })

  test('overtaken by an end leaves no consumer', async () => {
    let proceed!: () => void
    const { transport, open } = counting(
      createEmbeddedTransport(),
      () => new Promise((resolve) => (proceed = resolve)),
    )
    const gateway = createGateway({ transport, authorize: async () => GRANT })
    const started = gateway.start()
    await gateway.close()
    proceed()
    await started
    expect(open()).toBe(0)
  })
})

test('while the engine is away upgrades are refused with 503, and open sessions stay', async () => {
  const real = createEmbeddedTransport()
  let state: TransportStatus['state'] | undefined
  const transport = wrapTransport(real, {
    status: () => ({ ...real.status(), state: state ?? real.status().state }),
  })
  await using system = await startGateway({ transport })
  const client = await TestClient.welcomed(system.url)
  for (state of ['connecting', 'disconnected', 'closed'] as const) {
    expect(await TestClient.refused(system.url)).toMatchObject({
      statusCode: 503,
      body: { code: 'broker_unavailable' },
    })
  }
  client.send({ type: 'ping' })
  expect(await client.json()).toEqual({ type: 'pong' })
  state = 'connected'
  await (await TestClient.open(system.url)).close()
})

async function startWithSlowEngine(): Promise<{
  system: StartedGateway
  held: Queue<(receipt: PublishReceipt) => void>
}> {
  const held = new Queue<(receipt: PublishReceipt) => void>()
  const transport = wrapTransport(createEmbeddedTransport(), {
    publishInbound: () => new Promise((resolve) => held.push(resolve)),
  })
  return { system: await startGateway({ transport }), held }
}

describe('drain', () => {
  test('acknowledges what is in flight, tells v1 clients, closes with 1012, and refuses new upgrades meanwhile', async () => {
    const { system, held } = await startWithSlowEngine()
    await using _system = system
    const v1 = await TestClient.welcomed(system.url)
    const plain = await TestClient.open(system.url)
    for (let n = 0; n < 3; n += 1) v1.send({ actor: 'a', actorId: 'b', id: `f${n}` })
    plain.send({ actor: 'a', actorId: 'b' })
    await held.length(4)
    let isDrained = false
    const drained = system.gateway.drain().then(() => (isDrained = true))
    expect(await TestClient.refused(system.url)).toMatchObject({
      statusCode: 503,
      headers: { 'retry-after': '1' },
      body: { code: 'draining' },
    })
    // Not taken any more: the client keeps it, since it is not acknowledged.
    v1.send({ actor: 'a', actorId: 'b', id: 'late' })
    expect(isDrained).toBe(false)
    const [first, ...others] = held.all
    first!({ sequence: 1, duplicate: false })
    // There is room again, and the time in which the late frame would have been read.
    for (let n = 0; n < 5; n += 1) await TestClient.refused(system.url)
    for (const resolve of others) resolve({ sequence: 1, duplicate: false })
    await drained
    const answers = (await v1.frames.length(5))
      .slice(1)
      .map((text) => JSON.parse(text) as Record<string, unknown>)
    expect(answers).toEqual([
      ...[1, 2, 3].map((seq) => ({ type: 'ack', seq, id: `f${seq - 1}` })),
      { type: 'error', code: 'draining', message: 'this gateway is shutting down' },
    ])
    expect(await v1.closed).toEqual({ code: 1012, reason: 'draining' })
    expect(await plain.closed).toEqual({ code: 1012, reason: 'draining' })
    expect(plain.frames.all).toEqual([])
    expect(held.all).toHaveLength(4)
    expect(system.gateway.stats()).toMatchObject({ sessions: 0, connections: 0, acked: 4 })
  })

  test('waits no longer than it may for an engine that does not answer', async () => {
    const { system, held } = await startWithSlowEngine()
    await using _system = system
    const client = await TestClient.welcomed(system.url)
    client.send({ actor: 'a', actorId: 'b' })
    await held.next()
    await system.gateway.drain({ timeoutMs: 50 })
    await client.closed
    expect(system.gateway.stats().sessions).toBe(0)
  })

  test('waits no longer than it may for a client that does not answer', async () => {
    await using system = await startGateway()
    const peer = await RawPeer.upgraded(system.port)
    peer.socket.pause()
    const start = performance.now()
    await system.gateway.drain({ timeoutMs: 100 })
    expect(performance.now() - start).toBeLessThan(1000)
    expect(system.gateway.stats()).toMatchObject({ sessions: 0 })
    peer.socket.destroy()
  })

  test('removes the consumer and leaves the transport to its owner', async () => {
    const { transport, open } = counting(createEmbeddedTransport())
    await using system = await startGateway({ transport })
    await system.gateway.drain()
    expect(open()).toBe(0)
    expect(transport.status().state).toBe('connected')
  })

  test('and close are idempotent, in any order', async () => {
    for (const order of [
      ['drain', 'drain', 'close', 'close'],
      ['close', 'drain', 'close'],
      ['close', 'close'],
    ] as const) {
      await using system = await startGateway()
      const client = await TestClient.open(system.url)
      await Promise.all(order.map((end) => system.gateway[end]()))
      for (const end of order) await system.gateway[end]()
      await client.closed
      expect(system.gateway.stats()).toMatchObject({ sessions: 0, connections: 0 })
    }
  })

  test('is what disposal does', async () => {
    await using system = await startGateway()
    const client = await TestClient.open(system.url)
    await system.gateway[Symbol.asyncDispose]()
    expect((await client.closed).code).toBe(1012)
  })

  test('lets frames that come after it go unanswered rather than half done', async () => {
    await using system = await startGateway()
    const peer = await RawPeer.upgraded(system.port)
    const drained = system.gateway.drain()
    for (let n = 0; n < 100; n += 1) peer.socket.write(frame('{"actor":"a","actorId":"b"}'))
    await drained
    expect(system.gateway.stats()).toMatchObject({ framesIn: 0, acked: 0 })
  })
})

describe('close', () => {
  test('ends a drain that waits', async () => {
    const { system, held } = await startWithSlowEngine()
    await using _system = system
    const client = await TestClient.welcomed(system.url)
    client.send({ actor: 'a', actorId: 'b' })
    await held.next()
    const drained = system.gateway.drain({ timeoutMs: 60_000 })
    await system.gateway.close()
    await drained
    expect((await client.closed).code).toBe(1006)
  })

  test('is done when all sessions are, and their notices published', async () => {
    await using system = await startGateway()
    const subjects: string[] = []
    await system.transport.subscribeEvents('session.disconnected.>', (_payload, subject) =>
      subjects.push(subject),
    )
    await Promise.all(Array.from({ length: 20 }, () => TestClient.open(system.url)))
    await system.gateway.close()
    expect(system.gateway.stats().sessions).toBe(0)
    await vi.waitFor(() => expect(subjects).toHaveLength(20))
  })
})

describe('paths', () => {
  test('are those of the options', async () => {
    await using system = await startGateway({ paths: ['/a/b'] })
    const base = system.url.replace('/ws', '')
    await (await TestClient.open(`${base}/a/b?x=/ws`)).close()
    for (const path of ['/', '/ws', '/a', '/a/b/', '/A/b'])
      expect((await TestClient.refused(base + path)).body.code).toBe('not_found')
  })

  test('of a request can be asked for', async () => {
    await using system = await startGateway()
    const handles = (url: string): boolean => system.gateway.handles({ url } as never)
    expect(['/ws', '/', '/?x', '/ws?token=a', '/ws#x'].every(handles)).toBe(true)
    expect(['', '*', '//', '//ws', 'ws', 'http://a/ws', '/socket.io/'].some(handles)).toBe(false)
  })
})
