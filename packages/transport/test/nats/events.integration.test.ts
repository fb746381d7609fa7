import { startNatsServer, startTcpProxy, type NatsServer } from '@portcullis/test-servers'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { createNatsEvents, type NatsEvents, type NatsEventsOptions } from '../../src/nats/index.ts'
import { Collected } from '../../src/testing/collect.ts'
import { startedTransport } from '../support/nats.ts'
import { codeOf, unique } from '../support/messages.ts'

let server: NatsServer
beforeAll(async () => {
  server = await startNatsServer({ jetstream: false })
})
afterAll(() => server[Symbol.asyncDispose]())

const opened: NatsEvents[] = []
afterEach(async () => {
  await Promise.all(opened.splice(0).map((made) => made.close()))
})

function events(url: string, options: NatsEventsOptions = {}): NatsEvents {
  const made = createNatsEvents({ servers: url, ...options })
  opened.push(made)
  return made
}

async function started(url: string, options?: NatsEventsOptions): Promise<NatsEvents> {
  const made = events(url, options)
  await made.start()
  return made
}

const until = (made: NatsEvents, state: string): Promise<void> =>
  new Promise((resolve) => {
    const check = (): void => {
      if (made.status().state !== state) return
      stop()
      resolve()
    }
    const stop = made.onStatus(check)
    check()
  })

/** Everything subscribed so far is heard by the server. */
async function settled(made: NatsEvents): Promise<void> {
  const subject = unique()
  const heard = new Collected<string>()
  await made.subscribeEvents(subject, (_payload, on) => heard.push(on))
  made.publishEvent(subject, Buffer.alloc(0))
  await heard.atLeast(1)
}

