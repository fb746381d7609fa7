import { freePort, startNatsServer } from '@portcullis/test-servers'
import { describe, expect, test } from 'vitest'
import type { InboundDelivery, OutboundDelivery, Transport } from '../../src/index.ts'
import { INBOUND_STREAM, OUTBOUND_STREAM, type StreamStorage } from '../../src/nats/index.ts'
import { Collected } from '../../src/testing/collect.ts'
import { eventually, natsTransport, observer, startedTransport, untilStatus } from '../support/nats.ts'
import { codeOf, inbound, numberOf, numbers, outbound, range, SCOPE } from '../support/messages.ts'

const PATIENT = { deadlineMs: Number.POSITIVE_INFINITY }

describe('start', () => {
  test('waits for a server that is not there yet, and says so', async () => {
    const port = await freePort()
    const transport = natsTransport(`nats://127.0.0.1:${port}`)
    const starting = transport.start()
    const status = await untilStatus(transport, 'disconnected')
    expect(status.error).toBeInstanceOf(Error)
    expect(await codeOf(transport.publishInbound(inbound(1), { deadlineMs: 50 }))).toBe(
      'ERR_TRANSPORT_UNAVAILABLE',
    )
    const received = new Collected<OutboundDelivery>()
    const heard = new Collected<string>()
    await transport.subscribeOutbound({ gatewayId: 'gw' }, received.push)
    await transport.subscribeEvents('x.>', (_payload, subject) => heard.push(subject))
    transport.publishEvent('x.early', Buffer.alloc(0))
    const early = transport.publishOutbound(outbound(1), PATIENT)
    await using server = await startNatsServer({ port })
    await starting
    await early
    expect(numbers(await received.atLeast(1))).toEqual([1])
    expect(await heard.atLeast(1)).toEqual(['x.early'])
    expect(server.port).toBe(port)
    await transport.close()
  })

  test('ends with the reason of its signal, before or while it waits, and closes the transport', async () => {
    const url = `nats://127.0.0.1:${await freePort()}`
    for (const isEarly of [true, false]) {
      const transport = natsTransport(url)
      const controller = new AbortController()
      if (isEarly) controller.abort(new Error('enough'))
      const starting = transport.start({ signal: controller.signal })
      if (!isEarly) setImmediate(() => controller.abort(new Error('enough')))
      await expect(starting).rejects.toThrow('enough')
      await expect(transport.closed).resolves.toMatchObject({ message: 'enough' })
      expect(transport.status().state).toBe('closed')
    }
  })

  test('ends with a code when the transport is closed meanwhile', async () => {
    const transport = natsTransport(`nats://127.0.0.1:${await freePort()}`)
    const starting = codeOf(transport.start())
    await transport.close()
    expect(await starting).toBe('ERR_TRANSPORT_CLOSED')
    expect(await codeOf(transport.start())).toBe('ERR_TRANSPORT_CLOSED')
    await expect(transport.closed).resolves.toBeUndefined()
  })

  test('with a server that is wrong about the credentials keeps trying, and says why', async () => {
    await using server = await startNatsServer({ config: 'authorization { user: a, password: b }\n' })
    const transport = natsTransport(server.url, { connection: { user: 'a', pass: 'wrong' } })
    const starting = codeOf(transport.start())
    const status = await untilStatus(transport, 'disconnected')
    expect(String(status.error)).toMatch(/authoriz/i)
    await transport.close()
    expect(await starting).toBe('ERR_TRANSPORT_CLOSED')
  })
})

/** Publishes without pause until told to stop; every publication waits for as long as it takes. */
function traffic(transport: Transport): () => Promise<number> {
  let isOn = true
  let count = 0
  const held: Promise<unknown>[] = []
  const run = (async () => {
    for (; isOn; count += 1) {
      held.push(transport.publishInbound(inbound(count, { actorId: `i${count % 3}` }), PATIENT))
      if (count % 50 === 0) await new Promise((resolve) => setTimeout(resolve, 5))
    }
  })()
  return async () => {
    isOn = false
    await run
    await Promise.all(held)
    return count
  }
}

