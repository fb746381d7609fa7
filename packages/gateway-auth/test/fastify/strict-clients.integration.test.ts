import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import fastify, { type FastifyInstance } from 'fastify'
import { generateKeyPair, exportSPKI } from 'jose'
import * as oauth from 'oauth4webapi'
import * as client from 'openid-client'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createAuthService, createKeyRing, createMemoryStore, type AuthService } from '../../src/index.ts'
import { authRoutes, gatewayAuth } from '../../src/fastify/index.ts'
import { SECRET } from '../support/service.ts'

let app: FastifyInstance
let auth: AuthService
let issuer: URL

beforeAll(async () => {
  const port = await freePort()
  issuer = new URL(`http://127.0.0.1:${port}`)
  auth = createAuthService({
    issuer: issuer.href.replace(/\/$/, ''),
    keys: createKeyRing([{ algorithm: 'HS256', key: SECRET }]),
    store: createMemoryStore(),
    registration: 'open',
  })
  app = fastify()
  await app.register(gatewayAuth, { auth })
  await app.register(authRoutes, { auth })
  await app.listen({ port, host: '127.0.0.1' })
})

afterAll(async () => {
  await app.close()
  await auth.close()
})

/** The issuer has to be known before the server listens, because its documents name it. */
async function freePort(): Promise<number> {
  const server: Server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

const METHODS = ['client_secret_basic', 'client_secret_post', 'private_key_jwt'] as const

test.each(METHODS)('openid-client goes the whole way with %s', async (method) => {
  const keys = await generateKeyPair('ES256')
  const registered = await auth.register({
    name: 'strict',
    capabilities: ['a', 'b'],
    publicKey: await exportSPKI(keys.publicKey),
  })
  const { clientId, clientSecret } = registered
  const authentication = {
    client_secret_basic: () => client.ClientSecretBasic(clientSecret),
    client_secret_post: () => client.ClientSecretPost(clientSecret),
    private_key_jwt: () => client.PrivateKeyJwt(keys.privateKey),
  }[method]()
  const config = await client.discovery(issuer, clientId, undefined, authentication, {
    algorithm: 'oauth2',
    // oxlint-disable-next-line typescript/no-deprecated -- marked so that nobody uses it beyond loopback
    execute: [client.allowInsecureRequests],
  })

  const first = await client.clientCredentialsGrant(config, { scope: 'a' })
  expect(first).toMatchObject({ token_type: 'bearer', expires_in: 900, scope: 'a' })
  const second = await client.refreshTokenGrant(config, first.refresh_token ?? '')
  expect(second.scope).toBe('a')
  expect(await client.tokenIntrospection(config, second.access_token)).toMatchObject({
    active: true,
    client_id: clientId,
    scope: 'a',
    iss: auth.issuer,
  })
  await client.tokenRevocation(config, second.refresh_token ?? '')
  expect(await client.tokenIntrospection(config, second.access_token)).toEqual({ active: false })
  await expect(client.refreshTokenGrant(config, second.refresh_token ?? '')).rejects.toMatchObject({
    status: 400,
    error: 'invalid_grant',
  })
})

test.each(METHODS)('oauth4webapi goes the whole way with %s', async (method) => {
  const keys = await generateKeyPair('EdDSA')
  const { clientId, clientSecret } = await auth.register({
    name: 'strict',
    capabilities: ['a'],
    publicKey: await exportSPKI(keys.publicKey),
  })
  // oxlint-disable-next-line typescript/no-deprecated -- marked so that nobody uses it beyond loopback
  const insecure = { [oauth.allowInsecureRequests]: true }
  const server = await oauth.processDiscoveryResponse(
    issuer,
    await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...insecure }),
  )
  const self: oauth.Client = { client_id: clientId }
  const authentication = {
    client_secret_basic: () => oauth.ClientSecretBasic(clientSecret),
    client_secret_post: () => oauth.ClientSecretPost(clientSecret),
    private_key_jwt: () => oauth.PrivateKeyJwt(keys.privateKey),
  }[method]()

  const first = await oauth.processClientCredentialsResponse(
    server,
    self,
    await oauth.clientCredentialsGrantRequest(server, self, authentication, {}, insecure),
  )
  const second = await oauth.processRefreshTokenResponse(
    server,
    self,
    await oauth.refreshTokenGrantRequest(server, self, authentication, first.refresh_token ?? '', insecure),
  )
  const introspect = async (): Promise<oauth.IntrospectionResponse> =>
    oauth.processIntrospectionResponse(
      server,
      self,
      await oauth.introspectionRequest(server, self, authentication, second.access_token, insecure),
    )
  expect((await introspect()).active).toBe(true)
  await oauth.processRevocationResponse(
    await oauth.revocationRequest(server, self, authentication, second.access_token, insecure),
  )
  expect(await introspect()).toEqual({ active: false })
})
