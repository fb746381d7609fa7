import { startNatsServer, startTcpProxy, type NatsServer } from '@portcullis/test-servers'
import { jetstream, type StreamConfig } from '@nats-io/jetstream'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { INBOUND_STREAM } from '../../src/nats/index.ts'
import { eventually, natsTransport, observer, startedTransport, untilStatus } from '../support/nats.ts'
import { codeOf, inbound, numberOf, outbound, range, SCOPE, unique } from '../support/messages.ts'

let server: NatsServer
beforeAll(async () => {
  server = await startNatsServer()
})
afterAll(() => server[Symbol.asyncDispose]())

test('what is held beyond a count is refused, and taken again once acknowledged', async () => {
  const transport = await startedTransport(server.url, { maxPendingCount: 2 })
  const [one, two] = [transport.publishInbound(inbound(1)), transport.publishInbound(inbound(2))]
  expect(transport.status().pendingCount).toBe(2)
  expect(await codeOf(transport.publishInbound(inbound(3)))).toBe('ERR_TRANSPORT_BACKLOG_FULL')
  await Promise.all([one, two])
  await transport.publishInbound(inbound(3))
  expect(transport.status()).toMatchObject({ pendingCount: 0, pendingBytes: 0 })
})

test('what is held beyond bytes is refused', async () => {
  const transport = await startedTransport(server.url, { maxPendingBytes: 100 })
  const held = transport.publishInbound(inbound(1, { payload: Buffer.alloc(60) }))
  expect(await codeOf(transport.publishInbound(inbound(2, { payload: Buffer.alloc(41) })))).toBe(
    'ERR_TRANSPORT_BACKLOG_FULL',
  )
  await held
})

test('a full INBOUND refuses, an OUTBOUND forgets the oldest', async () => {
  await using own = await startNatsServer()
  const transport = await startedTransport(own.url, {
    inboundMaxBytes: 10_000,
    outboundMaxBytes: 10_000,
    maxMessageBytes: 5000,
  })
  const large = { payload: Buffer.alloc(4000) }
  await transport.publishInbound(inbound(1, large))
  await transport.publishInbound(inbound(2, large))
  expect(await codeOf(transport.publishInbound(inbound(3, large)))).toBe('ERR_TRANSPORT_STREAM_FULL')
  for (const n of range(0, 5)) await transport.publishOutbound(outbound(n, large))
  // Room again after an ack.
  await transport.consumeInbound({ scope: SCOPE, actor: 'room', onDelivery: (delivery) => delivery.ack() })
  await eventually(
    () => codeOf(transport.publishInbound(inbound(4, large))),
    (code) => code !== 'ERR_TRANSPORT_STREAM_FULL',
  )
})

test('a message that is too large for the options, the stream or the server is refused, and the connection stays', async () => {
  const small = await startNatsServer({ config: 'max_payload: 2000\n' })
  try {
    const transport = await startedTransport(small.url)
    expect(await codeOf(transport.publishInbound(inbound(1, { payload: Buffer.alloc(2000) })))).toBe(
      'ERR_TRANSPORT_TOO_LARGE',
    )
    await transport.publishInbound(inbound(1, { payload: Buffer.alloc(1400), messageId: 'x'.repeat(256) }))
    const { jsm } = await observer(small.url)
    await jsm.streams.update(INBOUND_STREAM, { max_msg_size: 1000 })
    expect(await codeOf(transport.publishInbound(inbound(2, { payload: Buffer.alloc(1100) })))).toBe(
      'ERR_TRANSPORT_TOO_LARGE',
    )
    expect(transport.status().state).toBe('connected')
  } finally {
    await small[Symbol.asyncDispose]()
  }
})

test('what the server refuses for a reason of its own is refused with it as the cause', async () => {
  await using own = await startNatsServer()
  const transport = await startedTransport(own.url)
  const { jsm } = await observer(own.url)
  await jsm.streams.update(INBOUND_STREAM, { sealed: true } as Partial<StreamConfig>)
  const error: unknown = await transport.publishInbound(inbound(1)).catch((reason: unknown) => reason)
  expect(error).toMatchObject({
    code: 'ERR_TRANSPORT_REFUSED',
    retryable: false,
    cause: expect.any(Error) as Error,
  })
})

test('a lost acknowledgement: sent again under the same id, stored once', async () => {
  await using proxy = await startTcpProxy(server.url)
  const transport = await startedTransport(proxy.url, { ackTimeoutMs: 300 })
  const { connection } = await observer(server.url)
  const id = unique()
  const sent: string[] = []
  const twice = new Promise<void>((resolve) => {
    connection.subscribe('inbound.w.p.lossy.*', {
      callback: (_error, message) => {
        if (sent.push(message.headers?.get('Nats-Msg-Id') ?? '') === 1) setTimeout(() => proxy.unmute(), 50)
        if (sent.length === 2) resolve()
      },
    })
  })
  await connection.flush()
  proxy.mute()
  const receipt = await transport.publishInbound(inbound(1, { actor: 'lossy', messageId: id }))
  await twice
  expect(receipt.duplicate).toBe(true)
  expect(sent).toEqual([id, id])
})