function takeAll(transport: Transport): Promise<Collected<number>> {
  const numbersTaken = new Collected<number>()
  const seen = new Set<number>()
  return transport
    .consumeInbound({
      scope: SCOPE,
      actor: 'room',
      onDelivery: (delivery) => {
        // At least once: a repetition is acknowledged again.
        if (!seen.has(numberOf(delivery))) numbersTaken.push(numberOf(delivery))
        seen.add(numberOf(delivery))
        delivery.ack()
      },
    })
    .then(() => numbersTaken)
}

test('SIGKILL in the middle of publishing to files: nothing is lost, stored twice or out of order', async () => {
  await using server = await startNatsServer()
  const transport = await startedTransport(server.url)
  const stop = traffic(transport)
  await untilStatus(transport, ({ pendingCount }) => pendingCount >= 0)
  await eventually(
    async () => (await observer(server.url)).jsm.streams.info(INBOUND_STREAM),
    ({ state }) => state.messages > 500,
  )
  await server.kill()
  await untilStatus(transport, 'disconnected')
  await server.restart()
  await untilStatus(transport, 'connected')
  const count = await stop()
  const { jsm } = await observer(server.url)
  // Nobody consumes yet: every message is there, once.
  expect((await jsm.streams.info(INBOUND_STREAM)).state.messages).toBe(count)
  const taken = await takeAll(transport)
  expect(await taken.atLeast(count)).toEqual(range(0, count))
  await transport.close()
})

test('SIGKILL in the middle of consuming: every message comes, in order', async () => {
  await using server = await startNatsServer()
  const [transport, worker] = [await startedTransport(server.url), await startedTransport(server.url)]
  const stop = traffic(transport)
  const taken = await takeAll(worker)
  await taken.atLeast(300)
  await server.kill()
  await untilStatus(worker, 'disconnected')
  await server.restart()
  await Promise.all([untilStatus(transport, 'connected'), untilStatus(worker, 'connected')])
  const count = await stop()
  expect(await taken.atLeast(count)).toEqual(range(0, count))
  await Promise.all([transport.close(), worker.close()])
})

test('a memory server that restarts: streams are made again, traffic goes on, outbound from the beginning', async () => {
  await using server = await startNatsServer()
  const memory = { storage: 'memory' satisfies StreamStorage } as const
  const [gateway, worker] = [
    await startedTransport(server.url, memory),
    await startedTransport(server.url, memory),
  ]
  const received = new Collected<OutboundDelivery>()
  const handled = new Collected<InboundDelivery>()
  await gateway.subscribeOutbound({ gatewayId: 'gw' }, received.push)
  await worker.consumeInbound({
    scope: SCOPE,
    actor: 'room',
    onDelivery: (delivery) => {
      delivery.ack()
      handled.push(delivery)
    },
  })
  for (const n of range(0, 20)) await worker.publishOutbound(outbound(n))
  await gateway.publishInbound(inbound(0))
  await Promise.all([received.atLeast(20), handled.atLeast(1)])
  await server.kill()
  await Promise.all([untilStatus(gateway, 'disconnected'), untilStatus(worker, 'disconnected')])
  const held = [gateway.publishInbound(inbound(1), PATIENT), worker.publishOutbound(outbound(20), PATIENT)]
  await server.restart()
  const [, out] = await Promise.all(held)
  // The sequences began anew, below what the subscription had seen.
  expect(out?.sequence).toBe(1)
  expect(numbers(await received.atLeast(21)).at(-1)).toBe(20)
  expect(numberOf((await handled.atLeast(2))[1] as InboundDelivery)).toBe(1)
  await Promise.all([gateway.close(), worker.close()])
})

