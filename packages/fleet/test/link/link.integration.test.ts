import { once } from 'node:events'
import { createServer, request, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { startTcpProxy } from '@portcullis/test-servers'
import type { Transport } from '@portcullis/transport'
import { createEmbeddedTransport } from '@portcullis/transport/embedded'
import { afterEach, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { createFleetAgent, createFleetView, type FleetChange, type FleetView } from '../../src/index.ts'
import {
  connectFleetLink,
  createFleetLinkServer,
  type FleetLink,
  type FleetLinkOptions,
  type FleetLinkServer,
  type FleetLinkServerOptions,
  type FleetLinkStatus,
} from '../../src/link/index.ts'
import { closing } from '../support/closing.ts'
import { eventually } from '../support/eventually.ts'
import { Gateway, session } from '../support/gateway.ts'

const TOKEN = 'internal-token-of-these-tests-0123456789'
const servers: Server[] = []
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    server.close()
  }
})

async function embedded(): Promise<Transport> {
  const transport = closing(createEmbeddedTransport())
  await transport.start()
  return transport
}

interface ControlPlane {
  events: Transport
  links: FleetLinkServer
  url: string
  port: number
}

async function controlPlane(options: Partial<FleetLinkServerOptions> = {}, port = 0): Promise<ControlPlane> {
  const events = await embedded()
  const links = closing(
    createFleetLinkServer({ events, internalTokens: TOKEN, idleTimeoutMs: 500, ...options }),
  )
  const server = createServer((_request, response) => response.end('ok'))
  links.attach(server)
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  servers.push(server)
  const { port: found } = server.address() as AddressInfo
  return { events, links, url: `http://127.0.0.1:${found}`, port: found }
}

function connect(url: string, events: Transport, options: Partial<FleetLinkOptions> = {}): FleetLink {
  return closing(
    connectFleetLink({
      url,
      events,
      gatewayId: 'gw1',
      internalToken: TOKEN,
      maxRetryMs: 100,
      idleTimeoutMs: 500,
      ...options,
    }),
  )
}

const until = (link: FleetLink, state: string) =>
  eventually(
    () => link.status(),
    (status) => status.state === state,
  )

interface Answer {
  status: number
  headers: IncomingMessage['headers']
  body: { code?: string }
}

/** An upgrade that is refused. */
async function upgrade(
  url: string,
  headers: Record<string, string>,
  path = '/internal/fleet',
): Promise<Answer> {
  const sent = request(`${url}${path}`, {
    headers: {
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
      'sec-websocket-protocol': 'portcullis-fleet.v1',
      ...headers,
    },
  })
  sent.end()
  const [response] = (await once(sent, 'response')) as [IncomingMessage]
  let text = ''
  for await (const chunk of response) text += String(chunk)
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    body: JSON.parse(text) as Answer['body'],
  }
}

const good = { authorization: `Bearer ${TOKEN}`, 'x-portcullis-gateway': 'gw1' }

