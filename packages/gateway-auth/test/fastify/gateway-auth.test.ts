import { AuthError } from '@portcullis/auth-core'
import fastify from 'fastify'
import { expect, test } from 'vitest'
import { GatewayAuthError } from '../../src/index.ts'
import { gatewayAuth, requirePermission, requireTier, requireType } from '../../src/fastify/index.ts'
import { bearer, testApp, type TestApp } from '../support/app.ts'
import { INTERNAL, testService } from '../support/service.ts'

async function withToken(options: Parameters<typeof testApp>[0] = {}): Promise<TestApp & { token: string }> {
  const all = await testApp(options)
  return { ...all, token: (await all.auth.issueTokens(await all.register())).accessToken }
}

test('a route is closed unless it says otherwise', async () => {
  const { app, token } = await withToken()
  const without = await app.inject('/whoami')
  expect(without.statusCode).toBe(401)
  expect(without.json()).toEqual({
    statusCode: 401,
    error: 'Unauthorized',
    code: 'ERR_AUTH_TOKEN_REQUIRED',
    message: 'a token is required',
  })
  expect(without.headers['www-authenticate']).toBe('Bearer realm="portcullis"')
  const withIt = await app.inject({ url: '/whoami', headers: bearer(token) })
  expect(withIt.json<{ auth: object }>().auth).toMatchObject({
    type: 'machine',
    permissions: ['read', 'write'],
  })
  expect((await app.inject('/open')).json()).toEqual({ open: true })
})

test('routes of child plugins registered afterwards, HEAD routes and wildcards are closed too', async () => {
  const { app } = await withToken({
    add: async (root) => {
      await root.register(async (child) => {
        child.get('/child', async () => 'secret')
      })
      root.get('/files/*', async () => 'secret')
    },
  })
  expect((await app.inject('/child')).statusCode).toBe(401)
  expect((await app.inject({ method: 'HEAD', url: '/child' })).statusCode).toBe(401)
  expect((await app.inject('/files/a')).statusCode).toBe(401)
})

test('a route of the root that was declared before the plugin is closed as well', async () => {
  const app = fastify()
  app.get('/early', async () => 'secret')
  await app.register(gatewayAuth, { auth: (await testService()).auth })
  expect((await app.inject('/early')).statusCode).toBe(401)
})

test('an unknown route stays 404, with and without a token', async () => {
  const { app, token } = await withToken()
  expect((await app.inject('/nowhere')).statusCode).toBe(404)
  expect((await app.inject({ url: '/nowhere', headers: bearer(token) })).statusCode).toBe(404)
  expect((await app.inject({ url: '/nowhere', headers: bearer('bad') })).statusCode).toBe(404)
})

test.each(['bad', 'a.b.c', 'x'.repeat(9000)])('a bad token gets 401 invalid_token', async (token) => {
  const { app } = await withToken()
  const answer = await app.inject({ url: '/whoami', headers: bearer(token) })
  expect(answer.statusCode).toBe(401)
  expect(answer.headers['www-authenticate']).toMatch(
    /^Bearer realm="portcullis", error="invalid_token", error_description="/,
  )
  expect(answer.body).not.toContain(token.slice(0, 100))
})

test('the scheme is matched in any letter case, and another scheme is no token', async () => {
  const { app, token } = await withToken()
  expect(
    (await app.inject({ url: '/whoami', headers: { authorization: `bEaReR ${token}` } })).statusCode,
  ).toBe(200)
  const other = await app.inject({ url: '/whoami', headers: { authorization: 'Basic eDp5' } })
  expect(other.statusCode).toBe(401)
  expect(other.headers['www-authenticate']).toBe('Bearer realm="portcullis"')
})

test('a token in the header and one in the query are one too many', async () => {
  const { app, token } = await withToken()
  for (const name of ['access_token', 'access%5Ftoken', '%61ccess_token']) {
    const answer = await app.inject({ url: `/whoami?${name}=${token}`, headers: bearer(token) })
    expect(answer.statusCode).toBe(400)
    expect(answer.headers['www-authenticate']).toContain('error="invalid_request"')
  }
  expect((await app.inject(`/whoami?access_token=${token}`)).statusCode).toBe(401)
})

