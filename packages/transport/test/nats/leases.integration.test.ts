import { startNatsServer, startTcpProxy, type NatsServer, type TcpProxy } from '@portcullis/test-servers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { InboundDelivery, Scope, Transport } from '../../src/index.ts'
import { INBOUND_STREAM } from '../../src/nats/index.ts'
import { Collected } from '../../src/testing/collect.ts'
import { eventually, observer, startedTransport, untilStatus } from '../support/nats.ts'
import { codeOf, inbound, numberOf, numbers, range, unique } from '../support/messages.ts'

let server: NatsServer
beforeAll(async () => {
  server = await startNatsServer()
})
afterAll(() => server[Symbol.asyncDispose]())

const scopeOf = (): Scope => ({ workspaceId: unique(), projectId: 'p' })

interface TestWorker {
  transport: Transport
  proxy: TcpProxy
  received: Collected<InboundDelivery>
  /** `true resumed`, `true fresh` or `false`. */
  active: Collected<string>
  /** Dies: the server loses the connection, and nothing is given back. */
  die(): void
}

/** A worker behind a proxy of its own. It acknowledges nothing by itself. */
async function startWorker(scope: Scope, ackWaitMs = 30_000): Promise<TestWorker> {
  const proxy = await startTcpProxy(server.url)
  const transport = await startedTransport(proxy.url)
  const received = new Collected<InboundDelivery>()
  const active = new Collected<string>()
  await transport.consumeInbound({
    scope,
    actor: 'room',
    ackWaitMs,
    onDelivery: received.push,
    onActive: (isActive, resumed) =>
      active.push(isActive ? `true ${resumed ? 'resumed' : 'fresh'}` : 'false'),
  })
  return { transport, proxy, received, active, die: () => proxy.cut() }
}

const durableName = (scope: Scope): string => `rt-${scope.workspaceId}-p-room`

describe('a takeover', () => {
  test('from a worker that is cut off happens within seconds, with what it had in hand first and in order', async () => {
    const scope = scopeOf()
    const first = await startWorker(scope)
    const second = await startWorker(scope)
    const gateway = await startedTransport(server.url)
    for (const n of range(0, 10)) await gateway.publishInbound(inbound(n, { scope }))
    const held = await first.received.atLeast(10)
    for (const n of [0, 1, 5]) held[n]?.ack()
    await eventually(
      async () => (await observer(server.url)).jsm.consumers.info(INBOUND_STREAM, durableName(scope)),
      (info) => info.num_ack_pending === 7,
    )
    first.die()
    const diedAt = Date.now()
    for (const n of range(10, 15)) await gateway.publishInbound(inbound(n, { scope }))
    const taken = await second.received.atLeast(12)
    expect(Date.now() - diedAt).toBeLessThan(6000)
    expect(numbers(taken)).toEqual([2, 3, 4, 6, 7, 8, 9, ...range(10, 15)])
    // In the hands of one that died, and then of this one.
    expect(taken.slice(0, 7).map((delivery) => delivery.attempt)).toEqual(Array.from({ length: 7 }, () => 2))
    expect(first.active.items).toEqual(['true fresh', 'false'])
    expect(second.active.items).toEqual(['true fresh'])
  })

  test('from a worker that closes happens at once and counts as no attempt, however often', async () => {
    const scope = scopeOf()
    const gateway = await startedTransport(server.url)
    for (const n of range(0, 5)) await gateway.publishInbound(inbound(n, { scope }))
    for (let round = 0; round < 4; round += 1) {
      const worker = await startWorker(scope)
      const held = await worker.received.atLeast(5)
      expect(held.map((delivery) => delivery.attempt)).toEqual([1, 1, 1, 1, 1])
      await (round % 2 === 0 ? worker.transport.close() : worker.transport.drain())
    }
  })

  test('leaves the one that comes back standing by', async () => {
    const scope = scopeOf()
    const first = await startWorker(scope)
    const second = await startWorker(scope)
    first.die()
    await second.active.atLeast(1)
    first.proxy.restore()
    await untilStatus(first.transport, 'connected')
    const gateway = await startedTransport(server.url)
    await gateway.publishInbound(inbound(1, { scope }))
    await second.received.atLeast(1)
    // And the other way round: what the second does not acknowledge is the first's again, from the start.
    second.die()
    expect(numbers(await first.received.atLeast(1))).toEqual([1])
    expect(first.active.items).toEqual(['true fresh', 'false', 'true fresh'])
  })
})

