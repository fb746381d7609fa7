import { request } from 'node:http'
import type { AddressInfo } from 'node:net'
import rateLimit from '@fastify/rate-limit'
import fastify, { type FastifyInstance, type FastifyServerOptions } from 'fastify'
import { afterEach, expect, test } from 'vitest'
import { createMemoryStore, GatewayAuthError, type AuthStore } from '../../src/index.ts'
import { authRoutes, gatewayAuth, type AuthRateLimits } from '../../src/fastify/index.ts'
import { testService } from '../support/service.ts'

const open: FastifyInstance[] = []
afterEach(async () => {
  await Promise.all(open.splice(0).map(async (app) => app.close()))
})

async function limited(
  options: { store?: AuthStore; server?: FastifyServerOptions; limits?: AuthRateLimits; own?: object } = {},
): Promise<FastifyInstance> {
  const { auth } = await testService(options.store === undefined ? {} : { store: options.store })
  const app = fastify(options.server as FastifyServerOptions)
  open.push(app)
  if (options.own !== undefined) await app.register(rateLimit, options.own)
  await app.register(gatewayAuth, { auth })
  await app.register(authRoutes, { auth, rateLimits: options.limits })
  await app.ready()
  return app
}

async function token(
  app: FastifyInstance,
  { remoteAddress = '192.0.2.1', headers = {}, url = '/auth/token' } = {},
): Promise<{ statusCode: number; headers: Record<string, unknown>; body: string }> {
  const {
    statusCode,
    headers: answered,
    body,
  } = await app.inject({ method: 'POST', url, remoteAddress, headers, payload: {} })
  return { statusCode, headers: answered, body }
}

/** Uses up a limit and returns the statuses. */
async function repeat(times: number, send: () => Promise<{ statusCode: number }>): Promise<number[]> {
  const statuses: number[] = []
  // oxlint-disable-next-line no-await-in-loop -- one after the other
  for (let i = 0; i < times; i += 1) statuses.push((await send()).statusCode)
  return statuses
}

test('60 token and refresh requests per minute and address, then 429', async () => {
  const app = await limited()
  const first = await token(app)
  expect(first.headers).toMatchObject({
    'ratelimit-limit': '60',
    'ratelimit-remaining': '59',
    'ratelimit-reset': '60',
  })
  await repeat(30, async () => token(app))
  await repeat(29, async () => token(app, { url: '/auth/refresh' }))
  const refused = await token(app)
  expect(refused.statusCode).toBe(429)
  expect(refused.headers).toMatchObject({
    'retry-after': expect.stringMatching(/^\d+$/),
    'ratelimit-remaining': '0',
    'cache-control': 'no-store',
  })
  expect(JSON.parse(refused.body)).toMatchObject({ statusCode: 429, code: 'ERR_RATE_LIMITED' })
  const form = await token(app, { headers: { 'content-type': 'application/x-www-form-urlencoded' } })
  expect(JSON.parse(form.body)).toEqual({
    error: 'temporarily_unavailable',
    error_description: 'too many requests',
  })
  expect((await token(app, { remoteAddress: '192.0.2.2' })).statusCode).toBe(400)
  expect((await token(app, { url: '/auth/register' })).statusCode).toBe(400)
  expect((await app.inject('/.well-known/jwks.json')).statusCode).toBe(200)
})

test('10 registrations per minute and address', async () => {
  const app = await limited()
  const statuses = await repeat(11, async () => token(app, { url: '/auth/register' }))
  expect(statuses).toEqual([...Array.from({ length: 10 }, () => 400), 429])
})

test('forged X-Forwarded-For headers from one socket are one bucket', async () => {
  const app = await limited({ limits: { token: { max: 20, windowMs: 60_000 } } })
  let i = 0
  const statuses = await repeat(1000, async () =>
    token(app, { headers: { 'x-forwarded-for': `10.0.${(i += 1) >> 8}.${i & 255}` } }),
  )
  expect(statuses.filter((status) => status !== 429)).toHaveLength(20)
})

