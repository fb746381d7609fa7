import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import {
  createEmbeddedTransport,
  EmbeddedBroker,
  type EmbeddedBrokerOptions,
} from '../../src/embedded/index.ts'
import { DuplicateWindow } from '../../src/embedded/duplicate-window.ts'
import type { InboundDelivery, OutboundDelivery, Transport } from '../../src/index.ts'
import { codeOf, inbound, numberOf, numbers, outbound, range, SCOPE, unique } from '../support/messages.ts'

/** Lets the deliveries that are due happen. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(() => setImmediate(resolve)))

async function started(
  options?: EmbeddedBrokerOptions,
): Promise<{ transport: Transport; broker: EmbeddedBroker }> {
  const broker = new EmbeddedBroker(options)
  const transport = createEmbeddedTransport({ broker })
  await transport.start()
  return { transport, broker }
}

const bytes = (length: number) => ({ payload: Buffer.alloc(length) })

beforeEach(() => void vi.useFakeTimers({ toFake: ['Date', 'setInterval', 'clearInterval'] }))
afterEach(() => void vi.useRealTimers())

describe('inbound', () => {
  test('is refused past its bytes, and has room again after an ack', async () => {
    const { transport } = await started({ inboundMaxBytes: 100 })
    await transport.publishInbound(inbound(1, bytes(60)))
    await transport.publishInbound(inbound(2, bytes(40)))
    expect(await codeOf(transport.publishInbound(inbound(3, bytes(1))))).toBe('ERR_TRANSPORT_STREAM_FULL')
    const received: InboundDelivery[] = []
    await transport.consumeInbound({
      scope: SCOPE,
      actor: 'room',
      onDelivery: (delivery) => received.push(delivery),
    })
    await turn()
    expect(await codeOf(transport.publishInbound(inbound(3, bytes(1))))).toBe('ERR_TRANSPORT_STREAM_FULL')
    received[0]?.ack()
    received[0]?.ack()
    await transport.publishInbound(inbound(3, bytes(60)))
    expect(await codeOf(transport.publishInbound(inbound(4, bytes(1))))).toBe('ERR_TRANSPORT_STREAM_FULL')
  })

  test('a refused message is not remembered as a duplicate', async () => {
    const { transport } = await started({ inboundMaxBytes: 10 })
    await transport.publishInbound(inbound(1, bytes(10)))
    const second = inbound(2, bytes(10))
    expect(await codeOf(transport.publishInbound(second))).toBe('ERR_TRANSPORT_STREAM_FULL')
    await transport.consumeInbound({ scope: SCOPE, actor: 'room', onDelivery: (delivery) => delivery.ack() })
    await turn()
    expect(await transport.publishInbound(second)).toMatchObject({ duplicate: false })
  })

  test('waits no longer than its age, and makes room when it is over', async () => {
    const { transport } = await started({ inboundMaxBytes: 100, inboundMaxAgeMs: 5000 })
    await transport.publishInbound(inbound(1, { ...bytes(100), actor: 'nobody' }))
    vi.advanceTimersByTime(4999)
    expect(await codeOf(transport.publishInbound(inbound(2, bytes(1))))).toBe('ERR_TRANSPORT_STREAM_FULL')
    vi.advanceTimersByTime(2)
    await transport.publishInbound(inbound(2, bytes(100)))
    const received: InboundDelivery[] = []
    await transport.consumeInbound({
      scope: SCOPE,
      actor: 'nobody',
      onDelivery: (delivery) => received.push(delivery),
    })
    await turn()
    expect(received).toEqual([])
  })

  test('the names of actor types that clients make up leave nothing behind', async () => {
    const { transport, broker } = await started({ inboundMaxAgeMs: 1000 })
    for (let n = 0; n < 500; n += 1) await transport.publishInbound(inbound(n, { actor: `made-up-${n}` }))
    vi.advanceTimersByTime(1001)
    await transport.publishInbound(inbound(1))
    expect(broker.inbound.queueCount).toBe(1)
  })

  test('of two scopes whose ids run together neither sees the other’s messages', async () => {
    const { transport } = await started()
    const [one, two] = [
      { workspaceId: 'a-b', projectId: 'c' },
      { workspaceId: 'a', projectId: 'b-c' },
    ]
    const [ofOne, ofTwo]: [InboundDelivery[], InboundDelivery[]] = [[], []]
    await transport.consumeInbound({
      scope: one,
      actor: 'room',
      onDelivery: (delivery) => ofOne.push(delivery),
    })
    await transport.consumeInbound({
      scope: two,
      actor: 'room',
      onDelivery: (delivery) => ofTwo.push(delivery),
    })
    await transport.publishInbound(inbound(1, { scope: one }))
    await transport.publishInbound(inbound(2, { scope: two }))
    await turn()
    expect([numbers(ofOne), numbers(ofTwo)]).toEqual([[1], [2]])
  })

  test('a consumer has at most so many messages in hand', async () => {
    const { transport } = await started()
    for (const n of range(0, 10)) await transport.publishInbound(inbound(n))
    const received: InboundDelivery[] = []
    await transport.consumeInbound({
      scope: SCOPE,
      actor: 'room',
      maxInFlight: 3,
      onDelivery: (delivery) => received.push(delivery),
    })
    await turn()
    expect(numbers(received)).toEqual([0, 1, 2])
    received[1]?.ack()
    await turn()
    expect(numbers(received)).toEqual([0, 1, 2, 3])
  })

  test('a delivery that is touched is not made again, one that is silent is, with its count', async () => {
    const { transport } = await started()
    await transport.publishInbound(inbound(1))
    await transport.publishInbound(inbound(2))
    const received: InboundDelivery[] = []
    await transport.consumeInbound({
      scope: SCOPE,
      actor: 'room',
      ackWaitMs: 1000,
      onDelivery: (delivery) => received.push(delivery),
    })
    await turn()
    for (let step = 0; step < 5; step += 1) {
      vi.advanceTimersByTime(250)
      received[0]?.touch()
    }
    expect(received.map((delivery) => [numberOf(delivery), delivery.attempt])).toEqual([
      [1, 1],
      [2, 1],
      [2, 2],
    ])
  })

  test('what one consumer throws at one delivery does not stop the next', async () => {
    const { transport } = await started()
    const received: number[] = []
    const thrown: unknown[] = []
    const listeners = process.listeners('uncaughtException')
    process.removeAllListeners('uncaughtException')
    process.on('uncaughtException', (error) => thrown.push(error))
    try {
      await transport.consumeInbound({
        scope: SCOPE,
        actor: 'room',
        onDelivery: (delivery) => {
          received.push(numberOf(delivery))
          if (received.length === 1) throw new Error('from the callback')
        },
      })
      await transport.publishInbound(inbound(1))
      await transport.publishInbound(inbound(2))
      await turn()
      expect(received).toEqual([1, 2])
      expect(thrown).toEqual([new Error('from the callback')])
    } finally {
      process.removeAllListeners('uncaughtException')
      for (const listener of listeners) process.on('uncaughtException', listener)
    }
  })
})

describe('outbound', () => {
  async function kept(transport: Transport): Promise<number[]> {
    const received: OutboundDelivery[] = []
    const subscription = await transport.subscribeOutbound({ gatewayId: 'gw' }, (delivery) =>
      received.push(delivery),
    )
    await turn()
    await subscription.close()
    return received.map((delivery) => delivery.payload[0] ?? -1)
  }
  const sized = (n: number, length: number) => outbound(n, { payload: Buffer.alloc(length, n) })

  test('past its bytes the oldest go', async () => {
    const { transport } = await started({ outboundMaxBytes: 100 })
    for (const n of range(0, 5)) await transport.publishOutbound(sized(n, 40))
    expect(await kept(transport)).toEqual([3, 4])
  })

  test('past its age it is gone', async () => {
    const { transport } = await started({ outboundMaxAgeMs: 1000 })
    await transport.publishOutbound(sized(1, 1))
    vi.advanceTimersByTime(600)
    await transport.publishOutbound(sized(2, 1))
    vi.advanceTimersByTime(600)
    expect(await kept(transport)).toEqual([2])
  })
})

describe('dead letters', () => {
  const letter = (n: number, length = 1) => ({
    scope: SCOPE,
    actor: 'room',
    payload: Buffer.alloc(length, n),
    messageId: unique(),
  })

  test('are bounded in count and bytes, and their sequence goes on', async () => {
    const { transport, broker } = await started({ deadLetterMaxCount: 3, deadLetterMaxBytes: 100 })
    const sequences = []
    for (const n of range(0, 5)) sequences.push((await transport.publishDeadLetter(letter(n))).sequence)
    expect(sequences).toEqual([1, 2, 3, 4, 5])
    expect(broker.deadLetters().map((payload) => payload[0])).toEqual([2, 3, 4])
    await transport.publishDeadLetter(letter(9, 99))
    expect(broker.deadLetters().map((payload) => payload[0])).toEqual([4, 9])
  })

  test('a message is parked once', async () => {
    const { transport, broker } = await started()
    const once = letter(1)
    expect(await transport.publishDeadLetter(once)).toEqual({ sequence: 1, duplicate: false })
    expect(await transport.publishDeadLetter(once)).toEqual({ sequence: 1, duplicate: true })
    expect(broker.deadLetters()).toHaveLength(1)
  })

  test('have room for the largest message in base64', async () => {
    const { transport } = await started({ maxMessageBytes: 100 })
    await transport.publishDeadLetter(letter(1, 200))
    expect(await codeOf(transport.publishDeadLetter(letter(1, 201)))).toBe('ERR_TRANSPORT_TOO_LARGE')
  })
})

describe('the duplicate window', () => {
  test('forgets after its time', () => {
    const window = new DuplicateWindow(1000, 10)
    window.add('a', 1, 0)
    expect(window.find('a', 1000)).toBe(1)
    expect(window.find('a', 1001)).toBeUndefined()
  })

  test('forgets the oldest past its count', () => {
    const window = new DuplicateWindow(1000, 2)
    window.add('a', 1, 0)
    window.add('b', 2, 0)
    window.add('c', 3, 0)
    expect([window.find('a', 0), window.find('b', 0), window.find('c', 0)]).toEqual([undefined, 2, 3])
  })
})

describe('timers', () => {
  test('neither keep the process alive nor outlive the consumer', async () => {
    vi.useRealTimers()
    const before = process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
    const { transport } = await started()
    const set = vi.spyOn(globalThis, 'setInterval')
    const cleared = vi.spyOn(globalThis, 'clearInterval')
    const subscription = await transport.consumeInbound({
      scope: SCOPE,
      actor: 'room',
      onDelivery: () => undefined,
    })
    const timer = set.mock.results[0]?.value as NodeJS.Timeout
    expect(timer.hasRef()).toBe(false)
    expect(process.getActiveResourcesInfo().filter((name) => name === 'Timeout')).toHaveLength(before)
    await subscription.close()
    expect(cleared).toHaveBeenCalledWith(timer)
    vi.restoreAllMocks()
  })
})
