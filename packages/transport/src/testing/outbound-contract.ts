import { describe, expect, test } from 'vitest'
import { TransportError } from '../errors.ts'
import type { OutboundDelivery, OutboundMessage } from '../transport.ts'
import { Collected } from './collect.ts'
import type { ContractContext } from './contract.ts'

/** OUTBOUND: a tail per session with sequences, kept for a while, read by whoever holds the session. */
export function outboundContract({ connect, unique }: ContractContext): void {
  const scope = { workspaceId: 'w', projectId: 'p' }
  const message = (sessionId: string, n: number): OutboundMessage => ({
    scope,
    sessionId,
    payload: Buffer.from(String(n)),
    messageId: unique(),
  })
  const numbers = (deliveries: OutboundDelivery[]): number[] =>
    deliveries.map((delivery) => Number(Buffer.from(delivery.payload).toString()))

  describe('outbound', () => {
    test('one subscription of a gateway receives the messages of all its sessions, in order, and no others', async () => {
      const [gateway, worker] = [await connect(), await connect()]
      const [ours, theirs] = [unique(), unique()]
      const received = new Collected<OutboundDelivery>()
      await gateway.subscribeOutbound({ gatewayId: ours }, received.push)
      for (let n = 0; n < 30; n += 1) {
        await worker.publishOutbound(message(`${theirs}.s`, -1))
        await worker.publishOutbound(message(`${ours}.s${n % 3}`, n))
      }
      const deliveries = await received.atLeast(30)
      expect(numbers(deliveries)).toEqual(Array.from({ length: 30 }, (_, n) => n))
      expect(deliveries[1]).toMatchObject({ scope, sessionId: `${ours}.s1` })
      const sequences = deliveries.map((delivery) => delivery.sequence)
      expect(sequences).toEqual(sequences.toSorted((a, b) => a - b))
    })

    test('what was published before the subscription is delivered first', async () => {
      const transport = await connect()
      const gatewayId = unique()
      await transport.publishOutbound(message(`${gatewayId}.s`, 1))
      const received = new Collected<OutboundDelivery>()
      await transport.subscribeOutbound({ gatewayId }, received.push)
      await transport.publishOutbound(message(`${gatewayId}.s`, 2))
      expect(numbers(await received.atLeast(2))).toEqual([1, 2])
    })

    test('a session is replayed from behind a sequence, then followed', async () => {
      const transport = await connect()
      const sessionId = `${unique()}.${unique()}`
      const receipts = []
      for (let n = 0; n < 5; n += 1) receipts.push(await transport.publishOutbound(message(sessionId, n)))
      await transport.publishOutbound(message(`${unique()}.x`, 99))
      const received = new Collected<OutboundDelivery>()
      await transport.subscribeOutbound(
        { scope, sessionId, afterSequence: receipts[2]?.sequence },
        received.push,
      )
      await transport.publishOutbound(message(sessionId, 5))
      expect(numbers(await received.atLeast(3))).toEqual([3, 4, 5])
    })

    test('a session id of one token works as well', async () => {
      const transport = await connect()
      const sessionId = unique()
      const received = new Collected<OutboundDelivery>()
      await transport.subscribeOutbound({ scope, sessionId }, received.push)
      await transport.publishOutbound(message(sessionId, 7))
      expect(numbers(await received.atLeast(1))).toEqual([7])
      expect(received.items[0]?.sessionId).toBe(sessionId)
    })

    test('a message id is stored once', async () => {
      const transport = await connect()
      const sessionId = `${unique()}.s`
      const once = message(sessionId, 1)
      await transport.publishOutbound(once)
      expect(await transport.publishOutbound(once)).toMatchObject({ duplicate: true })
      await transport.publishOutbound(message(sessionId, 2))
      const received = new Collected<OutboundDelivery>()
      await transport.subscribeOutbound({ scope, sessionId }, received.push)
      expect(numbers(await received.atLeast(2))).toEqual([1, 2])
    })

    test('nothing is delivered after the subscription is closed', async () => {
      const transport = await connect()
      const sessionId = `${unique()}.s`
      const closed = new Collected<OutboundDelivery>()
      const subscription = await transport.subscribeOutbound({ scope, sessionId }, closed.push)
      await subscription.close()
      const open = new Collected<OutboundDelivery>()
      await transport.subscribeOutbound({ scope, sessionId }, open.push)
      await transport.publishOutbound(message(sessionId, 1))
      await open.atLeast(1)
      expect(closed.items).toEqual([])
    })

    test.each(['', 'a.b.c', 'a b', 'a.*', '>', 'a\r\n'])(
      'the session id %j is refused',
      async (sessionId) => {
        const transport = await connect()
        const error = await transport
          .publishOutbound(message(sessionId, 1))
          .catch((reason: unknown) => reason)
        expect(TransportError.is(error) && error.code).toBe('ERR_TRANSPORT_SUBJECT_INVALID')
      },
    )
  })
}