describe('a link', () => {
  test('carries sessions, changes and questions between two processes without a broker', async () => {
    const plane = await controlPlane()
    const view = closing(createFleetView({ events: plane.events }))
    await view.start()
    const events = await embedded()
    const gateway = new Gateway()
    gateway.add(session('gw1.a'))
    const changes: FleetChange[] = []
    const agent = closing(
      createFleetAgent({
        events,
        gatewayId: 'gw1',
        sessions: gateway.sessions,
        counters: gateway.counters,
        onChange: (change) => changes.push(change),
        onGap: () => undefined,
        reportIntervalMs: 100,
        startWaitMs: 5000,
        answers: { 'session.close': ({ sessionId }) => ({ closed: gateway.open.has(sessionId) }) },
      }),
    )
    const link = connect(plane.url, events)
    await agent.start()
    await eventually(
      () => view.gateways()[0]?.isComplete,
      (isComplete) => isComplete === true,
    )
    expect(view.session('gw1.a')).not.toBeNull()
    expect(await view.ask('gw1', 'session.close', { sessionId: 'gw1.a' })).toEqual({ closed: true })
    const change: FleetChange = {
      sequence: 1,
      workspaceId: 'acme',
      projectId: 'shop',
      kind: 'deleted',
      hosts: [],
      addedHosts: [],
      userId: null,
    }
    view.publishChange(change)
    await eventually(
      () => changes,
      (found) => found.length > 0,
    )
    expect(changes).toEqual([change])
    expect(plane.links.gatewayIds()).toEqual(['gw1'])
    expect(link.status()).toMatchObject({ state: 'connected', error: undefined, dropped: 0 })
    // Gone with the link.
    await link.close()
    await eventually(
      () => view.gateways().length,
      (count) => count === 0,
    )
    expect(plane.links.gatewayIds()).toEqual([])
  })

  test('that is cut comes back by itself, and what happened meanwhile is told', async () => {
    const plane = await controlPlane()
    const proxy = await startTcpProxy(plane.url)
    const view = closing(createFleetView({ events: plane.events }))
    await view.start()
    const events = await embedded()
    const gateway = new Gateway()
    const agent = closing(
      createFleetAgent({
        events,
        gatewayId: 'gw1',
        sessions: gateway.sessions,
        counters: gateway.counters,
        onChange: () => undefined,
        onGap: () => undefined,
        reportIntervalMs: 100,
        startWaitMs: 5000,
      }),
    )
    const link = connect(proxy.url, events)
    await agent.start()
    for (let round = 0; round < 2; round += 1) {
      proxy.cut()
      await until(link, 'connecting')
      gateway.open.clear()
      for (let n = 0; n < 20; n += 1) {
        agent.sessionOpened(gateway.add(session(`gw1.${round}-${n}`)))
      }
      proxy.restore()
      await until(link, 'connected')
      await eventually(
        () => view.sessions().items.map(({ sessionId }) => sessionId),
        (ids) => ids.length === 20 && ids.every((id) => id.startsWith(`gw1.${round}-`)),
      )
    }
    await proxy[Symbol.asyncDispose]()
  })

  test('that has fallen silent is cut by both sides', async () => {
    const plane = await controlPlane({ idleTimeoutMs: 150 })
    const proxy = await startTcpProxy(plane.url)
    const link = connect(proxy.url, await embedded(), { idleTimeoutMs: 150 })
    await until(link, 'connected')
    proxy.mute()
    await until(link, 'connecting')
    proxy.unmute()
    await until(link, 'connected')
    await proxy[Symbol.asyncDispose]()
    await eventually(
      () => plane.links.gatewayIds().length,
      (count) => count === 0,
    )
  })

  test('waits for a control plane that is not there yet, and one that is started anew', async () => {
    const first = await controlPlane()
    await first.links.close()
    for (const server of servers.splice(0)) {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    }
    const link = connect(first.url, await embedded())
    await eventually(
      () => link.status().error,
      (error) => error !== undefined,
    )
    expect(link.status().state).toBe('connecting')
    const again = await controlPlane({}, first.port)
    await until(link, 'connected')
    await again.links.close()
    await until(link, 'connecting')
  })

  test('tells of each attempt that fails, and carries a goodbye to its end', async () => {
    const gone = connect('http://127.0.0.1:1', await embedded())
    const told: FleetLinkStatus[] = []
    gone.onStatus((status) => told.push(status))
    await eventually(
      () => told.length,
      (count) => count >= 2,
    )
    expect(told[0]).toMatchObject({ state: 'connecting', error: expect.any(Error) })

    const plane = await controlPlane()
    const view = closing(createFleetView({ events: plane.events }))
    await view.start()
    const events = await embedded()
    const gateway = new Gateway()
    const agent = createFleetAgent({
      events,
      gatewayId: 'gw1',
      sessions: gateway.sessions,
      counters: gateway.counters,
      onChange: () => undefined,
      onGap: () => undefined,
      reportIntervalMs: 60_000,
    })
    const link = connect(plane.url, events)
    await until(link, 'connected')
    await eventually(
      () => plane.links.gatewayIds(),
      (ids) => ids.length === 1,
    )
    await agent.start()
    await eventually(
      () => view.gateways().length,
      (count) => count === 1,
    )
    await agent.close()
    await link.close()
    await eventually(
      () => view.gateways().length,
      (count) => count === 0,
    )
  })

  test('is known by the path it is given, under that of the control plane', async () => {
    const plane = await controlPlane({ path: '/base/fleet' })
    await until(connect(`${plane.url}/base/?x=1#y`, await embedded(), { path: '/fleet' }), 'connected')
  })

  test('of a gateway that comes back takes the place of the one before', async () => {
    const plane = await controlPlane()
    const [one, two] = [connect(plane.url, await embedded(), { maxRetryMs: 600_000 }), await embedded()]
    await until(one, 'connected')
    const second = connect(plane.url, two)
    await until(second, 'connected')
    await until(one, 'connecting')
    expect(plane.links.gatewayIds()).toEqual(['gw1'])
    await one.close()
  })

  test('tells whoever asks what became of it, and closes once', async () => {
    const plane = await controlPlane()
    const states: string[] = []
    const link = connect(plane.url, await embedded())
    const stop = link.onStatus(({ state }) => {
      states.push(state)
      if (state === 'connected') throw new Error('not my day')
    })
    await until(link, 'connected')
    await Promise.all([link.close(), link.close()])
    expect(states).toEqual(['connected', 'closed'])
    stop()
    expect(link.status().state).toBe('closed')
  })
})