test('an unanswered message is sent four times, then refused as timed out', async () => {
  await using proxy = await startTcpProxy(server.url)
  const transport = await startedTransport(proxy.url, { ackTimeoutMs: 50 })
  const { connection } = await observer(server.url)
  let sends = 0
  connection.subscribe('inbound.w.p.silent.*', { callback: () => void (sends += 1) })
  await connection.flush()
  proxy.mute()
  const startedAt = Date.now()
  expect(await codeOf(transport.publishInbound(inbound(1, { actor: 'silent' })))).toBe(
    'ERR_TRANSPORT_TIMEOUT',
  )
  expect(Date.now() - startedAt).toBeLessThan(2000)
  expect(sends).toBe(4)
})

test('without a server a publication is held to its deadline, then refused as unavailable', async () => {
  await using proxy = await startTcpProxy(server.url)
  const transport = await startedTransport(proxy.url)
  proxy.cut()
  await untilStatus(transport, 'disconnected')
  const startedAt = Date.now()
  const refused = codeOf(transport.publishInbound(inbound(1), { deadlineMs: 500 }))
  const held = transport.publishInbound(inbound(2), { deadlineMs: Number.POSITIVE_INFINITY })
  expect(transport.status().pendingCount).toBe(2)
  expect(await refused).toBe('ERR_TRANSPORT_UNAVAILABLE')
  expect(Date.now() - startedAt).toBeGreaterThanOrEqual(500)
  expect(Date.now() - startedAt).toBeLessThan(1500)
  proxy.restore()
  expect(await held).toMatchObject({ duplicate: false })
})

test('before the start and after the end everything is refused as closed', async () => {
  const transport = natsTransport(server.url)
  const everything = () => [
    transport.publishInbound(inbound(1)),
    transport.publishOutbound(outbound(1)),
    transport.publishDeadLetter({ scope: SCOPE, actor: 'a', payload: Buffer.alloc(1), messageId: unique() }),
    transport.consumeInbound({ scope: SCOPE, actor: 'a', onDelivery: () => undefined }),
    transport.subscribeOutbound({ gatewayId: 'gw' }, () => undefined),
    transport.subscribeEvents('a', () => undefined),
  ]
  expect(new Set(await Promise.all(everything().map(codeOf)))).toEqual(new Set(['ERR_TRANSPORT_CLOSED']))
  await transport.start()
  const ending = transport.close()
  // Not only after the close, but from its first moment on.
  expect(await codeOf(transport.publishInbound(inbound(1)))).toBe('ERR_TRANSPORT_CLOSED')
  await ending
  expect(new Set(await Promise.all(everything().map(codeOf)))).toEqual(new Set(['ERR_TRANSPORT_CLOSED']))
})

test('a drain waits for what is held, a close refuses it', async () => {
  await using proxy = await startTcpProxy(server.url)
  const [draining, closing] = [await startedTransport(proxy.url), await startedTransport(proxy.url)]
  proxy.cut()
  await Promise.all([untilStatus(draining, 'disconnected'), untilStatus(closing, 'disconnected')])
  const refused = codeOf(closing.publishInbound(inbound(1), { deadlineMs: 60_000 }))
  await closing.close()
  expect(await refused).toBe('ERR_TRANSPORT_CLOSED')
  const stored = draining.publishInbound(inbound(1), { deadlineMs: 60_000 })
  const drained = draining.drain()
  proxy.restore()
  expect(await stored).toMatchObject({ duplicate: false })
  await drained
  expect(draining.status()).toMatchObject({ state: 'closed', pendingCount: 0 })
})

test('a drain waits no longer than it may', async () => {
  await using proxy = await startTcpProxy(server.url)
  const transport = await startedTransport(proxy.url)
  proxy.cut()
  await untilStatus(transport, 'disconnected')
  const refused = codeOf(transport.publishInbound(inbound(1), { deadlineMs: 60_000 }))
  await transport.drain({ timeoutMs: 100 })
  expect(await refused).toBe('ERR_TRANSPORT_CLOSED')
})

test('a message without an id gets one from its place in the stream', async () => {
  const transport = await startedTransport(server.url)
  const { connection } = await observer(server.url)
  await jetstream(connection).publish('inbound.w.p.foreign.i', JSON.stringify({ n: 7 }))
  const delivery = await new Promise<{ messageId: string; payload: Uint8Array }>((resolve) => {
    void transport.consumeInbound({ scope: SCOPE, actor: 'foreign', onDelivery: resolve })
  })
  expect(numberOf(delivery)).toBe(7)
  expect(delivery.messageId).toMatch(/^\d+\.\d+$/)
})