describe('events without streams', () => {
  test('go over a server that has no JetStream, to whoever listens, and to nobody once closed', async () => {
    const [one, two] = [await started(server.url), await started(server.url)]
    const heard = new Collected<string>()
    const subscription = await two.subscribeEvents('a.*', (payload, subject) =>
      heard.push(`${subject} ${Buffer.from(payload).toString()}`),
    )
    await settled(two)
    one.publishEvent('a.b', Buffer.from('1'))
    one.publishEvent('b.b', Buffer.from('2'))
    one.publishEvent('a.c', Buffer.from('3'))
    expect(await heard.atLeast(2)).toEqual(['a.b 1', 'a.c 3'])
    await subscription.close()
    await settled(two)
    one.publishEvent('a.b', Buffer.from('4'))
    await settled(one)
    await settled(two)
    expect(heard.items).toHaveLength(2)
    expect(one.status()).toMatchObject({ state: 'connected', pendingCount: 0, pendingBytes: 0 })
  })

  test('meet those of a transport', async () => {
    await using full = await startNatsServer()
    const [transport, made] = [await startedTransport(full.url), await started(full.url)]
    const heard = new Collected<string>()
    await transport.subscribeEvents('x.>', (_payload, subject) => heard.push(subject))
    const back = new Collected<string>()
    await made.subscribeEvents('y', (_payload, subject) => back.push(subject))
    await settled(made)
    transport.publishEvent('y', Buffer.alloc(0))
    await back.atLeast(1)
    made.publishEvent('x.y.z', Buffer.alloc(0))
    expect(await heard.atLeast(1)).toEqual(['x.y.z'])
  })

  test('are held while the server is away, the oldest going first, and sent when it is back', async () => {
    const proxy = await startTcpProxy(server.url)
    const [made, listener] = [
      await started(proxy.url, { maxHeldCount: 3, maxHeldBytes: 100 }),
      await started(server.url),
    ]
    const heard = new Collected<string>()
    await listener.subscribeEvents('held', (payload) => heard.push(Buffer.from(payload).toString()))
    const own = new Collected<string>()
    await made.subscribeEvents('own', (payload) => own.push(Buffer.from(payload).toString()))
    await settled(listener)
    proxy.cut()
    await until(made, 'disconnected')
    for (let n = 0; n < 10; n += 1) made.publishEvent('held', Buffer.from(String(n)))
    expect(made.status()).toMatchObject({ pendingCount: 3, pendingBytes: 3 })
    made.publishEvent('held', Buffer.alloc(99, 'x'))
    expect(made.status()).toMatchObject({ pendingCount: 2, pendingBytes: 100 })
    proxy.restore()
    await until(made, 'connected')
    expect(await heard.atLeast(2)).toEqual(['9', 'x'.repeat(99)])
    expect(made.status()).toMatchObject({ pendingCount: 0, pendingBytes: 0 })
    listener.publishEvent('own', Buffer.from('still here'))
    expect(await own.atLeast(1)).toEqual(['still here'])
    await made.close()
    await proxy[Symbol.asyncDispose]()
  })

  test('wait for a server that is not there yet, unless they are told to stop', async () => {
    await using late = await startNatsServer({ jetstream: false })
    await late.stop()
    const made = events(late.url)
    const starting = made.start()
    made.publishEvent('a', Buffer.alloc(0))
    const heard = new Collected<string>()
    await made.subscribeEvents('a', (_payload, subject) => heard.push(subject))
    await until(made, 'disconnected')
    expect(made.status().error).toBeInstanceOf(Error)
    await late.restart()
    await starting
    await heard.atLeast(1)
    const gone = events('nats://127.0.0.1:1')
    const stopped = gone.start({ signal: AbortSignal.timeout(50) })
    await expect(stopped).rejects.toMatchObject({ name: 'TimeoutError' })
    expect(gone.status().state).toBe('closed')
  })

  test('refuse what is none, what is too large, and everything before the start and after the end', async () => {
    const made = events(server.url)
    const publish = (subject: string, size = 0) =>
      codeOf((async () => made.publishEvent(subject, Buffer.alloc(size)))())
    expect(await publish('a')).toBe('ERR_TRANSPORT_CLOSED')
    expect(await codeOf(made.subscribeEvents('a', () => undefined))).toBe('ERR_TRANSPORT_CLOSED')
    await made.start()
    for (const subject of ['', 'a b', 'a.*', '>', 'a\r\nPUB x 0', 'a..b']) {
      expect(await publish(subject)).toBe('ERR_TRANSPORT_SUBJECT_INVALID')
    }
    expect(await codeOf(made.subscribeEvents('a.>.b', () => undefined))).toBe('ERR_TRANSPORT_SUBJECT_INVALID')
    expect(await publish('a', 1024 * 1024 + 1)).toBe('ERR_TRANSPORT_TOO_LARGE')
    await Promise.all([made.close(), made.close()])
    await expect(made.closed).resolves.toBeUndefined()
    expect(await publish('a')).toBe('ERR_TRANSPORT_CLOSED')
    expect(await codeOf(made.deadLetters.list())).toBe('ERR_TRANSPORT_CLOSED')
    await expect(events(server.url, {}).close()).resolves.toBeUndefined()
    for (const [option, value] of [
      ['maxHeldCount', 0],
      ['maxHeldBytes', -1],
      ['maxEventBytes', 1.5],
      ['servers', []],
    ] as const) {
      expect(() => createNatsEvents({ [option]: value })).toThrow(new RegExp(`^"${option}"`))
    }
  })

  test('larger than the server takes are refused before they end the connection', async () => {
    await using small = await startNatsServer({ jetstream: false, config: 'max_payload: 2000\n' })
    const made = await started(small.url)
    expect(await codeOf((async () => made.publishEvent('a', Buffer.alloc(2001)))())).toBe(
      'ERR_TRANSPORT_TOO_LARGE',
    )
    made.publishEvent('a', Buffer.alloc(2000))
    await settled(made)
    expect(made.status()).toMatchObject({ state: 'connected', error: undefined })
  })

  test('have no dead letters where there is no JetStream', async () => {
    const made = await started(server.url)
    expect(await codeOf(made.deadLetters.list())).toBe('ERR_TRANSPORT_UNAVAILABLE')
    expect(await codeOf(made.deadLetters.replay('1'))).toBe('ERR_TRANSPORT_UNAVAILABLE')
  })

  test('have the dead letters of the streams, once a worker has made them', async () => {
    await using full = await startNatsServer()
    const made = await started(full.url)
    expect(await made.deadLetters.list()).toEqual({ items: [], next: null })
    expect(await made.deadLetters.get('1')).toBeNull()
    expect(await made.deadLetters.drop('1')).toBe(false)
    expect(await made.deadLetters.replay('1')).toBeNull()
  })
})
