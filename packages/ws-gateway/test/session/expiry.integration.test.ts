import { createEmbeddedTransport } from '@portcullis/transport/embedded'
import type { PublishReceipt } from '@portcullis/transport'
import { afterEach, describe, expect, test, vi } from 'vitest'
import type { Grant } from '../../src/index.ts'
import { Queue } from '../support/queue.ts'
import { SCOPE, startGateway } from '../support/start-gateway.ts'
import { type ConnectOptions, TestClient, V1 } from '../support/test-client.ts'
import { consume, reply } from '../support/worker.ts'
import { wrapTransport } from '../support/wrap-transport.ts'

const GRANT: Grant = { ...SCOPE, userId: 'ann', claims: {} }
const HOUR = 3_600_000
const FRAME = { actor: 'a', actorId: 'b' }
const EXPIRED = { code: 4401, reason: 'token_expired' }
const PROTOCOLS: [string, ConnectOptions][] = [
  ['portcullis.v1', V1],
  ['plain', {}],
]

/** Sessions that end so many milliseconds after their upgrade; no notices. */
function lasting(lifeMs: number): {
  authorize: () => Promise<Grant>
  reauthNoticeMs: number
  ends: number[]
} {
  const ends: number[] = []
  return {
    ends,
    reauthNoticeMs: 1,
    authorize: async () => {
      const expiresAtMs = Date.now() + lifeMs
      ends.push(expiresAtMs)
      return { ...GRANT, expiresAtMs }
    },
  }
}

afterEach(() => {
  vi.useRealTimers()
})

describe.each(PROTOCOLS)('%s', (name, protocol) => {
  const isV1 = name === 'portcullis.v1'

  test('the socket is closed when its token expires, workers are told and it is counted', async () => {
    await using system = await startGateway(lasting(500))
    const observer = createEmbeddedTransport({ broker: system.broker })
    await observer.start()
    const gone = new Queue<string>()
    await observer.subscribeEvents('session.disconnected.>', (_payload, subject) => gone.push(subject))
    const client = await TestClient.open(system.url, protocol)
    expect(await client.closed).toEqual(EXPIRED)
    await gone.next()
    expect(gone.all).toEqual(['session.disconnected.acme.one'])
    const frames = client.frames.all.map((text) => JSON.parse(text) as object)
    const told = { type: 'error', code: 'token_expired', message: 'the token has expired' }
    expect(frames.slice(1).filter((frame) => !('remainingMs' in frame))).toEqual(isV1 ? [told] : [])
    expect(system.gateway.stats()).toMatchObject({
      sessions: 0,
      connections: 0,
      sessionsEnded: { token_expired: 1 },
    })
  })

  test('of a client that sends without pause nothing is taken after the end', async () => {
    const options = lasting(500)
    const publishedAt: number[] = []
    const embedded = createEmbeddedTransport()
    const transport = wrapTransport(embedded, {
      publishInbound: (message, publishOptions) => {
        publishedAt.push(Date.now())
        return embedded.publishInbound(message, publishOptions)
      },
    })
    await using system = await startGateway({ ...options, transport })
    const client = await TestClient.open(system.url, protocol)
    const sending = setInterval(() => client.send(FRAME), 1)
    expect(await client.closed).toEqual(EXPIRED)
    clearInterval(sending)
    expect(publishedAt.length).toBeGreaterThan(0)
    for (const at of publishedAt) expect(at).toBeLessThan(options.ends[0]!)
    if (isV1) expect(JSON.parse(client.frames.all.at(-1)!)).toMatchObject({ code: 'token_expired' })
  })

  // The wall clock is set forward, so that no timer has seen the end yet.
  test('a frame that comes after the end is not taken, though no timer has fired', async () => {
    await using system = await startGateway(lasting(HOUR))
    const deliveries = await consume(system.transport, 'a')
    const client = await TestClient.open(system.url, protocol)
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 2 * HOUR })
    client.send(FRAME)
    client.send(FRAME)
    expect(await client.closed).toEqual(EXPIRED)
    expect(deliveries.all).toEqual([])
    expect(system.gateway.stats()).toMatchObject({
      framesIn: 0,
      acked: 0,
      sessionsEnded: { token_expired: 1 },
    })
  })

  test('what a worker sends after the end is not delivered', async () => {
    const sessionIds = new Queue<string>()
    await using system = await startGateway(lasting(HOUR))
    await system.transport.subscribeEvents('session.connected.>', (payload) =>
      sessionIds.push((JSON.parse(Buffer.from(payload).toString()) as { sessionId: string }).sessionId),
    )
    const client = await TestClient.open(system.url, protocol)
    const sessionId = await sessionIds.next()
    await reply(system.transport, sessionId, 'in time')
    await client.frames.length(isV1 ? 2 : 1)
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 2 * HOUR })
    await reply(system.transport, sessionId, 'late')
    expect(await client.closed).toEqual(EXPIRED)
    expect(client.frames.all.join()).not.toContain('late')
    expect(system.gateway.stats()).toMatchObject({ framesOut: 1, misrouted: 0 })
  })

  test('a session of ten years does not end at once', async () => {
    const warnings: Error[] = []
    const onWarning = (warning: Error): unknown => warnings.push(warning)
    process.on('warning', onWarning)
    await using system = await startGateway(lasting(10 * 365 * 24 * HOUR))
    const deliveries = await consume(system.transport, 'a')
    const client = await TestClient.open(system.url, protocol)
    client.send(FRAME)
    await deliveries.next()
    await client.close()
    process.off('warning', onWarning)
    expect(warnings).toEqual([])
  })
})

