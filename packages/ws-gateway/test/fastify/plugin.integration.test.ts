import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createEmbeddedTransport } from '@portcullis/transport/embedded'
import fastify, { type FastifyInstance } from 'fastify'
import { WebSocketServer } from 'ws'
import { expect, test, vi } from 'vitest'
import { wsGateway, type WsGatewayPluginOptions } from '../../src/fastify/index.ts'
import { createGateway, type Gateway, type Grant } from '../../src/index.ts'
import { SCOPE } from '../support/start-gateway.ts'
import { TestClient } from '../support/test-client.ts'
import { wrapTransport } from '../support/wrap-transport.ts'

async function startApp(
  options: Partial<WsGatewayPluginOptions> = {},
): Promise<{ app: FastifyInstance; gateway: Gateway; base: string }> {
  const gateway = createGateway({
    transport: createEmbeddedTransport(),
    authorize: async () => ({ ...SCOPE, userId: null, claims: {} }),
  })
  await gateway.start()
  const app = fastify()
  await app.register(wsGateway, { gateway, ...options })
  app.get('/ws', async () => ({ plain: 'http' }))
  await app.listen({ port: 0, host: '127.0.0.1' })
  return { app, gateway, base: `127.0.0.1:${(app.server.address() as AddressInfo).port}` }
}

test('upgrades and requests live side by side', async () => {
  const { app, gateway, base } = await startApp()
  expect(app.gateway).toBe(gateway)
  const client = await TestClient.welcomed(`ws://${base}/ws`)
  client.send({ type: 'ping' })
  expect(await client.json()).toEqual({ type: 'pong' })
  expect(await (await fetch(`http://${base}/ws`)).json()).toEqual({ plain: 'http' })
  expect(await TestClient.refused(`ws://${base}/other`)).toMatchObject({
    statusCode: 404,
    body: { code: 'not_found' },
  })
  await app.close()
})

test('closing the app drains the gateway', async () => {
  const { app, gateway, base } = await startApp()
  const client = await TestClient.welcomed(`ws://${base}/ws`)
  await app.close()
  expect(await client.closed).toEqual({ code: 1012, reason: 'draining' })
  expect(gateway.stats()).toMatchObject({ sessions: 0, connections: 0 })
  await expect(TestClient.connect(`ws://${base}/ws`)).rejects.toThrow('ECONNREFUSED')
})

test('closing the app succeeds although an engine that is away keeps a frame from being stored', async () => {
  const transport = wrapTransport(createEmbeddedTransport(), { publishInbound: () => new Promise(() => {}) })
  const authorize = async (): Promise<Grant> => ({ ...SCOPE, userId: null, claims: {} })
  const gateway = createGateway({ transport, authorize })
  await gateway.start()
  // Connections that never asked for anything are not what this is about.
  const app = fastify({ pluginTimeout: 1500, forceCloseConnections: true })
  await app.register(wsGateway, { gateway })
  await app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = app.server.address() as AddressInfo
  const client = await TestClient.open(`ws://127.0.0.1:${port}/ws`)
  client.send({ actor: 'a', actorId: 'b' })
  await vi.waitFor(() => expect(gateway.stats().framesIn).toBe(1))
  await app.close()
  expect(gateway.stats()).toMatchObject({ sessions: 0, connections: 0 })
})

test('other paths can be left to others', async () => {
  const { app, base } = await startApp({ shareUpgrades: true })
  const other = new WebSocketServer({ noServer: true })
  app.server.on('upgrade', (request, socket, head: Buffer) => {
    if (request.url === '/other')
      other.handleUpgrade(request, socket, head, (webSocket) => webSocket.close(3000))
  })
  const client = await TestClient.welcomed(`ws://${base}/ws`)
  expect((await (await TestClient.open(`ws://${base}/other`)).closed).code).toBe(3000)
  client.socket.close()
  await once(client.socket, 'close')
  await app.close()
})

test('some paths can be left to others, and the rest is answered with 404', async () => {
  const { app, base } = await startApp({ shareUpgrades: ({ url }) => url === '/other' })
  const other = new WebSocketServer({ noServer: true })
  app.server.on('upgrade', (request, socket, head: Buffer) => {
    if (request.url === '/other')
      other.handleUpgrade(request, socket, head, (webSocket) => webSocket.close(3000))
  })
  expect((await (await TestClient.open(`ws://${base}/other`)).closed).code).toBe(3000)
  await expect(TestClient.open(`ws://${base}/elsewhere`)).rejects.toThrow('404')
  await app.close()
})

test('an app without a gateway does not boot', async () => {
  for (const gateway of [undefined, {}]) {
    await expect(fastify().register(wsGateway, { gateway } as never)).rejects.toThrow(
      '"gateway" option must be a gateway',
    )
  }
})
