import { describe, expect, test } from 'vitest'
import { parseServerFrame } from '../../src/internal/protocol.ts'

const welcome = {
  type: 'welcome',
  protocol: 'portcullis.v1',
  sessionId: 'gw.1',
  userId: null,
  limits: { maxPayloadBytes: 65_536, maxInFlightFrames: 64 },
}
const parse = (frame: unknown): unknown => parseServerFrame(JSON.stringify(frame))

describe('frames of the protocol', () => {
  test.each([
    [welcome, { type: 'welcome', session: { sessionId: 'gw.1', userId: null, limits: welcome.limits } }],
    [
      { type: 'message', seq: 7, message: null },
      { type: 'message', seq: 7, message: null },
    ],
    [
      { type: 'ack', seq: 1 },
      { type: 'ack', seq: 1, id: undefined, duplicate: false },
    ],
    [
      { type: 'ack', seq: 1, id: 'a', duplicate: true },
      { type: 'ack', seq: 1, id: 'a', duplicate: true },
    ],
    [
      { type: 'nack', seq: 2, id: 'a', code: 'c', message: 'm', retryable: true },
      { type: 'nack', seq: 2, id: 'a', code: 'c', message: 'm', retryable: true },
    ],
    [
      { type: 'error', code: 'c', message: 'm', seq: 3 },
      { type: 'error', code: 'c', message: 'm' },
    ],
    [{ type: 'pong' }, { type: 'pong' }],
    [
      { type: 'reauth_required', deadline: 5, remainingMs: 0, more: 1 },
      { type: 'reauth_required', deadline: 5, remainingMs: 0 },
    ],
    [
      { type: 'reauthenticated', deadline: 5 },
      { type: 'reauthenticated', deadline: 5 },
    ],
    [
      { type: 'reauthenticated', deadline: null },
      { type: 'reauthenticated', deadline: null },
    ],
    [{ type: 'from-the-future', x: 1 }, { type: 'unknown' }],
  ])('%j', (frame, expected) => {
    expect(parse(frame)).toEqual(expected)
  })
})

describe('what is not one', () => {
  test.each([
    null,
    1,
    'text',
    [],
    [welcome],
    {},
    { type: 1 },
    { type: 'message', seq: 1 },
    { type: 'message', seq: '1', message: 1 },
    { type: 'ack' },
    { type: 'ack', seq: 0 },
    { type: 'ack', seq: 1.5 },
    { type: 'nack', seq: 1 },
    { type: 'nack', seq: 1, code: 5 },
    { type: 'error' },
    { type: 'reauth_required' },
    { type: 'reauth_required', deadline: 5 },
    { type: 'reauth_required', deadline: 5, remainingMs: -1 },
    { type: 'reauth_required', deadline: 5, remainingMs: '1' },
    { type: 'reauth_required', deadline: null, remainingMs: 1 },
    { type: 'reauthenticated' },
    { type: 'reauthenticated', deadline: 'never' },
    { type: 'reauthenticated', deadline: -5 },
    { ...welcome, protocol: 'portcullis.v2' },
    { ...welcome, sessionId: 5 },
    { ...welcome, limits: null },
    { ...welcome, limits: { maxPayloadBytes: 0, maxInFlightFrames: 64 } },
    { ...welcome, limits: { maxPayloadBytes: 100, maxInFlightFrames: -1 } },
    { ...welcome, limits: { maxPayloadBytes: 100 } },
  ])('%j', (frame) => {
    expect(parse(frame)).toBeNull()
  })

  test.each([
    '',
    '{',
    'undefined',
    '{"type":"pong"',
    '\u0000',
    '{"type":"reauthenticated","deadline":1e999}',
  ])('the text %j', (text) => {
    expect(parseServerFrame(text)).toBeNull()
  })
})
