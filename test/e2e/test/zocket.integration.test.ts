import { createNatsTransport } from '@portcullis/transport/nats'
import { createWorker } from '@portcullis/worker'
import { AckPolicy, connect, type NatsConnection, RetentionPolicy, StorageType, StringCodec } from 'nats'
import { afterEach, describe, expect, test } from 'vitest'
import { Disposal } from '../src/disposal.ts'
import { RawClient } from '../src/raw-client.ts'
import { startSystem, type System } from '../src/system.ts'

/*
 * The other side of the relay as zocket plays it: the single `nats` package, streams in memory, plain session ids, raw
 * names in subjects, `{type:'rpc', id, actor, actorId, method}` frames at the bare host.
 */
const codec = StringCodec()
const encode = (value: unknown): Uint8Array => codec.encode(JSON.stringify(value))
const decode = (data: Uint8Array): Record<string, unknown> =>
  JSON.parse(codec.decode(data)) as Record<string, unknown>

let disposal = new Disposal()
afterEach(async () => {
  await disposal[Symbol.asyncDispose]()
  disposal = new Disposal()
})

async function setUp(): Promise<{ system: System; nc: NatsConnection }> {
  const system = disposal.use(await startSystem())
  const nc = await connect({ servers: system.nats.url })
  disposal.defer(() => nc.close())
  return { system, nc }
}

describe('a runtime of zocket behind our gateway', () => {
  async function startRuntime(nc: NatsConnection): Promise<void> {
    const jsm = await nc.jetstreamManager()
    for (const [name, retention] of [
      ['INBOUND', RetentionPolicy.Workqueue],
      ['OUTBOUND', RetentionPolicy.Limits],
    ] as const) {
      const subjects = [`${name.toLowerCase()}.>`]
      await jsm.streams.add({ name, subjects, retention, storage: StorageType.Memory }).catch(() => undefined)
    }
    await jsm.consumers.add('INBOUND', {
      durable_name: 'rt-acme-two-todo',
      filter_subject: 'inbound.acme.two.todo.>',
      ack_policy: AckPolicy.Explicit,
      max_ack_pending: 256,
    })
    const js = nc.jetstream()
    const messages = await (await js.consumers.get('INBOUND', 'rt-acme-two-todo')).consume()
    disposal.defer(() => messages.close())
    void (async () => {
      for await (const message of messages) {
        const { scope, sessionId, userId, claims, message: frame } = decode(message.data)
        const { id, actorId, input } = frame as { id: string; actorId: string; input: unknown }
        void js.publish(
          `outbound.acme.two.${String(sessionId)}`,
          encode({
            scope,
            sessionId,
            message: { type: 'rpc:result', id, result: { actorId, input, userId, claims } },
          }),
        )
        message.ack()
      }
    })()
  }

  test('a client at the bare host gets its results, byte for byte and nothing else', async () => {
    const { system, nc } = await setUp()
    await startRuntime(nc)
    const client = await RawClient.open(system.url(0, 'two').replace(/\/ws$/, '/'))
    client.send({
      type: 'rpc',
      id: 'rpc_1_x',
      actor: 'todo',
      actorId: 'list-1',
      method: 'add',
      input: { ü: [1, '💬'] },
    })
    client.send({ type: 'rpc', id: 'rpc_2_x', actor: 'todo', actorId: 'my list', method: 'add', input: null })
    await client.frame({ id: 'rpc_2_x' })
    expect(client.received).toEqual([
      {
        type: 'rpc:result',
        id: 'rpc_1_x',
        result: { actorId: 'list-1', input: { ü: [1, '💬'] }, userId: null, claims: {} },
      },
      {
        type: 'rpc:result',
        id: 'rpc_2_x',
        result: { actorId: 'my list', input: null, userId: null, claims: {} },
      },
    ])
    client.socket.close()
  })

  test('hears of sessions that come and go', async () => {
    const { system, nc } = await setUp()
    const notices: Record<string, unknown>[] = []
    const both = new Promise<void>((resolve) => {
      nc.subscribe('session.*.acme.two', {
        callback: (_error, message) => {
          notices.push({ subject: message.subject, ...decode(message.data) })
          if (notices.length === 2) resolve()
        },
      })
    })
    await nc.flush()
    const client = await RawClient.open(system.url(0, 'two'))
    client.socket.close()
    await both
    const scope = { workspaceId: 'acme', projectId: 'two' }
    const sessionId = expect.stringMatching(/^[\w-]{12}\.[\w-]{24}$/)
    expect(notices).toEqual([
      {
        subject: 'session.connected.acme.two',
        scope,
        sessionId,
        userId: null,
        connectedAt: expect.any(Number),
      },
      { subject: 'session.disconnected.acme.two', scope, sessionId, disconnectedAt: expect.any(Number) },
    ])
    expect(notices[0]?.['sessionId']).toBe(notices[1]?.['sessionId'])
  })
})

describe('a gateway of zocket in front of our worker', () => {
  test('its envelopes are handled and the answers reach its per-session consumer', async () => {
    const { system, nc } = await setUp()
    const transport = createNatsTransport({ servers: system.nats.url })
    disposal.defer(() => transport.close())
    const worker = createWorker({ transport, workspaceId: 'acme', projectId: 'two' }).actor<{ n: number }>(
      'todo',
      {
        message: (context, message) =>
          context.reply({
            n: message.n,
            actorId: context.actorId,
            userId: context.userId,
            claims: context.claims,
          }),
      },
    )
    disposal.use(worker)
    await worker.start()

    const js = nc.jetstream()
    const sessionId = crypto.randomUUID()
    const scope = { workspaceId: 'acme', projectId: 'two' }
    for (const [n, actorId] of ['list-1', 'user@example.com', 'a.b'].entries()) {
      const message = { type: 'rpc', id: `${n}`, actor: 'todo', actorId, n }
      await js.publish(
        `inbound.acme.two.todo.${actorId}`,
        encode({ scope, sessionId, userId: 'ann', claims: { role: 'x' }, message }),
      )
    }
    const consumer = await js.consumers.get('OUTBOUND', { filterSubjects: `outbound.acme.two.${sessionId}` })
    const answers: Record<string, unknown>[] = []
    for await (const message of await consumer.fetch({ max_messages: 3, expires: 10_000 }))
      answers.push(decode(message.data))
    expect(
      answers.toSorted((a, b) => (a['message'] as { n: number }).n - (b['message'] as { n: number }).n),
    ).toEqual(
      ['list-1', 'user@example.com', 'a.b'].map((actorId, n) => ({
        scope,
        sessionId,
        message: { n, actorId, userId: 'ann', claims: { role: 'x' } },
      })),
    )
  })
})
