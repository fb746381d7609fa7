import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { allowInsecureHttp } from '@portcullis/oidc-middleware'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { describe, expect, test } from 'vitest'
import { Disposal } from '../../src/disposal.ts'
import {
  Clients,
  connectClient,
  PASSWORD,
  startWsGateway,
  until,
  withPassword,
} from '../../src/interop-clients.ts'

describe('a client that logs in with a name and a password', () => {
  test('starts with all its modules, and is told who it is', async () => {
    await using gateway = await startWsGateway({ info: { site: 'lab' } })
    await using clients = new Clients(gateway.url)
    const io = await clients.connect('Ann', {
      application: 'orders',
      contexts: true,
      metrics: true,
      bus: true,
      identity: { region: 'EU' },
    })
    expect(io.connection.resolvedIdentity).toMatchObject({
      application: 'orders',
      applicationName: 'orders',
      region: 'EU',
      user: 'ann',
      process: process.pid,
      machine: expect.stringMatching(/./),
      instance: expect.stringMatching(/./),
    })
    expect(io.connection.info).toEqual({ site: 'lab' })
    expect(io.connection.peerId).toEqual(expect.any(String))
    expect(io.connection.availableDomains.map(({ uri }) => uri).toSorted()).toEqual(
      expect.arrayContaining(['agm', 'bus', 'context', 'global', 'metrics']),
    )
    expect(io.contexts.setPathSupported).toBe(true)
    expect(io.interop.instance.user).toBe('ann')
    io.metrics.subSystem('orders', 'Orders').numberMetric({ name: 'open' }, 7)
    await until(() =>
      expect(gateway.gateway.stats()).toMatchObject({ connections: 1, peers: 1, repositories: 1 }),
    )
  })

  test('works without the modules that it switches off', async () => {
    await using gateway = await startWsGateway()
    await using clients = new Clients(gateway.url)
    const io = await clients.connect('ann', { contexts: false, metrics: false, bus: false })
    expect(io.contexts).toBeUndefined()
    await io.interop.register('Echo', (value: object) => value)
    expect((await io.interop.invoke('Echo', { a: 1 })).returned).toEqual({ a: 1 })
  })

  test('is told that the password is wrong, and leaves nothing behind', async () => {
    await using gateway = await startWsGateway()
    const attempt = connectClient(gateway.url, 'ann', {
      auth: { username: 'ann', password: 'guessed' },
      reconnectAttempts: 0,
    })
    await expect(attempt).rejects.toThrow('Unknown login or wrong secret')
    expect(gateway.gateway.stats().peers).toBe(0)
  })

  test('is refused with every password where nobody verifies any', async () => {
    await using gateway = await startWsGateway({ authentication: {} })
    await expect(connectClient(gateway.url, 'ann', { reconnectAttempts: 0 })).rejects.toThrow('No secret')
  })
})

describe('a client that logs in with a token', () => {
  test('is let in with the access token of an earlier login, as the same user', async () => {
    await using gateway = await startWsGateway()
    await using clients = new Clients(gateway.url)
    const first = await clients.connect('ann')
    const { token } = first.connection
    expect(token).toMatch(/^[^.]+\.[^.]+\.[^.]+$/)
    for (const auth of [{ token }, token]) {
      const second = await clients.connect('ann', { auth })
      expect(second.interop.instance.user).toBe('ann')
      expect(second.connection.token).toEqual(expect.any(String))
    }
  })

  test('is let in with a gateway token that another client of the user asked for', async () => {
    await using gateway = await startWsGateway()
    await using clients = new Clients(gateway.url)
    const gatewayToken = await (await clients.connect('ann')).connection.authToken()
    const second = await clients.connect('ann', { auth: { gatewayToken } })
    expect(second.connection.resolvedIdentity).toMatchObject({ user: 'ann' })
    await second.interop.register('Echo', (value: object) => value)
    expect((await second.interop.invoke('Echo', { a: 1 })).returned).toEqual({ a: 1 })
  })

  test('is refused with one that is changed, of the other kind, or of another gateway', async () => {
    await using gateway = await startWsGateway()
    await using other = await startWsGateway()
    await using clients = new Clients(gateway.url)
    const io = await clients.connect('ann')
    const gatewayToken = await io.connection.authToken()
    const foreign = await clients.connect('ann', { url: other.url })
    const { token } = io.connection
    const flipped = `${token.slice(0, -10)}${token.at(-10) === 'A' ? 'B' : 'A'}${token.slice(-9)}`
    const wrong = [
      { token: flipped },
      { token: gatewayToken },
      { token: 'garbage' },
      { token: foreign.connection.token },
      { gatewayToken: token },
      { gatewayToken: await foreign.connection.authToken() },
    ]
    const answers = await Promise.all(
      wrong.map((auth) =>
        connectClient(gateway.url, 'ann', { auth, reconnectAttempts: 0 }).then(
          () => 'was let in',
          (error: Error) => error.message,
        ),
      ),
    )
    for (const answer of answers) expect(answer).toMatch(/token/)
    expect(gateway.gateway.stats().peers).toBe(1)
  })

  test('is told where to go when its provider is not there', async () => {
    await using gateway = await startWsGateway()
    const attempt = connectClient(gateway.url, 'ann', {
      auth: { provider: 'kerberos' },
      reconnectAttempts: 0,
    })
    await expect(attempt).rejects.toThrow(/kerberos/)
  })
})

