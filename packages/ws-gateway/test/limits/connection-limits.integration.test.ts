import { describe, expect, test, vi } from 'vitest'
import { type GatewayErrorCode, GatewayError, type GatewayOptions } from '../../src/index.ts'
import { handshake, RawPeer } from '../support/raw-peer.ts'
import { SCOPE, type StartedGateway, startGateway } from '../support/start-gateway.ts'
import { TestClient } from '../support/test-client.ts'

/** `address` and `project` of the query stand for what proxies and control planes would say. */
const simulated: Partial<GatewayOptions> = {
  clientAddress: ({ url = '' }) => new URL(url, 'http://x').searchParams.get('address') ?? 'same',
  authorize: async ({ headers, token }) => {
    if (token === 'refused') throw new GatewayError('forbidden', 'm')
    return { ...SCOPE, projectId: String(headers['x-project'] ?? 'one'), userId: token, claims: {} }
  },
}
const project = (name: string): { headers: Record<string, string> } => ({ headers: { 'x-project': name } })

async function hasConnections({ gateway }: StartedGateway, connections: number): Promise<void> {
  await vi.waitFor(() => expect(gateway.stats()).toMatchObject({ connections }))
}

describe.each<[GatewayErrorCode, Partial<GatewayOptions>, number, string, string]>([
  ['capacity_exceeded', { maxConnections: 2 }, 503, '?address=a&token=ann', '?address=b&token=bob'],
  [
    'address_connections_exceeded',
    { maxConnectionsPerAddress: 2 },
    429,
    '?address=a&token=ann',
    '?address=a&token=bob',
  ],
  [
    'user_connections_exceeded',
    { maxConnectionsPerUser: 2 },
    429,
    '?address=a&token=ann',
    '?address=b&token=ann',
  ],
  [
    'project_connections_exceeded',
    { maxConnectionsPerProject: 2 },
    429,
    '?address=a&token=ann',
    '?address=b',
  ],
])('%s', (code, limit, statusCode, first, second) => {
  test('the one too many is refused before the 101, and let in when another has gone', async () => {
    await using system = await startGateway({ ...simulated, ...limit })
    const one = await TestClient.open(system.url + first)
    const two = await TestClient.open(system.url + second)
    for (let round = 0; round < 3; round += 1) {
      expect(await TestClient.refused(system.url + second)).toMatchObject({
        statusCode,
        headers: { 'retry-after': '1', connection: 'close' },
        body: { statusCode, code },
      })
    }
    await hasConnections(system, 2)
    await one.close()
    await hasConnections(system, 1)
    const three = await TestClient.open(system.url + second)
    await Promise.all([two.close(), three.close()])
    await hasConnections(system, 0)
    expect(system.gateway.stats()).toMatchObject({ upgradesAccepted: 3, upgradesRefused: { [code]: 3 } })
  })

  test('a client that is refused for something else gives its place back', async () => {
    await using system = await startGateway({ ...simulated, ...limit })
    for (let round = 0; round < 4; round += 1) {
      const address = first.replace('token=ann', 'token=refused')
      expect((await TestClient.refused(system.url + address)).statusCode).toBe(403)
      await hasConnections(system, 0)
    }
    const clients = [await TestClient.open(system.url + first), await TestClient.open(system.url + second)]
    await Promise.all(clients.map((client) => client.close()))
    await hasConnections(system, 0)
  })
})

test('others are not held liable: another address, user or project gets in', async () => {
  await using system = await startGateway({
    ...simulated,
    maxConnectionsPerAddress: 1,
    maxConnectionsPerUser: 1,
    maxConnectionsPerProject: 2,
  })
  await TestClient.open(`${system.url}?address=a&token=ann`)
  await TestClient.open(`${system.url}?address=b&token=bob`)
  expect((await TestClient.refused(`${system.url}?address=c&token=cid`)).body.code).toBe(
    'project_connections_exceeded',
  )
  await hasConnections(system, 2)
  await TestClient.open(`${system.url}?address=c&token=ann`, project('two'))
  expect((await TestClient.refused(`${system.url}?address=c&token=dan`, project('two'))).body.code).toBe(
    'address_connections_exceeded',
  )
})

test('a place that was taken before the next limit refused is given back', async () => {
  await using system = await startGateway({
    ...simulated,
    maxConnectionsPerProject: 2,
    maxConnectionsPerUser: 1,
  })
  const ann = await TestClient.open(`${system.url}?token=ann`)
  for (let round = 0; round < 3; round += 1) {
    expect((await TestClient.refused(`${system.url}?token=ann`)).body.code).toBe('user_connections_exceeded')
  }
  await hasConnections(system, 1)
  await (await TestClient.open(`${system.url}?token=bob`)).close()
  await ann.close()
})

test('anonymous sessions share no user', async () => {
  await using system = await startGateway({ ...simulated, maxConnectionsPerUser: 1 })
  await Promise.all([1, 2, 3].map(() => TestClient.open(system.url)))
})

test('half-open upgrades count', async () => {
  await using system = await startGateway({
    ...simulated,
    maxConnections: 1,
    authorize: () => new Promise(() => undefined),
  })
  const peer = await RawPeer.connect(system.port)
  peer.socket.write(handshake())
  await hasConnections(system, 1)
  expect((await TestClient.refused(system.url)).body.code).toBe('capacity_exceeded')
  peer.socket.destroy()
  await hasConnections(system, 0)
})

test('new connections of one address come at a rate, with a burst, whatever becomes of them', async () => {
  await using system = await startGateway({ ...simulated, connectRatePerAddress: 3 })
  for (let n = 0; n < 6; n += 1) await TestClient.refused(`${system.url}?address=a&token=refused`)
  expect(await TestClient.refused(`${system.url}?address=a`)).toMatchObject({
    statusCode: 429,
    headers: { 'retry-after': '1' },
    body: { code: 'connect_rate_limited' },
  })
  await (await TestClient.open(`${system.url}?address=b`)).close()
  const next = await vi.waitFor(() => TestClient.open(`${system.url}?address=a`), {
    timeout: 3000,
    interval: 50,
  })
  await next.close()
})

test('an address that cannot be told refuses the upgrade and holds no place', async () => {
  await using system = await startGateway({
    clientAddress: () => {
      throw new Error('no such proxy')
    },
  })
  expect(await TestClient.refused(system.url)).toMatchObject({
    statusCode: 500,
    body: { code: 'internal_error' },
  })
  expect(system.gateway.stats().connections).toBe(0)
})
