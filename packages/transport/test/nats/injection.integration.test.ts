import { startNatsServer, type NatsServer } from '@portcullis/test-servers'
import { connect as connectOld } from 'nats'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { REFUSED, ENCODED } from '../subject/hostile.ts'
import { observer, startedTransport } from '../support/nats.ts'
import { codeOf, inbound, SCOPE, unique } from '../support/messages.ts'

let server: NatsServer
beforeAll(async () => {
  server = await startNatsServer()
})
afterAll(() => server[Symbol.asyncDispose]())

/** What any client of the server sees of `inbound`, `outbound`, `session` and everything injected. */
async function spy(): Promise<() => Promise<string[]>> {
  const [current, old] = [await observer(server.url), await connectOld({ servers: server.url })]
  const subjects: Record<'current' | 'old', string[]> = { current: [], old: [] }
  const isOurs = (subject: string): boolean => !/^(\$|_INBOX)/.test(subject)
  current.connection.subscribe('>', {
    callback: (_error, message) => void (isOurs(message.subject) && subjects.current.push(message.subject)),
  })
  old.subscribe('>', {
    callback: (_error, message) => void (isOurs(message.subject) && subjects.old.push(message.subject)),
  })
  await Promise.all([current.connection.flush(), old.flush()])
  return async () => {
    await Promise.all([current.connection.flush(), old.flush()])
    expect(subjects.old).toEqual(subjects.current)
    await old.close()
    return subjects.current
  }
}

test('hostile names write nothing at all to the server', async () => {
  const transport = await startedTransport(server.url)
  const seen = await spy()
  for (const name of REFUSED) {
    for (const part of ['actor', 'actorId'] as const) {
      expect(await codeOf(transport.publishInbound(inbound(1, { [part]: name })))).toBe(
        'ERR_TRANSPORT_SUBJECT_INVALID',
      )
    }
    for (const part of ['workspaceId', 'projectId'] as const) {
      const scope = { ...SCOPE, [part]: name }
      expect(await codeOf(transport.publishInbound(inbound(1, { scope })))).toBe(
        'ERR_TRANSPORT_SUBJECT_INVALID',
      )
    }
    const letter = { scope: SCOPE, actor: name, payload: Buffer.from('{}'), messageId: unique() }
    expect(await codeOf(transport.publishDeadLetter(letter))).toBe('ERR_TRANSPORT_SUBJECT_INVALID')
    expect(
      await codeOf(transport.consumeInbound({ scope: SCOPE, actor: name, onDelivery: () => undefined })),
    ).toBe('ERR_TRANSPORT_SUBJECT_INVALID')
    // The subject of an event is not encoded, and may be longer than a name.
    const subject = `session.${name}`.padEnd(name.length > 128 ? 300 : 0, 'x')
    expect(() => transport.publishEvent(subject, Buffer.alloc(0))).toThrow(
      expect.objectContaining({ code: 'ERR_TRANSPORT_SUBJECT_INVALID' }),
    )
    expect(await codeOf(transport.subscribeEvents(subject, () => undefined))).toBe(
      'ERR_TRANSPORT_SUBJECT_INVALID',
    )
  }
  await transport.publishInbound(inbound(2))
  expect(await seen()).toEqual(['inbound.w.p.room.i'])
})

test('text that is no subject arrives under the one subject it is encoded to', async () => {
  const transport = await startedTransport(server.url)
  const seen = await spy()
  const names = ENCODED.filter((name) => name.length < 64)
  for (const name of names) await transport.publishInbound(inbound(1, { actorId: name }))
  expect(await seen()).toEqual(
    names.map((name) => `inbound.w.p.room.b64-${Buffer.from(name).toString('base64url')}`),
  )
})

test('a message id cannot add a header line, and is still an id', async () => {
  const transport = await startedTransport(server.url)
  const seen = await spy()
  const hostile = ['x\r\nNats-Expected-Stream: NONE', 'a\nb', '\u0000', '💬', ' ', '', 'x'.repeat(5000)]
  for (const messageId of hostile) {
    expect(await transport.publishInbound(inbound(1, { messageId }))).toMatchObject({ duplicate: false })
    expect(await transport.publishInbound(inbound(1, { messageId }))).toMatchObject({ duplicate: true })
  }
  expect(await seen()).toEqual(Array.from({ length: hostile.length * 2 }, () => 'inbound.w.p.room.i'))
  expect(transport.status().state).toBe('connected')
})

test('a payload full of protocol stays a payload', async () => {
  const transport = await startedTransport(server.url)
  const seen = await spy()
  await transport.publishInbound(
    inbound(1, { payload: Buffer.from('\r\nPUB outbound.w.p.gw.victim 2\r\n{}\r\n') }),
  )
  expect(await seen()).toEqual(['inbound.w.p.room.i'])
})
