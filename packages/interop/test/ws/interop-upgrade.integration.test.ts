import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import type { AuthenticationRequest } from '@portcullis/auth-core'
import { describe, expect, test, vi } from 'vitest'
import { WebSocket } from 'ws'
import { startWsGateway } from '../support/ws-gateway.ts'

const hello = (user: string) => ({
  type: 'hello',
  request_id: 'hello',
  identity: { application: 'raw' },
  authentication: { method: 'secret', login: user, secret: 'pw' },
})

class RawClient {
  readonly received: Record<string, unknown>[] = []
  readonly socket: WebSocket
  readonly closed: Promise<[number, string]>

  constructor(url: string, options: object = {}) {
    this.socket = new WebSocket(url, options)
    this.socket.on('message', (data: Buffer) => {
      this.received.push(JSON.parse(data.toString()) as Record<string, unknown>)
      this.socket.emit('taken')
    })
    this.socket.on('error', () => undefined)
    this.closed = new Promise((resolve) => {
      this.socket.once('close', (code: number, reason: Buffer) => resolve([code, reason.toString()]))
    })
  }

  static async open(url: string, options?: object): Promise<RawClient> {
    const client = new RawClient(url, options)
    await once(client.socket, 'open')
    return client
  }

  async find(wanted: Record<string, unknown>): Promise<Record<string, unknown>> {
    for (;;) {
      const found = this.received.find((message) =>
        Object.entries(wanted).every(([name, value]) => message[name] === value),
      )
      if (found !== undefined) return found
      // oxlint-disable-next-line no-await-in-loop -- until it is there
      await once(this.socket, 'taken')
    }
  }

  async login(user: string): Promise<string> {
    this.socket.send(JSON.stringify(hello(user)))
    return (await this.find({ type: 'welcome' }))['peer_id'] as string
  }
}

/** The answer to a refused upgrade. */
async function answerTo(url: string, options: object = {}): Promise<IncomingMessage> {
  const client = new RawClient(url, options)
  const [, response] = (await once(client.socket, 'unexpected-response')) as [unknown, IncomingMessage]
  client.socket.terminate()
  return response
}

/** The status of a refused upgrade. */
async function statusOf(url: string, options?: object): Promise<number> {
  return (await answerTo(url, options)).statusCode ?? 0
}

