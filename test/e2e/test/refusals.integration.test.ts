import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { connectRefused, RawClient } from '../src/raw-client.ts'
import { startSystem, type System } from '../src/system.ts'
import { mintToken } from '../src/tokens.ts'

const V1 = { protocols: ['portcullis.v1'] }

let system: System
beforeAll(async () => {
  system = await startSystem()
  await system.startWorker('two')
})
afterAll(() => system?.[Symbol.asyncDispose]())

describe('an upgrade is refused before the 101', () => {
  test.each([
    ['no token', async () => undefined, 401, 'ERR_AUTH_TOKEN_REQUIRED'],
    [
      'a token signed by somebody else',
      () => mintToken({ secret: 'x'.repeat(32) }),
      401,
      'ERR_AUTH_TOKEN_INVALID',
    ],
    ['an expired token', () => mintToken({ expiresIn: -60 }), 401, 'ERR_AUTH_TOKEN_EXPIRED'],
    ['garbage for a token', async () => 'garbage', 401, 'ERR_AUTH_TOKEN_INVALID'],
  ])('%s', async (_name, mint, statusCode, code) => {
    const token = await mint()
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` }
    const refused = await connectRefused(system.url(0, 'one'), { headers })
    expect(refused).toMatchObject({ statusCode, body: { statusCode, code } })
    expect(refused.headers['www-authenticate']).toMatch(/^Bearer realm=/)
    expect(refused.headers.connection).toBe('close')
    if (token !== undefined) expect(JSON.stringify(refused)).not.toContain(token)
  })

  test.each([
    ['an unknown host', '/ws', { host: 'nobody.example' }, 404, 'ERR_HOST_UNKNOWN'],
    ['another path', '/other', {}, 404, 'not_found'],
    ['a foreign origin', '/ws', { origin: 'https://evil.example' }, 403, 'origin_forbidden'],
    ['an opaque origin', '/ws', { origin: 'null' }, 403, 'origin_forbidden'],
  ])('%s', async (_name, path, headers, statusCode, code) => {
    const url = system.url(0, 'two').replace(/\/ws$/, path)
    expect(await connectRefused(url, { headers })).toMatchObject({ statusCode, body: { code } })
  })

  test('two tokens at once', async () => {
    const token = await mintToken()
    const refused = await connectRefused(`${system.url(0, 'one')}?token=${token}`, {
      headers: { authorization: `Bearer ${token}` },
    })
    expect(refused).toMatchObject({ statusCode: 400, body: { code: 'ERR_AUTH_REQUEST_INVALID' } })
  })
})

describe('a token is taken from', () => {
  test.each(['the header', 'the query', 'a sub-protocol'])('%s', async (place) => {
    const token = await mintToken({ subject: 'ann' })
    const url = system.url(0, 'one')
    const client = await {
      'the header': () => RawClient.open(url, { ...V1, headers: { authorization: `Bearer ${token}` } }),
      'the query': () => RawClient.open(`${url}?token=${token}`, V1),
      'a sub-protocol': () => RawClient.open(url, { protocols: [`bearer.${token}`, 'portcullis.v1'] }),
    }[place]!()
    expect(client.socket.protocol).toBe('portcullis.v1')
    expect(await client.frame({ type: 'welcome' })).toMatchObject({ userId: 'ann' })
    client.socket.close()
  })
})

describe('a bad frame gets an answer of its own and costs no good one', () => {
  const oversize = JSON.stringify({ actor: 'counter', actorId: 'a', pad: 'x'.repeat(70_000) })
  const bad: [name: string, frame: string | Buffer, code: string, closeCode: number][] = [
    ['not JSON', '{"actor":', 'frame_not_json', 4400],
    ['an array', '[]', 'routing_missing', 4402],
    ['no actor id', '{"actor":"counter"}', 'routing_missing', 4402],
    ['an actor that is no string', '{"actor":7,"actorId":"a"}', 'routing_missing', 4402],
    ['binary', Buffer.from('{"actor":"counter","actorId":"a"}'), 'frame_binary', 1003],
  ]

  test.each(bad)('%s, with the sub-protocol: an error frame', async (_name, frame, code) => {
    const client = await RawClient.open(system.url(0, 'two'), V1)
    client.socket.send(frame)
    expect(await client.frame({ type: 'error' })).toMatchObject({ code })
    client.send({ actor: 'counter', actorId: 'after', n: 1, id: 'good' })
    expect(await client.frame({ type: 'ack', id: 'good' })).toEqual({ type: 'ack', id: 'good', seq: 1 })
    await client.frame({ type: 'message' })
    client.socket.close()
  })

  test.each(bad)('%s, without: the close code', async (_name, frame, reason, code) => {
    const client = await RawClient.open(system.url(0, 'two'))
    client.socket.send(frame)
    expect(await client.closed).toEqual({ code, reason })
    expect(client.received).toEqual([])
  })

  test.each([
    '',
    'a\r\nPUB inbound.acme.one.counter.x 0',
    'x 0 2\r\n{}\r\nPUB inbound.acme.one.counter.x 2\r\n{}\r\n',
    'tab\tbed',
    '\u0000',
    'x'.repeat(6000),
  ])('the hostile name %j: a nack with invalid_subject', async (name) => {
    const client = await RawClient.open(system.url(0, 'two'), V1)
    client.send({ actor: name, actorId: 'a', id: 'hostile' })
    client.send({ actor: 'counter', actorId: name, id: 'hostile-id' })
    expect(await client.frame({ id: 'hostile' })).toMatchObject({
      type: 'nack',
      code: 'invalid_subject',
      retryable: false,
    })
    expect(await client.frame({ id: 'hostile-id' })).toMatchObject({ type: 'nack', code: 'invalid_subject' })
    client.socket.close()
  })

  test.each(['.', '*', '>', 'a b', 'a.b.>', 'ö', '../x'])(
    'the odd name %j: arrives as it was written',
    async (name) => {
      const client = await RawClient.open(system.url(0, 'two'), V1)
      client.send({ actor: 'counter', actorId: name, n: 5 })
      expect(await client.frame({ type: 'message' })).toMatchObject({ message: { n: 5, actorId: name } })
      client.socket.close()
    },
  )

  test('an oversize frame: close code 1009', async () => {
    const client = await RawClient.open(system.url(0, 'two'), V1)
    client.socket.send(oversize)
    expect((await client.closed).code).toBe(1009)
  })

  test.each(['same', 'x\r\nNats-Msg-Id: other', ' 💬'.repeat(40)])(
    'the id %j twice: handled once, acknowledged twice',
    async (id) => {
      const client = await RawClient.open(system.url(0, 'two'), V1)
      for (const n of [1, 2]) client.send({ actor: 'counter', actorId: 'twice', id, n })
      client.send({ actor: 'counter', actorId: 'twice', id: 'other', n: 3 })
      expect(await client.frame({ type: 'ack', seq: 2 })).toEqual({
        type: 'ack',
        seq: 2,
        id,
        duplicate: true,
      })
      await client.frame({ type: 'ack', id: 'other' })
      const answers = () => client.received.filter((frame) => (frame as { type: string }).type === 'message')
      while (answers().length < 2) await new Promise((resolve) => setTimeout(resolve, 5))
      expect(answers().map((frame) => (frame as { message: { n: number } }).message.n)).toEqual([1, 3])
      client.socket.close()
    },
  )
})