describe('a short cut', () => {
  test('resumes: what was in hand stays so, what was lost on the way comes before what is new', async () => {
    const scope = scopeOf()
    const worker = await startWorker(scope)
    const gateway = await startedTransport(server.url)
    for (const n of range(0, 3)) await gateway.publishInbound(inbound(n, { scope }))
    await worker.received.atLeast(3)
    // Given to the connection by the server, never seen by the worker.
    worker.proxy.mute()
    for (const n of range(3, 6)) await gateway.publishInbound(inbound(n, { scope }))
    await eventually(
      async () => (await observer(server.url)).jsm.consumers.info(INBOUND_STREAM, durableName(scope)),
      (info) => info.num_ack_pending === 6,
    )
    worker.proxy.cut()
    await untilStatus(worker.transport, 'disconnected')
    worker.proxy.unmute()
    worker.proxy.restore()
    for (const n of range(6, 9)) await gateway.publishInbound(inbound(n, { scope }))
    const received = await worker.received.atLeast(3 + 9)
    expect(numbers(received).slice(3)).toEqual(range(0, 9))
    expect(received.every((delivery) => delivery.attempt === 1)).toBe(true)
    expect(worker.active.items.at(-1)).toMatch(/^true/)
  })

  test('does not lose an ack that was on its way', async () => {
    const scope = scopeOf()
    const worker = await startWorker(scope)
    const gateway = await startedTransport(server.url)
    for (const n of range(0, 3)) await gateway.publishInbound(inbound(n, { scope }))
    const held = await worker.received.atLeast(3)
    worker.proxy.cut()
    await untilStatus(worker.transport, 'disconnected')
    for (const delivery of held) delivery.ack()
    worker.proxy.restore()
    await eventually(
      async () => (await observer(server.url)).jsm.consumers.info(INBOUND_STREAM, durableName(scope)),
      (info) => info.num_ack_pending === 0 && info.num_pending === 0,
    )
  })
})

test('an ack for an earlier life of the stream does not hit a message of the present one', async () => {
  await using own = await startNatsServer()
  const transport = await startedTransport(own.url)
  const received = new Collected<InboundDelivery>()
  const scope = scopeOf()
  await transport.consumeInbound({ scope, actor: 'room', onDelivery: received.push })
  await transport.publishInbound(inbound(1, { scope }))
  const [old] = await received.atLeast(1)
  const { jsm } = await observer(own.url)
  await jsm.streams.delete(INBOUND_STREAM)
  await transport.publishInbound(inbound(2, { scope }))
  const [, present] = await received.atLeast(2)
  expect(present?.sequence).toBe(old?.sequence)
  old?.ack()
  old?.touch()
  await transport.publishInbound(inbound(3, { scope }))
  await received.atLeast(3)
  expect((await jsm.streams.info(INBOUND_STREAM)).state.messages).toBe(2)
  present?.ack()
  await eventually(
    () => jsm.streams.info(INBOUND_STREAM),
    ({ state }) => state.messages === 1,
  )
  await transport.close()
})

test('a message that kills its workers is delivered alone in the end, and the window widens behind it', async () => {
  const scope = scopeOf()
  const gateway = await startedTransport(server.url)
  for (const n of range(0, 6)) await gateway.publishInbound(inbound(n, { scope }))
  for (const attempt of [1, 2]) {
    const worker = await startWorker(scope)
    const held = await worker.received.atLeast(6)
    expect(held.map((delivery) => delivery.attempt)).toEqual(Array.from({ length: 6 }, () => attempt))
    worker.die()
  }
  const third = await startWorker(scope)
  const { jsm } = await observer(server.url)
  await third.received.atLeast(1)
  expect((await jsm.consumers.info(INBOUND_STREAM, durableName(scope))).config.max_ack_pending).toBe(1)
  await gateway.publishInbound(inbound(6, { scope }))
  for (const n of range(0, 6)) {
    const held = await third.received.atLeast(n + 1)
    expect(held).toHaveLength(n + 1)
    expect([numberOf(held[n] as InboundDelivery), held[n]?.attempt]).toEqual([n, 3])
    held[n]?.ack()
  }
  // The first that no dead worker had in hand.
  expect((await third.received.atLeast(7)).map((delivery) => delivery.attempt).at(-1)).toBe(1)
  await eventually(
    () => jsm.consumers.info(INBOUND_STREAM, durableName(scope)),
    ({ config }) => config.max_ack_pending === 256 && !config.description,
  )
})

