import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  decodeInboundEnvelope,
  encodeDeadLetter,
  encodeInboundEnvelope,
  encodeNotice,
  encodeOutboundEnvelope,
  inboundPrefix,
  noticeSessionId,
  outboundPrefix,
  sliceOutboundMessage,
  spliceInboundEnvelope,
  spliceOutboundEnvelope,
} from '../../src/index.ts'

const scope = { workspaceId: 'w', projectId: 'p' }
const session = { scope, sessionId: 'gw.s', userId: 'u', claims: { role: 'admin' } }
const invalid = expect.objectContaining({ code: 'ERR_TRANSPORT_ENVELOPE_INVALID' })
// JSON has no -0.
const json = fc.jsonValue().map((value) => JSON.parse(JSON.stringify(value)) as unknown)

describe('inbound', () => {
  test('has the members of the contract, in its order', () => {
    expect(encodeInboundEnvelope({ ...session, message: { actor: 'a' } }).toString()).toBe(
      '{"scope":{"workspaceId":"w","projectId":"p"},"sessionId":"gw.s","userId":"u","claims":{"role":"admin"},"message":{"actor":"a"}}',
    )
  })

  test('the bytes of a frame are spliced in as they are', () => {
    const frame = Buffer.from('{ "actor":"a",\n "n": 1.0, "big": 12345678901234567890, "s": "\\u00e9é" }')
    const envelope = spliceInboundEnvelope(inboundPrefix(session), frame)
    expect(envelope.includes(frame)).toBe(true)
    expect(envelope.subarray(-frame.length - 1, -1).equals(frame)).toBe(true)
    expect(decodeInboundEnvelope(envelope)).toEqual({
      ...session,
      message: JSON.parse(frame.toString()) as unknown,
    })
  })

  test('any JSON value comes back as it was', () => {
    fc.assert(
      fc.property(json, (message) => {
        const envelope = { ...session, message }
        expect(decodeInboundEnvelope(encodeInboundEnvelope(envelope))).toEqual(envelope)
      }),
    )
  })

  test('a scope with more members than the contract’s does not leak them', () => {
    const wide = { ...scope, secret: 'x' }
    expect(inboundPrefix({ ...session, scope: wide }).toString()).not.toContain('secret')
    expect(outboundPrefix(wide, 's').toString()).not.toContain('secret')
  })

  test('missing userId and claims mean an anonymous session', () => {
    const payload = Buffer.from(JSON.stringify({ scope, sessionId: 's', message: 1 }))
    expect(decodeInboundEnvelope(payload)).toMatchObject({ userId: null, claims: {} })
  })

  test.each([
    ['', 'nothing'],
    ['nope', 'no JSON'],
    ['null', 'null'],
    ['[]', 'a list'],
    ['1', 'a number'],
    ['{}', 'no members'],
    ['{"scope":null,"sessionId":"s","message":1}', 'no scope'],
    ['{"scope":{"workspaceId":"w"},"sessionId":"s","message":1}', 'half a scope'],
    ['{"scope":{"workspaceId":1,"projectId":"p"},"sessionId":"s","message":1}', 'a scope of numbers'],
    ['{"scope":{"workspaceId":"w","projectId":"p"},"sessionId":7,"message":1}', 'a session id of numbers'],
    ['{"scope":{"workspaceId":"w","projectId":"p"},"sessionId":"s"}', 'no message'],
    [
      '{"scope":{"workspaceId":"w","projectId":"p"},"sessionId":"s","userId":7,"message":1}',
      'a numeric user',
    ],
    [
      '{"scope":{"workspaceId":"w","projectId":"p"},"sessionId":"s","claims":[],"message":1}',
      'a list of claims',
    ],
    [
      '{"scope":{"workspaceId":"w","projectId":"p"},"sessionId":"s","claims":null,"message":1}',
      'null claims',
    ],
    ['\u0000\u0001', 'binary'],
  ])('%j is refused: %s', (payload) => {
    expect(() => decodeInboundEnvelope(Buffer.from(payload))).toThrow(invalid)
  })

  test('a payload in the middle of a larger buffer is read from its own bytes', () => {
    const envelope = encodeInboundEnvelope({ ...session, message: 1 })
    const larger = new Uint8Array(envelope.length + 20).fill(0x7b)
    larger.set(envelope, 10)
    expect(decodeInboundEnvelope(larger.subarray(10, 10 + envelope.length)).message).toBe(1)
  })
})

