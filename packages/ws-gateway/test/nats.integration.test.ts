import { type ChildProcess, execFileSync, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { freePort, type NatsServer, startNatsServer } from '@portcullis/test-servers'
import { noticeSessionId } from '@portcullis/transport'
import { createNatsTransport } from '@portcullis/transport/nats'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { Queue } from './support/queue.ts'
import { startGateway } from './support/start-gateway.ts'
import { TestClient } from './support/test-client.ts'
import { consume, reply } from './support/worker.ts'

let nats: NatsServer
let monitorUrl: string

beforeAll(async () => {
  const port = await freePort()
  monitorUrl = `http://127.0.0.1:${port}/jsz?streams=true&accounts=true`
  nats = await startNatsServer({ config: `http: "127.0.0.1:${port}"` })
})
afterAll(() => nats?.[Symbol.asyncDispose]())

interface JetStreamReport {
  account_details?: { stream_detail: { name: string; state: { consumer_count: number } }[] }[]
}

/** As the server itself counts them. */
async function outboundConsumers(): Promise<number | undefined> {
  const report = (await (await fetch(monitorUrl)).json()) as JetStreamReport
  const streams = report.account_details?.flatMap(({ stream_detail }) => stream_detail)
  return streams?.find(({ name }) => name === 'OUTBOUND')?.state.consumer_count
}

function transport(): ReturnType<typeof createNatsTransport> {
  return createNatsTransport({ servers: nats.url, storage: 'memory' })
}

/** Both processes keep some files beside their sockets. */
function socketsAtHand(): number {
  const limit = execFileSync('sh', ['-c', 'ulimit -n']).toString().trim()
  return limit === 'unlimited' ? 10_000 : Math.min(10_000, Number(limit) - 500)
}

async function openMore(clients: ChildProcess, port: number, count: number): Promise<void> {
  clients.send({ port, count })
  const [message] = (await once(clients, 'message')) as [{ open?: number; error?: string }]
  if (message.open === undefined) throw new Error(message.error ?? 'a message nobody asked for')
}

test('10 000 sessions add no consumer, and each gets what is its own', { timeout: 60_000 }, async () => {
  const total = socketsAtHand()
  await using system = await startGateway({
    transport: transport(),
    maxConnections: 20_000,
    maxConnectionsPerProject: 20_000,
  })
  const sessionIds = new Queue<string>()
  await system.transport.subscribeEvents('session.connected.>', (payload) =>
    sessionIds.push(String(noticeSessionId(payload))),
  )
  expect(await outboundConsumers()).toBe(1)
  const clients = fork(fileURLToPath(new URL('support/many-clients.js', import.meta.url)), { execArgv: [] })
  try {
    const step = Math.ceil(total / 20)
    for (let open = 0; open < total;) {
      const count = Math.min(step, total - open)
      await openMore(clients, system.port, count)
      open += count
      expect(await outboundConsumers()).toBe(1)
    }
    await sessionIds.length(total)
    expect(system.gateway.stats()).toMatchObject({ sessions: total, upgradesRefused: {} })

    const received = new Queue<string>()
    clients.on('message', (message: { received?: string }) => received.push(String(message.received)))
    const some = sessionIds.all.filter((_id, index) => index % 97 === 0)
    await Promise.all(some.map((sessionId) => reply(system.transport, sessionId, sessionId)))
    await received.length(some.length)
    expect(received.all.toSorted()).toEqual(some.map((id) => JSON.stringify(id)).toSorted())
    expect(await outboundConsumers()).toBe(1)
  } finally {
    clients.kill('SIGKILL')
  }
  await vi.waitFor(() => expect(system.gateway.stats()).toMatchObject({ sessions: 0, connections: 0 }), {
    timeout: 20_000,
  })
  expect(await outboundConsumers()).toBe(1)
  await system.gateway.close()
  await vi.waitFor(async () => expect(await outboundConsumers()).toBe(0))
})

test('in the other mode each session has a consumer, and takes it along however it ends', async () => {
  await using system = await startGateway({ transport: transport(), outboundConsumer: 'session' })
  const clients = await Promise.all(Array.from({ length: 20 }, () => TestClient.welcomed(system.url)))
  expect(await outboundConsumers()).toBe(20)
  for (const { sessionId } of clients) {
    expect(sessionId).not.toContain('.')
    await reply(system.transport, sessionId, sessionId)
  }
  for (const client of clients)
    expect(await client.json()).toMatchObject({ type: 'message', message: client.sessionId })
  for (const [index, client] of clients.entries()) {
    if (index % 2 === 0) client.socket.terminate()
    else client.socket.close()
  }
  await vi.waitFor(async () => expect(await outboundConsumers()).toBe(0), { timeout: 5000 })
})

test('an ack means that the frame is in the stream, through a restart of the server', async () => {
  const durable = createNatsTransport({ servers: nats.url, storage: 'file' })
  await using system = await startGateway({ transport: durable, publishTimeoutMs: 20_000 })
  const deliveries = await consume(durable, 'kept')
  const client = await TestClient.welcomed(system.url)
  client.send({ actor: 'kept', actorId: 'a', n: 0 })
  expect(await client.json()).toEqual({ type: 'ack', seq: 1 })
  await nats.stop()
  await vi.waitFor(() => expect(durable.status().state).toBe('disconnected'))
  for (let n = 1; n <= 30; n += 1) client.send({ actor: 'kept', actorId: 'a', n })
  expect(await TestClient.refused(system.url)).toMatchObject({
    statusCode: 503,
    body: { code: 'broker_unavailable' },
  })
  await nats.restart()
  await client.frames.length(32)
  const answers = client.frames.all.slice(1).map((text) => JSON.parse(text) as { type: string; seq: number })
  expect(answers.map(({ type, seq }) => `${type} ${seq}`)).toEqual(
    Array.from({ length: 31 }, (_, n) => `ack ${n + 1}`),
  )
  await deliveries.length(31)
  const numbers = deliveries.all.map(
    ({ payload }) => (JSON.parse(Buffer.from(payload).toString()) as { message: { n: number } }).message.n,
  )
  expect([...new Set(numbers)]).toEqual(Array.from({ length: 31 }, (_, n) => n))
  await reply(durable, client.sessionId, 'still here')
  await client.frames.length(33)
  expect(JSON.parse(client.frames.all.at(-1)!)).toMatchObject({ type: 'message', message: 'still here' })
})

test('frames that the engine did not take in time are refused as worth another try', async () => {
  await using system = await startGateway({ transport: transport(), publishTimeoutMs: 300 })
  const client = await TestClient.welcomed(system.url)
  await nats.pause()
  try {
    client.send({ actor: 'a', actorId: 'b', id: 'x' })
    expect(await client.json()).toMatchObject({
      type: 'nack',
      seq: 1,
      id: 'x',
      code: 'broker_timeout',
      retryable: true,
    })
  } finally {
    nats.resume()
  }
})
