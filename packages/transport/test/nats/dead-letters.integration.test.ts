import { jetstream } from '@nats-io/jetstream'
import { startNatsServer, type NatsServer } from '@portcullis/test-servers'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { encodeDeadLetter, type Scope, type Transport } from '../../src/index.ts'
import { eventually, natsTransport, observer, startedTransport } from '../support/nats.ts'
import { codeOf, inbound, SCOPE, unique } from '../support/messages.ts'

let server: NatsServer
beforeAll(async () => {
  server = await startNatsServer()
})
afterAll(() => server[Symbol.asyncDispose]())

function letter(scope: Scope, frame: string | Buffer = '{}') {
  const payload = encodeDeadLetter({
    scope,
    actor: 'room',
    subject: `inbound.${scope.workspaceId}.${scope.projectId}.room.lobby`,
    sequence: 1,
    messageId: 'm',
    attempts: 5,
    reason: { code: 'c', message: 'm' },
    parkedAt: 1,
    payload: Buffer.from(frame),
  })
  return { scope, actor: 'room', payload, messageId: unique() }
}

const ids = (page: { items: { id: string }[] }): string[] => page.items.map(({ id }) => id)

test('those of a quiet project are found among many of others, and no consumer is left behind', async () => {
  const transport = await startedTransport(server.url)
  const [quiet, loud] = [
    { workspaceId: unique(), projectId: 'p' },
    { workspaceId: unique(), projectId: 'p' },
  ]
  const wanted: string[] = []
  const flood = () =>
    Promise.all(Array.from({ length: 3000 }, () => transport.publishDeadLetter(letter(loud))))
  for (let n = 0; n < 3; n += 1) {
    wanted.unshift(String((await transport.publishDeadLetter(letter(quiet))).sequence))
    await flood()
  }
  const first = await transport.deadLetters.list({ scope: quiet, limit: 2 })
  expect(ids(first)).toEqual(wanted.slice(0, 2))
  const second = await transport.deadLetters.list({ scope: quiet, limit: 2, after: first.next ?? '' })
  expect([ids(second), second.next]).toEqual([wanted.slice(2), null])
  const { items } = await transport.deadLetters.list({ limit: 200 })
  expect(items).toHaveLength(200)
  const { jsm } = await observer(server.url)
  expect((await jsm.streams.info('DLQ')).state.consumer_count).toBe(0)
})

test('a page ends when it has many bytes, and the next one goes on', async () => {
  const transport = await startedTransport(server.url)
  const scope = { workspaceId: unique(), projectId: 'p' }
  const large = Buffer.alloc(700_000, 'x')
  const stored: string[] = []
  for (let n = 0; n < 12; n += 1) {
    stored.unshift(String((await transport.publishDeadLetter(letter(scope, large))).sequence))
  }
  const first = await transport.deadLetters.list({ scope })
  expect(first.items.length).toBeLessThan(12)
  const second = await transport.deadLetters.list({ scope, after: first.next ?? '' })
  expect([...ids(first), ...ids(second)]).toEqual(stored)
  expect(second.next).toBeNull()
})

test('a replay that INBOUND has no room for is refused, and the dead letter stays', async () => {
  await using own = await startNatsServer()
  const transport = await startedTransport(own.url, { inboundMaxBytes: 2000, maxMessageBytes: 1500 })
  await transport.publishInbound(inbound(1, { payload: Buffer.alloc(1400) }))
  const id = String((await transport.publishDeadLetter(letter(SCOPE, Buffer.alloc(700)))).sequence)
  expect(await codeOf(transport.deadLetters.replay(id))).toBe('ERR_TRANSPORT_STREAM_FULL')
  expect(await transport.deadLetters.get(id)).not.toBeNull()
})

test('two that replay one at once publish it twice at most, and once at least', async () => {
  const transport = await startedTransport(server.url)
  const scope = { workspaceId: unique(), projectId: 'p' }
  const id = String((await transport.publishDeadLetter(letter(scope))).sequence)
  const replays = await Promise.all([1, 2, 3].map(() => transport.deadLetters.replay(id)))
  expect(replays.some((receipt) => receipt !== null)).toBe(true)
  expect(await transport.deadLetters.get(id)).toBeNull()
})

test('a forged letter that names the subject of another project is not replayed', async () => {
  const transport = await startedTransport(server.url)
  const scope = { workspaceId: unique(), projectId: 'p' }
  for (const subject of [
    'inbound.w.p.room.lobby',
    `inbound.${scope.workspaceId}.p.room.*`,
    `inbound.${scope.workspaceId}.p.room`,
    `outbound.${scope.workspaceId}.p.gw.s`,
    `inbound.${scope.workspaceId}.p.room.a b`,
    '',
  ]) {
    const forged = JSON.parse(Buffer.from(letter(scope).payload).toString()) as object
    const payload = Buffer.from(JSON.stringify({ ...forged, subject }))
    const { sequence } = await transport.publishDeadLetter({ ...letter(scope), payload })
    expect(await codeOf(transport.deadLetters.replay(String(sequence)))).toBe(
      'ERR_TRANSPORT_DEAD_LETTER_INCOMPLETE',
    )
  }
})

test('one on a subject that no project has is none, and can be dropped', async () => {
  const transport = await startedTransport(server.url)
  const scope = { workspaceId: unique(), projectId: 'p' }
  const known = String((await transport.publishDeadLetter(letter(scope))).sequence)
  const js = jetstream((await observer(server.url)).connection)
  for (const rest of ['p', 'p$.room', 'p.room.more', `${'p'.repeat(65)}.room`]) {
    const { seq } = await js.publish(`dlq.${scope.workspaceId}.${rest}`, letter(scope).payload)
    const own = { workspaceId: scope.workspaceId }
    expect(await transport.deadLetters.get(String(seq), own)).toBeNull()
    expect(ids(await transport.deadLetters.list({ scope: own }))).toEqual([known])
    expect(await transport.deadLetters.replay(String(seq), own)).toBeNull()
    expect(await transport.deadLetters.drop(String(seq), own)).toBe(true)
  }
})

test('before there is a connection, and while there is none, they are not to be had', async () => {
  await using own = await startNatsServer()
  const transport: Transport = natsTransport(own.url)
  expect(await codeOf(transport.deadLetters.list())).toBe('ERR_TRANSPORT_CLOSED')
  await transport.start()
  expect(await transport.deadLetters.list()).toEqual({ items: [], next: null })
  await own.kill()
  await eventually(
    async () => codeOf(transport.deadLetters.list()),
    (code) => code === 'ERR_TRANSPORT_UNAVAILABLE',
  )
})
