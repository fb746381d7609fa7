import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { GatewayError } from '../../src/errors.ts'
import { readClientFrame, readFrameId } from '../../src/protocol/client-frame.ts'

function codeOf(run: () => unknown): string {
  try {
    run()
  } catch (error) {
    return GatewayError.is(error) ? error.code : String(error)
  }
  return 'none'
}

test('a frame with actor and actorId is an application frame, in both protocols', () => {
  for (const allowsControl of [true, false]) {
    expect(readClientFrame('{"actor":"a","actorId":"b","id":"c","type":"ping"}', allowsControl)).toEqual({
      kind: 'application',
      actor: 'a',
      actorId: 'b',
      id: 'c',
    })
  }
})

test('a frame without actor is a control frame where there are such', () => {
  expect(readClientFrame('{"type":"ping"}', true)).toEqual({ kind: 'control', type: 'ping' })
  expect(codeOf(() => readClientFrame('{"type":"ping"}', false))).toBe('routing_missing')
})

test.each([
  ['', 'frame_not_json'],
  ['{', 'frame_not_json'],
  ['{"actor":"a","actorId":"b"} x', 'frame_not_json'],
  ['\ufeff{"actor":"a","actorId":"b"}', 'frame_not_json'],
  ['{"actor":"a","actorId":"b"}}', 'frame_not_json'],
  ['[]', 'routing_missing'],
  ['null', 'routing_missing'],
  ['7', 'routing_missing'],
  ['"text"', 'routing_missing'],
  ['{}', 'routing_missing'],
  ['{"actor":"a"}', 'routing_missing'],
  ['{"actorId":"a"}', 'routing_missing'],
  ['{"actor":7,"actorId":"a"}', 'routing_missing'],
  ['{"actor":null,"actorId":"a","type":"ping"}', 'routing_missing'],
  ['{"__proto__":{"actor":"a","actorId":"b"}}', 'routing_missing'],
  ['{"type":7}', 'routing_missing'],
])('%j is refused with %s', (text, code) => {
  expect(codeOf(() => readClientFrame(text, true))).toBe(code)
  expect(codeOf(() => readClientFrame(text, false))).toBe(code)
})

test('no text makes it throw anything but a GatewayError', () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.json(), fc.string(), fc.constant('['.repeat(60_000))),
      fc.boolean(),
      (text, isV1) => {
        expect(['none', 'frame_not_json', 'routing_missing']).toContain(
          codeOf(() => readClientFrame(text, isV1)),
        )
      },
    ),
  )
})

describe('an id', () => {
  test.each(['x', 'x'.repeat(128), 'ö', 'a\nb', '😀'])('%j is one', (id) => {
    expect(readFrameId(id)).toBe(id)
  })
  test.each(['', 'x'.repeat(129), '\ud800', 7, null, {}, ['x'], true])('%j is none', (id) => {
    expect(codeOf(() => readFrameId(id))).toBe('invalid_id')
  })
  test('may be missing', () => expect(readFrameId(undefined)).toBeUndefined())
})
