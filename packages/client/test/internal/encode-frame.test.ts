import { expect, test } from 'vitest'
import { createIdSource, encodeFrame } from '../../src/internal/encode-frame.ts'

const nextId = (): string => 'made'

test('the address and an id come first, the application members follow as they are', () => {
  expect(encodeFrame({ type: 'say', text: 'hé', actorId: 'lobby', actor: 'room' } as never, nextId)).toEqual({
    id: 'made',
    text: '{"actor":"room","actorId":"lobby","id":"made","type":"say","text":"hé"}',
    bytes: 72,
  })
})

test('an id of the caller is kept', () => {
  expect(encodeFrame({ actor: 'a', actorId: 'b', id: 'mine' }, nextId).id).toBe('mine')
})

test.each([
  null,
  undefined,
  'text',
  [],
  {},
  { actor: 'a' },
  { actor: '', actorId: 'b' },
  { actor: 'a', actorId: 5 },
  { actor: 'a', actorId: 'b', id: '' },
  { actor: 'a', actorId: 'b', id: 5 },
  { actor: 'a', actorId: 'b', id: 'x'.repeat(129) },
  { actor: 'a', actorId: 'b', big: 1n },
])('%# is no frame', (frame) => {
  expect(() => encodeFrame(frame as never, nextId)).toThrow(TypeError)
})

test('two clients never make the same id', () => {
  const ids = Array.from({ length: 100 }, createIdSource).flatMap((next) => [next(), next(), next()])
  expect(new Set(ids).size).toBe(300)
})
