import { startNatsServer, type NatsServer } from '@portcullis/test-servers'
import { DiscardPolicy, RetentionPolicy, StorageType, type StreamConfig } from '@nats-io/jetstream'
import { nanos } from '@nats-io/transport-node'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { DEAD_LETTER_STREAM, INBOUND_STREAM, OUTBOUND_STREAM } from '../../src/nats/index.ts'
import { natsTransport, observer, startedTransport, untilStatus } from '../support/nats.ts'
import { codeOf, inbound } from '../support/messages.ts'

let server: NatsServer
beforeAll(async () => {
  server = await startNatsServer()
})
afterAll(() => server[Symbol.asyncDispose]())
afterEach(async () => {
  const { jsm } = await observer(server.url)
  for await (const { config } of jsm.streams.list()) await jsm.streams.delete(config.name)
})

/** As zocket's gateway makes it. */
const zocket: Partial<StreamConfig> & { name: string } = {
  name: INBOUND_STREAM,
  subjects: ['inbound.>'],
  retention: RetentionPolicy.Workqueue,
  storage: StorageType.Memory,
}

describe('streams that are missing', () => {
  test('are made with every limit, in files by default', async () => {
    await startedTransport(server.url)
    const { jsm } = await observer(server.url)
    const config = async (name: string) => (await jsm.streams.info(name)).config
    expect(await config(INBOUND_STREAM)).toMatchObject({
      subjects: ['inbound.>'],
      retention: 'workqueue',
      storage: 'file',
      discard: 'new',
      max_age: nanos(24 * 3_600_000),
      max_bytes: 512 * 1024 * 1024,
      max_msg_size: 1024 * 1024,
      duplicate_window: nanos(120_000),
      num_replicas: 1,
    })
    expect(await config(OUTBOUND_STREAM)).toMatchObject({
      subjects: ['outbound.>'],
      retention: 'limits',
      storage: 'file',
      discard: 'old',
      max_age: nanos(120_000),
      max_bytes: 512 * 1024 * 1024,
      max_msg_size: 1024 * 1024,
      duplicate_window: nanos(120_000),
    })
    expect(await config(DEAD_LETTER_STREAM)).toMatchObject({
      subjects: ['dlq.>'],
      retention: 'limits',
      storage: 'file',
      discard: 'old',
      max_age: nanos(14 * 24 * 3_600_000),
      max_bytes: 256 * 1024 * 1024,
      max_msg_size: 2 * 1024 * 1024,
    })
  })

  test('are made as configured', async () => {
    await startedTransport(server.url, {
      storage: 'memory',
      inboundMaxAgeMs: 60_000,
      inboundMaxBytes: 1_000_000,
      outboundMaxAgeMs: 30_000,
      outboundMaxBytes: 2_000_000,
      deadLetterMaxAgeMs: 50_000,
      deadLetterMaxBytes: 3_000_000,
      maxMessageBytes: 10_000,
      duplicateWindowMs: 40_000,
    })
    const { jsm } = await observer(server.url)
    const config = async (name: string) => (await jsm.streams.info(name)).config
    expect(await config(INBOUND_STREAM)).toMatchObject({
      storage: 'memory',
      max_age: nanos(60_000),
      max_bytes: 1_000_000,
      max_msg_size: 10_000,
      duplicate_window: nanos(40_000),
    })
    // The server refuses a window longer than the age.
    expect(await config(OUTBOUND_STREAM)).toMatchObject({
      max_age: nanos(30_000),
      max_bytes: 2_000_000,
      duplicate_window: nanos(30_000),
    })
    expect(await config(DEAD_LETTER_STREAM)).toMatchObject({ max_age: nanos(50_000), max_bytes: 3_000_000 })
  })

  test('are made once by many processes that start together', async () => {
    const transports = await Promise.all(Array.from({ length: 8 }, () => startedTransport(server.url)))
    expect(transports.map((transport) => transport.status().drift)).toEqual(
      Array.from({ length: 8 }, () => []),
    )
    const { jsm } = await observer(server.url)
    const names = []
    for await (const { config } of jsm.streams.list()) names.push(config.name)
    expect(names.toSorted()).toEqual([DEAD_LETTER_STREAM, INBOUND_STREAM, OUTBOUND_STREAM])
  })
})

