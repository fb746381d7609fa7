import { createEmbeddedTransport } from '@portcullis/transport/embedded'
import {
  type InboundMessage,
  type PublishOptions,
  type PublishReceipt,
  TransportError,
} from '@portcullis/transport'
import { describe, expect, test, vi } from 'vitest'
import { Queue } from '../support/queue.ts'
import { frame, RawPeer } from '../support/raw-peer.ts'
import { SCOPE, type StartedGateway, startGateway } from '../support/start-gateway.ts'
import { type Json, TestClient } from '../support/test-client.ts'
import { consume } from '../support/worker.ts'
import { wrapTransport } from '../support/wrap-transport.ts'

describe('the bytes of a frame', () => {
  test.each([
    ['whitespace', ' \n{ "actor" :\t"a", "actorId":"b"  ,"x" : [ 1 ,2 ] }\r\n'],
    ['the order of members', '{"z":1,"actorId":"b","a":2,"actor":"a"}'],
    ['escapes', '{"actor":"\\u0061","actorId":"b","x":"\\u00e9\\/\\ud83d\\ude00\\u2028"}'],
    ['characters', '{"actor":"a","actorId":"b","x":"é😀\u2028\u0000"}'.replace('\u0000', '\\u0000')],
    ['numbers', '{"actor":"a","actorId":"b","x":[12345678901234567890,1.10,1e400,-0,1E+2]}'],
    ['duplicate members', '{"actor":"x","actor":"a","actorId":"b","x":1,"x":2}'],
    ['a prototype', '{"__proto__":{"a":1},"actor":"a","actorId":"b","constructor":null}'],
    [
      'an envelope in the envelope',
      '{"actor":"a","actorId":"b","scope":{"workspaceId":"evil"},"sessionId":"evil","message":1}',
    ],
  ])('reach the worker unchanged: %s', async (_what, text) => {
    await using system = await startGateway()
    const deliveries = await consume(system.transport, 'a')
    const client = await TestClient.open(system.url)
    client.send(text)
    const { payload, subject } = await deliveries.next()
    const envelope = Buffer.from(payload).toString()
    expect(subject).toBe('inbound.acme.one.a.b')
    expect(envelope.endsWith(`,"message":${text}}`)).toBe(true)
    expect(JSON.parse(envelope)).toMatchObject({ scope: SCOPE, userId: null })
    expect((JSON.parse(envelope) as Json).sessionId).not.toBe('evil')
  })
})

test('the envelope says whose frame it is, with the claims of the grant', async () => {
  const claims = { role: 'admin', nested: { list: [1, '"}'] } }
  await using system = await startGateway({ authorize: async () => ({ ...SCOPE, userId: 'ann "}', claims }) })
  const deliveries = await consume(system.transport, 'a')
  const client = await TestClient.welcomed(system.url)
  client.send({ actor: 'a', actorId: 'b' })
  const { payload } = await deliveries.next()
  expect(JSON.parse(Buffer.from(payload).toString())).toEqual({
    scope: SCOPE,
    sessionId: client.sessionId,
    userId: 'ann "}',
    claims,
    message: { actor: 'a', actorId: 'b' },
  })
})

test('names that subjects cannot have are encoded, and never become a subject of their own', async () => {
  await using system = await startGateway()
  const deliveries = await consume(system.transport, '>')
  const client = await TestClient.welcomed(system.url)
  client.send({ actor: '>', actorId: 'a.b.*', id: 'x' })
  expect(await client.json()).toEqual({ type: 'ack', seq: 1, id: 'x' })
  expect((await deliveries.next()).subject).toMatch(/^inbound\.acme\.one\.b64-[\w-]+\.b64-[\w-]+$/)
})

