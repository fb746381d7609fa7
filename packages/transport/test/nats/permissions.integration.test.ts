import { documentedNatsConfig, startNatsServer, type NatsServer } from '@portcullis/test-servers'
import { jetstream } from '@nats-io/jetstream'
import { connect, type NatsConnection } from '@nats-io/transport-node'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { InboundDelivery, OutboundDelivery, Transport } from '../../src/index.ts'
import { Collected } from '../../src/testing/collect.ts'
import { startedTransport } from '../support/nats.ts'
import { codeOf, inbound, numbers, outbound, SCOPE, unique } from '../support/messages.ts'

let server: NatsServer
beforeAll(async () => {
  server = await startNatsServer({ config: await documentedNatsConfig() })
})
afterAll(() => server[Symbol.asyncDispose]())

const gateway = () =>
  startedTransport(server.url.replace('//', '//gateway:change-me@'), {
    inboxPrefix: '_INBOX_gateway',
  })
const worker = () =>
  startedTransport(server.url, {
    inboxPrefix: '_INBOX_worker',
    connection: { user: 'worker', pass: 'change-me' },
  })

const raw = (user: 'gateway' | 'worker'): Promise<NatsConnection> =>
  connect({ servers: server.url, user, pass: 'change-me', inboxPrefix: `_INBOX_${user}` })

const letter = () => ({ scope: SCOPE, actor: 'room', payload: Buffer.from('{}'), messageId: unique() })

test('a gateway and a worker with least privilege do all that the relay does', async () => {
  // Whoever comes first makes the streams.
  const [edge, back] = [await gateway(), await worker()]
  const [sent, handled, noticed] = [
    new Collected<OutboundDelivery>(),
    new Collected<InboundDelivery>(),
    new Collected<string>(),
  ]
  await edge.subscribeOutbound({ gatewayId: 'gw' }, sent.push)
  const session = await edge.subscribeOutbound({ scope: SCOPE, sessionId: 'lone' }, sent.push)
  await back.subscribeEvents('session.disconnected.w.p', (_payload, subject) => noticed.push(subject))
  const consuming = await back.consumeInbound({
    scope: SCOPE,
    actor: 'room',
    onDelivery: (delivery) => {
      delivery.touch()
      delivery.ack()
      handled.push(delivery)
    },
  })
  await edge.publishInbound(inbound(1))
  await handled.atLeast(1)
  await back.publishOutbound(outbound(1))
  await back.publishOutbound(outbound(2, { sessionId: 'lone' }))
  await back.publishDeadLetter(letter())
  edge.publishEvent('session.disconnected.w.p', Buffer.from('{}'))
  expect(numbers(await sent.atLeast(2)).toSorted((a, b) => a - b)).toEqual([1, 2])
  expect(await noticed.atLeast(1)).toEqual(['session.disconnected.w.p'])
  expect([edge.status().error, back.status().error]).toEqual([undefined, undefined])
  await session.close()
  await consuming.close()
  // A second life of both, over what the first left.
  await Promise.all([edge.drain(), back.drain()])
  await (await worker()).consumeInbound({ scope: SCOPE, actor: 'room', onDelivery: handled.push })
  await (await gateway()).publishInbound(inbound(2))
  await handled.atLeast(2)
})

