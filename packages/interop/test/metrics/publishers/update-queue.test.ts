import { describe, expect, test } from 'vitest'
import {
  type RunningRepository,
  UpdateQueue,
  type UpdateQueueSettings,
} from '../../../src/metrics/publishers/update-queue.ts'
import { isStatus, valuesOf } from '../support.ts'

const definition = { type: 'number' }
const repository = (name: string): RunningRepository => ({ identity: { name }, startedAt: 1 })

function queueOf(settings: Partial<UpdateQueueSettings> = {}): { queue: UpdateQueue; dropped: () => number } {
  let dropped = 0
  const queue = new UpdateQueue(
    { maxEntries: 100, maxSize: 1000, splitSize: 1, conflation: undefined, validMs: 30, ...settings },
    (count) => {
      dropped += count
    },
  )
  return { queue, dropped: () => dropped }
}

function add(queue: UpdateQueue, of: RunningRepository, metric: string, value: number, size = 1): void {
  queue.point({ repository: of, metric, definition, point: { timestamp: 0, value: { value } }, size })
}

/** All that waits: `name:state` of a status, `metric=value` of a value. */
function drain(queue: UpdateQueue): string[] {
  const said: string[] = []
  for (let next = queue.take(); next !== undefined; next = queue.take()) {
    const { update } = next
    said.push(
      isStatus(update) ? `${update.identity.name}:${update.status.state}` : valuesOf([update]).join(','),
    )
  }
  expect(queue.length).toBe(0)
  return said
}

test('a repository has one heartbeat that waits, and it is written when it is taken', () => {
  const { queue } = queueOf()
  const one = repository('one')
  for (let count = 0; count < 10; count += 1) queue.heartbeat(one)
  expect(queue.length).toBe(1)
  const before = Date.now()
  const update = queue.take()?.update
  expect(update && isStatus(update) && update.status).toMatchObject({ state: 0, updated: 1 })
  expect(update && isStatus(update) && update.status.timestamp).toBeGreaterThanOrEqual(before)
})

test('heartbeats and values take turns, a final status ends the heartbeats of its repository', () => {
  const { queue } = queueOf()
  const [one, other] = [repository('one'), repository('other')]
  queue.heartbeat(one)
  queue.heartbeat(other)
  add(queue, one, 'a', 1)
  add(queue, one, 'a', 2)
  add(queue, one, 'a', 3)
  expect(drain(queue)).toEqual(['one:0', 'a=1', 'other:0', 'a=2', 'a=3'])
  add(queue, one, 'a', 4)
  queue.heartbeat(one)
  queue.final(one)
  expect(drain(queue)).toEqual(['a=4', 'one:-1'])
})

test('heartbeats make room first, then the oldest values', () => {
  const { queue, dropped } = queueOf({ maxEntries: 4 })
  const [one, other] = [repository('one'), repository('other')]
  queue.heartbeat(one)
  queue.heartbeat(other)
  for (const value of [1, 2, 3]) add(queue, one, 'a', value)
  expect(dropped()).toBe(1)
  add(queue, one, 'a', 4)
  expect(dropped()).toBe(2)
  add(queue, one, 'a', 5)
  expect(dropped()).toBe(3)
  queue.heartbeat(other)
  expect(dropped()).toBe(4)
  expect(drain(queue)).toEqual(['a=2', 'a=3', 'a=4', 'a=5'])
})

test('the size of what waits is bounded too', () => {
  const { queue, dropped } = queueOf({ maxSize: 10 })
  const one = repository('one')
  for (const value of [1, 2, 3]) add(queue, one, 'a', value, 4)
  expect(dropped()).toBe(1)
  expect(drain(queue)).toEqual(['a=2', 'a=3'])
  add(queue, one, 'a', 4, 11)
  expect(dropped()).toBe(2)
  expect(drain(queue)).toEqual([])
  add(queue, one, 'a', 5, 10)
  expect(drain(queue)).toEqual(['a=5'])
})

describe('with conflation', () => {
  test('a value that waits is replaced by the newer one of its metric and repository', () => {
    const { queue, dropped } = queueOf({ conflation: { maxEntries: 10 } })
    const [one, other] = [repository('one'), repository('other')]
    add(queue, one, 'a', 1)
    add(queue, one, 'b', 2)
    add(queue, other, 'a', 3)
    add(queue, one, 'a', 4)
    add(queue, one, 'a', 5)
    expect(drain(queue)).toEqual(['a=5', 'b=2', 'a=3'])
    add(queue, one, 'a', 6)
    expect(drain(queue)).toEqual(['a=6'])
    expect(dropped()).toBe(0)
  })

  test('only so many metrics wait', () => {
    const { queue, dropped } = queueOf({ conflation: { maxEntries: 2 } })
    const one = repository('one')
    for (const metric of ['a', 'b', 'c']) add(queue, one, metric, 1)
    add(queue, one, 'a', 2)
    expect(drain(queue)).toEqual(['c=1', 'a=2'])
    expect(dropped()).toBe(2)
  })

  test('the size counts what replaced, not what was replaced', () => {
    const { queue, dropped } = queueOf({ conflation: { maxEntries: 9 }, maxSize: 10 })
    const one = repository('one')
    for (let value = 0; value < 50; value += 1) add(queue, one, 'a', value, 9)
    expect(dropped()).toBe(0)
    add(queue, one, 'a', 50, 11)
    expect(dropped()).toBe(1)
    expect(drain(queue)).toEqual([])
    for (let value = 0; value < 3; value += 1) add(queue, one, `m${value}`, value, 3)
    expect(drain(queue)).toHaveLength(3)
  })
})

test('what is cleared is counted by whoever clears', () => {
  const { queue, dropped } = queueOf()
  const one = repository('one')
  queue.heartbeat(one)
  for (let value = 0; value < 5000; value += 1) add(queue, one, 'a', value, 0)
  expect(dropped()).toBe(4901)
  expect(queue.clear()).toBe(100)
  expect(drain(queue)).toEqual([])
})

test('thousands pass in order', () => {
  const { queue } = queueOf({ maxEntries: 100_000, maxSize: 1_000_000, splitSize: 7 })
  const one = repository('one')
  for (let value = 0; value < 20_000; value += 1) add(queue, one, 'a', value)
  const all = drain(queue).flatMap((values) => values.split(','))
  expect(all).toEqual(Array.from({ length: 20_000 }, (_, value) => `a=${value}`))
})
