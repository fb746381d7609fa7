import type { ActorContext } from '@portcullis/worker'
import { expect, test } from 'vitest'
import { createRoomHandlers } from '../../src/chat/handlers.ts'
import { LIMITS } from '../../src/chat/limits.ts'

type Sent = { to: string[]; message: { type?: string; code?: string } }

/** The context of one message; collects what the handler sends. */
function contextOf(sessionId: string, actorId: string, sent: Sent[]): ActorContext {
  const send = async (to: string[], message: unknown): Promise<void> => {
    sent.push({ to, message: message as Sent['message'] })
  }
  return {
    scope: { workspaceId: 'demo', projectId: 'chat' },
    actor: 'room',
    actorId,
    sessionId,
    userId: null,
    claims: {},
    attempt: 1,
    signal: new AbortController().signal,
    reply: (message) => send([sessionId], message),
    send: (to, message) => send([to], message),
    broadcast: (to, message) => send([...to], message),
  }
}

test.each([null, 5, [], {}, { type: 'join' }, { type: 'say', text: 5 }, { type: '__proto__' }])(
  'the hostile message %j gets an error and does not throw',
  async (message) => {
    const sent: Sent[] = []
    await createRoomHandlers().message(contextOf('s1', 'lobby', sent), message)
    expect(sent).toMatchObject([{ to: ['s1'], message: { type: 'error' } }])
  },
)

test.each(['Lobby', '-x', 'a b', '../etc', 'x'.repeat(33), '__proto__', 'ü'])(
  'there is no room %j',
  async (actorId) => {
    const sent: Sent[] = []
    await createRoomHandlers().message(contextOf('s1', actorId, sent), { type: 'join', name: 'Ada' })
    expect(sent).toMatchObject([{ message: { code: 'invalid_room' } }])
  },
)

test('rooms are bounded: deserted ones make place, inhabited ones do not', async () => {
  let now = 0
  const handlers = createRoomHandlers(() => now)
  const join = async (room: string): Promise<Sent[]> => {
    const sent: Sent[] = []
    await handlers.message(contextOf(`in-${room}`, room, sent), { type: 'join', name: 'Ada' })
    return sent
  }
  for (let count = 0; count < LIMITS.rooms; count += 1) await join(`room-${count}`)
  expect(await join('one-more')).toMatchObject([{ message: { code: 'too_many_rooms' } }])
  now += LIMITS.presenceMs + 1
  expect(await join('one-more')).toMatchObject([{ message: { type: 'welcome' } }])
})

test('a session that is gone leaves', async () => {
  const handlers = createRoomHandlers()
  const sent: Sent[] = []
  await handlers.message(contextOf('s1', 'lobby', []), { type: 'join', name: 'Ada' })
  await handlers.message(contextOf('s2', 'lobby', []), { type: 'join', name: 'Bob' })
  await handlers.disconnect?.(contextOf('s1', 'lobby', sent))
  expect(sent).toMatchObject([{ to: ['s2'], message: { type: 'left' } }])
  await handlers.disconnect?.(contextOf('s1', 'never-seen', sent))
  expect(sent).toHaveLength(1)
})