describe('a socket', () => {
  test('carries messages as text, and takes UTF-8 in binary', async () => {
    await using server = await startWsGateway()
    const client = await RawClient.open(server.url)
    client.socket.send(Buffer.from(JSON.stringify(hello('ann'))))
    const welcome = await client.find({ type: 'welcome' })
    expect(welcome['request_id']).toBe('hello')
  })

  test.each(['', 'x', '{', '[1,', 'null', '7', '"hello"', '[]', '[{"type":"hello"}]', '\u0000'])(
    'that carries %j is told so, and goes on',
    async (text) => {
      await using server = await startWsGateway()
      const client = await RawClient.open(server.url)
      client.socket.send(text)
      expect(await client.find({ type: 'error' })).toMatchObject({
        domain: 'global',
        request_id: -1,
        peer_id: null,
        reason_uri: 'global.errors.unhandled_message',
      })
      expect(await client.login('ann')).toMatch(/^p-/)
    },
  )

  test('that carries JSON of a thousand levels is told so', async () => {
    await using server = await startWsGateway()
    const client = await RawClient.open(server.url)
    client.socket.send(`{"type":"hello","identity":${'['.repeat(100_000)}${']'.repeat(100_000)}}`)
    expect(await client.find({ type: 'error' })).toMatchObject({ request_id: -1 })
    client.socket.send(JSON.stringify({ ...hello('ann'), identity: { application: '[{'.repeat(500) } }))
    expect(await client.find({ type: 'welcome' })).toBeDefined()
  })

  test('that is lost takes its peers with it, all of them', async () => {
    await using server = await startWsGateway()
    const client = await RawClient.open(server.url)
    await client.login('ann')
    client.socket.send(JSON.stringify({ ...hello('bob'), request_id: 'second' }))
    await client.find({ type: 'welcome', request_id: 'second' })
    expect(server.gateway.stats()).toMatchObject({ connections: 1, peers: 2 })
    client.socket.terminate()
    await vi.waitFor(() => expect(server.gateway.stats()).toMatchObject({ connections: 0, peers: 0 }))
  })

  test('that does not answer pings is gone', async () => {
    await using server = await startWsGateway({}, { pingIntervalMs: 20 })
    const client = await RawClient.open(server.url, { autoPong: false })
    await client.login('ann')
    expect((await client.closed)[0]).toBe(1006)
    await vi.waitFor(() => expect(server.gateway.stats().peers).toBe(0))
  })

  test('that sends more than a message may have is closed with 1009', async () => {
    await using server = await startWsGateway({ limits: { maxMessageBytes: 1000 } })
    const client = await RawClient.open(server.url)
    client.socket.send(JSON.stringify({ type: 'x'.repeat(1000) }))
    expect((await client.closed)[0]).toBe(1009)
  })

  test('that does not read is ended, and what was sent to it is not kept', async () => {
    await using server = await startWsGateway({ limits: { maxBufferedBytes: 1024 * 1024 } })
    const reader = await RawClient.open(server.url)
    const writer = await RawClient.open(server.url)
    const slow = await reader.login('ann')
    const fast = await writer.login('ann')
    const say = (client: RawClient, message: object): void => client.socket.send(JSON.stringify(message))
    for (const [client, peer] of [
      [reader, slow],
      [writer, fast],
    ] as const) {
      say(client, { type: 'join', request_id: 'join', peer_id: peer, destination: 'bus' })
    }
    say(reader, { domain: 'bus', type: 'subscribe', request_id: 's', peer_id: slow, topic: 't' })
    await reader.find({ type: 'subscribed' })
    reader.socket.pause()
    const data = 'x'.repeat(100_000)
    while (server.gateway.stats().slowConsumers === 0) {
      say(writer, { domain: 'bus', type: 'publish', peer_id: fast, topic: 't', data })
      say(writer, { type: 'create-token', request_id: 'pace', peer_id: fast })
      // oxlint-disable-next-line no-await-in-loop -- at the pace of the gateway
      await once(writer.socket, 'taken')
    }
    await vi.waitFor(() => expect(server.gateway.stats()).toMatchObject({ connections: 1, peers: 1 }))
    expect(writer.socket.readyState).toBe(WebSocket.OPEN)
  })

  test('that does not read gets nothing more, however much one message causes', async () => {
    // A service is told of the methods of every user, who are not told of each other's.
    const authenticator = async ({ authentication: { login = '' } }: AuthenticationRequest) => ({
      type: 'success' as const,
      user: login,
      options: { service: login === 'service' },
    })
    await using server = await startWsGateway({
      authentication: { authenticator },
      limits: { maxBufferedBytes: 1024 * 1024 },
    })
    const join = (peer: string): string => JSON.stringify({ type: 'join', peer_id: peer, destination: 'agm' })
    const methods = Array.from({ length: 10 }, (_, id) => ({
      id,
      name: 'M',
      description: 'x'.repeat(100_000),
    }))
    const servers = await Promise.all(
      Array.from({ length: 8 }, async (_, user) => {
        const client = await RawClient.open(server.url)
        const peer = await client.login(`user-${user}`)
        client.socket.send(join(peer))
        client.socket.send(JSON.stringify({ domain: 'agm', type: 'register', peer_id: peer, methods }))
        await client.find({ type: 'methods-added', server_id: peer })
        return client
      }),
    )
    const reader = await RawClient.open(server.url)
    const slow = await reader.login('service')
    const before = server.gateway.stats().messagesOut
    reader.socket.pause()
    reader.socket.send(join(slow))
    await vi.waitFor(() => expect(server.gateway.stats().slowConsumers).toBe(1))
    await vi.waitFor(() => expect(server.gateway.stats().connections).toBe(8))
    expect(server.gateway.stats().messagesOut - before).toBeGreaterThan(8)
    reader.socket.resume()
    await reader.closed
    expect(reader.received.filter(({ type }) => type === 'methods-added').length).toBeLessThan(4)
    for (const { socket } of servers) expect(socket.readyState).toBe(WebSocket.OPEN)
  })

  test('that does not read is asked nothing more before it is ended, and the caller learns why', async () => {
    await using server = await startWsGateway({ limits: { maxBufferedBytes: 4 * 1024 * 1024 } })
    const [slow, caller] = [await RawClient.open(server.url), await RawClient.open(server.url)]
    const [serverId, callerId] = [await slow.login('ann'), await caller.login('ann')]
    const say = (client: RawClient, message: object): void => client.socket.send(JSON.stringify(message))
    say(slow, { type: 'join', peer_id: serverId, destination: 'agm' })
    say(slow, {
      domain: 'agm',
      type: 'register',
      request_id: 'r',
      peer_id: serverId,
      methods: [{ id: 0, name: 'M' }],
    })
    await slow.find({ type: 'success', request_id: 'r' })
    say(caller, { type: 'join', peer_id: callerId, destination: 'agm' })
    slow.socket.pause()
    const call = { domain: 'agm', type: 'call', peer_id: callerId, server_id: serverId, method_id: 0 }
    const argument = 'x'.repeat(200_000)
    for (let at = 0; server.gateway.stats().mailboxFull === 0; at += 1) {
      say(caller, { ...call, request_id: at, arguments_kv: { argument } })
      say(caller, { type: 'create-token', request_id: `pace ${at}`, peer_id: callerId })
      // oxlint-disable-next-line no-await-in-loop -- at the pace of the gateway
      await caller.find({ request_id: `pace ${at}` })
    }
    expect(await caller.find({ type: 'error' })).toMatchObject({
      reason_uri: 'agm.errors.limits_exceeded',
      reason: `Peer ${serverId} does not keep up with what it is sent`,
    })
    expect(server.gateway.stats()).toMatchObject({ slowConsumers: 0, connections: 2 })
    slow.socket.resume()
  })

  test('without a hello in time is closed, one with a peer is not', async () => {
    await using server = await startWsGateway({}, { helloTimeoutMs: 1000 })
    const greeted = await RawClient.open(server.url)
    await greeted.login('ann')
    const silent = await RawClient.open(server.url)
    silent.socket.send('{"type":"ping"}')
    expect(await silent.closed).toEqual([1008, 'hello timeout'])
    const refused = await RawClient.open(server.url)
    refused.socket.send(JSON.stringify({ ...hello('ann'), authentication: {} }))
    expect(await refused.closed).toEqual([1008, 'hello timeout'])
    expect(greeted.socket.readyState).toBe(WebSocket.OPEN)
    await vi.waitFor(() => expect(server.gateway.stats()).toMatchObject({ connections: 1, peers: 1 }))
  })

  test('whose authenticator takes its time is not late', async () => {
    let answer: ((user: { type: 'success'; user: string }) => void) | undefined
    const authenticator = () =>
      new Promise<{ type: 'success'; user: string }>((resolve) => {
        answer = resolve
      })
    await using server = await startWsGateway({ authentication: { authenticator } }, { helloTimeoutMs: 1000 })
    const patient = await RawClient.open(server.url)
    patient.socket.send(JSON.stringify(hello('ann')))
    // Whoever says nothing, and came later, is gone before.
    const silent = await RawClient.open(server.url)
    await silent.closed
    answer?.({ type: 'success', user: 'ann' })
    await patient.find({ type: 'welcome' })
  })

  test('is told when the gateway closes', async () => {
    const server = await startWsGateway()
    const client = await RawClient.open(server.url)
    await client.login('ann')
    await server[Symbol.asyncDispose]()
    expect(await client.closed).toEqual([1001, 'the gateway is closing'])
  })
})

