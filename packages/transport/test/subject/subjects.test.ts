import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  deadLetterSubject,
  gatewayOutboundFilter,
  inboundConsumerName,
  inboundFilter,
  inboundSubject,
  outboundSubject,
  sessionSubject,
  TransportError,
} from '../../src/index.ts'
import { subjectMatches } from '../../src/subject/match.ts'
import { assertEventSubject } from '../../src/subject/subjects.ts'
import { REFUSED } from './hostile.ts'

const scope = { workspaceId: 'acme', projectId: 'shop' }
const invalid = expect.objectContaining({ code: 'ERR_TRANSPORT_SUBJECT_INVALID' })

test('the subjects and names are those of the contract', () => {
  expect(inboundSubject(scope, 'room', 'lobby')).toBe('inbound.acme.shop.room.lobby')
  expect(inboundFilter(scope, 'room')).toBe('inbound.acme.shop.room.>')
  expect(outboundSubject(scope, 'gw.s')).toBe('outbound.acme.shop.gw.s')
  expect(outboundSubject(scope, 's')).toBe('outbound.acme.shop.s')
  expect(gatewayOutboundFilter('gw')).toBe('outbound.*.*.gw.*')
  expect(deadLetterSubject(scope, 'room')).toBe('dlq.acme.shop.room')
  expect(sessionSubject('connected', scope)).toBe('session.connected.acme.shop')
  expect(sessionSubject('disconnected', scope)).toBe('session.disconnected.acme.shop')
  expect(inboundConsumerName(scope, 'room')).toBe('rt-acme-shop-room')
})

test('whatever the names, a subject has five plain tokens and at most 255 bytes, or is refused with a code', () => {
  const literal = fc.stringMatching(/^[A-Za-z0-9_-]{1,64}$/)
  const name = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 140 }),
    fc.string({ unit: 'grapheme', maxLength: 60 }),
  )
  fc.assert(
    fc.property(literal, literal, name, name, (workspaceId, projectId, actor, actorId) => {
      try {
        const subject = inboundSubject({ workspaceId, projectId }, actor, actorId)
        expect(subject).toMatch(/^inbound(\.[A-Za-z0-9_-]+){4}$/)
        expect(Buffer.byteLength(subject)).toBeLessThanOrEqual(255)
        expect(subjectMatches(inboundFilter({ workspaceId, projectId }, actor), subject)).toBe(true)
      } catch (error) {
        if (!TransportError.is(error)) throw error
        expect(error.code).toBe('ERR_TRANSPORT_SUBJECT_INVALID')
      }
    }),
    { numRuns: 3000 },
  )
})

test('255 bytes fit and 256 do not', () => {
  const wide = { workspaceId: 'w'.repeat(64), projectId: 'p'.repeat(64) }
  // "inbound." + 64 + "." + 64 + "." + 64 + "." leaves 52.
  expect(inboundSubject(wide, 'a'.repeat(64), 'i'.repeat(52))).toHaveLength(255)
  expect(() => inboundSubject(wide, 'a'.repeat(64), 'i'.repeat(53))).toThrow(invalid)
})

test.each([...REFUSED, '.', '*', '>', ' ', 'a.b', 'a b', 'x'.repeat(65)])(
  'ids made by the control plane are never encoded: %j is refused in their place',
  (id) => {
    expect(() => inboundSubject({ ...scope, workspaceId: id }, 'a', 'i')).toThrow(invalid)
    expect(() => outboundSubject({ ...scope, projectId: id }, 's')).toThrow(invalid)
    expect(() => sessionSubject('connected', { ...scope, projectId: id })).toThrow(invalid)
    expect(() => deadLetterSubject({ ...scope, workspaceId: id }, 'a')).toThrow(invalid)
    expect(() => gatewayOutboundFilter(id)).toThrow(invalid)
    if (id !== 'a.b') expect(() => outboundSubject(scope, id)).toThrow(invalid)
  },
)

test.each(['a', 'a.b', 'session.connected.w.p', 'a.$x.{y}'])('%j is the subject of an event', (subject) => {
  assertEventSubject(subject, false)
  assertEventSubject(subject, true)
})

test.each(['', '.', 'a.', '.a', 'a..b', 'a b', 'a\r\nb', 'é', 'a*', 'a>b', 'x'.repeat(256)])(
  '%j is neither the subject nor the filter of an event',
  (subject) => {
    expect(() => assertEventSubject(subject, false)).toThrow(invalid)
    expect(() => assertEventSubject(subject, true)).toThrow(invalid)
  },
)

test.each(['*', '>', 'a.*', 'a.*.b', 'a.>', '*.>'])('%j is a filter and no subject', (subject) => {
  assertEventSubject(subject, true)
  expect(() => assertEventSubject(subject, false)).toThrow(invalid)
})

test('the rest wildcard stands only at the end', () => {
  expect(() => assertEventSubject('>.a', true)).toThrow(invalid)
})

test.each([
  ['a.b', 'a.b', true],
  ['a.*', 'a.b', true],
  ['a.*', 'a.b.c', false],
  ['a.*', 'a', false],
  ['*.b', 'a.b', true],
  ['a.>', 'a.b.c', true],
  ['a.>', 'a', false],
  ['>', 'a', true],
  ['a.b', 'a.c', false],
  ['a.b.c', 'a.b', false],
])('the filter %s and the subject %s: %s', (filter, subject, expected) => {
  expect(subjectMatches(filter, subject)).toBe(expected)
})