describe('a link is refused', () => {
  test.each<[string, Record<string, string>]>([
    ['without a token', { 'x-portcullis-gateway': 'gw1' }],
    ['with a wrong token', { ...good, authorization: `Bearer ${TOKEN}x` }],
    ['with the beginning of the token', { ...good, authorization: `Bearer ${TOKEN.slice(0, -1)}` }],
    ['with another scheme', { ...good, authorization: `Basic ${TOKEN}` }],
    ['with a token of nothing', { ...good, authorization: 'Bearer ' }],
    ['with two tokens', { ...good, authorization: `Bearer ${TOKEN} ${TOKEN}` }],
  ])('%s: 401', async (_what, headers) => {
    const plane = await controlPlane()
    const answer = await upgrade(plane.url, headers)
    expect(answer).toMatchObject({ status: 401, body: { code: 'ERR_FLEET_LINK_UNAUTHORIZED' } })
    expect(answer.headers).toMatchObject({
      'www-authenticate': expect.stringContaining('Bearer'),
      connection: 'close',
    })
    expect(JSON.stringify(answer.body)).not.toContain(TOKEN.slice(0, 10))
  })

  test.each<[string, Record<string, string>]>([
    ['without a gateway id', { authorization: good.authorization }],
    ['with one that is none', { ...good, 'x-portcullis-gateway': 'a.b' }],
    ['with wildcards', { ...good, 'x-portcullis-gateway': '*' }],
    ['with another sub-protocol', { ...good, 'sec-websocket-protocol': 'chat' }],
  ])('%s: 400', async (_what, headers) => {
    const plane = await controlPlane()
    expect(await upgrade(plane.url, headers)).toMatchObject({
      status: 400,
      body: { code: 'ERR_FLEET_LINK_INVALID' },
    })
  })

  test('on another path: 404, unless somebody else takes upgrades', async () => {
    const plane = await controlPlane()
    expect(await upgrade(plane.url, good, '/internal/fleets')).toMatchObject({
      status: 404,
      body: { code: 'ERR_FLEET_LINK_NOT_FOUND' },
    })
    const other = servers.at(-1)
    other?.on('upgrade', (incoming: IncomingMessage, socket: NodeJS.WritableStream) => {
      if (incoming.url === '/other') socket.end('HTTP/1.1 418 Mine\r\nContent-Length: 2\r\n\r\n{}')
    })
    expect(await upgrade(plane.url, good, '/other')).toMatchObject({ status: 418 })
  })

  test('when there are too many: 503, until one is gone', async () => {
    const plane = await controlPlane({ maxLinks: 1 })
    const first = connect(plane.url, await embedded())
    await until(first, 'connected')
    const answer = await upgrade(plane.url, { ...good, 'x-portcullis-gateway': 'gw2' })
    expect(answer).toMatchObject({
      status: 503,
      headers: { 'retry-after': '5' },
      body: { code: 'ERR_FLEET_LINK_REFUSED' },
    })
    const second = connect(plane.url, await embedded(), { gatewayId: 'gw2' })
    await first.close()
    await until(second, 'connected')
  })

  test('is tried again without end, and taken with the other of two tokens', async () => {
    const other = 'the-next-internal-token-of-these-tests-01234'
    const plane = await controlPlane({ internalTokens: [other, TOKEN] })
    await until(connect(plane.url, await embedded(), { internalToken: other }), 'connected')
    await until(connect(plane.url, await embedded(), { gatewayId: 'gw2' }), 'connected')
    const wrong = connect(plane.url, await embedded(), { internalToken: 'wrong', gatewayId: 'gw3' })
    const { error } = await eventually(
      () => wrong.status(),
      (status) => status.error !== undefined,
    )
    expect(String(error)).toContain('401')
    expect(String(error)).not.toContain('wrong')
    expect(wrong.status().state).toBe('connecting')
  })
})

