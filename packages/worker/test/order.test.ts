import { expect, test } from 'vitest'
import { gate, Relay, settle } from './support/relay.ts'

test('a context says who sent the message, from where and to whom', async () => {
  const relay = await Relay.embedded()
  const seen: unknown[] = []
  const worker = relay.worker().actor<{ text: string }>('room', {
    message: ({ scope, actor, actorId, sessionId, userId, claims, attempt, signal }, message) => {
      seen.push({
        scope,
        actor,
        actorId,
        sessionId,
        userId,
        claims,
        attempt,
        isAborted: signal.aborted,
        message,
      })
    },
  })
  await worker.start()
  await relay.say({ text: 'hi' }, { actorId: 'café 1' })
  await settle()
  expect(seen).toEqual([
    {
      scope: { workspaceId: 'w', projectId: 'p' },
      actor: 'room',
      actorId: 'café 1',
      sessionId: 'gw.s',
      userId: 'u',
      claims: { role: 'member' },
      attempt: 1,
      isAborted: false,
      message: { text: 'hi' },
    },
  ])
})

test('one actor id handles one message at a time, in order; many ids at once', async () => {
  const relay = await Relay.embedded()
  const running = new Map<string, number>()
  const handled: string[] = []
  let mostPerId = 0
  let mostAtOnce = 0
  const worker = relay.worker().actor<number>('room', {
    message: async ({ actorId, reply }, n) => {
      running.set(actorId, (running.get(actorId) ?? 0) + 1)
      mostPerId = Math.max(mostPerId, running.get(actorId) ?? 0)
      mostAtOnce = Math.max(mostAtOnce, [...running.values()].filter((count) => count > 0).length)
      await settle(1 + (n % 3))
      handled.push(`${actorId} ${n}`)
      running.set(actorId, (running.get(actorId) ?? 0) - 1)
      await reply(n)
    },
  })
  await worker.start()
  for (let n = 0; n < 90; n += 1) await relay.say(n, { actorId: `id${n % 9}` })
  await relay.replies(90)
  expect(mostPerId).toBe(1)
  expect(mostAtOnce).toBe(9)
  for (let id = 0; id < 9; id += 1) {
    const order = handled
      .filter((line) => line.startsWith(`id${id} `))
      .map((line) => Number(line.split(' ')[1]))
    expect(order).toEqual(Array.from({ length: 10 }, (_, n) => n * 9 + id))
  }
})

test('an id that is busy holds up no other', async () => {
  const relay = await Relay.embedded()
  const { passed, open } = gate()
  const worker = relay.worker().actor<string>('room', {
    message: async ({ actorId, reply }, text) => {
      if (actorId === 'slow') await passed
      await reply(text)
    },
  })
  await worker.start()
  await relay.say('slow', { actorId: 'slow' })
  await relay.say('quick 1', { actorId: 'quick' })
  await relay.say('quick 2', { actorId: 'quick' })
  expect(await relay.replies(2)).toEqual(['quick 1', 'quick 2'])
  open()
  expect(await relay.replies(3)).toContain('slow')
})

test('names that differ only once encoded are different ids', async () => {
  const relay = await Relay.embedded()
  const ids: string[] = []
  await relay
    .worker()
    .actor('room', { message: ({ actorId }) => void ids.push(actorId) })
    .start()
  for (const actorId of ['a b', 'b64-YSBi', 'A B']) await relay.say(1, { actorId })
  await settle()
  expect(ids).toEqual(['a b', 'b64-YSBi', 'A B'])
})

test('a message that is published again long after under the same id is handled again, within the minute it is not', async () => {
  const relay = await Relay.embedded()
  const { vi } = await import('vitest')
  vi.useFakeTimers({ toFake: ['Date'] })
  try {
    await relay
      .worker()
      .actor('room', { message: ({ reply }, text) => void reply(text) })
      .start()
    await relay.say('first', { messageId: 'same' })
    await relay.replies(1)
    expect(await relay.say('within the window', { messageId: 'same' })).toMatchObject({ duplicate: true })
    vi.advanceTimersByTime(120_001)
    expect(await relay.say('later', { messageId: 'same' })).toMatchObject({ duplicate: false })
    expect(await relay.replies(2)).toEqual(['first', 'later'])
  } finally {
    vi.useRealTimers()
  }
})
