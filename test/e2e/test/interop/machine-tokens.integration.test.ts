import {
  createAuthService,
  createKeyRing,
  createMemoryStore,
  machineAuthenticator,
} from '@portcullis/gateway-auth'
import { expect, test } from 'vitest'
import { Clients, startWsGateway, until } from '../../src/interop-clients.ts'

test('machine clients of one namespace meet, and a revoked one is gone', async () => {
  await using auth = createAuthService({
    issuer: 'http://localhost:4000',
    audience: 'portcullis',
    keys: createKeyRing([{ algorithm: 'HS256', key: 'a secret for tests, of thirty-two bytes and more' }]),
    store: createMemoryStore(),
    registration: 'open',
  })
  await auth.start()
  const register = async (name: string) => auth.register({ name, capabilities: ['execution'] })
  const [client, other] = [await register('one'), await register('other')]
  await using gateway = await startWsGateway({
    authentication: { available: ['machine'], machine: { authenticator: machineAuthenticator({ auth }) } },
  })
  await using clients = new Clients(gateway.url)
  const login = async (of: typeof client) => ({ auth: { token: (await auth.issueTokens(of)).accessToken } })
  const one = await clients.connect('', await login(client))
  const two = await clients.connect('', { ...(await login(client)), reconnectAttempts: 0 })
  const stranger = await clients.connect('', await login(other))
  expect(one.connection.resolvedIdentity).toMatchObject({
    user: `namespace:${client.namespaceId}`,
    login: client.hostId,
    clientId: client.clientId,
  })
  await two.interop.register('Name', () => ({ two: true }))
  await one.interop.waitForMethod('Name')
  expect((await one.interop.invoke('Name')).returned).toEqual({ two: true })
  expect(stranger.interop.methods('Name')).toEqual([])
  await expect(
    clients.connect('', {
      auth: { token: (await auth.issueTokens(client)).refreshToken },
      reconnectAttempts: 0,
    }),
  ).rejects.toThrow(/token/)
  await auth.updateClient(client.clientId, { disabled: true })
  gateway.gateway.closeRevoked()
  await until(() => expect(gateway.gateway.stats().peers).toBe(1))
  expect(stranger.connection.isConnected).toBe(true)
})
