import { array, assert, asyncProperty, constant, integer, nat, oneof, record } from 'fast-check'
import { expect, test } from 'vitest'
import { ClientError } from '../../src/errors.ts'
import { Outbox } from '../../src/internal/outbox.ts'

/** What happens to a client, as fast-check makes it up. */
const step = oneof(
  { weight: 5, arbitrary: record({ do: constant('send' as const) }) },
  {
    weight: 2,
    arbitrary: record({ do: constant('connect' as const), window: integer({ min: 1, max: 4 }) }),
  },
  // The server reads some of what is on the line, and some of its answers make it back, in any order.
  {
    weight: 4,
    arbitrary: record({
      do: constant('serve' as const),
      read: nat(4),
      answers: array(nat(6), { maxLength: 4 }),
    }),
  },
  { weight: 2, arbitrary: record({ do: constant('drop' as const) }) },
)

test('no sequence of sends, connects, answers and drops loses or reorders a frame', async () => {
  await assert(
    asyncProperty(array(step, { maxLength: 80 }), async (steps) => {
      const outbox = new Outbox({ maxCount: 10_000, maxBytes: 1_000_000 })
      const sends: Promise<unknown>[] = []
      const stored: string[] = []
      let line: string[] = []
      let unanswered: { seq: number; id: string }[] = []
      let connected = false
      let seq = 0
      let window = 1
      let mismatches = 0

      const connect = (size: number): void => {
        if (connected) return
        connected = true
        seq = 0
        window = size
        outbox.open({ maxPayloadBytes: 1000, maxInFlightFrames: size }, (text) => line.push(text))
      }
      const serve = (read: number, answers: number[]): void => {
        for (const id of line.splice(0, read)) {
          stored.push(id)
          unanswered.push({ seq: ++seq, id })
        }
        for (const index of answers) {
          const [answer] = unanswered.splice(index, 1)
          if (answer && !outbox.answer(answer.seq, answer.id, { duplicate: false })) mismatches += 1
        }
      }
      const drop = (): void => {
        connected = false
        outbox.suspend()
        line = []
        unanswered = []
      }

      for (const current of steps) {
        if (current.do === 'send') {
          const id = String(sends.length)
          sends.push(outbox.push({ id, text: id, bytes: 1 }, 60_000))
        } else if (current.do === 'connect') connect(current.window)
        else if (current.do === 'serve') serve(current.read, current.answers)
        else drop()
        expect(line.length + unanswered.length).toBeLessThanOrEqual(window)
      }

      // In the end the network holds.
      connect(3)
      while (line.length + unanswered.length > 0) serve(10, [0, 0, 0])
      expect(await Promise.allSettled(sends)).toEqual(
        sends.map((_send, index) => ({
          status: 'fulfilled',
          value: { id: String(index), duplicate: false },
        })),
      )
      // First occurrences, since a lost acknowledgement means a second delivery.
      expect([...new Set(stored)]).toEqual(sends.map((_send, index) => String(index)))
      expect(mismatches).toBe(0)
      outbox.close(new ClientError('closed', 'done'))
    }),
    { numRuns: 500 },
  )
})
