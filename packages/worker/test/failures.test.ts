import { describe, expect, test } from 'vitest'
import { encodeInboundEnvelope, TransportError } from '@portcullis/transport'
import { WorkerError } from '../src/index.ts'
import { Handled } from '../src/internal/handled.ts'
import { gate, Relay, SCOPE, settle, until } from './support/relay.ts'

describe('a handler that throws', () => {
  test('is tried again after the waits, then its message is parked as it was, and the next one is handled', async () => {
    const relay = await Relay.embedded()
    const attempts: { attempt: number; at: number }[] = []
    const worker = relay.worker({ maxAttempts: 4, backoffMs: [30, 60] }).actor<string>('room', {
      message: async ({ attempt, reply }, text) => {
        if (text === 'good') return reply(text)
        attempts.push({ attempt, at: Date.now() })
        throw new Error(`no, ${attempt}`)
      },
    })
    await worker.start()
    const { sequence } = await relay.say('bad', { messageId: 'm1' })
    await relay.say('good')
    expect(await relay.replies(1)).toEqual(['good'])
    expect(attempts.map(({ attempt }) => attempt)).toEqual([1, 2, 3, 4])
    const waits = attempts.slice(1).map(({ at }, n) => at - (attempts[n]?.at ?? 0))
    for (const [n, least] of [30, 60, 60].entries()) expect(waits[n]).toBeGreaterThanOrEqual(least - 2)
    const [letter, ...others] = relay.deadLetters()
    expect(others).toEqual([])
    expect(letter).toEqual({
      scope: SCOPE,
      actor: 'room',
      subject: 'inbound.w.p.room.lobby',
      sequence,
      messageId: 'm1',
      attempts: 4,
      reason: { code: 'handler_failed', message: 'no, 4' },
      parkedAt: expect.any(Number) as number,
      payload: encodeInboundEnvelope({
        scope: SCOPE,
        sessionId: 'gw.s',
        userId: 'u',
        claims: { role: 'member' },
        message: 'bad',
      }).toString('base64'),
    })
  })

  test.each([undefined, null, 'a string', 0])('%j counts as one that throws an error', async (thrown) => {
    const relay = await Relay.embedded()
    const worker = relay.worker({ maxAttempts: 2 }).actor('room', {
      message: () => {
        // oxlint-disable-next-line no-throw-literal, typescript/only-throw-error
        throw thrown
      },
    })
    await worker.start()
    await relay.say(1)
    await until(() => relay.deadLetters().length === 1)
    expect(relay.deadLetters()[0]).toMatchObject({ attempts: 2, reason: { code: 'handler_failed' } })
  })

  test('delays no other id', async () => {
    const relay = await Relay.embedded()
    const worker = relay.worker({ backoffMs: [60_000] }).actor<string>('room', {
      message: async ({ actorId, reply }, text) => {
        if (actorId === 'poisoned') throw new Error('no')
        await reply(text)
      },
    })
    await worker.start()
    await relay.say('bad', { actorId: 'poisoned' })
    await settle()
    await relay.say('good', { actorId: 'other' })
    expect(await relay.replies(1)).toEqual(['good'])
  })

  test('may be many at once: neither their waits nor their signals are taken for a leak', async () => {
    const warnings: string[] = []
    const onWarning = (warning: Error): void => void warnings.push(warning.message)
    process.on('warning', onWarning)
    const relay = await Relay.embedded()
    const worker = relay.worker({ backoffMs: [60_000] }).actor<string>('room', {
      message: async ({ signal, reply }) => {
        signal.addEventListener('abort', () => undefined)
        await reply('failing')
        throw new Error('no')
      },
    })
    await worker.start()
    await Promise.all(Array.from({ length: 30 }, (_, n) => relay.say('bad', { actorId: `id-${n}` })))
    await relay.replies(30)
    await settle()
    process.off('warning', onWarning)
    expect(warnings).toEqual([])
  })

  test('is parked early when too much waits behind it', async () => {
    const relay = await Relay.embedded()
    const worker = relay.worker({ backoffMs: [60_000], maxBacklogPerId: 3 }).actor<string>('room', {
      message: async ({ reply }, text) => {
        if (text === 'bad') throw new Error('no')
        await reply(text)
      },
    })
    await worker.start()
    await relay.say('bad')
    for (const text of ['1', '2', '3']) await relay.say(text)
    await settle()
    expect(relay.deadLetters()).toEqual([])
    await relay.say('4')
    expect(await relay.replies(4)).toEqual(['1', '2', '3', '4'])
    expect(relay.deadLetters()).toMatchObject([
      { reason: { code: 'backlog_full', message: '4 messages wait behind it' } },
    ])
  })
})

