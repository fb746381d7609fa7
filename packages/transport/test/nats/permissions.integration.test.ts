import { documentedNatsConfig, startNatsServer, type NatsServer } from '@portcullis/test-servers'
import { jetstream } from '@nats-io/jetstream'
import { connect, type NatsConnection } from '@nats-io/transport-node'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import {
  encodeDeadLetter,
  type InboundDelivery,
  type OutboundDelivery,
  type Transport,
} from '../../src/index.ts'
import { createNatsEvents, type NatsEvents } from '../../src/nats/index.ts'
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

const control = async (): Promise<NatsEvents> => {
  const events = createNatsEvents({
    servers: server.url,
    inboxPrefix: '_INBOX_control-plane',
    connection: { user: 'control-plane', pass: 'change-me' },
  })
  opened.push(events)
  await events.start()
  return events
}

const opened: NatsEvents[] = []
afterEach(async () => {
  await Promise.all(opened.splice(0).map((events) => events.close()))
})

const raw = (user: 'gateway' | 'worker' | 'control-plane'): Promise<NatsConnection> =>
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

  test.each([
    'inbound.>',
    'outbound.>',
    'dlq.>',
    '>',
    '$JS.>',
    '$KV.>',
    '_INBOX_worker.>',
    '_INBOX_control-plane.>',
    'fleet.>',
    'fleet.report.*',
    'fleet.answer.*',
  ])('cannot listen on %s', async (subject) => {
    const connection = await raw('gateway')
    const refused = new Promise((resolve) => {
      connection.subscribe(subject, { callback: (error) => resolve(error) })
    })
    expect(await refused).toMatchObject({ name: 'PermissionViolationError', operation: 'subscription' })
    await connection.close()
  })

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
    '$JS.API.STREAM.MSG.DELETE.DLQ',
    '$JS.API.CONSUMER.CREATE.DLQ.x.dlq.>',
    'fleet.changes',
    'fleet.hello',
    'fleet.ask.gw',
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

test('a gateway tells control planes, and they ask and tell gateways', async () => {
  const [edge, plane] = [await gateway(), await control()]
  const [up, down] = [new Collected<string>(), new Collected<string>()]
  await plane.subscribeEvents('fleet.report.*', (_payload, subject) => up.push(subject))
  await plane.subscribeEvents('fleet.answer.cp', (_payload, subject) => up.push(subject))
  for (const subject of ['fleet.ask.gw', 'fleet.changes', 'fleet.hello']) {
    await edge.subscribeEvents(subject, (_payload, on) => down.push(on))
  }
  // An answer on each connection: the server has the subscriptions before it.
  await Promise.all([edge.publishInbound(inbound(1, { actor: 'settle' })), plane.deadLetters.get('1')])
  for (const [speaker, subjects] of [
    [edge, ['fleet.report.gw', 'fleet.answer.cp']],
    [plane, ['fleet.ask.gw', 'fleet.changes', 'fleet.hello']],
  ] as const) {
    for (const subject of subjects) speaker.publishEvent(subject, Buffer.from('{}'))
  }
  expect(await up.atLeast(2)).toEqual(['fleet.report.gw', 'fleet.answer.cp'])
  expect(await down.atLeast(3)).toEqual(['fleet.ask.gw', 'fleet.changes', 'fleet.hello'])
  expect([edge.status().error, plane.status().error]).toEqual([undefined, undefined])
})