test('an optional route takes nobody or somebody, but nobody wrong', async () => {
  const { app, token } = await withToken({
    add: (root) =>
      void root.get('/maybe', { config: { auth: 'optional' } }, async (request) => ({
        who: request.authContext?.userId ?? null,
      })),
  })
  expect((await app.inject('/maybe')).json()).toEqual({ who: null })
  expect((await app.inject({ url: '/maybe', headers: bearer(token) })).json()).toEqual({
    who: expect.any(String),
  })
  expect((await app.inject({ url: '/maybe', headers: bearer('bad') })).statusCode).toBe(401)
})

test('permissions, tiers and types are guarded', async () => {
  const { app, token } = await withToken({
    add: (root) => {
      root.get('/by-config', { config: { permissions: ['read', 'write'] } }, async () => 'in')
      root.get('/too-much', { config: { permissions: ['read', 'admin'] } }, async () => 'in')
      root.get('/hook', { preHandler: requirePermission('admin') }, async () => 'in')
      root.get('/hook-ok', { onRequest: requirePermission('read') }, async () => 'in')
      root.get('/free', { preHandler: requireTier('free') }, async () => 'in')
      root.get('/pro', { preHandler: requireTier('pro') }, async () => 'in')
      root.get('/machine', { preHandler: requireType('machine') }, async () => 'in')
      root.get('/user', { preHandler: requireType('user') }, async () => 'in')
      root.get(
        '/open-guarded',
        { config: { auth: 'none' }, preHandler: requirePermission('read') },
        async () => 'in',
      )
    },
  })
  const get = async (url: string): Promise<{ statusCode: number; challenge: unknown }> => {
    const { statusCode, headers } = await app.inject({ url, headers: bearer(token) })
    return { statusCode, challenge: headers['www-authenticate'] }
  }
  for (const url of ['/by-config', '/hook-ok', '/free', '/machine'])
    expect((await get(url)).statusCode).toBe(200)
  expect(await get('/too-much')).toEqual({
    statusCode: 403,
    challenge:
      'Bearer realm="portcullis", error="insufficient_scope", error_description="the token does not permit this", scope="read admin"',
  })
  expect(await get('/hook')).toMatchObject({
    statusCode: 403,
    challenge: expect.stringContaining('scope="admin"'),
  })
  for (const url of ['/pro', '/user']) expect((await get(url)).statusCode).toBe(403)
  expect((await get('/open-guarded')).statusCode).toBe(401)
  expect((await app.inject('/by-config')).statusCode).toBe(401)
})

test('internal routes need the secret and nothing else', async () => {
  const { app, token } = await withToken({
    add: (root) => {
      root.get('/internal/stats', async () => 'stats')
      root.get('/elsewhere', { config: { auth: 'internal' } }, async () => 'in')
    },
  })
  const secret = { 'x-internal-secret': INTERNAL }
  for (const url of ['/internal/stats', '/elsewhere', '/internal/clients']) {
    expect((await app.inject({ url, headers: secret })).statusCode).toBe(200)
    expect((await app.inject({ url, headers: { ...secret, ...bearer('bad') } })).statusCode).toBe(200)
    for (const headers of [
      {},
      bearer(token),
      { 'x-internal-secret': `${INTERNAL}x` },
      { 'x-internal-secret': '' },
    ]) {
      const answer = await app.inject({ url, headers })
      expect(answer.statusCode).toBe(403)
      expect(answer.json<{ code: string }>().code).toBe('ERR_INTERNAL_SECRET_INVALID')
    }
  }
  expect((await app.inject({ url: '/whoami', headers: secret })).statusCode).toBe(401)
})

test.each([
  '/internal/stats',
  '/%69nternal/stats',
  '/%2569nternal/stats',
  '//internal/stats',
  '/./internal/stats',
  '/x/../internal/stats',
  '/x/%2e%2e/internal/stats',
  '/%5cinternal/stats',
  '/INTERNAL/stats',
  '/internal;a=b/stats',
  '/internal',
  '/internal?x=1',
  'http://localhost/internal/stats',
])('%s is refused whatever route would take it', async (url) => {
  const { app, token } = await withToken({
    server: { routerOptions: { ignoreDuplicateSlashes: true, caseSensitive: false } },
    add: (root) => {
      root.get('/internal/stats', { config: { auth: 'none' } }, async () => 'stats')
      root.get('/*', { config: { auth: 'none' } }, async () => 'anything')
      root.get('/:section/stats', { config: { auth: 'none' } }, async () => 'anything')
    },
  })
  for (const headers of [{}, bearer(token)]) expect((await app.inject({ url, headers })).statusCode).toBe(403)
  expect((await app.inject({ url, headers: { 'x-internal-secret': INTERNAL } })).statusCode).toBe(200)
  expect((await app.inject('/internals')).statusCode).toBe(200)
})