describe('every application frame has one answer', () => {
  test('acks carry the number of the frame, and its id', async () => {
    await using system = await startGateway()
    const client = await TestClient.welcomed(system.url)
    client.send({ actor: 'a', actorId: 'b' })
    client.send({ type: 'ping' })
    client.send({ actor: 'a', actorId: 'b', id: 'one' })
    client.send({ actor: 'a', actorId: 'b', id: 'one' })
    client.send({ actor: 'a', actorId: '', id: 'two' })
    client.send({ actor: 'a', actorId: 'b', id: '' })
    client.send({ actor: 'a', actorId: 'b', id: 'é'.repeat(100) })
    const answers = (await client.frames.length(8)).slice(1).map((text) => JSON.parse(text) as Json)
    expect(answers.filter(({ type }) => type === 'pong')).toHaveLength(1)
    expect(
      answers.filter(({ type }) => type !== 'pong').toSorted((a, b) => Number(a.seq) - Number(b.seq)),
    ).toEqual([
      { type: 'ack', seq: 1 },
      { type: 'ack', seq: 2, id: 'one' },
      { type: 'ack', seq: 3, id: 'one', duplicate: true },
      {
        type: 'nack',
        seq: 4,
        id: 'two',
        code: 'invalid_subject',
        message: expect.any(String),
        retryable: false,
      },
      { type: 'nack', seq: 5, code: 'invalid_id', message: expect.any(String), retryable: false },
      { type: 'ack', seq: 6, id: 'é'.repeat(100) },
    ])
    expect(system.gateway.stats()).toMatchObject({
      framesIn: 7,
      acked: 4,
      nacked: { invalid_subject: 1, invalid_id: 1 },
    })
  })

  test('an id is one session’s own', async () => {
    await using system = await startGateway()
    for (const _round of [1, 2]) {
      const client = await TestClient.welcomed(system.url)
      client.send({ actor: 'a', actorId: 'b', id: 'same' })
      expect(await client.json()).toEqual({ type: 'ack', seq: 1, id: 'same' })
    }
  })

  test('in plain an id is the application’s: it may be anything, and the same twice', async () => {
    await using system = await startGateway()
    const deliveries = await consume(system.transport, 'a')
    const client = await TestClient.open(system.url)
    for (const id of ['same', 'same', 7, 7, null, '']) client.send({ actor: 'a', actorId: 'b', id })
    const messages = (await deliveries.length(6)).map(
      ({ payload }) => JSON.parse(Buffer.from(payload).toString()) as { message: Json },
    )
    expect(messages.map(({ message }) => message.id)).toEqual(['same', 'same', 7, 7, null, ''])
    expect(client.frames.all).toEqual([])
  })

  test('one that is neither application frame nor control frame is an error without a number', async () => {
    await using system = await startGateway()
    const client = await TestClient.welcomed(system.url)
    for (const text of ['{', '[]', '{"actor":"a"}', '{"actor":1,"actorId":"b"}']) client.send(text)
    client.socket.send(Buffer.from('{}'), { binary: true })
    client.send({ type: 'resume' })
    client.send({ type: 'dance' })
    client.send({ actor: 'a', actorId: 'b' })
    const answers = (await client.frames.length(9)).slice(1).map((text) => JSON.parse(text) as Json)
    expect(answers.map(({ type, code }) => code ?? type)).toEqual([
      'frame_not_json',
      'routing_missing',
      'routing_missing',
      'routing_missing',
      'frame_binary',
      'unsupported_control',
      'unsupported_control',
      'ack',
    ])
    expect(answers[0]).toEqual({
      type: 'error',
      code: 'frame_not_json',
      message: 'a frame is one JSON object',
    })
    expect(answers.at(-1)).toEqual({ type: 'ack', seq: 1 })
  })
})

test('a welcome is the first frame, with the limits', async () => {
  await using system = await startGateway({ maxPayloadBytes: 2000, maxInFlightFrames: 3 })
  const client = await TestClient.open(`${system.url}?token=ann`, { protocols: ['portcullis.v1'] })
  expect(await client.json()).toEqual({
    type: 'welcome',
    protocol: 'portcullis.v1',
    sessionId: expect.stringMatching(/^[\w-]{12}\.[\w-]{24}$/),
    userId: 'ann',
    limits: { maxPayloadBytes: 2000, maxInFlightFrames: 3 },
  })
})

interface Held {
  message: InboundMessage
  options: PublishOptions | undefined
  resolve: (receipt: PublishReceipt) => void
  reject: (error: unknown) => void
}

/** A gateway whose engine answers when the test says so. */
async function startWithSlowEngine(
  options: Parameters<typeof startGateway>[0] = {},
): Promise<{ system: StartedGateway; held: Queue<Held> }> {
  const held = new Queue<Held>()
  const transport = wrapTransport(createEmbeddedTransport(), {
    publishInbound: (message, publishOptions) =>
      new Promise((resolve, reject) => held.push({ message, options: publishOptions, resolve, reject })),
  })
  return { system: await startGateway({ ...options, transport }), held }
}

