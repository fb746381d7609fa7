import { describe, expect, test } from 'vitest'
import { createEmbeddedTransport } from '@portcullis/transport/embedded'
import { createWorker, loadWorkerModule, WorkerError } from '../src/index.ts'
import { gate, Relay, SCOPE, settle } from './support/relay.ts'

describe('a drain', () => {
  test('lets what runs finish, begins nothing new, and gives the rest to another worker in order', async () => {
    const relay = await Relay.embedded()
    const { passed, open } = gate()
    const begun: number[] = []
    const first = relay.worker().actor<number>('room', {
      message: async ({ reply }, n) => {
        begun.push(n)
        await passed
        await reply(`first ${n}`)
      },
    })
    const second = relay.worker().actor<number>('room', {
      message: async ({ attempt, reply }, n) => reply(`second ${n} ${attempt}`),
    })
    await first.start()
    await second.start()
    for (let n = 0; n < 5; n += 1) await relay.say(n)
    await settle()
    const draining = first.drain()
    await settle()
    expect(relay.sent).toEqual([])
    open()
    await draining
    expect(await relay.replies(5)).toEqual([
      'first 0',
      'second 1 1',
      'second 2 1',
      'second 3 1',
      'second 4 1',
    ])
    expect(begun).toEqual([0])
    await first.closed
  })

  test('waits for a handler no longer than it may, and aborts its signal then', async () => {
    const relay = await Relay.embedded()
    const aborted = gate()
    const worker = relay.worker().actor('room', {
      message: ({ signal }) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => {
            aborted.open()
            reject(signal.reason as Error)
          })
        }),
    })
    await worker.start()
    await relay.say(1)
    await settle()
    await worker.drain({ timeoutMs: 20 })
    await aborted.passed
    // Neither acknowledged nor parked: the next worker has it, as its first attempt.
    const next = relay.worker().actor('room', { message: ({ attempt, reply }, n) => reply([n, attempt]) })
    await next.start()
    expect(await relay.replies(1)).toEqual([[1, 1]])
    expect(relay.deadLetters()).toEqual([])
  })

  test('does not wait for the pause between two attempts', async () => {
    const relay = await Relay.embedded()
    const worker = relay.worker({ backoffMs: [60_000] }).actor('room', {
      message: () => {
        throw new Error('no')
      },
    })
    await worker.start()
    await relay.say(1)
    await settle()
    const startedAt = Date.now()
    await worker.drain()
    expect(Date.now() - startedAt).toBeLessThan(1000)
  })

  test('ends when the worker is closed meanwhile', async () => {
    const relay = await Relay.embedded()
    const worker = relay.worker().actor('room', { message: () => new Promise(() => undefined) })
    await worker.start()
    await relay.say(1)
    await settle()
    const draining = worker.drain({ timeoutMs: 60_000 })
    await worker.close()
    await draining
  })

  test('and a close are idempotent, also before a start and by `await using`', async () => {
    const relay = await Relay.embedded()
    const worker = relay.worker().actor('room', { message: () => undefined })
    await Promise.all([worker.close(), worker.drain(), worker.close()])
    await worker.closed
    await expect(worker.start()).rejects.toMatchObject({ name: 'WorkerError', code: 'closed' })
    let other
    {
      await using inner = relay.worker().actor('room', { message: () => undefined })
      await inner.start()
      other = inner
    }
    await other.closed
  })
})

describe('a close', () => {
  test('gives back what it has, aborts what runs, and leaves the transport to its owner', async () => {
    const relay = await Relay.embedded()
    const transport = relay.workerTransport()
    const reasons: unknown[] = []
    const worker = relay.worker({ transport }).actor('room', {
      message: ({ signal }) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason as Error))
          signal.addEventListener('abort', () => reasons.push(signal.reason))
        }),
    })
    await worker.start()
    await relay.say('again')
    await settle()
    await worker.close()
    expect(reasons.map((reason) => WorkerError.is(reason) && reason.code)).toEqual(['closed'])
    expect(transport.status().state).toBe('connected')
    await relay
      .worker()
      .actor('room', { message: ({ reply }, text) => reply(text) })
      .start()
    expect(await relay.replies(1)).toEqual(['again'])
  })

  test('while the worker starts leaves nothing behind that consumes', async () => {
    const relay = await Relay.embedded()
    for (const turns of [0, 1, 2, 3]) {
      const worker = relay
        .worker()
        .actor('room', { message: ({ reply }) => reply('from a closed worker') })
        .actor('other', { message: () => undefined })
      const starting = worker.start().catch((error: unknown) => error)
      for (let turn = 0; turn < turns; turn += 1) await Promise.resolve()
      await worker.close()
      expect(await starting).toMatchObject({ code: 'closed' })
    }
    await relay
      .worker()
      .actor('room', { message: ({ reply }) => reply('from the open one') })
      .start()
    await relay.say(1)
    expect(await relay.replies(1)).toEqual(['from the open one'])
  })

  test('ends a start that waits for the transport', async () => {
    const relay = await Relay.embedded()
    const transport = relay.workerTransport()
    transport.start = () => new Promise(() => undefined)
    const worker = relay.worker({ transport }).actor('room', { message: () => undefined })
    const starting = worker.start()
    await worker.close()
    await expect(starting).rejects.toMatchObject({ code: 'closed' })
  })
})

