import { describe, expect, test } from 'vitest'
import { createClient } from '../src/index.ts'
import { connect } from './support/connect.ts'
import { ScriptedRelay } from './support/scripted-relay.ts'

const hello = { actor: 'room', actorId: 'lobby', type: 'say', text: 'hello' }

describe('connecting', () => {
  test('it offers the protocol and the token, and is ready with the session', async () => {
    await using relay = await ScriptedRelay.start()
    await using client = createClient({ url: relay.url, getToken: async () => 'abc.def-1' })
    expect(client.status).toBe('connecting')
    const session = await client.ready
    const peer = await relay.peers.next()
    expect(peer.protocols).toEqual(['portcullis.v1', 'bearer.abc.def-1'])
    expect(session).toEqual({
      sessionId: peer.sessionId,
      userId: 'ada',
      limits: { maxPayloadBytes: 65_536, maxInFlightFrames: 64 },
    })
    expect(client.session).toEqual(session)
    expect(client.status).toBe('connected')
    expect(client.lastError).toBeNull()
  })

  test('without a token it offers the protocol alone', async () => {
    await using relay = await ScriptedRelay.start()
    await using client = createClient({ url: relay.url })
    await client.ready
    expect((await relay.peers.next()).protocols).toEqual(['portcullis.v1'])
  })

  test('listeners added right after creation miss nothing', async () => {
    await using relay = await ScriptedRelay.start()
    const { client, statuses } = connect({ url: relay.url })
    expect(await statuses.next()).toBe('connected')
    await client.close()
    expect(await statuses.next()).toBe('closed')
  })
})

describe('messages', () => {
  test('arrive in order with their number and session', async () => {
    await using relay = await ScriptedRelay.start()
    await using client = createClient<{ n: number }>({ url: relay.url })
    const received: unknown[] = []
    const all = new Promise<void>((resolve) => {
      client.on('message', ({ n }, info) => {
        received.push([n, info])
        if (n === 3) resolve()
      })
    })
    const peer = await relay.peers.next()
    for (const n of [1, 2, 3]) peer.message({ n })
    await all
    expect(received).toEqual([1, 2, 3].map((n) => [n, { seq: n, sessionId: peer.sessionId }]))
  })

  test('a listener that throws is reported and disturbs nobody', async () => {
    await using relay = await ScriptedRelay.start()
    const { client, messages, errors } = connect({ url: relay.url })
    client.on('message', () => {
      throw new Error('mine')
    })
    client.on('error', () => {
      throw new Error('worse')
    })
    const peer = await relay.peers.next()
    peer.message('one')
    peer.message('two')
    expect([await messages.next(), await messages.next()]).toEqual(['one', 'two'])
    expect(await errors.next()).toMatchObject({ code: 'listener_failed', cause: new Error('mine') })
    await expect(client.send(hello)).resolves.toMatchObject({ duplicate: false })
    await client.close()
  })
})

