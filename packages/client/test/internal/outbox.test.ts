import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { ClientError } from '../../src/errors.ts'
import { Outbox, type EncodedFrame } from '../../src/internal/outbox.ts'

const limits = { maxPayloadBytes: 100, maxInFlightFrames: 2 }
const frame = (id: string, bytes = 10): EncodedFrame => ({ id, text: id, bytes })

let outbox: Outbox
let written: string[]
const open = (more: Partial<typeof limits> = {}): void => {
  outbox.open({ ...limits, ...more }, (text) => written.push(text))
}
/** What became of a send, once it is known. */
const outcome = async (send: Promise<unknown>): Promise<unknown> =>
  await send.catch((error: unknown) => (error as ClientError).code)

beforeEach(() => {
  vi.useFakeTimers()
  outbox = new Outbox({ maxCount: 4, maxBytes: 200 })
  written = []
})
afterEach(() => {
  vi.useRealTimers()
})

describe('the window', () => {
  test('no more frames are in flight than the server takes', async () => {
    open()
    for (const id of ['a', 'b', 'c']) void outbox.push(frame(id), 1000)
    expect(written).toEqual(['a', 'b'])
    // In no promised order.
    expect(outbox.answer(2, 'b', { duplicate: false })).toBe(true)
    expect(written).toEqual(['a', 'b', 'c'])
  })

  test('a frame that timed out still takes its place until the server answers', async () => {
    open()
    const sends = ['a', 'b', 'c'].map((id) => outcome(outbox.push(frame(id), id === 'a' ? 10 : 1000)))
    vi.advanceTimersByTime(10)
    expect(await sends[0]).toBe('timeout')
    expect(written).toEqual(['a', 'b'])
    expect(outbox.answer(1, 'a', { duplicate: false })).toBe(true)
    expect(written).toEqual(['a', 'b', 'c'])
    outbox.close(new ClientError('closed', 'x'))
    await Promise.all(sends)
  })
})

describe('the queue', () => {
  test('refuses past its count', () => {
    for (const id of ['a', 'b', 'c', 'd']) void outbox.push(frame(id), 1000)
    expect(() => outbox.push(frame('e'), 1000)).toThrow(expect.objectContaining({ code: 'queue_full' }))
    expect(outbox.pendingCount).toBe(4)
  })

  test('refuses past its bytes, and has room again when a frame is answered', async () => {
    const first = outbox.push(frame('a', 100), 1000)
    void outbox.push(frame('b', 100), 1000)
    expect(() => outbox.push(frame('c', 1), 1000)).toThrow(expect.objectContaining({ code: 'queue_full' }))
    open()
    outbox.answer(1, 'a', { duplicate: false })
    await first
    expect(() => void outbox.push(frame('c', 1), 1000)).not.toThrow()
  })

  test('refuses an id that is in it, and takes it again afterwards', async () => {
    open()
    const first = outbox.push(frame('a'), 1000)
    expect(() => outbox.push(frame('a'), 1000)).toThrow(expect.objectContaining({ code: 'duplicate_id' }))
    outbox.answer(1, 'a', { duplicate: false })
    await first
    const second = outbox.push(frame('a'), 1000)
    outbox.answer(2, 'a', { duplicate: true })
    expect(await second).toEqual({ id: 'a', duplicate: true })
  })

  test('refuses what can never leave', () => {
    expect(() => outbox.push(frame('a', 201), 1000)).toThrow(
      expect.objectContaining({ code: 'payload_too_large' }),
    )
    open()
    expect(() => outbox.push(frame('a', 101), 1000)).toThrow(
      expect.objectContaining({ code: 'payload_too_large' }),
    )
  })

  test('a frame queued before the limit was known is refused when it is, and holds up nothing', async () => {
    const big = outcome(outbox.push(frame('big', 150), 1000))
    void outbox.push(frame('small'), 1000)
    open()
    expect(await big).toBe('payload_too_large')
    expect(written).toEqual(['small'])
    expect(outbox.pendingCount).toBe(1)
  })
})

describe('a lost connection', () => {
  test('puts what was in flight back in front, in order', async () => {
    open()
    for (const id of ['a', 'b', 'c']) void outbox.push(frame(id), 1000)
    outbox.answer(1, 'a', { duplicate: false })
    outbox.suspend()
    written = []
    void outbox.push(frame('d'), 1000)
    open({ maxInFlightFrames: 10 })
    expect(written).toEqual(['b', 'c', 'd'])
  })

  test('does not send again what has timed out', async () => {
    open()
    const send = outcome(outbox.push(frame('a'), 10))
    vi.advanceTimersByTime(10)
    expect(await send).toBe('timeout')
    outbox.suspend()
    written = []
    open()
    expect(written).toEqual([])
  })

  test('makes answers of the old session void', () => {
    open()
    void outbox.push(frame('a'), 1000)
    outbox.suspend()
    expect(outbox.answer(1, 'a', { duplicate: false })).toBe(false)
    expect(outbox.pendingCount).toBe(1)
  })
})

test('an answer must fit what was sent', async () => {
  open()
  const send = outbox.push(frame('a'), 1000)
  expect(outbox.answer(2, undefined, { duplicate: false })).toBe(false)
  expect(outbox.answer(1, 'b', { duplicate: false })).toBe(false)
  expect(outbox.answer(1, undefined, { duplicate: false })).toBe(true)
  expect(outbox.answer(1, undefined, { duplicate: false })).toBe(false)
  expect(await send).toEqual({ id: 'a', duplicate: false })
})

test('close rejects everything and leaves no timer', async () => {
  open()
  const sends = ['a', 'b', 'c'].map((id) => outcome(outbox.push(frame(id), 1000)))
  outbox.close(new ClientError('closed', 'x'))
  expect(await Promise.all(sends)).toEqual(['closed', 'closed', 'closed'])
  expect(outbox.pendingCount).toBe(0)
  expect(vi.getTimerCount()).toBe(0)
})