describe('a start', () => {
  test('is one, however often it is asked for', async () => {
    const relay = await Relay.embedded()
    const worker = relay.worker().actor('room', { message: ({ reply }) => reply('once') })
    await Promise.all([worker.start(), worker.start()])
    await relay.say(1)
    await relay.replies(1)
    await settle()
    expect(relay.sent).toHaveLength(1)
  })

  test('that fails for one actor type undoes the others', async () => {
    const relay = await Relay.embedded()
    const worker = relay
      .worker()
      .actor('room', { message: ({ reply }) => reply('from a failed worker') })
      .actor('bad\u0000name', { message: () => undefined })
    await expect(worker.start()).rejects.toMatchObject({ code: 'ERR_TRANSPORT_SUBJECT_INVALID' })
    await worker.closed
    await relay
      .worker()
      .actor('room', { message: ({ reply }) => reply('from the next') })
      .start()
    await relay.say(1)
    expect(await relay.replies(1)).toEqual(['from the next'])
  })
})

describe('what a worker is made of', () => {
  const transport = createEmbeddedTransport()
  const options = { transport, ...SCOPE }

  test.each([
    ['transport', undefined],
    ['transport', {}],
    ['workspaceId', ''],
    ['workspaceId', 'a.b'],
    ['workspaceId', 7],
    ['projectId', '*'],
    ['projectId', 'x'.repeat(65)],
    ['backoffMs', []],
    ['backoffMs', [-1]],
    ['backoffMs', [1.5]],
    ['backoffMs', 5],
    ['backoffMs', 'ab'],
    ['logger', {}],
    ['handlerTimeoutMs', 2_147_483_648],
    ['ackWaitMs', 2_147_483_648],
    ...['maxAttempts', 'handlerTimeoutMs', 'maxBacklogPerId', 'ackWaitMs', 'maxTrackedSessions'].flatMap(
      (name) =>
        [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, '5', null].map((value): [string, unknown] => [
          name,
          value,
        ]),
    ),
  ])('the option %s may not be %j', (name, value) => {
    expect(() => createWorker({ ...options, [name]: value })).toThrow(
      expect.objectContaining({
        name: 'TypeError',
        message: expect.stringContaining(`"${name}" option`) as string,
      }),
    )
  })

  test('an actor needs a name of its own and a message handler, before the start', async () => {
    const worker = createWorker(options)
    const handlers = { message: () => undefined }
    expect(() => worker.actor('', handlers)).toThrow(TypeError)
    expect(() => worker.actor(7 as never, handlers)).toThrow(TypeError)
    expect(() => worker.actor('a', {} as never)).toThrow('actor "a" needs a "message" handler')
    expect(() => worker.actor('a', null as never)).toThrow(TypeError)
    worker.actor('a', handlers)
    expect(() => worker.actor('a', handlers)).toThrow('actor "a" has handlers already')
    await worker.start()
    expect(() => worker.actor('b', handlers)).toThrow('actors are added before the start')
    await worker.close()
    await expect(createWorker(options).start()).rejects.toThrow('a worker needs at least one actor')
  })
})

describe('a worker module', () => {
  const fixture = (name: string): string => new URL(`fixtures/${name}`, import.meta.url).href

  test('makes the worker that it exports', async () => {
    const relay = await Relay.embedded()
    await using worker = await loadWorkerModule(fixture('echo.js'), { transport: relay.workerTransport() })
    await worker.start()
    await relay.say({ text: 'hi' })
    expect(await relay.replies(1)).toEqual([{ echo: { text: 'hi' } }])
  })

  test.each([
    ['no-default.js', 'must export a function ({ transport }) => worker as default'],
    ['no-worker.js', 'made no worker'],
    ['throws.js', 'broken on purpose'],
    ['missing.js', 'missing.js'],
  ])('%s is refused: %s', async (name, message) => {
    await expect(loadWorkerModule(fixture(name), { transport: createEmbeddedTransport() })).rejects.toThrow(
      message,
    )
  })
})