describe('an upgrade', () => {
  test('is answered at the path, with or without a query', async () => {
    await using server = await startWsGateway({}, { path: '/interop' })
    const base = server.url.replace('/gw', '')
    const client = await RawClient.open(`${base}/interop?from=test`)
    expect(await client.login('ann')).toMatch(/^p-/)
    expect(await statusOf(`${base}/interop/more`)).toBe(404)
  })

  test.each([
    ['http://evil.example', undefined, 403],
    ['null', undefined, 403],
    ['http://evil.example', ['https://app.example'], 403],
    ['http://app.example', ['https://app.example'], 403],
  ])('from a page of %j where %j may connect gets %i', async (origin, allowedOrigins, status) => {
    await using server = await startWsGateway({}, { allowedOrigins })
    expect(await statusOf(server.url, { origin })).toBe(status)
    expect(server.upgrade.connections).toBe(0)
  })

  test.each([
    ['https://app.example', ['https://app.example']],
    ['null', ['null']],
    [undefined, ['https://app.example']],
  ])('from %j where %j may connect is let in', async (origin, allowedOrigins) => {
    await using server = await startWsGateway({}, { allowedOrigins })
    const client = await RawClient.open(server.url, origin === undefined ? {} : { origin })
    expect(await client.login('ann')).toMatch(/^p-/)
  })

  test('without room for another connection gets 503', async () => {
    await using server = await startWsGateway({}, { maxConnections: 1 })
    const first = await RawClient.open(server.url)
    const { statusCode, headers } = await answerTo(server.url)
    expect([statusCode, headers['retry-after'], headers.connection]).toEqual([503, '1', 'close'])
    first.socket.close()
    await first.closed
    await vi.waitFor(() => expect(server.upgrade.connections).toBe(0))
    await RawClient.open(server.url)
  })

  test('at another path is left to other listeners, and gets 404 where there are none', async () => {
    await using server = await startWsGateway()
    const elsewhere = server.url.replace('/gw', '/other')
    expect(await statusOf(elsewhere)).toBe(404)
    server.http.on('upgrade', (request, socket) => {
      if (request.url === '/other') socket.end('HTTP/1.1 418 Teapot\r\nConnection: close\r\n\r\n')
    })
    expect(await statusOf(elsewhere)).toBe(418)
  })

  test('to a gateway that is closed gets 503, while its server still listens', async () => {
    await using server = await startWsGateway()
    await server.gateway.close()
    expect(await statusOf(server.url)).toBe(503)
    expect(server.upgrade.connections).toBe(0)
  })

  test('beyond what one address may have gets 503, and others are let in', async () => {
    await using server = await startWsGateway(
      {},
      { maxConnectionsPerAddress: 2, clientAddress: ({ url }) => url?.split('?')[1] },
    )
    const first = await RawClient.open(`${server.url}?2001:db8::1`)
    await RawClient.open(`${server.url}?2001:db8::2`)
    expect(await statusOf(`${server.url}?2001:db8::3`)).toBe(503)
    const other = await RawClient.open(`${server.url}?203.0.113.7`)
    await other.login('ann')
    expect((await other.find({ type: 'welcome' }))['resolved_identity']).toMatchObject({
      machine: '203.0.113.7',
    })
    first.socket.close()
    await first.closed
    await vi.waitFor(async () => RawClient.open(`${server.url}?2001:db8::3`))
  })

  test('that is reset in the middle hurts nobody', async () => {
    await using server = await startWsGateway()
    const socket = connect(server.port, '127.0.0.1')
    await once(socket, 'connect')
    socket.write(
      'GET /gw HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
        'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
    )
    socket.resetAndDestroy()
    const client = await RawClient.open(server.url)
    expect(await client.login('ann')).toMatch(/^p-/)
  })

  test.each([
    { path: 'gw' },
    { path: '' },
    { maxConnections: 0 },
    { maxConnectionsPerAddress: 0 },
    { clientAddress: 'x' as never },
    { pingIntervalMs: 0 },
    { helloTimeoutMs: 0 },
    { allowedOrigins: ['x'] },
  ])('with the options %j is a mistake', async (options) => {
    await expect(startWsGateway({}, options)).rejects.toThrow(TypeError)
  })
})