describe('a gateway that was taken over', () => {
  test.each<[string, (transport: Transport) => Promise<unknown>]>([
    ['send to sessions', (transport) => transport.publishOutbound(outbound(1))],
    ['forge dead letters', (transport) => transport.publishDeadLetter(letter())],
  ])('cannot %s: refused with a code, long before the deadline', async (_what, act) => {
    const transport = await gateway()
    const startedAt = Date.now()
    expect(await codeOf(act(transport))).toBe('ERR_TRANSPORT_REFUSED')
    expect(Date.now() - startedAt).toBeLessThan(1000)
    expect(transport.status().state).toBe('connected')
  })

  test('cannot consume what clients send', async () => {
    const transport = await gateway()
    const received: unknown[] = []
    await transport.consumeInbound({ scope: SCOPE, actor: 'spied', onDelivery: (one) => received.push(one) })
    await transport.publishInbound(inbound(1, { actor: 'spied' }))
    expect(transport.status().error).toBeInstanceOf(Error)
    expect(received).toEqual([])
  })

  test.each(['inbound.>', 'outbound.>', 'dlq.>', '>', '$JS.>', '$KV.>', '_INBOX_worker.>'])(
    'cannot listen on %s',
    async (subject) => {
      const connection = await raw('gateway')
      const refused = new Promise((resolve) => {
        connection.subscribe(subject, { callback: (error) => resolve(error) })
      })
      expect(await refused).toMatchObject({ name: 'PermissionViolationError', operation: 'subscription' })
      await connection.close()
    },
  )

  test.each([
    '$JS.API.STREAM.DELETE.INBOUND',
    '$JS.API.STREAM.PURGE.INBOUND',
    '$JS.API.STREAM.UPDATE.INBOUND',
    '$JS.API.STREAM.MSG.GET.INBOUND',
    '$JS.API.STREAM.MSG.GET.DLQ',
    '$JS.API.DIRECT.GET.INBOUND',
    '$JS.API.CONSUMER.CREATE.INBOUND',
    '$JS.API.CONSUMER.CREATE.INBOUND.x',
    '$JS.API.CONSUMER.DURABLE.CREATE.INBOUND.x',
    '$JS.API.CONSUMER.MSG.NEXT.INBOUND.rt-w-p-room',
    '$JS.API.CONSUMER.DELETE.INBOUND.rt-w-p-room',
    '$JS.ACK.INBOUND.rt-w-p-room.1.1.1.1.0',
    '$KV.PORTCULLIS_LEASES.w.p.room',
  ])('cannot ask %s', async (subject) => {
    const connection = await raw('gateway')
    const refused = new Promise<unknown>((resolve) => {
      void (async () => {
        for await (const status of connection.status()) if (status.type === 'error') resolve(status.error)
      })()
    })
    connection.publish(subject, '{}', { reply: '_INBOX_gateway.x' })
    expect(await refused).toMatchObject({ name: 'PermissionViolationError', operation: 'publish', subject })
    await connection.close()
  })
})

test('an interop gateway hears what the gateways of its cluster say', async () => {
  const transport = await gateway()
  const heard = new Collected<string>()
  await transport.subscribeEvents('interop.default.all.*', (_payload, subject) => heard.push(subject))
  transport.publishEvent('interop.default.all.one', Buffer.from('{}'))
  expect(await heard.atLeast(1)).toEqual(['interop.default.all.one'])
})

describe('a worker that was taken over', () => {
  test('cannot speak as an interop gateway', async () => {
    const connection = await raw('worker')
    const refused = new Promise<unknown>((resolve) => {
      void (async () => {
        for await (const status of connection.status()) if (status.type === 'error') resolve(status.error)
      })()
    })
    connection.publish('interop.default.all.x', '{}')
    expect(await refused).toMatchObject({ name: 'PermissionViolationError', operation: 'publish' })
    await connection.close()
  })

  test('cannot pose as a client', async () => {
    expect(await codeOf((await worker()).publishInbound(inbound(1)))).toBe('ERR_TRANSPORT_REFUSED')
  })

  test.each(['inbound.>', 'outbound.>', 'dlq.>', 'interop.>', '>', '$JS.>', '_INBOX_gateway.>'])(
    'cannot listen on %s',
    async (subject) => {
      const connection = await raw('worker')
      const refused = new Promise((resolve) => {
        connection.subscribe(subject, { callback: (error) => resolve(error) })
      })
      expect(await refused).toMatchObject({ name: 'PermissionViolationError' })
      await connection.close()
    },
  )

  test('cannot read what others were answered', async () => {
    const connection = await raw('worker')
    const refused = new Promise<unknown>((resolve) => {
      void (async () => {
        for await (const status of connection.status()) if (status.type === 'error') resolve(status.error)
      })()
    })
    jetstream(connection, { timeout: 500 })
      .consumers.get('OUTBOUND', { filter_subjects: 'outbound.>' })
      .catch(() => undefined)
    expect(await refused).toMatchObject({ name: 'PermissionViolationError' })
    await connection.close()
  })
})