describe('back-pressure', () => {
  test('past the limit the socket is not read, and is read again when half is done', async () => {
    const { system, held } = await startWithSlowEngine({ maxInFlightFrames: 4 })
    await using _system = system
    const peer = await RawPeer.upgraded(system.port)
    const one = frame(JSON.stringify({ actor: 'a', actorId: 'b', pad: 'x'.repeat(40_000) }))
    const count = 300
    for (let n = 0; n < count; n += 1) peer.socket.write(one)
    await held.length(4)
    // What comes in with the same read is taken, no more: 64 KiB hold at most one whole frame and a part.
    await new Promise((resolve) => setTimeout(resolve, 100))
    const atRest = held.all.length
    expect(atRest).toBeLessThanOrEqual(6)
    expect(peer.socket.writableLength).toBeGreaterThan(0)
    let answered = 0
    let most = 0
    while (answered < count) {
      await held.length(answered + 1)
      most = Math.max(most, held.all.length - answered)
      held.all[answered++]!.resolve({ sequence: answered, duplicate: false })
    }
    expect(most).toBeLessThanOrEqual(6)
    expect(system.gateway.stats()).toMatchObject({ framesIn: count })
    peer.socket.destroy()
  })

  test('a session without room costs the others nothing', async () => {
    const { system, held } = await startWithSlowEngine({ maxInFlightFrames: 1 })
    await using _system = system
    const stuck = await TestClient.welcomed(system.url)
    for (let n = 0; n < 50; n += 1) stuck.send({ actor: 'a', actorId: 'b' })
    await held.next()
    const other = await TestClient.welcomed(system.url)
    other.send({ type: 'ping' })
    expect(await other.json()).toEqual({ type: 'pong' })
  })

  test('a paused socket can be closed', async () => {
    const { system, held } = await startWithSlowEngine({ maxInFlightFrames: 1 })
    await using _system = system
    const client = await TestClient.welcomed(system.url)
    client.send({ actor: 'a', actorId: 'b' })
    await held.next()
    void system.gateway.close()
    expect((await client.closed).code).toBe(1006)
  })

  test('frames that come to nothing after their client has left disturb nobody', async () => {
    const { system, held } = await startWithSlowEngine()
    await using _system = system
    const client = await TestClient.welcomed(system.url)
    for (let n = 0; n < 20; n += 1) client.send({ actor: 'a', actorId: 'b' })
    await held.length(20)
    await client.close()
    await vi.waitFor(() => expect(system.gateway.stats().sessions).toBe(0))
    for (const [n, { resolve, reject }] of held.all.entries()) {
      if (n % 2 === 0) resolve({ sequence: n + 1, duplicate: false })
      else reject(new TransportError('ERR_TRANSPORT_TIMEOUT', 'm'))
    }
    await vi.waitFor(() =>
      expect(system.gateway.stats()).toMatchObject({ acked: 10, nacked: { broker_timeout: 10 } }),
    )
  })

  test('a plain client is closed once, though all its frames fail at once', async () => {
    const { system, held } = await startWithSlowEngine()
    await using _system = system
    const warnings: Error[] = []
    const onWarning = (warning: Error): unknown => warnings.push(warning)
    process.on('warning', onWarning)
    const client = await TestClient.open(system.url)
    for (let n = 0; n < 40; n += 1) client.send({ actor: 'a', actorId: 'b' })
    await held.length(40)
    for (const { reject } of held.all) reject(new TransportError('ERR_TRANSPORT_BACKLOG_FULL', 'm'))
    expect(await client.closed).toEqual({ code: 4506, reason: 'backlog_full' })
    await new Promise((resolve) => setImmediate(resolve))
    process.off('warning', onWarning)
    expect(warnings).toEqual([])
  })

  test('a v1 frame waits as long as it may, a plain one as long as its socket lives', async () => {
    const { system, held } = await startWithSlowEngine({ publishTimeoutMs: 1234 })
    await using _system = system
    ;(await TestClient.welcomed(system.url)).send({ actor: 'a', actorId: 'b' })
    expect((await held.next()).options).toEqual({ deadlineMs: 1234 })
    ;(await TestClient.open(system.url)).send({ actor: 'a', actorId: 'b' })
    expect((await held.next()).options).toEqual({ deadlineMs: Number.POSITIVE_INFINITY })
  })
})

test('what a client can cause at will is not logged as a warning', async () => {
  await using system = await startGateway()
  const client = await TestClient.welcomed(system.url)
  client.send({ actor: '\u0000', actorId: 'b' })
  client.send('{')
  await client.frames.length(3)
  expect(system.log.entries.filter(({ level }) => level !== 'debug')).toEqual([])
})

test('message ids are built of what fits into a header, whatever the client chose', async () => {
  const { system, held } = await startWithSlowEngine()
  await using _system = system
  const client = await TestClient.welcomed(system.url)
  const ids = [undefined, 'plain_Id-1', 'a\r\nX: y', 'ö', 'a.b', 'x'.repeat(128)]
  for (const id of ids) client.send({ actor: 'a', actorId: 'b', id })
  await held.length(ids.length)
  const messageIds = held.all.map(({ message }) => message.messageId)
  expect(messageIds[0]).toBe(`${client.sessionId}:1`)
  expect(messageIds[1]).toBe(`${client.sessionId}:id:plain_Id-1`)
  for (const id of messageIds) expect(id).toMatch(/^[\w.:-]{1,120}$/)
  expect(new Set(messageIds).size).toBe(ids.length)
})
