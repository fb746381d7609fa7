import type { ConsumeInboundOptions } from '@portcullis/transport'
import { describe, expect, test } from 'vitest'
import type { ActorContext } from '../src/index.ts'
import { SessionRegister } from '../src/internal/sessions.ts'
import { gate, Relay, settle } from './support/relay.ts'

describe('a session that is gone', () => {
  test('is told to every actor id it had sent to, in its turn, and to no other', async () => {
    const relay = await Relay.embedded()
    const told: string[] = []
    const { passed, open } = gate()
    const worker = relay.worker().actor<string>('room', {
      message: async ({ actorId, reply }, text) => {
        if (text === 'slow') await passed
        told.push(`${actorId} ${text}`)
        await reply(text)
      },
      disconnect: ({ actorId, sessionId, userId, claims, attempt }: ActorContext) => {
        told.push(`${actorId} left ${sessionId} ${userId} ${JSON.stringify(claims)} ${attempt}`)
      },
    })
    await worker.start()
    await relay.say('hi', { actorId: 'a' })
    await relay.say('slow', { actorId: 'b' })
    await relay.say('other', { actorId: 'c', sessionId: 'gw.other' })
    await relay.replies(2)
    relay.leave('gw.s')
    relay.leave('gw.unknown')
    await settle()
    expect(told).toEqual(['a hi', 'c other', 'a left gw.s u {"role":"member"} 1'])
    open()
    await relay.replies(3)
    await settle()
    expect(told.slice(3)).toEqual(['b slow', 'b left gw.s u {"role":"member"} 1'])
  })

  test('is told once, and what the handler sends then arrives', async () => {
    const relay = await Relay.embedded()
    const worker = relay.worker().actor('room', {
      message: ({ reply }) => reply('hi'),
      disconnect: ({ sessionId, broadcast }) => broadcast(['gw.left'], `${sessionId} left`),
    })
    await worker.start()
    await relay.say(1)
    await relay.replies(1)
    relay.leave('gw.s')
    relay.leave('gw.s')
    await relay.replies(2)
    await settle()
    expect(relay.sent.slice(1)).toEqual([{ sessionId: 'gw.left', message: 'gw.s left' }])
  })

  test('is best effort: a handler that throws is not tried again and stops nothing', async () => {
    const relay = await Relay.embedded()
    const warnings: string[] = []
    let calls = 0
    const logger = {
      info: () => undefined,
      warn: (_details: object, message: string) => void warnings.push(message),
      error: () => undefined,
    }
    const worker = relay.worker({ logger }).actor('room', {
      message: ({ reply }, message) => reply(message),
      disconnect: () => {
        calls += 1
        throw new Error('no')
      },
    })
    await worker.start()
    await relay.say(1)
    await relay.replies(1)
    relay.leave('gw.s')
    await settle()
    await relay.say(2)
    expect(await relay.replies(2)).toEqual([1, 2])
    expect([calls, warnings]).toEqual([1, ['handling a disconnect failed']])
  })

  test('is not told to a worker that lost its lease, nor when it has it again', async () => {
    const relay = await Relay.embedded()
    const transport = relay.workerTransport()
    const consume = transport.consumeInbound.bind(transport)
    let onActive: ConsumeInboundOptions['onActive']
    transport.consumeInbound = (options) => {
      onActive = options.onActive
      return consume(options)
    }
    const told: string[] = []
    const worker = relay.worker({ transport }).actor('room', {
      message: ({ reply }) => reply('hi'),
      disconnect: ({ sessionId }) => void told.push(sessionId),
    })
    await worker.start()
    for (const sessionId of ['gw.a', 'gw.b']) await relay.say(1, { sessionId })
    await relay.replies(2)
    onActive?.(false, false)
    relay.leave('gw.a')
    await settle()
    onActive?.(true, true)
    relay.leave('gw.b')
    await settle()
    expect(told).toEqual(['gw.b'])
  })

  test('is not told to a worker that stands by', async () => {
    const relay = await Relay.embedded()
    const told: string[] = []
    for (const name of ['first', 'second']) {
      const worker = relay.worker().actor('room', {
        message: ({ reply }) => reply(name),
        disconnect: () => void told.push(name),
      })
      await worker.start()
    }
    await relay.say(1)
    await relay.replies(1)
    relay.leave('gw.s')
    await settle()
    expect(told).toEqual(['first'])
  })
})

describe('the register of sessions', () => {
  const session = (sessionId: string, claims: Record<string, unknown> = {}) => ({
    scope: { workspaceId: 'w', projectId: 'p' },
    sessionId,
    userId: null,
    claims,
  })

  test('forgets the sessions seen first past its count', () => {
    const register = new SessionRegister(2)
    for (const id of ['a', 'b', 'c']) register.note(session(id), 'x')
    expect([register.take('a'), register.take('b')?.session.sessionId]).toEqual([undefined, 'b'])
    expect(register.take('b')).toBeUndefined()
  })

  test('remembers 256 actor ids of a session, and its claims as they are now', () => {
    const register = new SessionRegister(2)
    for (let n = 0; n < 300; n += 1) register.note(session('a', { n }), `x${n}`)
    const known = register.take('a')
    expect(known?.subjects.size).toBe(256)
    expect(known?.session.claims).toEqual({ n: 299 })
  })
})
