import { allowInsecureHttp } from '@portcullis/auth-core'
import fastify, { type FastifyInstance, type LightMyRequestResponse } from 'fastify'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { oidcAuth, type OidcAuthOptions, requirePermission, requireRole } from '../../src/fastify/index.ts'
import { createVerifier, type OidcVerifier, type VerifierConfig } from '../../src/index.ts'
import { AUDIENCE, startIssuer, type TestIssuer } from '../support/issuer.ts'

let issuer: TestIssuer
let config: VerifierConfig
let verifier: OidcVerifier

beforeAll(async () => {
  issuer = await startIssuer()
  config = {
    issuer: issuer.issuer,
    audience: AUDIENCE,
    jwksUri: issuer.jwksUri,
    cooldownMs: 0,
    [allowInsecureHttp]: true,
  }
  verifier = createVerifier(config)
})

afterAll(async () => {
  await issuer[Symbol.asyncDispose]()
})

async function testApp(
  options: Partial<OidcAuthOptions> = {},
  add?: (app: FastifyInstance) => unknown,
): Promise<FastifyInstance> {
  const app = fastify()
  await app.register(oidcAuth, 'config' in options ? options : { verifier, ...options })
  app.get('/whoami', async ({ oidc, sub, userId, userRole, roles, permissions, features }) => ({
    oidc: oidc ?? null,
    parts: { sub, userId, userRole, roles, permissions, features },
  }))
  await add?.(app)
  await app.ready()
  return app
}

async function get(app: FastifyInstance, url: string, token?: string): Promise<LightMyRequestResponse> {
  return app.inject({ url, headers: token === undefined ? {} : { authorization: `Bearer ${token}` } })
}

test('a route is closed unless it says otherwise', async () => {
  const app = await testApp({}, (root) => root.get('/open', { config: { oidc: 'none' } }, async () => 'in'))
  const without = await get(app, '/whoami')
  expect(without.statusCode).toBe(401)
  expect(without.json()).toEqual({
    statusCode: 401,
    error: 'Unauthorized',
    code: 'ERR_AUTH_TOKEN_REQUIRED',
    message: 'a token is required',
  })
  expect(without.headers['www-authenticate']).toBe('Bearer realm="portcullis"')
  expect((await get(app, '/open')).body).toBe('in')
  // Not even looked at.
  expect((await get(app, '/open', 'bad')).body).toBe('in')
})

test('a request has the whole context and its parts', async () => {
  const app = await testApp()
  const token = await issuer.token({
    email: 'alice@example.com',
    roles: ['editor', 'viewer'],
    permissions: ['read'],
    features: { beta: true },
    org_id: 'acme',
  })
  const { oidc, parts } = (await get(app, '/whoami', token)).json<{ oidc: object; parts: object }>()
  expect(parts).toEqual({
    sub: 'alice',
    userId: 'alice',
    userRole: 'editor',
    roles: ['editor', 'viewer'],
    permissions: ['read'],
    features: { beta: true },
  })
  expect(oidc).toEqual({ ...parts, email: 'alice@example.com', name: null, org_id: 'acme' })
})

test('what one handler changes does not reach the next request with the token', async () => {
  const app = await testApp({}, (root) =>
    root.get('/vandal', async (request) => {
      request.roles?.push('admin')
      return request.roles
    }),
  )
  const token = await issuer.token({ roles: ['user'] })
  expect((await get(app, '/vandal', token)).json()).toEqual(['user', 'admin'])
  expect((await get(app, '/vandal', token)).json()).toEqual(['user', 'admin'])
})

test('routes that were declared before, child plugins, HEAD routes and wildcards are closed too', async () => {
  const app = fastify()
  app.get('/early', async () => 'secret')
  await app.register(oidcAuth, { verifier })
  await app.register(async (child) => {
    child.get('/child', async () => 'secret')
  })
  app.get('/files/*', async () => 'secret')
  for (const url of ['/early', '/child', '/files/a']) expect((await get(app, url)).statusCode).toBe(401)
  expect((await app.inject({ method: 'HEAD', url: '/child' })).statusCode).toBe(401)
})

