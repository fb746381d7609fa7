import { createEmbeddedTransport } from '@portcullis/transport/embedded'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import type { Authorizer, Grant, GrantLimits } from '../../src/index.ts'
import { SCOPE, startGateway } from '../support/start-gateway.ts'
import { type Json, TestClient } from '../support/test-client.ts'
import { consume } from '../support/worker.ts'
import { wrapTransport } from '../support/wrap-transport.ts'

const FRAME = { actor: 'a', actorId: 'b' }

/** Everybody gets in, to a project with these limits. */
function limited(limits: GrantLimits): { authorize: Authorizer } {
  return { authorize: async ({ token }) => ({ ...SCOPE, userId: token, claims: {}, limits }) }
}

/** A frame of exactly so many bytes. */
function frameOf(bytes: number): string {
  const pad = 'x'.repeat(bytes - JSON.stringify({ ...FRAME, pad: '' }).length)
  return JSON.stringify({ ...FRAME, pad })
}

describe('maxConnections', () => {
  test('the one too many of the project is refused, and let in when another has gone', async () => {
    await using system = await startGateway(limited({ maxConnections: 2 }))
    const one = await TestClient.open(`${system.url}?token=ann`)
    await TestClient.open(`${system.url}?token=bob`)
    for (const token of ['ann', 'cid']) {
      expect(await TestClient.refused(`${system.url}?token=${token}`)).toMatchObject({
        statusCode: 429,
        headers: { 'retry-after': '1' },
        body: { code: 'project_connections_exceeded' },
      })
    }
    await one.close()
    await vi.waitFor(() => expect(system.gateway.stats().connections).toBe(1))
    await TestClient.open(`${system.url}?token=cid`)
  })

  test('other projects are not held liable', async () => {
    await using system = await startGateway({
      authorize: async ({ token }) => ({
        workspaceId: 'acme',
        projectId: token ?? '',
        userId: null,
        claims: {},
        limits: { maxConnections: 1 },
      }),
    })
    await TestClient.open(`${system.url}?token=one`)
    await TestClient.open(`${system.url}?token=two`)
    expect((await TestClient.refused(`${system.url}?token=one`)).statusCode).toBe(429)
  })

  test.each([
    [{ maxConnections: 5 }, 1],
    [{ maxConnections: 1 }, 5],
  ])('of %j and a gateway with %i the smaller one holds', async (limits, maxConnectionsPerProject) => {
    await using system = await startGateway({ ...limited(limits), maxConnectionsPerProject })
    await TestClient.open(system.url)
    expect((await TestClient.refused(system.url)).body.code).toBe('project_connections_exceeded')
  })
})

describe('messagesPerSecond', () => {
  // However slow the machine is, no second goes by unasked.
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['performance'] })
    return () => vi.useRealTimers()
  })

  test('a frame too many gets a nack that says when to come again, and the session stays', async () => {
    await using system = await startGateway(limited({ messagesPerSecond: 2 }))
    const deliveries = await consume(system.transport, 'a')
    const client = await TestClient.welcomed(system.url)
    for (const id of ['one', 'two', 'three']) client.send({ ...FRAME, id })
    const answers = [await client.json(), await client.json(), await client.json()]
    const nack = answers.find(({ type }) => type === 'nack')
    expect(nack).toEqual({
      type: 'nack',
      seq: 3,
      id: 'three',
      code: 'rate_limited',
      message: expect.any(String),
      retryable: true,
      retryAfterMs: 500,
    })
    await deliveries.length(2)
    // What it was told is true: the same frame is taken then, and no earlier.
    vi.advanceTimersByTime(250)
    client.send({ ...FRAME, id: 'three' })
    expect(await client.json()).toMatchObject({ type: 'nack', retryAfterMs: 250 })
    vi.advanceTimersByTime(250)
    client.send({ ...FRAME, id: 'three' })
    expect(await client.json()).toEqual({ type: 'ack', seq: 5, id: 'three' })
    expect(system.gateway.stats()).toMatchObject({ acked: 3, nacked: { rate_limited: 2 } })
  })

  test('is told in the welcome, and only to clients of a project that has it', async () => {
    await using system = await startGateway({
      authorize: async ({ token }) => ({
        ...SCOPE,
        userId: null,
        claims: {},
        ...(token === null ? {} : { limits: { messagesPerSecond: 7 } }),
      }),
    })
    const welcome = async (query: string): Promise<unknown> => {
      const client = await TestClient.open(system.url + query, { protocols: ['portcullis.v1'] })
      return (await client.json()).limits
    }
    expect(await welcome('?token=x')).toEqual({
      maxPayloadBytes: 65_536,
      maxInFlightFrames: 64,
      messagesPerSecond: 7,
    })
    expect(await welcome('')).toEqual({ maxPayloadBytes: 65_536, maxInFlightFrames: 64 })
  })

  test('a client without the sub-protocol is closed with 4529, and may come back', async () => {
    await using system = await startGateway(limited({ messagesPerSecond: 1 }))
    const deliveries = await consume(system.transport, 'a')
    const client = await TestClient.open(system.url)
    client.send(FRAME)
    client.send(FRAME)
    expect(await client.closed).toEqual({ code: 4529, reason: 'rate_limited' })
    await deliveries.length(1)
    await TestClient.open(system.url)
  })

  test('control frames and other sessions are not held liable', async () => {
    await using system = await startGateway(limited({ messagesPerSecond: 1 }))
    const client = await TestClient.welcomed(system.url)
    const other = await TestClient.welcomed(system.url)
    client.send(FRAME)
    expect((await client.json()).type).toBe('ack')
    for (let sent = 0; sent < 5; sent += 1) client.send({ type: 'ping' })
    for (let sent = 0; sent < 5; sent += 1) expect((await client.json()).type).toBe('pong')
    other.send(FRAME)
    expect((await other.json()).type).toBe('ack')
  })

  test('a reauth brings the limit of the new grant, and the same limit no new allowance', async () => {
    const grants: Record<string, GrantLimits> = {
      slow: { messagesPerSecond: 1 },
      'slow-too': { messagesPerSecond: 1 },
      free: {},
    }
    const authorize: Authorizer = async ({ token }) => {
      const grant: Grant = { ...SCOPE, userId: 'ann', claims: {} }
      return { ...grant, limits: grants[token ?? ''] }
    }
    await using system = await startGateway({ authorize })
    const client = await TestClient.welcomed(`${system.url}?token=slow`)
    const send = async (): Promise<Json> => {
      client.send(FRAME)
      return await client.json()
    }
    expect((await send()).type).toBe('ack')
    client.send({ type: 'reauth', token: 'slow-too' })
    expect((await client.json()).type).toBe('reauthenticated')
    expect(await send()).toMatchObject({ type: 'nack', code: 'rate_limited' })
    client.send({ type: 'reauth', token: 'free' })
    expect((await client.json()).type).toBe('reauthenticated')
    for (let sent = 0; sent < 5; sent += 1) expect((await send()).type).toBe('ack')
  })

  test('a frame that is refused for its id takes no place of the others', async () => {
    await using system = await startGateway(limited({ messagesPerSecond: 1 }))
    const client = await TestClient.welcomed(system.url)
    client.send({ ...FRAME, id: 7 })
    expect(await client.json()).toMatchObject({ type: 'nack', code: 'invalid_id' })
    client.send(FRAME)
    expect(await client.json()).toMatchObject({ type: 'ack', seq: 2 })
  })
})

