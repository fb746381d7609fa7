import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createEmbeddedTransport } from '@portcullis/transport/embedded'
import { createWorker } from '@portcullis/worker'
import { createGateway, GatewayError } from '@portcullis/ws-gateway'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { createClient } from '../src/index.ts'
import { connect } from './support/connect.ts'

// The far end for real: gateway, engine and worker in this process.
const scope = { workspaceId: 'demo', projectId: 'client' }
const transport = createEmbeddedTransport()
const gateway = createGateway({
  transport,
  maxPayloadBytes: 1024,
  maxInFlightFrames: 4,
  authorize: async ({ token }) => {
    if (token === 'refused') throw new GatewayError('unauthorized', 'not today')
    return {
      ...scope,
      userId: token,
      claims: {},
      isRevoked: () => withdrawn.has(token ?? ''),
      revokedCode: 'grant_withdrawn',
    }
  },
})
/** Users whose grants are to be decided on anew. */
const withdrawn = new Set<string>()
const handled: unknown[] = []
const worker = createWorker({ transport, ...scope }).actor('echo', {
  async message(context, message) {
    handled.push(message)
    await context.reply(message)
  },
})
const http = createServer()
const sockets = new Set<{ destroy(): void }>()
let url: string

beforeAll(async () => {
  await gateway.start()
  await worker.start()
  gateway.attach(http)
  http.on('connection', (socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  url = `ws://127.0.0.1:${(http.address() as AddressInfo).port}/ws`
})
afterAll(async () => {
  await gateway.close()
  await worker.close()
  await transport.close()
  http.close()
})

test('a frame is acknowledged, handled and answered', async () => {
  const { client, messages } = connect<{ text: string }>({ url, getToken: () => 'ada' })
  expect(await client.ready).toMatchObject({
    userId: 'ada',
    limits: { maxPayloadBytes: 1024, maxInFlightFrames: 4 },
  })
  const receipt = await client.actor('echo', 'one').send({ text: 'hello' })
  expect(await messages.next()).toEqual({ actor: 'echo', actorId: 'one', id: receipt.id, text: 'hello' })
  await client.close()
})

test('a second frame with the same id is a duplicate and not handled again', async () => {
  await using client = createClient({ url })
  const send = async (): Promise<unknown> =>
    await client.send({ actor: 'echo', actorId: 'twice', id: 'the-id' })
  expect(await send()).toEqual({ id: 'the-id', duplicate: false })
  expect(await send()).toEqual({ id: 'the-id', duplicate: true })
})

test('what the gateway refuses is rejected with its code', async () => {
  await using client = createClient({ url })
  const hostile = client.send({ actor: 'echo', actorId: 'a\u0000b' })
  await expect(hostile).rejects.toMatchObject({
    code: 'rejected',
    serverCode: 'invalid_subject',
    retryable: false,
  })
  await expect(client.send({ actor: 'echo', actorId: 'x', text: 'x'.repeat(2000) })).rejects.toMatchObject({
    code: 'payload_too_large',
  })
})

test('a refused token is final, with the status and code of the gateway', async () => {
  const { client } = connect({ url, getToken: () => 'refused' })
  await expect(client.ready).rejects.toMatchObject({
    code: 'unauthorized',
    statusCode: 401,
    serverCode: 'unauthorized',
  })
})

test('a session that somebody closed is over, and the client does not come back', async () => {
  const { client, errors, statuses } = connect({ url, getToken: () => 'dora' })
  const { sessionId } = await client.ready
  expect(gateway.closeSession(sessionId, 'spilt tea')).toBe(true)
  expect(await errors.next()).toMatchObject({ code: 'server_error', serverCode: 'session_closed' })
  expect(await errors.next()).toMatchObject({ code: 'closed_by_server', closeCode: 4403 })
  while ((await statuses.next()) !== 'closed');
  await expect(client.send({ actor: 'echo', actorId: 'one' })).rejects.toMatchObject({ code: 'closed' })
  await vi.waitFor(() =>
    expect([...gateway.sessions()].filter(({ userId }) => userId === 'dora')).toEqual([]),
  )
})

test('a session whose grant was withdrawn begins anew, and what was sent meanwhile arrives', async () => {
  const { client, errors, messages, statuses } = connect<{ text: string }>({ url, getToken: () => 'grace' })
  await client.ready
  for (let round = 0; round < 3; round += 1) {
    while ((await statuses.next()) !== 'connected');
    withdrawn.add('grace')
    expect(gateway.closeRevoked()).toBe(1)
    withdrawn.delete('grace')
    const sent = client.actor('echo', 'one').send({ text: `round ${round}` })
    expect(await errors.next()).toMatchObject({ code: 'server_error', serverCode: 'grant_withdrawn' })
    expect(await errors.next()).toMatchObject({ code: 'connection_lost', closeCode: 4401 })
    await sent
    expect(await messages.next()).toMatchObject({ text: `round ${round}` })
  }
  await client.close()
})

test('two hundred frames over five cut lines arrive, in the order in which they were sent', async () => {
  const { client, messages } = connect<{ n: number }>({ url })
  const lane = client.actor('echo', 'lane')
  handled.length = 0
  const sends: Promise<unknown>[] = []
  for (let n = 0; n < 200; n += 1) {
    sends.push(lane.send({ n }))
    if (n % 40 === 20) {
      await sends[n - 10]
      for (const socket of sockets) socket.destroy()
    }
  }
  await Promise.all(sends)
  await lane.send({ n: 200 })
  // Replies to a session that was cut are gone; the last one is to this session.
  while ((await messages.next()).n !== 200);
  const order = handled.map((message) => (message as { n: number }).n)
  // First occurrences: an acknowledgement that was cut off means a second delivery.
  expect([...new Set(order)]).toEqual(Array.from({ length: 201 }, (_value, n) => n))
  await client.close()
})