test('a control plane looks at dead letters, replays and drops them; a gateway and a worker do not', async () => {
  const [back, plane, edge] = [await worker(), await control(), await gateway()]
  const scope = { workspaceId: unique(), projectId: 'p' }
  const payload = encodeDeadLetter({
    scope,
    actor: 'room',
    subject: `inbound.${scope.workspaceId}.p.room.lobby`,
    sequence: 1,
    messageId: 'm',
    attempts: 5,
    reason: { code: 'c', message: 'm' },
    parkedAt: 1,
    payload: Buffer.from('{"n":1}'),
  })
  const park = async () =>
    String((await back.publishDeadLetter({ scope, actor: 'room', payload, messageId: unique() })).sequence)
  const [first, second] = [await park(), await park()]
  expect((await plane.deadLetters.list({ scope })).items.map(({ id }) => id)).toEqual([second, first])
  expect(await plane.deadLetters.get(first, scope)).not.toBeNull()
  expect(await plane.deadLetters.drop(first, scope)).toBe(true)
  expect(await plane.deadLetters.replay(second, scope)).toMatchObject({ duplicate: false })
  const handled = new Collected<InboundDelivery>()
  await back.consumeInbound({ scope, actor: 'room', onDelivery: handled.push })
  expect(numbers(await handled.atLeast(1))).toEqual([1])
  for (const { deadLetters } of [back, edge]) {
    expect(await codeOf(deadLetters.get('1'))).toBe('ERR_TRANSPORT_REFUSED')
    expect(await codeOf(deadLetters.list())).toBe('ERR_TRANSPORT_REFUSED')
  }
  expect(plane.status().error).toBeUndefined()
})

describe('a control plane that was taken over', () => {
  test.each([
    'inbound.>',
    'outbound.>',
    'dlq.>',
    'session.>',
    'interop.>',
    '>',
    '$JS.>',
    '$KV.>',
    'fleet.ask.*',
    '_INBOX_gateway.>',
  ])('cannot listen on %s', async (subject) => {
    const connection = await raw('control-plane')
    const refused = new Promise((resolve) => {
      connection.subscribe(subject, { callback: (error) => resolve(error) })
    })
    expect(await refused).toMatchObject({ name: 'PermissionViolationError', operation: 'subscription' })
    await connection.close()
  })

  test.each([
    'outbound.w.p.gw.s',
    'dlq.w.p.room',
    'session.disconnected.w.p',
    'interop.default.all.x',
    'fleet.report.gw',
    'fleet.answer.cp',
    '$JS.API.STREAM.DELETE.DLQ',
    '$JS.API.STREAM.PURGE.DLQ',
    '$JS.API.STREAM.MSG.GET.INBOUND',
    '$JS.API.STREAM.MSG.DELETE.INBOUND',
    '$JS.API.CONSUMER.CREATE.OUTBOUND.x.outbound.>',
    '$KV.PORTCULLIS_AUTH_CLIENTS.x',
  ])('cannot say or ask %s', async (subject) => {
    const connection = await raw('control-plane')
    const refused = new Promise<unknown>((resolve) => {
      void (async () => {
        for await (const status of connection.status()) if (status.type === 'error') resolve(status.error)
      })()
    })
    connection.publish(subject, '{}', { reply: '_INBOX_control-plane.x' })
    expect(await refused).toMatchObject({ name: 'PermissionViolationError', operation: 'publish', subject })
    await connection.close()
  })
})

describe('a worker that was taken over', () => {
  test.each(['interop.default.all.x', 'fleet.changes', 'fleet.report.gw', 'fleet.ask.gw'])(
    'cannot speak on %s',
    async (subject) => {
      const connection = await raw('worker')
      const refused = new Promise<unknown>((resolve) => {
        void (async () => {
          for await (const status of connection.status()) if (status.type === 'error') resolve(status.error)
        })()
      })
      connection.publish(subject, '{}')
      expect(await refused).toMatchObject({ name: 'PermissionViolationError', operation: 'publish' })
      await connection.close()
    },
  )

  test('cannot pose as a client', async () => {
    expect(await codeOf((await worker()).publishInbound(inbound(1)))).toBe('ERR_TRANSPORT_REFUSED')
  })

  test.each(['inbound.>', 'outbound.>', 'dlq.>', 'interop.>', 'fleet.>', '>', '$JS.>', '_INBOX_gateway.>'])(
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