describe('a gateway on a link', () => {
  async function raw(plane: ControlPlane): Promise<WebSocket> {
    const socket = new WebSocket(plane.url.replace('http', 'ws') + '/internal/fleet', 'portcullis-fleet.v1', {
      headers: good,
    })
    await once(socket, 'open')
    return socket
  }

  const message = (subject: string, payload = '{}') => Buffer.from(`${subject}\n${payload}`)

  test.each([
    'fleet.report.gw2',
    'fleet.changes',
    'fleet.hello',
    'fleet.ask.gw1',
    'fleet.answer.a.b',
    'fleet.answer.*',
    'fleet.answer.',
    'inbound.acme.shop.room.lobby',
    'session.disconnected.acme.shop',
    '',
    'fleet.report.gw1\r',
  ])('cannot say anything on %j: it is cut', async (subject) => {
    const plane = await controlPlane()
    const heard: string[] = []
    await plane.events.subscribeEvents('>', (_payload, on) => heard.push(on))
    const socket = await raw(plane)
    socket.send(message(subject))
    const [code] = (await once(socket, 'close')) as [number]
    expect([code, heard]).toEqual([1008, []])
  })

  test.each<[string, string | Buffer, number]>([
    ['text', 'fleet.report.gw1\n{}', 1008],
    ['no subject', Buffer.from('{}'), 1008],
    ['too much', Buffer.alloc(300 * 1024, 'x'), 1009],
  ])('is cut for %s', async (_what, data, expected) => {
    const plane = await controlPlane()
    const socket = await raw(plane)
    socket.send(data)
    const [code] = (await once(socket, 'close')) as [number]
    expect(code).toBe(expected)
  })

  test('hears what is for it, and nothing of others', async () => {
    const plane = await controlPlane()
    const socket = await raw(plane)
    const heard: string[] = []
    socket.on('message', (data: Buffer) => heard.push(data.toString().split('\n')[0] ?? ''))
    await eventually(
      () => {
        plane.events.publishEvent('fleet.hello', Buffer.from('{}'))
        return heard.length
      },
      (count) => count > 0,
    )
    for (const subject of [
      'fleet.ask.gw2',
      'fleet.report.gw2',
      'inbound.a.b',
      'fleet.ask.gw1',
      'fleet.changes',
    ]) {
      plane.events.publishEvent(subject, Buffer.from('{}'))
    }
    await eventually(
      () => heard,
      (found) => found.includes('fleet.changes'),
    )
    expect(heard.filter((subject) => subject !== 'fleet.hello')).toEqual(['fleet.ask.gw1', 'fleet.changes'])
    socket.terminate()
  })

  test('that does not read costs a bounded amount of memory', async () => {
    const plane = await controlPlane({ maxBufferedBytes: 1024 * 1024, idleTimeoutMs: 60_000 })
    const socket = await raw(plane)
    socket.pause()
    const large = Buffer.alloc(200 * 1024, 'x')
    const before = process.memoryUsage().arrayBuffers
    for (let n = 0; n < 500; n += 1) {
      plane.events.publishEvent('fleet.changes', Buffer.from(large))
      await new Promise((resolve) => setImmediate(resolve))
    }
    globalThis.gc?.()
    // 100 MB were published.
    expect(plane.links.gatewayIds()).toEqual(['gw1'])
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(60 * 1024 * 1024)
    socket.terminate()
  })
})

test('views of two control planes hold what their own gateways tell', async () => {
  const planes = [await controlPlane(), await controlPlane()]
  const views: FleetView[] = []
  for (const [n, plane] of planes.entries()) {
    const view = closing(createFleetView({ events: plane.events }))
    await view.start()
    views.push(view)
    const events = await embedded()
    const gateway = new Gateway()
    gateway.add(session(`gw${n}.a`))
    const agent = closing(
      createFleetAgent({
        events,
        gatewayId: `gw${n}`,
        sessions: gateway.sessions,
        counters: gateway.counters,
        onChange: () => undefined,
        onGap: () => undefined,
        startWaitMs: 5000,
      }),
    )
    connect(plane.url, events, { gatewayId: `gw${n}` })
    await agent.start()
  }
  for (const [n, view] of views.entries()) {
    await eventually(
      () => view.sessions().items.map(({ sessionId }) => sessionId),
      (ids) => ids.join() === `gw${n}.a`,
    )
  }
})