test('an unknown route stays 404', async () => {
  const app = await testApp()
  expect((await get(app, '/nowhere')).statusCode).toBe(404)
  expect((await get(app, '/nowhere', 'bad')).statusCode).toBe(404)
})

test('open routes are named by their pattern, and a rule of their own wins', async () => {
  const app = await testApp({ openRoutes: ['/docs/*', '/ruled'] }, (root) => {
    root.get('/docs/*', async () => 'in')
    root.get('/ruled', { config: { oidc: 'required' } }, async () => 'in')
  })
  expect((await get(app, '/docs/a')).statusCode).toBe(200)
  expect((await get(app, '/ruled')).statusCode).toBe(401)
  expect((await get(app, '/whoami')).statusCode).toBe(401)
})

test('one config object of two routes opens none by the name of the other', async () => {
  const shared = {}
  const app = await testApp({ openRoutes: ['/a'] }, (root) => {
    root.get('/a', { config: shared }, async () => 'in')
    root.get('/b', { config: shared }, async () => 'in')
  })
  expect((await get(app, '/a')).statusCode).toBe(200)
  expect((await get(app, '/b')).statusCode).toBe(401)
})

test('an optional route takes nobody or somebody, but nobody wrong', async () => {
  const app = await testApp({}, (root) =>
    root.get('/maybe', { config: { oidc: 'optional' } }, async ({ sub }) => ({ sub: sub ?? null })),
  )
  expect((await get(app, '/maybe')).json()).toEqual({ sub: null })
  expect((await get(app, '/maybe', await issuer.token())).json()).toEqual({ sub: 'alice' })
  expect((await get(app, '/maybe', 'bad')).statusCode).toBe(401)
})

test.each([
  ['is garbage', async () => 'bad'],
  ['is too long', async () => 'x'.repeat(9000)],
  ['has expired', async () => issuer.token({ exp: 1_700_000_000 })],
  ['is for another audience', async () => issuer.token({ aud: 'other' })],
  ['is of another issuer', async () => issuer.token({ iss: 'https://other.test' })],
  ['has no subject', async () => issuer.token({ sub: undefined })],
])('a token that %s gets 401 ERR_AUTH_TOKEN_INVALID', async (_what, make) => {
  const app = await testApp({ realm: 'api' })
  const token = await make()
  const answer = await get(app, '/whoami', token)
  expect(answer.statusCode).toBe(401)
  expect(answer.json()).toMatchObject({ error: 'Unauthorized', code: 'ERR_AUTH_TOKEN_INVALID' })
  expect(Object.keys(answer.json<object>()).toSorted()).toEqual(['code', 'error', 'message', 'statusCode'])
  expect(answer.headers['www-authenticate']).toMatch(
    /^Bearer realm="api", error="invalid_token", error_description="/,
  )
  expect(answer.body).not.toContain(token.slice(0, 60))
})

test('the scheme is matched in any letter case, and another scheme is no token', async () => {
  const app = await testApp()
  const headers = { authorization: `bEaReR ${await issuer.token()}` }
  expect((await app.inject({ url: '/whoami', headers })).statusCode).toBe(200)
  const other = await app.inject({ url: '/whoami', headers: { authorization: 'Basic eDp5' } })
  expect(other.json()).toMatchObject({ code: 'ERR_AUTH_TOKEN_REQUIRED' })
})

test('two credentials are one too many', async () => {
  const app = await testApp()
  const token = await issuer.token()
  for (const name of ['access_token', 'access%5Ftoken']) {
    const answer = await get(app, `/whoami?${name}=${token}`, token)
    expect(answer.statusCode).toBe(400)
    expect(answer.headers['www-authenticate']).toContain('error="invalid_request"')
  }
  // A token in the query alone is none.
  expect((await get(app, `/whoami?access_token=${token}`)).statusCode).toBe(401)
})

test('two Authorization headers on the wire are refused', async () => {
  const app = await testApp()
  const url = await app.listen({ port: 0, host: '127.0.0.1' })
  const { request } = await import('node:http')
  const token = await issuer.token()
  const status = await new Promise<number | undefined>((resolve, reject) => {
    const headers = ['Host', 'x', 'Authorization', `Bearer ${token}`, 'Authorization', 'Bearer other']
    request(`${url}/whoami`, { headers, agent: false }, (answer) => {
      answer.resume()
      resolve(answer.statusCode)
    })
      .on('error', reject)
      .end()
  })
  expect(status).toBe(400)
  await app.close()
})

