import { once } from 'node:events'
import { connect } from 'node:net'
import type { GatewayOptions } from '@portcullis/interop'
import { expect, test } from 'vitest'
import { Disposal } from '../../src/disposal.ts'
import { Clients, type Io, PASSWORD, startWsGateway, until } from '../../src/interop-clients.ts'
import { RawClient } from '../../src/raw-client.ts'

type Json = Record<string, unknown>

/** Two clients of one user that work together, and a gateway that says when it was surprised. */
async function start(limits: GatewayOptions['limits'] = {}) {
  const disposal = new Disposal()
  const surprises: unknown[] = []
  const ignore = (): void => undefined
  const gateway = disposal.use(
    await startWsGateway({
      limits,
      logger: {
        debug: ignore,
        info: ignore,
        warn: ignore,
        error: (details, message) => surprises.push({ message, details }),
      },
    }),
  )
  const clients = disposal.use(new Clients(gateway.url))
  const one = await clients.connect('ann', { application: 'one' })
  const two = await clients.connect('ann', { application: 'two' })
  await one.interop.register('Echo', (value: object) => value)
  const stream = await one.interop.createStream('Ticks')
  await two.interop.waitForMethod('Ticks')
  const ticks: number[] = []
  await two.interop.subscribe('Ticks', { onData: ({ data }) => void ticks.push((data as { n: number }).n) })
  const heard: number[] = []
  await two.bus.subscribe('healthy', (data) => heard.push((data as { n: number }).n))
  let round = 0
  return {
    gateway,
    clients,
    one,
    two,
    surprises,
    /** Everything between the healthy clients works. */
    async expectHealth(): Promise<void> {
      round += 1
      expect(surprises).toEqual([])
      expect((await two.interop.invoke('Echo', { n: round })).returned).toEqual({ n: round })
      stream.push({ n: round })
      one.bus.publish('healthy', { n: round })
      await one.contexts.update('healthy', { n: round })
      await until(async () => {
        expect([ticks.at(-1), heard.at(-1)]).toEqual([round, round])
        expect(await two.contexts.get('healthy')).toEqual({ n: round })
      })
      const late = await clients.connect('ann', { application: 'late' })
      expect((await late.interop.invoke('Echo', { n: round })).returned).toEqual({ n: round })
      await late.connection.logout()
    },
    [Symbol.asyncDispose]: () => disposal[Symbol.asyncDispose](),
  }
}

const hello = (id: unknown, identity: Json = {}): Json => ({
  domain: 'global',
  type: 'hello',
  request_id: id,
  identity: { application: 'raw', ...identity },
  authentication: { method: 'secret', login: 'ann', secret: PASSWORD },
})

/** A bare socket with a peer that is in every domain. */
async function openRaw(url: string): Promise<{ raw: RawClient; peerId: string }> {
  const raw = await RawClient.open(url)
  raw.send(hello('hello'))
  const { peer_id: peerId } = await raw.frame({ type: 'welcome' })
  for (const destination of ['agm', 'bus', 'metrics', 'context']) {
    raw.send({ domain: 'global', type: 'join', request_id: destination, peer_id: peerId, destination })
    await raw.frame({ type: 'success', request_id: destination })
  }
  return { raw, peerId: peerId as string }
}

const answerTo = (raw: RawClient, id: unknown): Json | undefined =>
  raw.received.find((frame) => (frame as Json)['request_id'] === id) as Json | undefined

test('what is no message is answered and forgotten: garbage, other JSON, deep nesting, bytes', async () => {
  await using setting = await start()
  const { raw, peerId } = await openRaw(setting.gateway.url)
  const deep = `${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}`
  const texts = [
    '',
    ' ',
    'garbage',
    '{',
    '[]',
    '[[[[',
    'null',
    'true',
    '7',
    '"text"',
    '{}',
    '{"type":null}',
    deep,
  ]
  const bytes = [Buffer.from([0xff, 0xfe, 0x00]), Buffer.alloc(4096, 0x80), Buffer.from('\u0000{}')]
  const before = raw.received.length
  for (const each of [...texts, ...bytes]) raw.socket.send(each)
  await until(() => expect(raw.received.length).toBe(before + texts.length + bytes.length))
  for (const frame of raw.received.slice(before)) {
    expect(frame).toMatchObject({
      domain: 'global',
      type: 'error',
      reason_uri: 'global.errors.unhandled_message',
    })
  }
  // The socket still works, also for messages in binary frames.
  raw.socket.send(Buffer.from(JSON.stringify({ type: 'create-token', request_id: 'token', peer_id: peerId })))
  expect(await raw.frame({ request_id: 'token' })).toMatchObject({ type: 'token' })
  raw.socket.close()
  await setting.expectHealth()
})