test('a server that does not answer but keeps its connections is noticed, and traffic resumes with it', async () => {
  await using server = await startNatsServer()
  const transport = await startedTransport(server.url)
  const heard = new Collected<string>()
  await (
    await startedTransport(server.url)
  ).subscribeEvents('x.>', (_payload, subject) => heard.push(subject))
  const received = new Collected<OutboundDelivery>()
  await transport.subscribeOutbound({ gatewayId: 'gw' }, received.push)
  await transport.publishOutbound(outbound(0))
  await server.pause()
  const pausedAt = Date.now()
  // Not known to be away yet: the wait for the acknowledgement ends it.
  const unanswered = codeOf(transport.publishInbound(inbound(1), { deadlineMs: 500 }))
  const held = transport.publishOutbound(outbound(1), PATIENT)
  expect(await unanswered).toBe('ERR_TRANSPORT_TIMEOUT')
  expect(Date.now() - pausedAt).toBeLessThan(1000)
  await untilStatus(transport, 'disconnected')
  expect(Date.now() - pausedAt).toBeLessThan(5000)
  expect(await codeOf(transport.publishInbound(inbound(2), { deadlineMs: 300 }))).toBe(
    'ERR_TRANSPORT_UNAVAILABLE',
  )
  transport.publishEvent('x.meanwhile', Buffer.alloc(0))
  server.resume()
  await untilStatus(transport, 'connected')
  // Written before the pause was known, and again after it: stored once.
  await held
  await transport.publishOutbound(outbound(2))
  expect(numbers(await received.atLeast(3))).toEqual([0, 1, 2])
  expect(await heard.atLeast(1)).toEqual(['x.meanwhile'])
  await transport.close()
})

test('a close is not held up by a server that does not answer', async () => {
  await using server = await startNatsServer()
  const transport = await startedTransport(server.url)
  await transport.consumeInbound({ scope: SCOPE, actor: 'room', onDelivery: () => undefined })
  await transport.subscribeOutbound({ gatewayId: 'gw' }, () => undefined)
  await server.pause()
  const startedAt = Date.now()
  await transport.close()
  expect(Date.now() - startedAt).toBeLessThan(2500)
  server.resume()
})

describe('a stream that is deleted while connected', () => {
  test('is made again, and the message that found it missing is stored', async () => {
    await using server = await startNatsServer()
    const transport = await startedTransport(server.url)
    const { jsm } = await observer(server.url)
    await jsm.streams.delete(INBOUND_STREAM)
    expect(await transport.publishInbound(inbound(1))).toEqual({ sequence: 1, duplicate: false })
    expect((await jsm.streams.info(INBOUND_STREAM)).config.max_bytes).toBe(512 * 1024 * 1024)
    await transport.close()
  })

  test('with a worker on it is made again for the worker, which goes on', async () => {
    await using server = await startNatsServer()
    const worker = await startedTransport(server.url)
    const handled = new Collected<InboundDelivery>()
    await worker.consumeInbound({
      scope: SCOPE,
      actor: 'room',
      onDelivery: (delivery) => {
        delivery.ack()
        handled.push(delivery)
      },
    })
    await worker.publishInbound(inbound(1))
    await handled.atLeast(1)
    const { jsm } = await observer(server.url)
    await jsm.streams.delete(INBOUND_STREAM)
    await eventually(
      () => jsm.consumers.info(INBOUND_STREAM, 'rt-w-p-room').catch(() => null),
      (info) => info !== null,
    )
    await worker.publishInbound(inbound(2))
    expect((await handled.atLeast(2)).map(numberOf)).toEqual([1, 2])
    await worker.close()
  })

  test('and filled anew by others is read from its beginning by those who followed the old one', async () => {
    await using server = await startNatsServer()
    const [gateway, worker] = [await startedTransport(server.url), await startedTransport(server.url)]
    const received = new Collected<OutboundDelivery>()
    await gateway.subscribeOutbound({ gatewayId: 'gw' }, received.push)
    for (const n of range(0, 20)) await worker.publishOutbound(outbound(n))
    await received.atLeast(20)
    const { jsm } = await observer(server.url)
    const { config } = await jsm.streams.info(OUTBOUND_STREAM)
    await jsm.streams.delete(OUTBOUND_STREAM)
    await jsm.streams.add(config)
    for (const n of range(20, 25)) await worker.publishOutbound(outbound(n))
    expect(numbers(await received.atLeast(25))).toEqual(range(0, 25))
    await Promise.all([gateway.close(), worker.close()])
  })

  test('again and again does not make the transport spin', async () => {
    await using server = await startNatsServer()
    const transport = await startedTransport(server.url)
    const { connection, jsm } = await observer(server.url)
    let infos = 0
    connection.subscribe('$JS.API.STREAM.INFO.*', { callback: () => void (infos += 1) })
    await connection.flush()
    // The subject is taken from INBOUND although the stream is there: only the publication notices.
    await jsm.streams.delete(INBOUND_STREAM)
    const held = transport.publishInbound(inbound(1), { deadlineMs: 1500 })
    await held.catch(() => undefined)
    for (let n = 0; n < 3; n += 1) {
      await jsm.streams.delete(INBOUND_STREAM)
      await transport.publishInbound(inbound(n + 2))
    }
    expect(infos).toBeLessThan(40)
    await transport.close()
  })
})