describe('maxPayloadBytes', () => {
  test('a frame of so many bytes is taken, and one more closes with 1009 in both protocols', async () => {
    await using system = await startGateway(limited({ maxPayloadBytes: 100 }))
    const deliveries = await consume(system.transport, 'a')
    const v1 = await TestClient.welcomed(system.url)
    const plain = await TestClient.open(system.url)
    for (const client of [v1, plain]) client.send(frameOf(100))
    await deliveries.length(2)
    expect((await v1.json()).type).toBe('ack')
    for (const client of [v1, plain]) {
      client.send(frameOf(101))
      expect(await client.closed).toEqual({ code: 1009, reason: 'frame_too_large' })
    }
    expect(await v1.json()).toMatchObject({ type: 'error', code: 'frame_too_large' })
    expect(deliveries.all).toHaveLength(2)
    expect(system.gateway.stats()).toMatchObject({
      nacked: { frame_too_large: 2 },
      sessionsEnded: { frame_too_large: 2 },
    })
  })

  test('bytes are counted, and not characters', async () => {
    await using system = await startGateway(limited({ maxPayloadBytes: 100 }))
    const client = await TestClient.open(system.url)
    client.send(frameOf(99).replace('xx', 'éé'))
    expect((await client.closed).code).toBe(1009)
  })

  test('no frame behind it is taken, also when all came in one piece', async () => {
    const real = createEmbeddedTransport()
    let published = 0
    const transport = wrapTransport(real, {
      publishInbound: async (...frame) => {
        published += 1
        return await real.publishInbound(...frame)
      },
    })
    await using system = await startGateway({ ...limited({ maxPayloadBytes: 50 }), transport })
    const client = await TestClient.open(system.url)
    for (const bytes of [40, 51, 40]) client.send(frameOf(bytes))
    await client.closed
    expect([published, system.gateway.stats().framesIn]).toEqual([1, 2])
  })

  test.each([
    [{ maxPayloadBytes: 200 }, 100],
    [{ maxPayloadBytes: 100 }, 200],
    [{ maxPayloadBytes: Number.MAX_SAFE_INTEGER }, 100],
  ])('of %j and a gateway with %i the welcome tells the smaller one', async (limits, maxPayloadBytes) => {
    await using system = await startGateway({ ...limited(limits), maxPayloadBytes })
    const client = await TestClient.open(system.url, { protocols: ['portcullis.v1'] })
    expect((await client.json()).limits).toMatchObject({ maxPayloadBytes: 100 })
    client.send(frameOf(101))
    expect((await client.closed).code).toBe(1009)
  })

  test('a reauth does not change what the client was told', async () => {
    const authorize: Authorizer = async ({ token }) => ({
      ...SCOPE,
      userId: 'ann',
      claims: {},
      limits: { maxPayloadBytes: token === 'first' ? 200 : 50 },
    })
    await using system = await startGateway({ authorize })
    const client = await TestClient.welcomed(`${system.url}?token=first`)
    client.send({ type: 'reauth', token: 'second' })
    expect((await client.json()).type).toBe('reauthenticated')
    client.send(frameOf(200))
    expect((await client.json()).type).toBe('ack')
  })
})

test.each([
  { maxConnections: 0 },
  { messagesPerSecond: 1.5 },
  { maxPayloadBytes: '100' as unknown as number },
])('an authorizer that gives %j is at fault, and nobody gets in without a limit', async (limits) => {
  await using system = await startGateway(limited(limits))
  expect((await TestClient.refused(system.url)).statusCode).toBe(500)
})