describe('streams with other settings', () => {
  test('are brought in line, and the difference is reported as corrected', async () => {
    const { jsm } = await observer(server.url)
    await jsm.streams.add({
      ...zocket,
      storage: StorageType.File,
      max_age: nanos(1_000_000),
      description: 'ours',
    })
    const transport = await startedTransport(server.url)
    const { drift } = transport.status()
    expect(drift).toContainEqual({
      stream: INBOUND_STREAM,
      setting: 'max_age',
      expected: nanos(24 * 3_600_000),
      actual: nanos(1_000_000),
      corrected: true,
    })
    expect(drift.map((one) => one.setting).toSorted()).toEqual([
      'discard',
      'max_age',
      'max_bytes',
      'max_msg_size',
    ])
    expect(drift.every((one) => one.corrected)).toBe(true)
    const { config } = await jsm.streams.info(INBOUND_STREAM)
    expect(config).toMatchObject({
      max_age: nanos(24 * 3_600_000),
      discard: DiscardPolicy.New,
      description: 'ours',
    })
    const again = await startedTransport(server.url)
    expect(again.status().drift).toEqual([])
  })

  test('a memory stream of zocket’s gateway is used, and its storage reported', async () => {
    const { jsm } = await observer(server.url)
    await jsm.streams.add(zocket)
    const transport = await startedTransport(server.url)
    const storage = transport.status().drift.filter((one) => one.setting === 'storage')
    expect(storage).toEqual([
      { stream: INBOUND_STREAM, setting: 'storage', expected: 'file', actual: 'memory', corrected: false },
    ])
    expect(await transport.publishInbound(inbound(1))).toMatchObject({ duplicate: false })
    expect((await jsm.streams.info(INBOUND_STREAM)).config.max_bytes).toBe(512 * 1024 * 1024)
  })

  test('stay as they are with `report`', async () => {
    const { jsm } = await observer(server.url)
    await jsm.streams.add(zocket)
    const transport = await startedTransport(server.url, { drift: 'report' })
    const { drift } = transport.status()
    expect(drift.map((one) => one.setting)).toContain('max_bytes')
    expect(drift.some((one) => one.corrected)).toBe(false)
    expect((await jsm.streams.info(INBOUND_STREAM)).config.max_bytes).toBe(-1)
  })

  test('end the start with `fail`', async () => {
    const { jsm } = await observer(server.url)
    await jsm.streams.add(zocket)
    const transport = natsTransport(server.url, { drift: 'fail' })
    expect(await codeOf(transport.start())).toBe('ERR_TRANSPORT_STREAM_DRIFT')
    await expect(transport.closed).resolves.toMatchObject({
      code: 'ERR_TRANSPORT_STREAM_DRIFT',
      message: expect.stringMatching(/^stream INBOUND: .*storage is "memory", not file/) as string,
    })
    expect(transport.status()).toMatchObject({
      state: 'closed',
      error: { code: 'ERR_TRANSPORT_STREAM_DRIFT' },
    })
    expect(await codeOf(transport.publishInbound(inbound(1)))).toBe('ERR_TRANSPORT_CLOSED')
    expect((await jsm.streams.info(INBOUND_STREAM)).config.max_bytes).toBe(-1)
  })

  test.each([
    ['retention', { retention: RetentionPolicy.Limits }],
    ['subjects', { subjects: ['inbound.*'] }],
  ])('of another %s end the start whatever the policy', async (_setting, other) => {
    const { jsm } = await observer(server.url)
    await jsm.streams.add({ ...zocket, ...other })
    for (const drift of ['update', 'report'] as const) {
      expect(await codeOf(natsTransport(server.url, { drift }).start())).toBe('ERR_TRANSPORT_STREAM_DRIFT')
    }
  })

  test('that cannot work and appear while connected end the transport', async () => {
    const transport = await startedTransport(server.url)
    const { jsm } = await observer(server.url)
    await jsm.streams.delete(INBOUND_STREAM)
    await jsm.streams.add({ name: 'other', subjects: ['elsewhere'] })
    await jsm.streams.add({ ...zocket, retention: RetentionPolicy.Limits, subjects: ['unrelated.>'] })
    const code = codeOf(transport.publishInbound(inbound(1)))
    await untilStatus(transport, 'closed')
    await expect(transport.closed).resolves.toMatchObject({ code: 'ERR_TRANSPORT_STREAM_DRIFT' })
    expect(await code).toBe('ERR_TRANSPORT_CLOSED')
  })
})