describe('send', () => {
  test('resolves when the server has acknowledged the frame', async () => {
    await using relay = await ScriptedRelay.start()
    await using client = createClient({ url: relay.url })
    const receipt = await client.send(hello)
    const peer = await relay.peers.next()
    expect(await peer.frames.next()).toEqual({ ...hello, id: receipt.id, seq: 1 })
    expect(receipt).toEqual({ id: expect.stringMatching(/^[0-9a-f]{16}-1$/), duplicate: false })
  })

  test('an actor handle adds the address, which a message cannot change', async () => {
    await using relay = await ScriptedRelay.start()
    await using client = createClient({ url: relay.url })
    const lobby = client.actor('room', 'lobby')
    await lobby.send({ actor: 'other', actorId: 'x', text: 'hi', id: 'my-id' })
    const peer = await relay.peers.next()
    expect(await peer.frames.next()).toEqual({
      actor: 'room',
      actorId: 'lobby',
      id: 'my-id',
      text: 'hi',
      seq: 1,
    })
  })

  test('tells a duplicate', async () => {
    await using relay = await ScriptedRelay.start({ answers: false })
    await using client = createClient({ url: relay.url })
    const send = client.send({ ...hello, id: 'again' })
    const peer = await relay.peers.next()
    peer.ack(await peer.frames.next(), { duplicate: true })
    expect(await send).toEqual({ id: 'again', duplicate: true })
  })

  test.each([true, false])('rejects on a nack, retryable %s, and sends nothing again', async (retryable) => {
    await using relay = await ScriptedRelay.start({ answers: false })
    await using client = createClient({ url: relay.url })
    const first = client.send(hello)
    const second = client.send(hello)
    const peer = await relay.peers.next()
    const [a, b] = [await peer.frames.next(), await peer.frames.next()]
    peer.nack(a, 'some_code', retryable, 'because')
    peer.ack(b)
    await expect(first).rejects.toMatchObject({
      code: 'rejected',
      serverCode: 'some_code',
      retryable,
      message: 'some_code: because',
    })
    await second
    expect(peer.frames.size).toBe(0)
  })

  test('keeps to the window of the server', async () => {
    await using relay = await ScriptedRelay.start({ answers: false, welcome: { maxInFlightFrames: 2 } })
    await using client = createClient({ url: relay.url })
    const sends = [1, 2, 3, 4, 5].map(async (n) => await client.send({ ...hello, n }))
    const peer = await relay.peers.next()
    const order: unknown[] = []
    for (let taken = 0; taken < 5; taken += 1) {
      const frame = await peer.frames.next()
      order.push(frame['n'])
      expect(peer.frames.size).toBeLessThanOrEqual(1)
      peer.ack(frame)
    }
    await Promise.all(sends)
    expect(order).toEqual([1, 2, 3, 4, 5])
  })

  test('refuses a payload above the limit of the server without sending it', async () => {
    await using relay = await ScriptedRelay.start({ welcome: { maxPayloadBytes: 200 } })
    await using client = createClient({ url: relay.url })
    await client.ready
    // Characters of three bytes: the limit is about bytes.
    const long = client.send({ ...hello, text: '€'.repeat(60) })
    await expect(long).rejects.toMatchObject({ code: 'payload_too_large', retryable: false })
    await client.send(hello)
    expect((await (await relay.peers.next()).frames.next())['seq']).toBe(1)
  })

  test('times out when the server does not answer', async () => {
    await using relay = await ScriptedRelay.start({ answers: false })
    const { client } = connect({ url: relay.url })
    await client.ready
    await expect(client.send(hello, { timeoutMs: 20 })).rejects.toMatchObject({
      code: 'timeout',
      retryable: true,
    })
    expect(client.pendingCount).toBe(0)
    await client.close()
  })

  test('rejects what is no frame and no timeout', async () => {
    await using relay = await ScriptedRelay.start()
    await using client = createClient({ url: relay.url })
    await expect(client.send({ actor: 5, actorId: 'x' } as never)).rejects.toThrow(TypeError)
    await expect(client.send(null as never)).rejects.toThrow(TypeError)
    await expect(client.send(hello, { timeoutMs: -1 })).rejects.toThrow('"timeoutMs"')
    await expect(client.actor('room', '').send({})).rejects.toThrow('"actorId"')
  })
})

describe('a server that misbehaves', () => {
  test.each([
    ['text that is no JSON', '}{'],
    ['an array', '[]'],
    ['a message without number', '{"type":"message","message":1}'],
    [
      'a second welcome',
      JSON.stringify({
        type: 'welcome',
        protocol: 'portcullis.v1',
        sessionId: 'x',
        userId: null,
        limits: { maxPayloadBytes: 1, maxInFlightFrames: 1 },
      }),
    ],
    ['an ack out of the blue', '{"type":"ack","seq":99}'],
    ['a binary frame', Buffer.from('{"type":"pong"}')],
  ])('%s is an error event and nothing more', async (_what, data) => {
    await using relay = await ScriptedRelay.start()
    const { client, errors } = connect({ url: relay.url })
    const peer = await relay.peers.next()
    await client.ready
    peer.raw(data)
    expect(await errors.next()).toMatchObject({ code: 'invalid_frame' })
    await client.send(hello)
    expect(client.status).toBe('connected')
    await client.close()
  })

  test('frames of an unknown type are ignored', async () => {
    await using relay = await ScriptedRelay.start()
    const { client, messages, errors } = connect({ url: relay.url })
    const peer = await relay.peers.next()
    peer.send({ type: 'invented-later', message: 'x' })
    peer.message('known')
    expect(await messages.next()).toBe('known')
    expect(errors.size).toBe(0)
    await client.close()
  })

  test('an error frame is an error event with the code of the server', async () => {
    await using relay = await ScriptedRelay.start()
    const { client, errors } = connect({ url: relay.url })
    const peer = await relay.peers.next()
    peer.send({ type: 'error', code: 'unsupported_control', message: 'no such thing' })
    expect(await errors.next()).toMatchObject({
      code: 'server_error',
      serverCode: 'unsupported_control',
      message: 'unsupported_control: no such thing',
    })
    await client.close()
  })
})