test('roles and permissions are guarded, by config and by hooks', async () => {
  const app = await testApp({}, (root) => {
    root.get('/editors', { config: { oidc: { roles: ['admin', 'editor'] } } }, async () => 'in')
    root.get('/admins', { config: { oidc: { roles: ['admin'] } } }, async () => 'in')
    root.get('/read', { config: { oidc: { permissions: ['read'] } } }, async () => 'in')
    root.get(
      '/both',
      { config: { oidc: { roles: ['editor'], permissions: ['read', 'write'] } } },
      async () => 'in',
    )
    root.get('/hook', { preHandler: requireRole('editor') }, async () => 'in')
    root.get('/hook-no', { onRequest: requirePermission('write') }, async () => 'in')
    root.get('/open', { config: { oidc: 'none' }, preHandler: requireRole('user') }, async () => 'in')
  })
  const token = await issuer.token({ roles: ['editor'], permissions: ['read'] })
  for (const url of ['/editors', '/read', '/hook']) expect((await get(app, url, token)).statusCode).toBe(200)
  const role = await get(app, '/admins', token)
  expect(role.statusCode).toBe(403)
  expect(role.json()).toEqual({
    statusCode: 403,
    error: 'Forbidden',
    code: 'ERR_FORBIDDEN',
    message: 'the user may not do this',
  })
  expect(role.headers['www-authenticate']).toBe(
    'Bearer realm="portcullis", error="insufficient_scope", error_description="the user may not do this"',
  )
  const permission = await get(app, '/both', token)
  expect(permission.statusCode).toBe(403)
  expect(permission.headers['www-authenticate']).toContain('scope="read write"')
  expect((await get(app, '/hook-no', token)).statusCode).toBe(403)
  // A guard on a route that does not look at tokens lets nobody in.
  expect((await get(app, '/open', token)).statusCode).toBe(401)
  expect((await get(app, '/editors')).statusCode).toBe(401)
})

test('the role of the directory wins over those of the token, and its id is the user id', async () => {
  const findOrCreate = vi.fn(() => ({ id: 7, role: 'guest' }))
  const app = await testApp({ users: { findOrCreate } }, (root) =>
    root.get('/admins', { config: { oidc: { roles: ['admin'] } } }, async () => 'in'),
  )
  const token = await issuer.token({ roles: ['admin'], email: 'a@example.com', name: 'Alice' })
  expect((await get(app, '/whoami', token)).json()).toMatchObject({
    parts: { sub: 'alice', userId: '7', userRole: 'guest', roles: ['guest'] },
  })
  const claims = expect.objectContaining({ iss: issuer.issuer, sub: 'alice', roles: ['admin'] })
  expect(findOrCreate).toHaveBeenCalledWith('alice', { email: 'a@example.com', name: 'Alice' }, claims)
  expect((await get(app, '/admins', token)).statusCode).toBe(403)
})

test('a disabled user gets 403 ERR_USER_DISABLED', async () => {
  const app = await testApp({ users: { findOrCreate: async () => ({ id: 'x', isDisabled: true }) } })
  const answer = await get(app, '/whoami', await issuer.token())
  expect(answer.statusCode).toBe(403)
  expect(answer.json()).toMatchObject({ error: 'Forbidden', code: 'ERR_USER_DISABLED' })
  expect(answer.headers['www-authenticate']).toBe('Bearer realm="portcullis"')
})

test.each([
  [
    'throws',
    () => {
      throw new Error('password=hunter2')
    },
  ],
  ['rejects', async () => Promise.reject(new Error('password=hunter2'))],
  // oxlint-disable-next-line typescript/prefer-promise-reject-errors
  ['rejects with nothing', async () => Promise.reject(undefined)],
])('a directory that %s gets 500 and nothing leaks', async (_what, findOrCreate) => {
  const app = await testApp({ users: { findOrCreate } })
  const answer = await get(app, '/whoami', await issuer.token())
  expect(answer.json()).toEqual({
    statusCode: 500,
    error: 'Internal Server Error',
    code: 'ERR_USER_PROVISION_FAILED',
    message: 'the user could not be looked up',
  })
})