test('frames in flight when the token expires are not acknowledged any more', async () => {
  const held = new Queue<(receipt: PublishReceipt) => void>()
  const transport = wrapTransport(createEmbeddedTransport(), {
    publishInbound: () => new Promise((resolve) => held.push(resolve)),
  })
  await using system = await startGateway({ ...lasting(HOUR), transport })
  const client = await TestClient.welcomed(system.url)
  for (let n = 0; n < 3; n += 1) client.send(FRAME)
  await held.length(3)
  held.all[0]!({ sequence: 1, duplicate: false })
  expect(await client.json()).toEqual({ type: 'ack', seq: 1 })
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 2 * HOUR })
  for (const [n, resolve] of held.all.entries()) resolve({ sequence: n + 1, duplicate: false })
  expect(await client.json()).toMatchObject({ type: 'error', code: 'token_expired' })
  expect(await client.closed).toEqual(EXPIRED)
  expect(client.frames.all).toHaveLength(3)
})

describe('at the upgrade', () => {
  test.each([1, Date.now() - 1000])('a token that expired at %d is refused with 401', async (expiresAtMs) => {
    await using system = await startGateway({ authorize: async () => ({ ...GRANT, expiresAtMs }) })
    const { statusCode, headers, body } = await TestClient.refused(system.url, V1)
    expect([statusCode, body.code]).toEqual([401, 'token_expired'])
    expect(headers['www-authenticate']).toContain('error="invalid_token"')
    expect(system.gateway.stats()).toMatchObject({
      upgradesRefused: { token_expired: 1 },
      upgradesAccepted: 0,
    })
  })

  test.each([Number.NaN, Number.POSITIVE_INFINITY, -1, 0, '1e9' as never, null as never])(
    'an authorizer that says %j has a fault: nobody gets in for ever',
    async (expiresAtMs) => {
      await using system = await startGateway({ authorize: async () => ({ ...GRANT, expiresAtMs }) })
      const { statusCode, body } = await TestClient.refused(system.url)
      expect([statusCode, body.code]).toEqual([500, 'internal_error'])
      await vi.waitFor(() => expect(system.gateway.stats().connections).toBe(0))
    },
  )

  test('a token that expires while its consumer is opened is refused, and the consumer closed', async () => {
    const embedded = createEmbeddedTransport()
    let openConsumers = 0
    const transport = wrapTransport(embedded, {
      subscribeOutbound: async (filter, onDelivery) => {
        const subscription = await embedded.subscribeOutbound(filter, onDelivery)
        openConsumers += 1
        vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 2 * HOUR })
        return { ...subscription, close: async () => void (openConsumers -= 1) }
      },
    })
    await using system = await startGateway({ ...lasting(HOUR), transport, outboundConsumer: 'session' })
    expect((await TestClient.refused(system.url)).body.code).toBe('token_expired')
    expect(openConsumers).toBe(0)
  })
})