test('a consumer that is deleted under a worker or a gateway is made again, and nothing is missed', async () => {
  await using server = await startNatsServer()
  const transport = await startedTransport(server.url)
  const handled = new Collected<InboundDelivery>()
  const received = new Collected<OutboundDelivery>()
  await transport.consumeInbound({
    scope: SCOPE,
    actor: 'room',
    onDelivery: (delivery) => {
      delivery.ack()
      handled.push(delivery)
    },
  })
  await transport.subscribeOutbound({ gatewayId: 'gw' }, received.push)
  await transport.publishInbound(inbound(1))
  await transport.publishOutbound(outbound(1))
  await Promise.all([handled.atLeast(1), received.atLeast(1)])
  const { jsm } = await observer(server.url)
  for (const stream of [INBOUND_STREAM, OUTBOUND_STREAM]) {
    for await (const { name } of jsm.consumers.list(stream)) await jsm.consumers.delete(stream, name)
  }
  await transport.publishInbound(inbound(2))
  await transport.publishOutbound(outbound(2))
  expect((await handled.atLeast(2)).map(numberOf)).toEqual([1, 2])
  expect(numbers(await received.atLeast(2))).toEqual([1, 2])
  await transport.close()
})

test('what a callback throws ends neither the connection nor the subscription', async () => {
  await using server = await startNatsServer()
  const transport = await startedTransport(server.url)
  const thrown: unknown[] = []
  const listeners = process.listeners('uncaughtException')
  process.removeAllListeners('uncaughtException')
  process.on('uncaughtException', (error) => thrown.push(error))
  try {
    const [handled, received, heard] = [
      new Collected<number>(),
      new Collected<number>(),
      new Collected<number>(),
    ]
    const throwing = (collected: Collected<number>) => (item: { payload: Uint8Array }) => {
      collected.push(numberOf(item))
      throw new Error('from a callback')
    }
    await transport.consumeInbound({
      scope: SCOPE,
      actor: 'room',
      onDelivery: throwing(handled),
      onActive: () => {
        throw new Error('from a callback')
      },
    })
    await transport.subscribeOutbound({ gatewayId: 'gw' }, throwing(received))
    await transport.subscribeEvents('x.*', (payload) => throwing(heard)({ payload }))
    for (const n of [1, 2]) {
      await transport.publishInbound(inbound(n))
      await transport.publishOutbound(outbound(n))
      transport.publishEvent('x.y', inbound(n).payload)
    }
    for (const collected of [handled, received, heard]) expect(await collected.atLeast(2)).toEqual([1, 2])
    expect(transport.status().state).toBe('connected')
    await transport.close()
    // Two of each, and the turns to active and back.
    expect(thrown.length).toBe(8)
  } finally {
    process.removeAllListeners('uncaughtException')
    for (const listener of listeners) process.on('uncaughtException', listener)
  }
})