test('a message beyond the limit ends its socket, and no other', async () => {
  await using setting = await start({ maxMessageBytes: 100_000 })
  const { raw } = await openRaw(setting.gateway.url)
  raw.send({ type: 'ping', padding: 'x'.repeat(100_000) })
  expect((await raw.closed).code).toBe(1009)
  await setting.expectHealth()
})

test('bytes that are no frames, after the upgrade and before, end their socket and no other', async () => {
  await using setting = await start()
  const noise = (seed: number): Buffer => Buffer.from(Array.from({ length: 3000 }, random(seed, 256)))
  for (let seed = 1; seed <= 20; seed += 1) {
    const socket = connect(setting.gateway.port, '127.0.0.1')
    socket.on('error', () => undefined)
    if (seed % 4 !== 0) {
      socket.write(
        'GET /gw HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
          'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
      )
      await once(socket, 'data')
    }
    const closed = once(socket, 'close')
    socket.end(noise(seed))
    socket.resume()
    await closed
  }
  await setting.expectHealth()
})

/** Numbers from 0 to below `limit`, the same for the same seed. */
function random(seed: number, limit: number): () => number {
  let state = seed
  return () => {
    // mulberry32
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit
  }
}

/** Ids of things that are there, so that requests about them get past the first check. */
interface Ids {
  peerId: string
  server: string
  echo: unknown
  ticks: unknown
  context: unknown
}

async function learnIds(raw: RawClient, peerId: string, one: Io): Promise<Ids> {
  const server = one.connection.peerId
  const methods = raw.received
    .filter((frame) => (frame as Json)['type'] === 'methods-added' && (frame as Json)['server_id'] === server)
    .flatMap((frame) => (frame as { methods: { id: string; name: string }[] }).methods)
  raw.send({
    type: 'create-context',
    request_id: 'ids',
    peer_id: peerId,
    name: 'raw',
    lifetime: 'retained',
    data: {},
  })
  const { context_id: context } = await raw.frame({ request_id: 'ids' })
  const idOf = (wanted: string): unknown => methods.find(({ name }) => name === wanted)?.id
  return { peerId, server, echo: idOf('Echo'), ticks: idOf('Ticks'), context }
}

/** Requests that are answered, whatever is in them. */
const answered = ({ server, echo, ticks, context }: Ids): Json[] => [
  hello(0),
  { domain: 'global', type: 'join', destination: 'agm', restrictions: '', options: {} },
  { domain: 'global', type: 'join', destination: 'metrics', restrictions: '', options: { service: 'A' } },
  { domain: 'global', type: 'create-token' },
  {
    domain: 'agm',
    type: 'register',
    methods: [
      {
        id: 'x',
        name: 'Odd',
        display_name: 'Odd',
        flags: { metadata: {}, streaming: false },
        object_types: ['T'],
        input_signature: 'String a',
        result_signature: 'Int b',
        restrictions: '$user == #user',
        version: 1,
      },
    ],
  },
  { domain: 'agm', type: 'unregister', methods: ['x'] },
  {
    domain: 'agm',
    type: 'call',
    server_id: server,
    method_id: echo,
    arguments_kv: { a: 1 },
    arguments: null,
    context: {},
  },
  {
    domain: 'agm',
    type: 'subscribe',
    server_id: server,
    method_id: ticks,
    arguments_kv: {},
    flags: {},
    context: {},
  },
  { domain: 'agm', type: 'unsubscribe', subscription_id: 'r-1', reason_uri: '', reason: '' },
  { domain: 'bus', type: 'subscribe', topic: 'a.*', routing_key: 'k', source: { application: 'x' } },
  { domain: 'bus', type: 'unsubscribe', subscription_id: 'r-1' },
  {
    domain: 'global',
    type: 'create-context',
    name: 'odd',
    data: { a: 1 },
    lifetime: 'ref-counted',
    read_permissions: '$user == #user',
    write_permissions: null,
  },
  { domain: 'global', type: 'subscribe-context', context_id: context },
  {
    domain: 'global',
    type: 'update-context',
    context_id: context,
    delta: {
      added: { a: 1 },
      updated: { b: 2 },
      removed: ['c'],
      commands: [{ type: 'set', path: 'a.b', value: 1 }],
    },
  },
  { domain: 'context', type: 'update-context', context_id: context, delta: { reset: { a: 1 } } },
  { domain: 'global', type: 'unsubscribe-context', context_id: context },
  { domain: 'global', type: 'destroy-context', context_id: 'c-1' },
]