test('of two scopes whose consumer name is the same the second is refused, and takes no message of the first', async () => {
  const [one, two] = [
    { workspaceId: 'a-b', projectId: 'c' },
    { workspaceId: 'a', projectId: 'b-c' },
  ]
  const transport = await startedTransport(server.url)
  const [ofOne, ofTwo] = [new Collected<InboundDelivery>(), new Collected<InboundDelivery>()]
  await transport.consumeInbound({ scope: one, actor: 'room', onDelivery: ofOne.push })
  expect(await codeOf(transport.consumeInbound({ scope: two, actor: 'room', onDelivery: ofTwo.push }))).toBe(
    'ERR_TRANSPORT_CONSUMER_CONFLICT',
  )
  await transport.publishInbound(inbound(2, { scope: two }))
  await transport.publishInbound(inbound(1, { scope: one }))
  expect(numbers(await ofOne.atLeast(1))).toEqual([1])
  expect(ofTwo.items).toEqual([])
})

test('a durable consumer of zocket’s runtime is taken over as it is; one with a limit of deliveries is made anew', async () => {
  const { jsm } = await observer(server.url)
  const transport = await startedTransport(server.url)
  for (const maxDeliver of [-1, 3]) {
    const scope = scopeOf()
    const made = await jsm.consumers.add(INBOUND_STREAM, {
      durable_name: durableName(scope),
      filter_subject: `inbound.${scope.workspaceId}.p.room.>`,
      ack_policy: 'explicit',
      max_ack_pending: 256,
      max_deliver: maxDeliver,
    })
    await transport.publishInbound(inbound(1, { scope }))
    const received = new Collected<InboundDelivery>()
    await transport.consumeInbound({ scope, actor: 'room', onDelivery: received.push })
    await received.atLeast(1)
    const { created, config } = await jsm.consumers.info(INBOUND_STREAM, durableName(scope))
    expect(created === made.created).toBe(maxDeliver === -1)
    expect(config.max_deliver).toBe(-1)
  }
})

test('a lease bucket that disappears is made again, and the worker stays active', async () => {
  await using own = await startNatsServer()
  const transport = await startedTransport(own.url)
  const received = new Collected<InboundDelivery>()
  const scope = scopeOf()
  await transport.consumeInbound({ scope, actor: 'room', onDelivery: received.push })
  const { jsm } = await observer(own.url)
  await jsm.streams.delete('KV_PORTCULLIS_LEASES')
  await eventually(
    () => jsm.streams.info('KV_PORTCULLIS_LEASES').catch(() => null),
    (info) => (info?.state.messages ?? 0) > 0,
  )
  await transport.publishInbound(inbound(1, { scope }))
  expect(numbers(await received.atLeast(1))).toEqual([1])
  await transport.close()
})

test('a worker with another lease time keeps to the one that is in force', async () => {
  const scope = scopeOf()
  // The bucket of this server was made for 1000 ms; renewing every 15 s would lose the lease again and again.
  await startWorker(scopeOf())
  const transport = await startedTransport(server.url, { leaseMs: 60_000 })
  const active: boolean[] = []
  await transport.consumeInbound({
    scope,
    actor: 'room',
    onDelivery: () => undefined,
    onActive: (isActive) => active.push(isActive),
  })
  const { jsm } = await observer(server.url)
  const revision = async () =>
    (
      await jsm.streams.getMessage('KV_PORTCULLIS_LEASES', {
        last_by_subj: `$KV.PORTCULLIS_LEASES.${scope.workspaceId}.p.room`,
      })
    )?.seq ?? 0
  const first = await revision()
  await eventually(revision, (now) => now > first, 2000)
  expect(active).toEqual([true])
})