describe('a payload that is no envelope of this project', () => {
  test.each([
    ['garbage', Buffer.from([0, 1, 2])],
    ['no JSON', Buffer.from('{')],
    ['another shape', Buffer.from('{"message":1}')],
    [
      'another project',
      encodeInboundEnvelope({
        scope: { ...SCOPE, projectId: 'q' },
        sessionId: 'gw.s',
        userId: null,
        claims: {},
        message: 1,
      }),
    ],
  ])('%s is parked at once and never handled', async (_what, payload) => {
    const relay = await Relay.embedded()
    const handled: unknown[] = []
    const worker = relay.worker().actor('room', {
      message: async ({ reply }, message) => {
        handled.push(message)
        await reply(message)
      },
    })
    await worker.start()
    await relay.say(0, { payload })
    await relay.say('next')
    expect(await relay.replies(1)).toEqual(['next'])
    expect(handled).toEqual(['next'])
    expect(relay.deadLetters()).toMatchObject([
      { attempts: 1, reason: { code: 'envelope_invalid' }, payload: payload.toString('base64') },
    ])
  })
})

describe('a handler that takes too long', () => {
  test('has its signal aborted, is tried again, and is parked as timed out', async () => {
    const relay = await Relay.embedded()
    const reasons: unknown[] = []
    const worker = relay.worker({ handlerTimeoutMs: 30, maxAttempts: 2 }).actor('room', {
      message: ({ signal }) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => {
            reasons.push(signal.reason)
            reject(signal.reason as Error)
          })
        }),
    })
    await worker.start()
    await relay.say(1)
    await until(() => relay.deadLetters().length === 1)
    expect(relay.deadLetters()[0]).toMatchObject({ attempts: 2, reason: { code: 'handler_timeout' } })
    expect(reasons.map((reason) => WorkerError.is(reason) && reason.code)).toEqual([
      'handler_timeout',
      'handler_timeout',
    ])
  })

  test('cannot answer any more once it is over', async () => {
    const relay = await Relay.embedded()
    const { passed, open } = gate()
    const late: unknown[] = []
    const worker = relay.worker({ handlerTimeoutMs: 30 }).actor('room', {
      message: async ({ attempt, reply }) => {
        if (attempt > 1) return reply('second')
        await passed
        await reply('first').catch((error: unknown) => late.push(error))
      },
    })
    await worker.start()
    await relay.say(1)
    await relay.replies(1)
    open()
    await until(() => late.length === 1)
    expect(relay.sent).toEqual([{ sessionId: 'gw.s', message: 'second' }])
    expect(late).toMatchObject([{ code: 'handler_timeout' }])
  })
})