/** Messages that are not answered when they are right. */
const unanswered = ({ server }: Ids): Json[] => [
  { domain: 'global', type: 'ping' },
  { domain: 'agm', type: 'yield', invocation_id: 'r-1', result: {} },
  { domain: 'agm', type: 'error', reason_uri: 'a', reason: 'b', context: {} },
  { domain: 'agm', type: 'accepted', subscription_id: 'r-1', stream_id: '0' },
  { domain: 'agm', type: 'publish', stream_id: '0', data: {}, sequence: 1, snapshot: true },
  { domain: 'agm', type: 'post', subscription_id: 'r-1', data: {}, sequence: 1, snapshot: true },
  { domain: 'agm', type: 'drop-subscription', subscription_id: 'r-1', reason: 'a', reason_uri: 'b' },
  {
    domain: 'bus',
    type: 'publish',
    topic: 'a.b',
    data: {},
    routing_key: 'k',
    target_identity: { peer: server },
  },
  {
    domain: 'metrics',
    type: 'define',
    metrics: [{ name: 'a', type: 'object', composite: { b: { type: 'string' } } }],
  },
  { domain: 'metrics', type: 'publish', values: [{ name: 'a', value: { b: 'c' }, timestamp: 1 }] },
]

const HOSTILE: unknown[] = [
  null,
  true,
  0,
  -1.5,
  1e308,
  '',
  'x'.repeat(5000),
  '__proto__',
  '\u0000\ud800',
  '(((((((((((a?)+)+)+)+)+)+)+)+)+)+',
  [],
  [null, [[]], {}],
  {},
  { type: {}, id: [], name: 7 },
  JSON.parse('{"__proto__":{"x":1},"constructor":null,"toString":1,"length":-1}'),
  Array.from({ length: 500 }, (_, index) => index),
]

/** Every way to put one of the hostile values in one place of the message, also inside of its members. */
function* mutations(message: Json): Generator<Json> {
  for (const [name, value] of Object.entries(message)) {
    if (name === 'type') continue
    for (const hostile of HOSTILE) yield { ...message, [name]: hostile }
    const { [name]: _gone, ...without } = message
    yield without
    if (Array.isArray(value) && isObject(value[0])) {
      for (const inner of mutations({ ...value[0], type: 0 })) {
        yield { ...message, [name]: [{ ...inner, ...('type' in value[0] && { type: value[0]['type'] }) }] }
      }
    } else if (isObject(value)) {
      for (const inner of mutations(value)) yield { ...message, [name]: inner }
    }
  }
}

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

test('a wrong value in any place of any message is survived, and every request gets an answer', async () => {
  await using setting = await start({ maxRefusedHellos: 1_000_000, maxPeersPerConnection: 1_000_000 })
  const { raw, peerId } = await openRaw(setting.gateway.url)
  const ids = await learnIds(raw, peerId, setting.one)
  const asked = new Map<string, Json>()
  for (const message of unanswered(ids)) {
    for (const each of [message, ...mutations(message)])
      raw.send({ request_id: 'no', peer_id: peerId, ...each })
  }
  for (const message of answered(ids)) {
    for (const each of [message, ...mutations(message)]) {
      const id = `request-${asked.size}`
      const sent = { peer_id: peerId, ...each, request_id: id }
      asked.set(id, sent)
      raw.send(sent)
    }
  }
  expect(asked.size).toBeGreaterThan(1000)
  await until(() => {
    const answers = new Set(raw.received.map((frame) => (frame as Json)['request_id']))
    const silent = [...asked]
      .filter(([id]) => !answers.has(id))
      .map(([, sent]) => JSON.stringify(sent).slice(0, 300))
    expect(silent).toEqual([])
  })
  await setting.expectHealth()
  raw.socket.close()
  await until(() => expect(setting.gateway.gateway.stats().connections).toBe(2))
  await setting.expectHealth()
})

test('a request id may be any JSON value, and comes back as it was', async () => {
  await using setting = await start()
  const { raw, peerId } = await openRaw(setting.gateway.url)
  for (const id of [0, 7.5, '', 'a\u0000b', '\ud800', true, { a: [1, null] }, ['x']]) {
    raw.send({ type: 'create-token', peer_id: peerId, request_id: id })
    await until(() => {
      const last = raw.received.findLast((frame) => (frame as Json)['type'] === 'token') as Json
      expect(last['request_id']).toEqual(id)
    })
  }
  raw.socket.close()
})

