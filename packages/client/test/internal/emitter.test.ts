import { expect, test, vi } from 'vitest'
import { Emitter } from '../../src/internal/emitter.ts'

type Events = { tick: (count: number) => unknown }

test('every listener is called, whatever the others do', async () => {
  const failures: unknown[] = []
  const emitter = new Emitter<Events>((_event, cause) => failures.push(cause))
  const last = vi.fn()
  emitter.on('tick', () => {
    throw new Error('sync')
  })
  emitter.on('tick', async () => await Promise.reject(new Error('async')))
  emitter.on('tick', last)
  emitter.emit('tick', 5)
  expect(last).toHaveBeenCalledExactlyOnceWith(5)
  await vi.waitFor(() => expect(failures).toEqual([new Error('sync'), new Error('async')]))
})

test('a removed listener is not called, and removing it twice is harmless', () => {
  const emitter = new Emitter<Events>(() => {})
  const listener = vi.fn()
  const removeFirst = emitter.on('tick', listener)
  emitter.on('tick', listener)
  removeFirst()
  removeFirst()
  emitter.emit('tick', 1)
  expect(listener).toHaveBeenCalledTimes(1)
})

test('a listener added while emitting waits for the next event', () => {
  const emitter = new Emitter<Events>(() => {})
  const late = vi.fn()
  emitter.on('tick', () => emitter.on('tick', late))
  emitter.emit('tick', 1)
  expect(late).not.toHaveBeenCalled()
})

test('a listener must be a function', () => {
  expect(() => new Emitter<Events>(() => {}).on('tick', 'x' as never)).toThrow(TypeError)
})
