import { beforeEach, describe, expect, test } from 'vitest'
import { LIMITS } from '../../src/chat/limits.ts'
import type { FromRoom, ToRoom } from '../../src/chat/messages.ts'
import { Room } from '../../src/chat/room.ts'

const key = (letter: string): string => letter.repeat(16)

let room: Room
let now: number

beforeEach(() => {
  let count = 0
  room = new Room('lobby', () => `id-${++count}`)
  now = 1000
})

/** What each session is sent, in order. */
function handle(sessionId: string, message: ToRoom, isRetry = false): Record<string, FromRoom[]> {
  const sent: Record<string, FromRoom[]> = {}
  for (const { to, message: each } of room.handle(sessionId, message, now, isRetry)) {
    for (const session of to) (sent[session] ??= []).push(each)
  }
  return sent
}

describe('entering', () => {
  test('the newcomer gets the picture, the others the newcomer', () => {
    handle('s1', { type: 'join', name: 'Ada' })
    expect(handle('s2', { type: 'join', name: 'Bob' })).toEqual({
      s1: [{ room: 'lobby', type: 'joined', participant: { id: 'id-2', name: 'Bob' } }],
      s2: [
        {
          room: 'lobby',
          type: 'welcome',
          you: 'id-2',
          participants: [
            { id: 'id-1', name: 'Ada' },
            { id: 'id-2', name: 'Bob' },
          ],
          history: [],
        },
      ],
    })
  })

  test('announcing oneself again is silent, with another name it is not', () => {
    handle('s1', { type: 'join', name: 'Ada' })
    handle('s2', { type: 'join', name: 'Bob' })
    expect(handle('s1', { type: 'here', name: 'Ada' })).toEqual({})
    const joined = { room: 'lobby', type: 'joined', participant: { id: 'id-1', name: 'Countess' } }
    expect(handle('s1', { type: 'here', name: 'Countess' })).toEqual({ s1: [joined], s2: [joined] })
  })

  test('a room that forgot everything learns from announcements', () => {
    expect(handle('s1', { type: 'here', name: 'Ada' })).toMatchObject({
      s1: [{ type: 'welcome', you: 'id-1' }],
    })
  })

  test('who comes back with the key is the same person, on the new session only', () => {
    handle('s1', { type: 'join', name: 'Ada', key: key('a') })
    handle('s2', { type: 'join', name: 'Bob', key: key('b') })
    const sent = handle('s3', { type: 'join', name: 'Ada', key: key('a') })
    expect(Object.keys(sent)).toEqual(['s3'])
    expect(sent).toMatchObject({ s3: [{ type: 'welcome', you: 'id-1' }] })
    // The end of the old session is of no importance any more.
    expect(room.leave('s1')).toEqual([])
    expect(Object.keys(handle('s2', { type: 'say', text: 'hi' }))).toEqual(['s2', 's3'])
  })

  test('a full room refuses the next one and stays as it is', () => {
    for (let count = 0; count < LIMITS.participantsPerRoom; count += 1) {
      handle(`s${count}`, { type: 'join', name: 'x' })
    }
    const refusal = [{ room: 'lobby', type: 'error', code: 'room_full', message: 'the room is full' }]
    expect(handle('late', { type: 'join', name: 'x' })).toEqual({ late: refusal })
    expect(handle('late', { type: 'say', text: 'let me in' })).toEqual({ late: refusal })
  })
})

