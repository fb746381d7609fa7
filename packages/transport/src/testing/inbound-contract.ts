import { describe, expect, test } from 'vitest'
import { TransportError } from '../errors.ts'
import { decodeToken } from '../subject/token.ts'
import type { InboundDelivery, InboundMessage } from '../transport.ts'
import { Collected } from './collect.ts'
import type { ContractContext } from './contract.ts'

/** INBOUND: a work queue per actor type with explicit acks, one active consumer, order per actor id. */
export function inboundContract({ connect, unique }: ContractContext): void {
  const message = (scope: InboundMessage['scope'], actorId: string, n: number): InboundMessage => ({
    scope,
    actor: 'room',
    actorId,
    payload: Buffer.from(JSON.stringify({ n })),
    messageId: unique(),
  })
  const numberOf = (delivery: InboundDelivery): number =>
    (JSON.parse(Buffer.from(delivery.payload).toString()) as { n: number }).n

  describe('inbound', () => {
    test('messages wait for a consumer and arrive in the order in which they were published', async () => {
      const transport = await connect()
      const scope = { workspaceId: unique(), projectId: 'p' }
      for (let n = 0; n < 50; n += 1) await transport.publishInbound(message(scope, `id-${n % 5}`, n))
      const received = new Collected<InboundDelivery>()
      await transport.consumeInbound({
        scope,
        actor: 'room',
        onDelivery: (delivery) => {
          delivery.ack()
          received.push(delivery)
        },
      })
      const deliveries = await received.atLeast(50)
      expect(deliveries.map(numberOf)).toEqual(Array.from({ length: 50 }, (_, n) => n))
      expect(deliveries.every((delivery) => delivery.attempt === 1)).toBe(true)
    })

    test('a message id is stored once inside the duplicate window', async () => {
      const transport = await connect()
      const scope = { workspaceId: unique(), projectId: 'p' }
      const first = message(scope, 'i', 1)
      const stored = await transport.publishInbound(first)
      const again = await transport.publishInbound(first)
      expect(again).toEqual({ sequence: stored.sequence, duplicate: true })
      await transport.publishInbound(message(scope, 'i', 2))
      const received = new Collected<InboundDelivery>()
      await transport.consumeInbound({ scope, actor: 'room', onDelivery: received.push })
      expect((await received.atLeast(2)).map(numberOf)).toEqual([1, 2])
    })

    test('an unacknowledged message comes again, counted, after the ack wait; an acknowledged one never does', async () => {
      const transport = await connect()
      const scope = { workspaceId: unique(), projectId: 'p' }
      const received = new Collected<InboundDelivery>()
      await transport.consumeInbound({
        scope,
        actor: 'room',
        ackWaitMs: 400,
        onDelivery: (delivery) => {
          if (numberOf(delivery) === 1) delivery.ack()
          received.push(delivery)
        },
      })
      await transport.publishInbound(message(scope, 'i', 1))
      await transport.publishInbound(message(scope, 'i', 2))
      const deliveries = await received.atLeast(3)
      expect(deliveries.map((delivery) => [numberOf(delivery), delivery.attempt])).toEqual([
        [1, 1],
        [2, 1],
        [2, 2],
      ])
      expect(deliveries[2]?.messageId).toBe(deliveries[1]?.messageId)
      deliveries[2]?.ack()
    })

    test('at most so many messages are in flight as asked for', async () => {
      const transport = await connect()
      const scope = { workspaceId: unique(), projectId: 'p' }
      for (let n = 0; n < 6; n += 1) await transport.publishInbound(message(scope, 'i', n))
      const received = new Collected<InboundDelivery>()
      await transport.consumeInbound({ scope, actor: 'room', maxInFlight: 3, onDelivery: received.push })
      await received.atLeast(3)
      const marker = new Collected<InboundDelivery>()
      const other = { workspaceId: unique(), projectId: 'p' }
      await transport.consumeInbound({ scope: other, actor: 'room', onDelivery: marker.push })
      await transport.publishInbound(message(other, 'i', 0))
      await marker.atLeast(1)
      expect(received.items.map(numberOf)).toEqual([0, 1, 2])
      for (const delivery of received.items) delivery.ack()
      expect((await received.atLeast(6)).map(numberOf)).toEqual([0, 1, 2, 3, 4, 5])
    })

    test('one consumer of an actor type is active; the next takes over what was not acknowledged, in order', async () => {
      const [first, second] = [await connect(), await connect()]
      const scope = { workspaceId: unique(), projectId: 'p' }
      const [one, two] = [new Collected<InboundDelivery>(), new Collected<InboundDelivery>()]
      const active: string[] = []
      const subscription = await first.consumeInbound({
        scope,
        actor: 'room',
        onDelivery: one.push,
        onActive: (isActive) => active.push(`first ${isActive}`),
      })
      await second.consumeInbound({
        scope,
        actor: 'room',
        onDelivery: two.push,
        onActive: (isActive) => active.push(`second ${isActive}`),
      })
      for (let n = 0; n < 5; n += 1) await first.publishInbound(message(scope, 'i', n))
      const held = await one.atLeast(5)
      expect(two.items).toEqual([])
      held[0]?.ack()
      held[2]?.ack()
      await new Promise((resolve) => setImmediate(resolve))
      await subscription.close()
      await second.publishInbound(message(scope, 'i', 5))
      expect((await two.atLeast(4)).map(numberOf)).toEqual([1, 3, 4, 5])
      // Given back, not failed at.
      expect(two.items.map((delivery) => delivery.attempt)).toEqual([1, 1, 1, 1])
      expect(active).toEqual(['first true', 'first false', 'second true'])
    })

    test('scopes and actor types do not see one another', async () => {
      const transport = await connect()
      const [a, b] = [
        { workspaceId: unique(), projectId: 'p' },
        { workspaceId: unique(), projectId: 'p' },
      ]
      const [ofA, ofB] = [new Collected<InboundDelivery>(), new Collected<InboundDelivery>()]
      await transport.consumeInbound({ scope: a, actor: 'room', onDelivery: ofA.push })
      await transport.consumeInbound({ scope: b, actor: 'room', onDelivery: ofB.push })
      await transport.publishInbound({ ...message(a, 'i', 0), actor: 'other' })
      await transport.publishInbound(message(a, 'i', 1))
      await transport.publishInbound(message(b, 'i', 2))
      expect((await ofA.atLeast(1)).map(numberOf)).toEqual([1])
      expect((await ofB.atLeast(1)).map(numberOf)).toEqual([2])
    })

    test.each(['room 1', 'a.b', '*', '>', 'müller@example.com', '会議', 'b64-YQ', '💬'])(
      'the name %j travels as one subject token and comes back',
      async (name) => {
        const transport = await connect()
        const scope = { workspaceId: unique(), projectId: 'p' }
        const received = new Collected<InboundDelivery>()
        await transport.consumeInbound({ scope, actor: name, onDelivery: received.push })
        await transport.publishInbound({ ...message(scope, name, 1), actor: name })
        const [delivery] = await received.atLeast(1)
        const tokens = delivery?.subject.split('.') ?? []
        expect(tokens).toHaveLength(5)
        expect(tokens.slice(3).map(decodeToken)).toEqual([name, name])
        delivery?.ack()
      },
    )

    test.each(['', 'a\r\nPUB x 0', 'a\tb', '\u0000', '\u007f', '\ud800', 'x'.repeat(129), 'é'.repeat(65)])(
      'the hostile name %j is refused before anything is written',
      async (name) => {
        const transport = await connect()
        const scope = { workspaceId: unique(), projectId: 'p' }
        for (const part of ['actor', 'actorId']) {
          const error = await transport
            .publishInbound({ ...message(scope, 'i', 1), [part]: name })
            .catch((reason: unknown) => reason)
          expect(TransportError.is(error) && error.code).toBe('ERR_TRANSPORT_SUBJECT_INVALID')
        }
      },
    )

    test('a message over the size limit is refused and the next one goes through', async () => {
      const transport = await connect()
      const scope = { workspaceId: unique(), projectId: 'p' }
      const huge = { ...message(scope, 'i', 1), payload: Buffer.alloc(1024 * 1024 + 1) }
      const error = await transport.publishInbound(huge).catch((reason: unknown) => reason)
      expect(TransportError.is(error) && error.code).toBe('ERR_TRANSPORT_TOO_LARGE')
      await expect(transport.publishInbound(message(scope, 'i', 2))).resolves.toMatchObject({
        duplicate: false,
      })
    })
  })
}