describe('answers', () => {
  test('that fail fail the attempt, awaited or not', async () => {
    const relay = await Relay.embedded()
    for (const isAwaited of [true, false]) {
      const actor = `awaited-${isAwaited}`
      const worker = relay.worker({ maxAttempts: 2 }).actor(actor, {
        message: async ({ send }) => {
          const sending = send('not a session id', 1)
          if (isAwaited) await sending
        },
      })
      await worker.start()
      await relay.say(1, { actor })
    }
    await until(() => relay.deadLetters().length === 2)
    expect(relay.deadLetters().map(({ attempts, reason }) => [attempts, reason.code])).toEqual([
      [2, 'handler_failed'],
      [2, 'handler_failed'],
    ])
  })

  test('that are no JSON fail the attempt', async () => {
    const relay = await Relay.embedded()
    const worker = relay
      .worker({ maxAttempts: 1 })
      .actor('room', { message: ({ reply }) => void reply(undefined) })
    await worker.start()
    await relay.say(1)
    await until(() => relay.deadLetters().length === 1)
    expect(relay.deadLetters()[0]?.reason.message).toBe('a message must be a JSON value')
  })

  test('of an attempt that is repeated reach the session once, and so do those of a dead worker', async () => {
    const relay = await Relay.embedded()
    const worker = relay.worker().actor('room', {
      message: async ({ attempt, reply, broadcast }) => {
        await reply('one')
        await broadcast(['gw.s', 'gw.other', 'gw.s'], 'all')
        if (attempt < 3) throw new Error('after the answers')
        await reply('end')
      },
    })
    await worker.start()
    await relay.say(1)
    await relay.replies(5)
    await settle()
    expect(relay.sent).toEqual([
      { sessionId: 'gw.s', message: 'one' },
      { sessionId: 'gw.s', message: 'all' },
      { sessionId: 'gw.other', message: 'all' },
      { sessionId: 'gw.s', message: 'all' },
      { sessionId: 'gw.s', message: 'end' },
    ])
  })

  test('have ids that follow from the message, the session and their number', async () => {
    const relay = await Relay.embedded()
    const transport = relay.workerTransport()
    const ids: string[] = []
    const publish = transport.publishOutbound.bind(transport)
    transport.publishOutbound = (message, options) => {
      ids.push(message.messageId)
      return publish(message, options)
    }
    const worker = relay.worker({ transport }).actor('room', {
      message: ({ reply, broadcast }) => {
        void reply(1)
        void broadcast(['gw.s', 'gw.t'], 2)
      },
    })
    await worker.start()
    await relay.say(1, { messageId: 'm' })
    await relay.replies(3)
    expect(ids).toEqual(['m/gw.s/0', 'm/gw.s/1', 'm/gw.t/0'])
  })
})

test('a message whose dead letter is too large keeps its beginning rather than blocking its id', async () => {
  const relay = await Relay.embedded()
  const transport = relay.workerTransport()
  const publish = transport.publishDeadLetter.bind(transport)
  // As a NATS server with a small `max_payload` does.
  transport.publishDeadLetter = async (letter) => {
    if (letter.payload.length > 3000) throw new TransportError('ERR_TRANSPORT_TOO_LARGE', 'too large')
    return publish(letter)
  }
  const worker = relay.worker({ transport, maxAttempts: 1 }).actor<string>('room', {
    message: async ({ reply }, text) => {
      if (text !== 'next') throw new Error('no')
      await reply(text)
    },
  })
  await worker.start()
  await relay.say('x'.repeat(5000))
  await relay.say('next')
  expect(await relay.replies(1)).toEqual(['next'])
  const [letter] = relay.deadLetters()
  expect(letter?.payloadBytes).toBeGreaterThan(5000)
  expect(Buffer.from(letter?.payload ?? '', 'base64').toString()).toMatch(/^\{"scope":.*"message":"x{500}/)
})

test('a dead letter that cannot be stored yet is stored later, and only then is its message acknowledged', async () => {
  const relay = await Relay.embedded()
  const transport = relay.workerTransport()
  const publish = transport.publishDeadLetter.bind(transport)
  let refusals = 0
  transport.publishDeadLetter = async (letter) => {
    if ((refusals += 1) === 1) throw new TransportError('ERR_TRANSPORT_UNAVAILABLE', 'away')
    return publish(letter)
  }
  const worker = relay.worker({ transport, maxAttempts: 1 }).actor<string>('room', {
    message: async ({ reply }, text) => {
      if (text === 'bad') throw new Error('no')
      await reply(relay.deadLetters().length)
    },
  })
  await worker.start()
  await relay.say('bad')
  await relay.say('good')
  expect(await relay.replies(1)).toEqual([1])
})

test('what was handled is remembered by its place in the stream, by its id alone only for a minute, and not for ever', () => {
  const handled = new Handled(2)
  handled.add({ messageId: 'a', sequence: 1 })
  expect(handled.has({ messageId: 'a', sequence: 1 })).toBe(true)
  expect(handled.has({ messageId: 'a', sequence: 9 })).toBe(true)
  expect(handled.has({ messageId: 'b', sequence: 1 })).toBe(false)
  handled.add({ messageId: 'b', sequence: 2 })
  handled.add({ messageId: 'c', sequence: 3 })
  expect(handled.has({ messageId: 'a', sequence: 1 })).toBe(false)
  expect(handled.has({ messageId: 'c', sequence: 3 })).toBe(true)
})