describe('saying', () => {
  const message = { id: 'id-3', from: 'id-1', name: 'Ada', text: 'hi', at: 1000 }

  beforeEach(() => {
    handle('s1', { type: 'join', name: 'Ada' })
    handle('s2', { type: 'join', name: 'Bob' })
  })

  test('everybody hears it, the ref comes back to its owner only', () => {
    expect(handle('s1', { type: 'say', text: 'hi', ref: 'r1' })).toEqual({
      s1: [{ room: 'lobby', type: 'said', message, ref: 'r1' }],
      s2: [{ room: 'lobby', type: 'said', message }],
    })
  })

  test('saying it twice says it once', () => {
    handle('s1', { type: 'say', text: 'hi', ref: 'r1' })
    expect(handle('s1', { type: 'say', text: 'hi', ref: 'r1' })).toEqual({
      s1: [{ room: 'lobby', type: 'said', message, ref: 'r1' }],
    })
    // The ref of somebody else is not mine.
    expect(Object.keys(handle('s2', { type: 'say', text: 'hi', ref: 'r1' }))).toEqual(['s2', 's1'])
  })

  test('a second attempt of the worker tells everybody again', () => {
    handle('s1', { type: 'say', text: 'hi', ref: 'r1' })
    expect(Object.keys(handle('s1', { type: 'say', text: 'hi', ref: 'r1' }, true))).toEqual(['s1', 's2'])
  })

  test('who speaks without having entered is in', () => {
    const sent = handle('s3', { type: 'say', text: 'hello' })
    expect(sent).toMatchObject({
      s3: [{ type: 'welcome' }, { type: 'said', message: { name: 'Guest id-3' } }],
      s1: [{ type: 'joined' }, { type: 'said' }],
    })
  })

  test('newcomers get the last messages and no more', () => {
    for (let count = 1; count <= LIMITS.historyPerRoom + 5; count += 1) {
      handle('s1', { type: 'say', text: `message ${count}` })
    }
    const [welcome] = handle('s3', { type: 'join', name: 'Cy' })['s3'] ?? []
    const history = welcome?.type === 'welcome' ? welcome.history.map(({ text }) => text) : []
    expect(history).toHaveLength(LIMITS.historyPerRoom)
    expect(history.at(-1)).toBe(`message ${LIMITS.historyPerRoom + 5}`)
  })
})

describe('typing', () => {
  test('is shown to the others', () => {
    handle('s1', { type: 'join', name: 'Ada' })
    handle('s2', { type: 'join', name: 'Bob' })
    expect(handle('s1', { type: 'typing', on: true })).toEqual({
      s2: [{ room: 'lobby', type: 'typing', id: 'id-1', on: true }],
    })
  })

  test('of somebody unknown asks them to join', () => {
    expect(handle('s1', { type: 'typing', on: true })).toMatchObject({ s1: [{ code: 'not_joined' }] })
  })
})

describe('leaving', () => {
  beforeEach(() => {
    handle('s1', { type: 'join', name: 'Ada' })
    handle('s2', { type: 'join', name: 'Bob' })
  })

  test('tells those who stay', () => {
    expect(handle('s1', { type: 'leave' })).toEqual({ s2: [{ room: 'lobby', type: 'left', id: 'id-1' }] })
    expect(handle('s1', { type: 'leave' })).toEqual({})
  })

  test('presence expires without an announcement', () => {
    now += LIMITS.presenceMs
    expect(handle('s2', { type: 'here', name: 'Bob' })).toEqual({})
    now += 1
    expect(handle('s2', { type: 'here', name: 'Bob' })).toEqual({
      s2: [{ room: 'lobby', type: 'left', id: 'id-1' }],
    })
    expect(room.isDeserted(now)).toBe(false)
    expect(room.isDeserted(now + LIMITS.presenceMs + 1)).toBe(true)
  })
})

test('no session id ever leaves the room', () => {
  const all: unknown[] = []
  const messages: ToRoom[] = [
    { type: 'join', name: 'Ada', key: key('a') },
    { type: 'here', name: 'Eve', key: key('b') },
    { type: 'say', text: 'hi', ref: 'r1', key: key('c') },
    { type: 'typing', on: true },
    { type: 'leave' },
  ]
  for (const session of ['session-one', 'session-two', 'session-three']) {
    for (const message of messages) all.push(...Object.values(handle(session, message)))
  }
  const text = JSON.stringify(all)
  expect(text).not.toContain('session-')
  for (const letter of ['a', 'b', 'c']) expect(text).not.toContain(key(letter))
})