describe('outbound', () => {
  const prefix = outboundPrefix(scope, 'gw.s')

  test('has the members of the contract, in its order', () => {
    expect(encodeOutboundEnvelope({ scope, sessionId: 's', message: { a: 1 } }).toString()).toBe(
      '{"scope":{"workspaceId":"w","projectId":"p"},"sessionId":"s","message":{"a":1}}',
    )
  })

  test('the message is cut out byte for byte, without parsing', () => {
    const message = Buffer.from('{ "n": 1.0,  "big": 12345678901234567890 }')
    const payload = spliceOutboundEnvelope(scope, 'gw.s', message)
    expect(sliceOutboundMessage(payload, prefix, scope, 'gw.s')?.equals(message)).toBe(true)
  })

  test('an envelope written another way is parsed', () => {
    const others = [
      { sessionId: 'gw.s', scope, message: { a: 1 } },
      { scope: { projectId: 'p', workspaceId: 'w' }, sessionId: 'gw.s', message: { a: 1 } },
      { message: { a: 1 }, scope, sessionId: 'gw.s' },
    ]
    for (const envelope of others) {
      const payload = Buffer.from(JSON.stringify(envelope, undefined, 1))
      expect(sliceOutboundMessage(payload, prefix, scope, 'gw.s')?.toString()).toBe('{"a":1}')
    }
  })

  test('the two ways agree on any JSON value', () => {
    fc.assert(
      fc.property(json, (message) => {
        const fast = sliceOutboundMessage(
          encodeOutboundEnvelope({ scope, sessionId: 'gw.s', message }),
          prefix,
          scope,
          'gw.s',
        )
        const other = Buffer.from(JSON.stringify({ message, sessionId: 'gw.s', scope }))
        const slow = sliceOutboundMessage(other, prefix, scope, 'gw.s')
        expect(JSON.parse(fast?.toString() ?? '')).toEqual(message)
        expect(JSON.parse(slow?.toString() ?? '')).toEqual(message)
      }),
    )
  })

  test.each([
    [{ scope, sessionId: 'gw.other', message: 1 }, 'another session'],
    [{ scope, sessionId: 'gw.s2', message: 1 }, 'a session with a longer id'],
    [{ scope: { ...scope, projectId: 'q' }, sessionId: 'gw.s', message: 1 }, 'another project'],
    [{ scope: { ...scope, workspaceId: 'v' }, sessionId: 'gw.s', message: 1 }, 'another workspace'],
  ])('%j is not for this session: %s', (envelope) => {
    expect(sliceOutboundMessage(encodeOutboundEnvelope(envelope), prefix, scope, 'gw.s')).toBeNull()
  })

  test.each(['', '{}', 'null', 'nope', prefix.toString(), `${prefix.toString()}}`, `${prefix.toString()}1`])(
    '%j is refused',
    (payload) => {
      expect(() => sliceOutboundMessage(Buffer.from(payload), prefix, scope, 'gw.s')).toThrow(invalid)
    },
  )
})

test('a notice gives its session id, and garbage gives none', () => {
  expect(noticeSessionId(encodeNotice({ scope, sessionId: 's', userId: null, connectedAt: 1 }))).toBe('s')
  expect(noticeSessionId(encodeNotice({ scope, sessionId: 's', disconnectedAt: 1 }))).toBe('s')
  for (const payload of ['', 'x', 'null', '7', '{}', '{"sessionId":7}']) {
    expect(noticeSessionId(Buffer.from(payload))).toBeNull()
  }
})

test('a dead letter keeps the bytes of its message, JSON or not', () => {
  const payload = Buffer.from([0, 255, 0x7b])
  const letter = {
    scope,
    actor: 'a',
    subject: 'inbound.w.p.a.i',
    sequence: 7,
    messageId: 'm',
    attempts: 5,
    reason: { code: 'handler_failed', message: 'no' },
    parkedAt: 1,
  }
  expect(JSON.parse(encodeDeadLetter({ ...letter, payload }).toString())).toEqual({
    ...letter,
    payload: 'AP97',
  })
})