test('keys that cannot be had are 503 with Retry-After, never 401', async () => {
  await using away = await startIssuer()
  const app = await testApp({
    config: { ...config, issuer: away.issuer, jwksUri: away.jwksUri } as VerifierConfig,
  })
  const token = await away.token()
  away.answer = (_request, response) => response.writeHead(500).end()
  const answer = await get(app, '/whoami', token)
  expect(answer.statusCode).toBe(503)
  expect(answer.json()).toEqual({
    statusCode: 503,
    error: 'Service Unavailable',
    code: 'ERR_AUTH_KEYS_UNAVAILABLE',
    message: 'authentication is not available',
  })
  expect(Number(answer.headers['retry-after'])).toBeGreaterThanOrEqual(1)
  expect(answer.headers).not.toHaveProperty('www-authenticate')
  away.answer = undefined
  expect((await get(app, '/whoami', token)).statusCode).toBe(200)
})

test('a verifier that breaks its promise is a 500 that says nothing', async () => {
  const app = await testApp({ verifier: { verify: async () => Promise.reject(new Error('inside')) } })
  const answer = await get(app, '/whoami', 'x')
  expect(answer.statusCode).toBe(500)
  expect(answer.json()).toEqual({
    statusCode: 500,
    error: 'Internal Server Error',
    code: 'ERR_INTERNAL',
    message: 'Internal Server Error',
  })
})

test('it stands beside another plugin that closes routes by its own key', async () => {
  const app = await testApp({}, (root) => {
    root.addHook('onRequest', async (_request, reply) => {
      reply.header('www-authenticate', 'Bearer realm="machines"')
    })
    root.get('/guarded', { config: { oidc: 'none' }, preHandler: requireRole('x') }, async () => 'in')
  })
  expect((await get(app, '/guarded')).headers['www-authenticate']).toEqual([
    'Bearer realm="machines"',
    'Bearer realm="portcullis"',
  ])
})

test('10000 bad tokens of any shape are 401 or 400, and nothing is thrown beside', async () => {
  const app = await testApp()
  const alphabet = 'abcXYZ019._-~+/= ,"\\{}é\u0000\t'
  let seed = 1
  const random = (below: number): number => {
    seed = (seed * 48_271) % 2_147_483_647
    return seed % below
  }
  for (let round = 0; round < 10_000; round += 1) {
    const text = Array.from({ length: random(40) }, () => alphabet[random(alphabet.length)]).join('')
    const { statusCode } = await app.inject({ url: '/whoami', headers: { authorization: `Bearer ${text}` } })
    expect([400, 401]).toContain(statusCode)
  }
})

test.each([
  ['verifier', {}],
  ['verifier', { verifier: {} }],
  ['verifier', { verifier: { verify: async () => Promise.reject(new Error('x')) }, config: {} }],
  ['users', { users: {} }],
  ['users', { users: null }],
  ['realm', { realm: 'a"b' }],
  ['realm', { realm: '' }],
  ['openRoutes', { openRoutes: ['docs'] }],
])('a wrong "%s" is a TypeError at boot', async (name, options) => {
  const app = fastify()
  const all = name === 'verifier' ? options : { verifier, ...options }
  await expect(app.register(oidcAuth, all as OidcAuthOptions).ready()).rejects.toThrow(
    expect.objectContaining({ name: 'TypeError', message: expect.stringContaining(`"${name}"`) }),
  )
})

test.each([
  'maybe',
  true,
  null,
  [[]],
  { role: ['admin'] },
  { roles: 'admin' },
  { roles: [] },
  { permissions: ['two words'] },
])('a wrong config.oidc is a TypeError that names the route: %j', async (oidc) => {
  const app = fastify()
  await app.register(oidcAuth, { verifier })
  expect(() => app.get('/wrong', { config: { oidc: oidc as never } }, async () => 'in')).toThrow(/"?\/wrong/)
})

test('guards refuse to guard nothing', () => {
  expect(() => requireRole()).toThrow(TypeError)
  expect(() => requirePermission()).toThrow(TypeError)
  expect(() => requirePermission('a"b')).toThrow(TypeError)
})
