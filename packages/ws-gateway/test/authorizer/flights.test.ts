import { expect, test } from 'vitest'
import { Flights } from '../../src/authorizer/flights.ts'
import { GatewayError } from '../../src/index.ts'

interface Work {
  signal: AbortSignal
  resolve: (result: string) => void
  reject: (error: Error) => void
}

/** Work that ends when a test says so. */
function worker(): { started: Work[]; work: (signal: AbortSignal) => Promise<string> } {
  const started: Work[] = []
  return {
    started,
    work: (signal) => new Promise((resolve, reject) => started.push({ signal, resolve, reject })),
  }
}

const somebody = (): AbortSignal => new AbortController().signal

test('what several wait for is done once, and told to all of them', async () => {
  const flights = new Flights<string>(10)
  const { started, work } = worker()
  const waiting = [1, 2, 3].map(() => flights.join('a', somebody(), work))
  const other = flights.join('b', somebody(), work)
  expect([started.length, flights.size]).toEqual([2, 2])
  started[0]!.resolve('A')
  expect(await Promise.all(waiting)).toEqual(['A', 'A', 'A'])
  started[1]!.reject(new Error('B'))
  await expect(other).rejects.toThrow('B')
  expect(flights.size).toBe(0)
})

test('what is over is done anew for the next', async () => {
  const flights = new Flights<string>(10)
  const { started, work } = worker()
  const first = flights.join('a', somebody(), work)
  started[0]!.resolve('A')
  await first
  const second = flights.join('a', somebody(), work)
  started[1]!.resolve('B')
  expect(await second).toBe('B')
})

test('one that leaves ends nothing for the others', async () => {
  const flights = new Flights<string>(10)
  const { started, work } = worker()
  const leaver = new AbortController()
  const left = flights.join('a', leaver.signal, work)
  const stays = flights.join('a', somebody(), work)
  leaver.abort(new Error('went away'))
  const error: unknown = await left.catch((reason: unknown) => reason)
  expect(GatewayError.is(error)).toBe(true)
  expect(error).toMatchObject({ code: 'control_plane_unavailable', cause: { message: 'went away' } })
  expect(started[0]!.signal.aborted).toBe(false)
  started[0]!.resolve('A')
  expect(await stays).toBe('A')
})

test('the last one that leaves ends it, and whoever comes then does not wait for what was interrupted', async () => {
  const flights = new Flights<string>(10)
  const { started, work } = worker()
  const leavers = [new AbortController(), new AbortController()]
  const left = leavers.map(({ signal }) => flights.join('a', signal, work))
  for (const leaver of leavers) leaver.abort()
  expect(started[0]!.signal.aborted).toBe(true)
  expect(flights.size).toBe(0)
  const next = flights.join('a', somebody(), work)
  // The end of the interrupted one must not end the new one.
  started[0]!.reject(new Error('interrupted'))
  await Promise.allSettled(left)
  expect(flights.size).toBe(1)
  started[1]!.resolve('B')
  expect(await next).toBe('B')
})

test('who has left before begins nothing', async () => {
  const flights = new Flights<string>(10)
  const { started, work } = worker()
  await expect(flights.join('a', AbortSignal.abort(), work)).rejects.toMatchObject({
    code: 'control_plane_unavailable',
  })
  expect(started).toEqual([])
})

test('no more is begun than may be, and one that is under way can be joined all the same', async () => {
  const flights = new Flights<string>(2)
  const { started, work } = worker()
  const waiting = ['a', 'b', 'a'].map((key) => flights.join(key, somebody(), work))
  await expect(flights.join('c', somebody(), work)).rejects.toMatchObject({
    code: 'control_plane_unavailable',
    statusCode: 503,
  })
  for (const { resolve } of started) resolve('done')
  expect(await Promise.all(waiting)).toEqual(['done', 'done', 'done'])
  const next = flights.join('c', somebody(), work)
  started.at(-1)!.resolve('C')
  expect(await next).toBe('C')
})