test('without configured secrets internal routes are refused to everybody', async () => {
  const app = fastify()
  await app.register(gatewayAuth, { auth: (await testService()).auth })
  app.get('/internal/x', async () => 'in')
  for (const secret of ['', 'undefined', INTERNAL]) {
    const answer = await app.inject({ url: '/internal/x', headers: { 'x-internal-secret': secret } })
    expect(answer.statusCode).toBe(403)
  }
})

test('any of several secrets is accepted', async () => {
  const app = fastify()
  const next = 'the next internal secret of at least 32 bytes'
  await app.register(gatewayAuth, { auth: (await testService()).auth, internalSecrets: [INTERNAL, next] })
  app.get('/internal/x', async () => 'in')
  for (const secret of [INTERNAL, next]) {
    expect(
      (await app.inject({ url: '/internal/x', headers: { 'x-internal-secret': secret } })).statusCode,
    ).toBe(200)
  }
})

test('routes of others are opened by their pattern, never internal ones', async () => {
  const { app } = await withToken({
    plugin: { openRoutes: ['/metrics/:name'] },
    add: (root) => void root.get('/metrics/:name', async () => 'metrics'),
  })
  expect((await app.inject('/metrics/a')).statusCode).toBe(200)
  await expect(testApp({ plugin: { openRoutes: ['/internal/x'] } })).rejects.toThrow('"openRoutes"')
})

test.each([
  [new AuthError('ERR_AUTH_KEYS_UNAVAILABLE', 'db.internal:5432 is down'), 503],
  [new GatewayAuthError('ERR_AUTH_STORE_UNAVAILABLE', 'db.internal:5432 is down'), 503],
  [new Error('db.internal:5432 is down'), 500],
])('an outage is no denial, and says nothing of the inside', async (error, status) => {
  const { auth } = await testService()
  const app = fastify()
  const failing = { ...auth, verify: async () => Promise.reject(error) }
  await app.register(gatewayAuth, { auth: failing })
  app.get('/whoami', async () => 'in')
  const answer = await app.inject({ url: '/whoami', headers: bearer('a.b.c') })
  expect(answer.statusCode).toBe(status)
  expect(answer.headers['retry-after']).toBe(status === 503 ? '1' : undefined)
  expect(answer.headers['www-authenticate']).toBeUndefined()
  expect(answer.body).not.toContain('5432')
})

test.each<[string, object]>([
  ['"auth"', { auth: undefined }],
  ['"realm"', { realm: 'a"b' }],
  ['"internalSecrets"', { internalSecrets: '' }],
  ['"internalSecrets"', { internalSecrets: [INTERNAL, ''] }],
  ['"openRoutes"', { openRoutes: '/x' }],
  ['"openRoutes"', { openRoutes: ['x'] }],
])('a wrong %s fails the boot', async (name, options) => {
  const app = fastify()
  const { auth } = await testService()
  await expect(app.register(gatewayAuth, { auth, ...options } as never)).rejects.toThrow(name)
})

test.each<[string, object]>([
  ['"config.auth"', { auth: 'nobody' }],
  ['"permissions"', { permissions: [] }],
  ['"permissions"', { permissions: ['a b'] }],
  ['"config.permissions"', { auth: 'none', permissions: ['a'] }],
])('a route with a wrong %s fails the boot', async (name, config) => {
  await expect(
    testApp({ add: (root) => void root.get('/x', { config: config as never }, async () => 'x') }),
  ).rejects.toThrow(name)
})

test('guards refuse wrong arguments', () => {
  expect(() => requirePermission()).toThrow(TypeError)
  expect(() => requirePermission('a b')).toThrow(TypeError)
  expect(() => requireTier('gold' as never)).toThrow(TypeError)
  expect(() => requireType('robot' as never)).toThrow(TypeError)
})