test('a provider of the application is handed what the client says for it, and decides', async () => {
  await using gateway = await startWsGateway({
    authentication: {
      ...withPassword.authentication,
      available: ['basic', 'badge'],
      default: 'basic',
      badge: {
        authenticator: async ({ authentication }) => {
          const { number } = authentication['providerContext'] as { number: number }
          if (number !== 7) throw new Error('no such badge')
          return { type: 'success', user: 'badge-7' }
        },
      },
    },
  })
  await using clients = new Clients(gateway.url)
  const badge = (number: number) => ({
    auth: { provider: 'badge', providerContext: { number } },
    reconnectAttempts: 0,
  })
  const io = await clients.connect('ann', badge(7))
  expect(io.interop.instance.user).toBe('badge-7')
  await expect(clients.connect('ann', badge(8))).rejects.toThrow('no such badge')
  expect((await clients.connect('ann')).interop.instance.user).toBe('ann')
})

describe('with access tokens of an OpenID Connect provider', () => {
  /** A provider with metadata and keys, and a way to mint. */
  async function startProvider() {
    const { privateKey, publicKey } = await generateKeyPair('ES256')
    const jwk = { ...(await exportJWK(publicKey)), kid: 'one', alg: 'ES256', use: 'sig' }
    const server = createServer(({ url }, response) => {
      const documents: Record<string, object> = {
        '/.well-known/openid-configuration': { issuer, jwks_uri: `${issuer}/jwks` },
        '/jwks': { keys: [jwk] },
      }
      const document = documents[url ?? '']
      response.writeHead(document === undefined ? 404 : 200, { 'content-type': 'application/json' })
      response.end(JSON.stringify(document ?? {}))
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    return {
      issuer,
      mint: (sub: string, { seconds = 60, audience = 'gateway' } = {}) =>
        new SignJWT({ email: `${sub}@acme.example` })
          .setProtectedHeader({ alg: 'ES256', kid: 'one', typ: 'at+jwt' })
          .setIssuer(issuer)
          .setAudience(audience)
          .setSubject(sub)
          .setIssuedAt()
          .setExpirationTime(Math.floor(Date.now() / 1000) + seconds)
          .sign(privateKey),
      async [Symbol.asyncDispose]() {
        server.close()
        server.closeAllConnections()
      },
    }
  }

  test('people of one subject meet, and tokens that are over or for others open nothing', async () => {
    await using disposal = new Disposal()
    const { issuer, mint } = disposal.use(await startProvider())
    const gateway = disposal.use(
      await startWsGateway({
        authentication: {
          available: ['oauth2'],
          oauth2: { issuerBaseURL: issuer, audience: 'gateway', [allowInsecureHttp]: true },
        },
      }),
    )
    const clients = disposal.use(new Clients(gateway.url))
    const auth = async (...of: Parameters<typeof mint>) => ({ auth: { token: await mint(...of) } })
    const ann = await clients.connect('', await auth('ann'))
    const again = await clients.connect('', await auth('ann'))
    const bob = await clients.connect('', await auth('bob'))
    expect(ann.connection.resolvedIdentity).toMatchObject({ user: 'ann', email: 'ann@acme.example' })
    await ann.interop.register('Mine', () => ({ ok: true }))
    await again.interop.waitForMethod('Mine')
    expect((await again.interop.invoke('Mine')).returned).toEqual({ ok: true })
    expect(bob.interop.methods('Mine')).toEqual([])

    const wrong = [
      await auth('ann', { seconds: -60 }),
      await auth('ann', { audience: 'another' }),
      { auth: { username: 'ann', password: PASSWORD } },
    ]
    for (const options of wrong) {
      await expect(clients.connect('', { ...options, reconnectAttempts: 0 })).rejects.toThrow(/token|method/)
    }
  })

  test('a client is gone when its token is over, and cannot come back with it', async () => {
    await using disposal = new Disposal()
    const { issuer, mint } = disposal.use(await startProvider())
    const gateway = disposal.use(
      await startWsGateway({
        authentication: {
          available: ['oauth2'],
          oauth2: { issuerBaseURL: issuer, audience: 'gateway', [allowInsecureHttp]: true },
        },
      }),
    )
    const clients = disposal.use(new Clients(gateway.url))
    const stays = await clients.connect('', { auth: { token: await mint('ann') } })
    const goes = await clients.connect('', { auth: { token: await mint('ann', { seconds: 2 }) } })
    await goes.interop.register('Short', () => ({ ok: true }))
    await stays.interop.waitForMethod('Short')
    const refusals = gateway.gateway.stats().refusals
    await until(() => expect(gateway.gateway.stats()).toMatchObject({ peers: 1 }))
    await until(() => expect(stays.interop.methods('Short')).toEqual([]))
    await until(() => expect(gateway.gateway.stats().refusals).toBeGreaterThan(refusals))
    expect(gateway.gateway.stats().peers).toBe(1)
  })
})

test('a client that logs out is gone for others before its own promise resolves', async () => {
  await using gateway = await startWsGateway()
  await using clients = new Clients(gateway.url)
  const [stays, goes] = [await clients.connect('ann'), await clients.connect('ann')]
  await goes.interop.register('Goes', () => ({ ok: true }))
  await stays.interop.waitForMethod('Goes')
  const removed = new Promise<string | undefined>((resolve) => {
    stays.interop.serverRemoved(({ peerId }) => resolve(peerId))
  })
  const { peerId } = goes.connection
  await goes.connection.logout()
  expect(await removed).toBe(peerId)
  expect(stays.interop.methods('Goes')).toEqual([])
  await until(() => expect(gateway.gateway.stats()).toMatchObject({ connections: 1, peers: 1 }))
})
