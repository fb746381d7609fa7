import { encodeOutboundEnvelope, spliceOutboundEnvelope } from '@portcullis/transport'
import { createEmbeddedTransport } from '@portcullis/transport/embedded'
import { describe, expect, test, vi } from 'vitest'
import { Queue } from '../support/queue.ts'
import { SCOPE, startGateway } from '../support/start-gateway.ts'
import { TestClient } from '../support/test-client.ts'
import { consume, publish, reply } from '../support/worker.ts'

const OTHER = { workspaceId: 'acme', projectId: 'two' }
const ODD = ' { "b" : 1.10, "a":12345678901234567890, "b":"\\u00e9", "c" : [ ] } '

describe.each(['gateway', 'session'] as const)('with a consumer per %s', (outboundConsumer) => {
  test('messages reach their session and no other, in order, with growing numbers', async () => {
    await using system = await startGateway({ outboundConsumer })
    const clients = await Promise.all([1, 2, 3].map(() => TestClient.welcomed(system.url)))
    const count = 200
    for (let n = 0; n < count; n += 1)
      for (const [at, client] of clients.entries()) await reply(system.transport, client.sessionId, { at, n })
    for (const [at, client] of clients.entries()) {
      const frames = (await client.frames.length(count + 1))
        .slice(1)
        .map((text) => JSON.parse(text) as { type: string; seq: number; message: unknown })
      expect(frames.map(({ message }) => message)).toEqual(
        Array.from({ length: count }, (_, n) => ({ at, n })),
      )
      expect(
        frames.every(({ type, seq }, index) => type === 'message' && seq > (frames[index - 1]?.seq ?? 0)),
      ).toBe(true)
    }
  })

  test('the bytes of a message are passed on unchanged, wrapped for v1', async () => {
    await using system = await startGateway({ outboundConsumer })
    const plain = await TestClient.open(system.url)
    const deliveries = await consume(system.transport, 'a')
    plain.send({ actor: 'a', actorId: 'b' })
    const { sessionId } = JSON.parse(Buffer.from((await deliveries.next()).payload).toString()) as {
      sessionId: string
    }
    await publish(system.transport, sessionId, spliceOutboundEnvelope(SCOPE, sessionId, Buffer.from(ODD)))
    expect(await plain.frames.next()).toBe(ODD)

    const v1 = await TestClient.welcomed(system.url)
    const seq = await publish(
      system.transport,
      v1.sessionId,
      spliceOutboundEnvelope(SCOPE, v1.sessionId, Buffer.from(ODD)),
    )
    expect(await v1.frames.next()).toBe(`{"type":"message","seq":${seq},"message":${ODD}}`)
  })

  test('an envelope in another order of members is read as well', async () => {
    await using system = await startGateway({ outboundConsumer })
    const client = await TestClient.welcomed(system.url)
    const payload = Buffer.from(
      JSON.stringify({ message: { n: 1 }, extra: 1, sessionId: client.sessionId, scope: { ...SCOPE } }),
    )
    await publish(system.transport, client.sessionId, payload)
    expect(await client.json()).toMatchObject({ type: 'message', message: { n: 1 } })
  })

  test('an envelope that is not for the session it was sent to is dropped and counted', async () => {
    await using system = await startGateway({ outboundConsumer })
    const client = await TestClient.welcomed(system.url)
    const { sessionId } = client
    const bad = [
      encodeOutboundEnvelope({ scope: SCOPE, sessionId: `${sessionId}x`, message: 'other session' }),
      encodeOutboundEnvelope({ scope: OTHER, sessionId, message: 'other project' }),
      encodeOutboundEnvelope({
        scope: { ...SCOPE, workspaceId: 'evil' },
        sessionId,
        message: 'other workspace',
      }),
      Buffer.from('not json'),
      Buffer.from('null'),
      Buffer.from('{}'),
      Buffer.from(''),
      Buffer.from(JSON.stringify({ scope: SCOPE, sessionId })),
    ]
    for (const payload of bad) await publish(system.transport, sessionId, payload)
    await reply(system.transport, sessionId, 'good')
    expect(await client.json()).toMatchObject({ message: 'good' })
    expect(system.gateway.stats()).toMatchObject({ misrouted: bad.length, framesOut: 1 })
    expect(system.log.entries.filter(({ message }) => message.startsWith('dropped a message'))).toHaveLength(
      bad.length,
    )
  })
})

test('a worker of one project cannot write to a session of another, though it claims to be of that project', async () => {
  await using system = await startGateway()
  const client = await TestClient.welcomed(system.url)
  const { sessionId } = client
  // What the permissions of project two allow: its own subject, and anything inside.
  await publish(
    system.transport,
    sessionId,
    encodeOutboundEnvelope({ scope: SCOPE, sessionId, message: 'forged' }),
    OTHER,
  )
  await reply(system.transport, sessionId, 'good')
  expect(await client.json()).toMatchObject({ message: 'good' })
  expect(system.gateway.stats().misrouted).toBe(1)
})

test('a message for a session that is gone is nobody’s fault', async () => {
  await using system = await startGateway()
  const client = await TestClient.welcomed(system.url)
  await client.close()
  await reply(system.transport, client.sessionId, 'late')
  const next = await TestClient.welcomed(system.url)
  await reply(system.transport, next.sessionId, 'good')
  expect(await next.json()).toMatchObject({ message: 'good' })
  expect(system.gateway.stats()).toMatchObject({ misrouted: 0, framesOut: 1 })
})

test('session ids are long, random and never the same', async () => {
  await using system = await startGateway()
  const ids = await Promise.all(
    Array.from({ length: 50 }, async () => (await TestClient.welcomed(system.url)).sessionId),
  )
  expect(new Set(ids).size).toBe(50)
  expect(new Set(ids.map((id) => id.split('.')[0])).size).toBe(1)
  // 24 characters of base64url are 144 bits.
  for (const id of ids) expect(id).toMatch(/^[\w-]{12}\.[\w-]{24}$/)
})

test('workers are told when a session comes and when it goes, once each', async () => {
  await using system = await startGateway()
  const observer = createEmbeddedTransport({ broker: system.broker })
  await observer.start()
  const notices = new Queue<[string, unknown]>()
  await observer.subscribeEvents('session.>', (payload, subject) =>
    notices.push([subject, JSON.parse(Buffer.from(payload).toString())]),
  )
  const client = await TestClient.welcomed(`${system.url}?token=ann`)
  const { sessionId } = client
  expect(await notices.next()).toEqual([
    'session.connected.acme.one',
    { scope: SCOPE, sessionId, userId: 'ann', connectedAt: expect.any(Number) },
  ])
  await client.close()
  expect(await notices.next()).toEqual([
    'session.disconnected.acme.one',
    { scope: SCOPE, sessionId, disconnectedAt: expect.any(Number) },
  ])
  await TestClient.refused(system.url.replace('/ws', '/no'))
  await new Promise((resolve) => setImmediate(resolve))
  expect(notices.all).toHaveLength(2)
})

test('an engine that is closed under an open session costs the notice and not the process', async () => {
  await using system = await startGateway()
  const client = await TestClient.welcomed(system.url)
  await system.transport.close()
  client.send({ actor: 'a', actorId: 'b' })
  expect(await client.json()).toMatchObject({ type: 'nack', code: 'broker_unavailable', retryable: true })
  await client.close()
  await vi.waitFor(() => expect(system.gateway.stats().sessions).toBe(0))
  expect(system.log.entries.some(({ message }) => message === 'could not publish a notice')).toBe(true)
})