test('behind a trusted proxy the client counts, not the proxy', async () => {
  const app = await limited({
    server: { trustProxy: '192.0.2.1' },
    limits: { token: { max: 1, windowMs: 60_000 } },
  })
  const from = async (client: string): Promise<{ statusCode: number }> =>
    token(app, { headers: { 'x-forwarded-for': client } })
  expect(await repeat(2, async () => from('198.51.100.1'))).toEqual([400, 429])
  expect((await from('198.51.100.2')).statusCode).toBe(400)
})

test('whatever a trusted proxy calls an address is counted, of any length and form', async () => {
  const app = await limited({ server: { trustProxy: true }, limits: { token: { max: 1, windowMs: 60_000 } } })
  const from = async (client: string): Promise<number> =>
    (await token(app, { headers: { 'x-forwarded-for': client } })).statusCode
  for (const client of ['x'.repeat(5000), 'unknown', 'fe80::1%eth0', '::1/64', '1.2.3.4:5']) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    expect([await from(client), await from(client)]).toEqual([400, 429])
  }
})

test('IPv6 counts by /64, and a mapped IPv4 address as that', async () => {
  const app = await limited({ limits: { token: { max: 1, windowMs: 60_000 } } })
  const from = async (remoteAddress: string): Promise<number> =>
    (await token(app, { remoteAddress })).statusCode
  expect([await from('2001:db8::1'), await from('2001:db8::ffff:2'), await from('2001:db8:0:1::1')]).toEqual([
    400, 429, 400,
  ])
  expect([await from('192.0.2.7'), await from('::ffff:192.0.2.7')]).toEqual([400, 429])
  // The interface over which a peer came makes it no other one.
  expect([await from('fe80::1%eth0'), await from('fe80::1%eth1')]).toEqual([400, 429])
})

test('replicas with one store share their limits', async () => {
  const store = createMemoryStore()
  const limits = { token: { max: 3, windowMs: 60_000 } }
  const one = await limited({ store, limits })
  const two = await limited({ store, limits })
  await repeat(2, async () => token(one))
  expect(await repeat(2, async () => token(two))).toEqual([400, 429])
})

test("the application's own limit goes on beside ours", async () => {
  const app = await limited({
    own: { max: 5, timeWindow: 60_000 },
    limits: { token: { max: 3, windowMs: 60_000 } },
  })
  const first = await token(app)
  expect(first.headers).toMatchObject({ 'ratelimit-limit': '3', 'x-ratelimit-limit': '5' })
  expect(await repeat(3, async () => token(app))).toEqual([400, 400, 429])
})

test('a limit can be left out, and a wrong one fails the boot', async () => {
  const app = await limited({ limits: { register: false } })
  expect(new Set(await repeat(30, async () => token(app, { url: '/auth/register' })))).toEqual(new Set([400]))
  await expect(limited({ limits: { token: { max: 0, windowMs: 1000 } } })).rejects.toThrow(
    '"rateLimits.token.max"',
  )
  await expect(limited({ limits: { token: { max: 1, windowMs: 1 } } })).rejects.toThrow(
    '"rateLimits.token.windowMs"',
  )
})

test('a store that cannot count is an outage, not a free pass', async () => {
  const store: AuthStore = {
    ...createMemoryStore(),
    hit: async () => {
      throw new GatewayAuthError('ERR_AUTH_STORE_UNAVAILABLE', 'away')
    },
  }
  const answer = await token(await limited({ store }))
  expect(answer.statusCode).toBe(503)
  expect(answer.headers['retry-after']).toBe('1')
})

test('over a real socket the address is the peer, and two Authorization headers are one too many', async () => {
  const app = await limited({ limits: { token: { max: 2, windowMs: 60_000 } } })
  await app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = app.server.address() as AddressInfo
  const send = async (headers: string[]): Promise<number> =>
    new Promise((resolve, reject) => {
      const outgoing = request({ port, path: '/auth/token', method: 'POST', headers }, (response) => {
        response.resume()
        resolve(response.statusCode ?? 0)
      })
      outgoing.on('error', reject).end('grant_type=client_credentials')
    })
  const form = [
    'host',
    'localhost',
    'content-type',
    'application/x-www-form-urlencoded',
    'content-length',
    '29',
  ]
  const credentials = ['authorization', 'Basic YTpi']
  expect(await send([...form, ...credentials, ...credentials])).toBe(400)
  expect(await send([...form, ...credentials])).toBe(401)
  expect(await send([...form, ...credentials])).toBe(429)
})
