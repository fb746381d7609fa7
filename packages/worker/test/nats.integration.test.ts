import { type NatsServer, startNatsServer, startTcpProxy } from '@portcullis/test-servers'
import type { Transport } from '@portcullis/transport'
import { createNatsTransport } from '@portcullis/transport/nats'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { createWorker, type Worker } from '../src/index.ts'
import { gate, Relay, until } from './support/relay.ts'

let server: NatsServer
const disposables: (() => Promise<unknown>)[] = []
beforeAll(async () => {
  server = await startNatsServer()
})
afterEach(async () => {
  for (const dispose of disposables.splice(0).toReversed()) await dispose()
})
afterAll(() => server[Symbol.asyncDispose]())

let project = 0
/** A project of its own per test, so that no durable consumer is shared. */
const nextScope = () => ({ workspaceId: 'w', projectId: `p${(project += 1)}` })

function natsTransport(url = server.url): Transport {
  const transport = createNatsTransport({ servers: url, leaseMs: 1000 })
  disposables.push(() => transport.close())
  return transport
}

function natsWorker(scope: { workspaceId: string; projectId: string }, transport = natsTransport()): Worker {
  const worker = createWorker({ transport, ...scope, backoffMs: [5] })
  disposables.push(() => worker.close())
  return worker
}

test('a conflict of consumer names ends the start of the worker', async () => {
  const [one, two] = [
    { workspaceId: 'a-b', projectId: 'c' },
    { workspaceId: 'a', projectId: 'b-c' },
  ]
  await natsWorker(one)
    .actor('room', { message: () => undefined })
    .start()
  await expect(
    natsWorker(two)
      .actor('room', { message: () => undefined })
      .start(),
  ).rejects.toMatchObject({
    code: 'ERR_TRANSPORT_CONSUMER_CONFLICT',
  })
})

test('what one worker has begun and another takes over is answered once', async () => {
  const scope = nextScope()
  const relay = await new Relay(natsTransport()).start()
  const say = (n: number) =>
    relay.transport.publishInbound({
      scope,
      actor: 'room',
      actorId: 'i',
      payload: Buffer.from(
        JSON.stringify({ scope, sessionId: 'gw.s', userId: null, claims: {}, message: n }),
      ),
      messageId: `${scope.projectId}:${n}`,
    })
  const { passed, open } = gate()
  const begun = gate()
  const firstTransport = natsTransport()
  await natsWorker(scope, firstTransport)
    .actor<number>('room', {
      message: async ({ reply }, n) => {
        await reply(n)
        begun.open()
        // Answered, and not acknowledged.
        await passed
      },
    })
    .start()
  for (const n of [1, 2, 3]) await say(n)
  await begun.passed
  await natsWorker(scope)
    .actor<number>('room', { message: ({ reply }, n) => reply(n) })
    .start()
  await firstTransport.close()
  expect(await relay.replies(3)).toEqual([1, 2, 3])
  open()
})

test('a server that restarts in the middle: every message is handled, in order, and answered once', async () => {
  await using own = await startNatsServer()
  const scope = nextScope()
  const transport = natsTransport(own.url)
  const relay = await new Relay(natsTransport(own.url)).start()
  await natsWorker(scope, transport)
    .actor<number>('room', { message: async ({ reply }, n) => reply(n) })
    .start()
  const stored: Promise<unknown>[] = []
  const say = (n: number) =>
    relay.transport.publishInbound(
      {
        scope,
        actor: 'room',
        actorId: 'i',
        payload: Buffer.from(
          JSON.stringify({ scope, sessionId: 'gw.s', userId: null, claims: {}, message: n }),
        ),
        messageId: `m${n}`,
      },
      { deadlineMs: Number.POSITIVE_INFINITY },
    )
  for (let n = 0; n < 600; n += 1) {
    stored.push(say(n))
    if (n % 20 === 0) await new Promise((resolve) => setTimeout(resolve, 2))
    if (n === 300) void own.kill().then(() => own.restart())
  }
  await Promise.all(stored)
  expect(await relay.replies(600)).toEqual(Array.from({ length: 600 }, (_, n) => n))
  await until(() => transport.status().pendingCount === 0)
  expect(relay.sent).toHaveLength(600)
  await transport.close()
  await relay.transport.close()
})

test('a message that kills its worker again and again is parked, and nothing else is', async () => {
  await using own = await startNatsServer()
  const scope = nextScope()
  const relay = await new Relay(natsTransport(own.url)).start()
  const say = (n: number, actorId: string) =>
    relay.transport.publishInbound({
      scope,
      actor: 'room',
      actorId,
      payload: Buffer.from(
        JSON.stringify({ scope, sessionId: 'gw.s', userId: null, claims: {}, message: n }),
      ),
      messageId: `${scope.projectId}:${n}`,
    })
  await say(1, 'good')
  await say(2, 'bad')
  await say(3, 'good')
  const logged: { sequence?: number; code?: string }[] = []
  const logger = {
    info: () => undefined,
    warn: () => undefined,
    error: (details: object) => void logged.push(details),
  }
  // A death: the connection is gone and nothing was given back.
  for (let life = 1; life <= 4 && logged.length === 0; life += 1) {
    await using proxy = await startTcpProxy(own.url)
    const transport = natsTransport(proxy.url)
    const dead = gate()
    const worker = createWorker({ transport, ...scope, maxAttempts: 3, logger }).actor<number>('room', {
      message: async ({ reply, actorId }, n) => {
        if (actorId === 'bad') {
          proxy.cut()
          dead.open()
          await new Promise(() => undefined)
        }
        await reply(n)
      },
    })
    await worker.start()
    await Promise.race([dead.passed, until(() => logged.length > 0, 15_000)])
    if (logged.length === 0) await transport.close()
    else await worker.close()
  }
  expect(logged).toMatchObject([{ code: 'worker_died', attempts: 3 }])
  await natsWorker(scope, natsTransport(own.url))
    .actor<number>('room', { message: ({ reply }, n) => reply(n) })
    .start()
  await relay.replies(2)
  expect(relay.sent.map(({ message }) => Number(message)).toSorted((a, b) => a - b)).toEqual([1, 3])
  await relay.transport.close()
})