test('keys that name a prototype are data like others, in calls, contexts and on the bus', async () => {
  await using setting = await start()
  const { raw, peerId } = await openRaw(setting.gateway.url)
  const other = await openRaw(setting.gateway.url)
  const hostile =
    '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":2}},"a":{"__proto__":null}}'
  /** Sent as text: the keys are what matters. */
  const say = (message: Json, member: string): void =>
    raw.socket.send(`${JSON.stringify({ peer_id: peerId, ...message }).slice(0, -1)},"${member}":${hostile}}`)
  const dataOf = (frame: Json, member: string): string => JSON.stringify(frame[member])

  const methods = [{ id: '0', name: 'Raw' }]
  other.raw.send({ domain: 'agm', type: 'register', request_id: 'method', peer_id: other.peerId, methods })
  await other.raw.frame({ request_id: 'method' })
  say({ domain: 'agm', type: 'call', server_id: other.peerId, method_id: '0' }, 'arguments_kv')
  expect(dataOf(await other.raw.frame({ type: 'invoke' }), 'arguments_kv')).toBe(hostile)

  other.raw.send({ domain: 'bus', type: 'subscribe', request_id: 'bus', peer_id: other.peerId, topic: 'odd' })
  await other.raw.frame({ request_id: 'bus' })
  say({ domain: 'bus', type: 'publish', topic: 'odd' }, 'data')
  expect(dataOf(await other.raw.frame({ domain: 'bus', type: 'event' }), 'data')).toBe(hostile)

  say({ type: 'create-context', request_id: 'create', name: 'odd', lifetime: 'retained' }, 'data')
  const { context_id: id } = await raw.frame({ request_id: 'create' })
  const read = async (requestId: string): Promise<string> => {
    const request = {
      type: 'subscribe-context',
      request_id: requestId,
      peer_id: other.peerId,
      context_id: id,
    }
    other.raw.send(request)
    return dataOf(await other.raw.frame({ request_id: requestId }), 'data')
  }
  expect(await read('first')).toBe(hostile)
  raw.send({
    type: 'update-context',
    request_id: 'update',
    peer_id: peerId,
    context_id: id,
    delta: { removed: ['a'] },
  })
  expect(await raw.frame({ request_id: 'update' })).toMatchObject({ type: 'success' })
  expect(await read('second')).toBe(hostile.replace(',"a":{"__proto__":null}', ''))
  const commands = [{ type: 'set', path: 'constructor.prototype.polluted', value: 3 }]
  raw.send({
    type: 'update-context',
    request_id: 'set',
    peer_id: peerId,
    context_id: id,
    delta: { commands },
  })
  await raw.frame({ request_id: 'set' })
  expect(await read('third')).toContain('"prototype":{"polluted":3}')
  expect(({} as { polluted?: number }).polluted).toBeUndefined()
  for (const { socket } of [raw, other.raw]) socket.close()
  await setting.expectHealth()
})

test('ten thousand messages with random changes are survived by the gateway and by healthy clients', async () => {
  await using setting = await start({ maxRefusedHellos: 1_000_000, maxPeersPerConnection: 1_000_000 })
  const { raw, peerId } = await openRaw(setting.gateway.url)
  const ids = await learnIds(raw, peerId, setting.one)
  const messages = [
    ...answered(ids),
    ...unanswered(ids),
    { domain: 'global', type: 'leave', destination: 'bus' },
  ]
  const next = random(20_261_121, 2 ** 32)
  const pick = <T>(list: readonly T[]): T => list[next() % list.length] as T
  const values = [
    ...HOSTILE,
    peerId,
    ids.server,
    ids.context,
    ids.echo,
    ids.ticks,
    'agm',
    'global',
    'bus',
    '>',
    '$a ? #b',
  ]
  const names = [...new Set(messages.flatMap((message) => Object.keys(message)))]
  const change = (value: unknown): unknown => {
    if (next() % 3 === 0 || typeof value !== 'object' || value === null) return pick(values)
    if (Array.isArray(value))
      return value.map((each) => (next() % 2 === 0 ? change(each) : (each as unknown)))
    const name = pick(Object.keys(value).length > 0 ? Object.keys(value) : names)
    return { ...value, [name]: change((value as Json)[name]) }
  }
  for (let count = 0; count < 10_000; count += 1) {
    let message: Json = { request_id: count, peer_id: peerId, ...pick(messages) }
    for (let changes = next() % 4; changes > 0; changes -= 1) {
      const name = pick(next() % 4 === 0 ? names : Object.keys(message))
      message = { ...message, [name]: change(message[name]) }
    }
    if (count % 50 === 0) {
      const text = JSON.stringify(message)
      const at = next() % text.length
      raw.socket.send(
        `${text.slice(0, at)}${String.fromCharCode(next() % 300)}${text.slice(at + (next() % 3))}`,
      )
    } else raw.send(message)
    if (count % 500 === 499) {
      raw.send({ type: 'create-token', peer_id: peerId, request_id: `round-${count}` })
      await until(() => expect(answerTo(raw, `round-${count}`)).toBeDefined())
    }
  }
  await setting.expectHealth()
  raw.socket.terminate()
  await until(() =>
    expect(setting.gateway.gateway.stats()).toMatchObject({ connections: 2, pendingCalls: 0 }),
  )
  await setting.expectHealth()
})
