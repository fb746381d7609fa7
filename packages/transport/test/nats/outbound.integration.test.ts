import { startNatsServer, startTcpProxy, type NatsServer } from '@portcullis/test-servers'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { OutboundDelivery, Subscription } from '../../src/index.ts'
import { OUTBOUND_STREAM } from '../../src/nats/index.ts'
import { Collected } from '../../src/testing/collect.ts'
import { eventually, observer, startedTransport, untilStatus } from '../support/nats.ts'
import { codeOf, numbers, outbound, range, SCOPE } from '../support/messages.ts'

let server: NatsServer
beforeAll(async () => {
  server = await startNatsServer()
})
afterAll(() => server[Symbol.asyncDispose]())

async function consumerCount(): Promise<number> {
  const { jsm } = await observer(server.url)
  return (await jsm.streams.info(OUTBOUND_STREAM)).state.consumer_count
}

test('one consumer serves a gateway whatever the number of its sessions, and goes with it', async () => {
  const [gateway, worker] = [await startedTransport(server.url), await startedTransport(server.url)]
  const received = new Collected<OutboundDelivery>()
  const subscription = await gateway.subscribeOutbound({ gatewayId: 'many' }, received.push)
  expect(await consumerCount()).toBe(1)
  await Promise.all(
    range(0, 10_000).map((n) => worker.publishOutbound(outbound(n, { sessionId: `many.s${n}` }))),
  )
  expect(numbers(await received.atLeast(10_000))).toEqual(range(0, 10_000))
  expect(await consumerCount()).toBe(1)
  await subscription.close()
  expect(await consumerCount()).toBe(0)
})

test('a session of its own has a consumer of its own, which goes when it closes', async () => {
  const transport = await startedTransport(server.url)
  const subscriptions: Subscription[] = []
  for (const n of range(0, 20)) {
    subscriptions.push(
      await transport.subscribeOutbound({ scope: SCOPE, sessionId: `s${n}` }, () => undefined),
    )
  }
  expect(await consumerCount()).toBe(20)
  await Promise.all(subscriptions.map((subscription) => subscription.close()))
  expect(await consumerCount()).toBe(0)
})

test('one that is closed while it opens leaves no consumer behind', async () => {
  const transport = await startedTransport(server.url)
  const opening = transport.subscribeOutbound({ scope: SCOPE, sessionId: 'hasty' }, () => undefined)
  await transport.close()
  await opening.catch(() => undefined)
  await eventually(consumerCount, (count) => count === 0)
})

test('reconnecting goes on behind the last message and leaves no second consumer', async () => {
  await using proxy = await startTcpProxy(server.url)
  const [gateway, worker] = [await startedTransport(proxy.url), await startedTransport(server.url)]
  const received = new Collected<OutboundDelivery>()
  await gateway.subscribeOutbound({ gatewayId: 'gw' }, received.push)
  for (const round of range(0, 3)) {
    await worker.publishOutbound(outbound(round * 2))
    await received.atLeast(round * 2 + 1)
    proxy.cut()
    await untilStatus(gateway, 'disconnected')
    await worker.publishOutbound(outbound(round * 2 + 1))
    proxy.restore()
    await received.atLeast(round * 2 + 2)
  }
  expect(numbers(received.items)).toEqual(range(0, 6))
  await eventually(consumerCount, (count) => count === 1)
  await gateway.close()
})

test('a cut while a subscription opens does not lose it', async () => {
  await using proxy = await startTcpProxy(server.url)
  const [gateway, worker] = [await startedTransport(proxy.url), await startedTransport(server.url)]
  const received = new Collected<OutboundDelivery>()
  proxy.mute()
  const opening = gateway.subscribeOutbound({ gatewayId: 'late' }, received.push)
  proxy.cut()
  await untilStatus(gateway, 'disconnected')
  proxy.unmute()
  proxy.restore()
  await opening
  await worker.publishOutbound(outbound(1, { sessionId: 'late.s' }))
  expect(numbers(await received.atLeast(1))).toEqual([1])
  await gateway.close()
})

test('a consumer that the server refuses is an error of the call', async () => {
  await using own = await startNatsServer()
  const transport = await startedTransport(own.url)
  const { jsm } = await observer(own.url)
  await jsm.streams.delete(OUTBOUND_STREAM)
  expect(await codeOf(transport.subscribeOutbound({ gatewayId: 'gw' }, () => undefined))).toBe(
    'ERR_TRANSPORT_UNAVAILABLE',
  )
  await transport.close()
})
