import fastify from 'fastify'
import { expect, test } from 'vitest'
import { createKeyRing, createMemoryStore, GatewayAuthError } from '../../src/index.ts'
import { authRoutes } from '../../src/fastify/index.ts'
import { basic, bearer, postForm, testApp, type TestApp } from '../support/app.ts'
import { INTERNAL, SECRET, testService } from '../support/service.ts'

const GRANT = { grant_type: 'client_credentials' }

async function withClient(
  options: Parameters<typeof testApp>[0] = {},
): Promise<TestApp & { clientId: string; clientSecret: string }> {
  const all = await testApp(options)
  const { clientId, clientSecret } = await all.register()
  return { ...all, clientId, clientSecret }
}

test('register, token, call, refresh, replay: the JSON way', async () => {
  const { app } = await testApp()
  const registered = await app.inject({
    method: 'POST',
    url: '/auth/register',
    payload: { name: 'my-agent', capabilities: ['execution', 'filesystem'] },
  })
  expect(registered.statusCode).toBe(201)
  const client = registered.json<Record<string, string>>()
  expect(client).toEqual({
    clientId: expect.stringMatching(/^c_[0-9a-f]{32}$/),
    clientSecret: expect.stringMatching(/^[\w-]{43}$/),
    hostId: expect.stringMatching(/^[0-9a-f-]{36}$/),
    namespaceId: expect.stringMatching(/^[0-9a-f]{32}$/),
  })
  const { clientId, clientSecret } = client
  const issued = await app.inject({ method: 'POST', url: '/auth/token', payload: { clientId, clientSecret } })
  expect(issued.statusCode).toBe(200)
  expect(issued.headers['cache-control']).toBe('no-store')
  expect(issued.headers['pragma']).toBe('no-cache')
  const tokens = issued.json<{ accessToken: string; refreshToken: string }>()
  expect(tokens).toEqual({
    accessToken: expect.any(String),
    refreshToken: expect.any(String),
    expiresIn: 900,
    tokenType: 'Bearer',
  })
  expect((await app.inject({ url: '/whoami', headers: bearer(tokens.accessToken) })).statusCode).toBe(200)
  expect((await app.inject({ url: '/whoami', headers: bearer(tokens.refreshToken) })).statusCode).toBe(401)
  const refresh = async (refreshToken: string): Promise<{ statusCode: number; json: () => unknown }> =>
    app.inject({ method: 'POST', url: '/auth/refresh', payload: { refreshToken } })
  expect((await refresh(tokens.accessToken)).statusCode).toBe(401)
  expect((await refresh(tokens.refreshToken)).statusCode).toBe(200)
  const replay = await refresh(tokens.refreshToken)
  expect(replay.statusCode).toBe(401)
  expect(replay.json()).toEqual({
    statusCode: 401,
    error: 'Unauthorized',
    code: 'ERR_REFRESH_TOKEN_INVALID',
    message: 'the refresh token is not valid',
  })
})

test('namespace, tier and anything else in a registration are not read', async () => {
  const { app, auth } = await testApp()
  const payload = {
    name: 'a',
    capabilities: [],
    namespaceId: 'mine',
    tier: 'enterprise',
    clientId: 'c_1',
    disabledAt: 1,
  }
  const { clientId } = (await app.inject({ method: 'POST', url: '/auth/register', payload })).json<{
    clientId: string
  }>()
  const client = await auth.findClient(clientId)
  expect(client).toMatchObject({ tier: 'free', disabledAt: null })
  expect(client?.namespaceId).not.toBe('mine')
})

test.each<[string, unknown]>([
  ['no name', { capabilities: [] }],
  ['an empty name', { name: '', capabilities: [] }],
  ['a long name', { name: 'x'.repeat(65), capabilities: [] }],
  ['a name that is a number', { name: 7, capabilities: [] }],
  ['a name that is a list', { name: ['x'], capabilities: [] }],
  ['a name with a line break', { name: 'a\nb', capabilities: [] }],
  ['no capabilities', { name: 'x' }],
  ['one capability as text', { name: 'x', capabilities: 'read' }],
  ['65 capabilities', { name: 'x', capabilities: Array.from({ length: 65 }, (_, i) => `c${i}`) }],
  ['a long capability', { name: 'x', capabilities: ['x'.repeat(65)] }],
  ['a capability with a space', { name: 'x', capabilities: ['a b'] }],
  ['a capability with a line break', { name: 'x', capabilities: ['a\n'] }],
  ['a capability that is a number', { name: 'x', capabilities: [1] }],
  ['a key that is an object', { name: 'x', capabilities: [], publicKey: {} }],
  ['a key that is none', { name: 'x', capabilities: [], publicKey: 'key' }],
  ['a list', []],
  ['null', null],
  ['text', 'x'],
])('a registration with %s is refused, quoting nothing', async (_, payload) => {
  const { app, store } = await testApp()
  const answer = await app.inject({
    method: 'POST',
    url: '/auth/register',
    headers: { 'content-type': 'application/json' },
    payload: JSON.stringify(payload),
  })
  expect(answer.statusCode).toBe(400)
  expect(answer.json()).toMatchObject({
    statusCode: 400,
    error: 'Bad Request',
    code: expect.stringMatching(/^ERR_/),
  })
  expect((await store.listClients({ limit: 10 })).clients).toEqual([])
})

test('registration with initial access tokens takes those, and their namespace', async () => {
  const own = 'initial-access-token-of-32-characters-own'
  const joined = 'initial-access-token-of-32-characters-joined'
  const { app, events } = await testApp({
    service: { registration: { initialAccessTokens: [own, { token: joined, namespaceId: 'team' }] } },
  })
  const register = async (
    headers: Record<string, string>,
  ): Promise<{ statusCode: number; headers: object; json<T>(): T }> =>
    app.inject({ method: 'POST', url: '/auth/register', headers, payload: { name: 'a', capabilities: [] } })
  expect((await register(bearer(own))).statusCode).toBe(201)
  expect((await register(bearer(joined))).json<{ namespaceId: string }>().namespaceId).toBe('team')
  for (const headers of [{}, bearer(`${own}x`), bearer('x'), { authorization: `Basic ${own}` }]) {
    const answer = await register(headers)
    expect(answer.statusCode).toBe(401)
    expect(answer.headers).toMatchObject({ 'www-authenticate': expect.stringMatching(/^Bearer realm=/) })
  }
  expect(JSON.stringify(events)).not.toContain(own)
})

test.each([
  ['client_secret_basic', (id: string, secret: string) => ({ body: GRANT, headers: basic(id, secret) })],
  [
    'client_secret_post',
    (id: string, secret: string) => ({
      body: { ...GRANT, client_id: id, client_secret: secret },
      headers: {},
    }),
  ],
])('the form way with %s', async (_, make) => {
  const { app, clientId, clientSecret } = await withClient()
  const { body, headers } = make(clientId, clientSecret)
  const issued = await postForm(app, '/auth/token', { ...body, scope: 'write' }, headers)
  expect(issued.statusCode).toBe(200)
  expect(issued.headers['cache-control']).toBe('no-store')
  expect(issued.json()).toEqual({
    access_token: expect.any(String),
    refresh_token: expect.any(String),
    token_type: 'Bearer',
    expires_in: 900,
    scope: 'write',
  })
  const refresh_token = issued.json<{ refresh_token: string }>().refresh_token
  for (const url of ['/auth/token', '/auth/refresh']) {
    const alone = await postForm(app, url, { grant_type: 'refresh_token', refresh_token })
    expect(alone.json()).toEqual({
      error: 'invalid_client',
      error_description: 'client authentication failed',
    })
  }
  const next = await postForm(
    app,
    '/auth/token',
    { ...body, grant_type: 'refresh_token', refresh_token },
    headers,
  )
  expect(next.statusCode).toBe(200)
  const replay = await postForm(
    app,
    '/auth/token',
    { ...body, grant_type: 'refresh_token', refresh_token },
    headers,
  )
  expect(replay.statusCode).toBe(400)
  expect(replay.json()).toEqual({
    error: 'invalid_grant',
    error_description: 'the refresh token is not valid',
  })
  expect(replay.headers['cache-control']).toBe('no-store')
})

test.each<[string, string, string, number]>([
  ['no grant type', '', 'invalid_request', 400],
  ['another grant type', 'grant_type=password', 'unsupported_grant_type', 400],
  ['a grant type of the prototype', 'grant_type=__proto__', 'unsupported_grant_type', 400],
  [
    'a grant type twice',
    'grant_type=client_credentials&grant_type=client_credentials',
    'invalid_request',
    400,
  ],
  ['an unknown parameter twice', 'grant_type=client_credentials&x=1&x=2', 'invalid_request', 400],
  ['a scope that is too much', 'grant_type=client_credentials&scope=read+admin', 'invalid_scope', 400],
  ['a scope with two spaces', 'grant_type=client_credentials&scope=read++write', 'invalid_scope', 400],
  ['a second client', 'grant_type=client_credentials&client_id=c_other', 'invalid_client', 401],
  ['a second method', 'grant_type=client_credentials&client_secret=x', 'invalid_request', 400],
  ['an assertion beside', 'grant_type=client_credentials&client_assertion=a.b.c', 'invalid_request', 400],
  ['no refresh token', 'grant_type=refresh_token', 'invalid_request', 400],
  ['garbage as refresh token', 'grant_type=refresh_token&refresh_token=a.b.c', 'invalid_grant', 400],
])('a form with %s is refused', async (_, body, error, status) => {
  const { app, clientId, clientSecret } = await withClient()
  const answer = await postForm(app, '/auth/token', body, basic(clientId, clientSecret))
  expect(answer.statusCode).toBe(status)
  expect(answer.json()).toEqual({
    error,
    error_description: expect.stringMatching(/^[\x20\x21\x23-\x5b\x5d-\x7e]+$/),
  })
})

test.each<[string, (id: string, secret: string) => Record<string, string>]>([
  ['a wrong secret', (id) => basic(id, 'wrong')],
  ['an unknown client', (_, secret) => basic('c_unknown', secret)],
  ['nothing', () => ({})],
  ['another scheme', (_, secret) => bearer(secret)],
  ['no colon', () => ({ authorization: `Basic ${Buffer.from('abc').toString('base64')}` })],
  ['an empty id', (_, secret) => basic('', secret)],
  ['a broken escape', () => ({ authorization: `Basic ${Buffer.from('%zz:%').toString('base64')}` })],
  ['no base64', () => ({ authorization: 'Basic ???' })],
])('%s is invalid_client, always the same', async (_, headers) => {
  const { app, clientId, clientSecret } = await withClient()
  const answer = await postForm(app, '/auth/token', GRANT, headers(clientId, clientSecret))
  expect(answer.statusCode).toBe(401)
  expect(answer.headers['www-authenticate']).toBe('Basic realm="portcullis", charset="UTF-8"')
  expect(answer.json()).toEqual({
    error: 'invalid_client',
    error_description: 'client authentication failed',
  })
})

test('a secret of more than 72 bytes is refused as it is, never cut', async () => {
  const { app, clientId, hasher } = await withClient()
  const long = 'x'.repeat(73)
  const json = await app.inject({
    method: 'POST',
    url: '/auth/token',
    payload: { clientId, clientSecret: long },
  })
  expect(json.statusCode).toBe(400)
  expect((await postForm(app, '/auth/token', GRANT, basic(clientId, long))).json()).toMatchObject({
    error: 'invalid_request',
  })
  expect(hasher.calls.verify).toBe(0)
})

test.each<[string, unknown]>([
  ['a number as secret', { clientId: 'c_1', clientSecret: 1 }],
  ['a list as id', { clientId: ['c_1'], clientSecret: 'x' }],
  ['nothing', {}],
  ['snake case', { client_id: 'c_1', client_secret: 'x' }],
])('a JSON token request with %s is refused without coercion', async (_, payload) => {
  const { app } = await testApp()
  const answer = await app.inject({ method: 'POST', url: '/auth/token', payload: payload as object })
  expect(answer.statusCode).toBe(400)
  expect(answer.json<{ code: string }>().code).toBe('ERR_REQUEST_INVALID')
})

test('other media types, broken and large bodies are refused in the style of the route', async () => {
  const { app } = await testApp()
  const send = async (url: string, type: string, payload: string): Promise<[number, unknown]> => {
    const answer = await app.inject({ method: 'POST', url, headers: { 'content-type': type }, payload })
    return [answer.statusCode, answer.json()]
  }
  const json = { error: expect.any(String), message: expect.any(String) }
  expect(await send('/auth/token', 'text/plain', 'x')).toEqual([
    415,
    { statusCode: 415, ...json, code: 'ERR_MEDIA_TYPE_UNSUPPORTED' },
  ])
  expect(await send('/auth/register', 'application/x-www-form-urlencoded', 'name=x')).toEqual([
    415,
    { statusCode: 415, ...json, code: 'ERR_MEDIA_TYPE_UNSUPPORTED' },
  ])
  expect(await send('/auth/revoke', 'application/json', '{}')).toEqual([
    415,
    { error: 'invalid_request', error_description: expect.any(String) },
  ])
  expect(await send('/auth/token', 'application/json', '{"clientId":')).toEqual([
    400,
    { statusCode: 400, ...json, code: 'ERR_REQUEST_INVALID' },
  ])
  expect(await send('/auth/token', 'application/json', '{"__proto__":{"clientId":"x"}}')).toEqual([
    400,
    { statusCode: 400, ...json, code: 'ERR_REQUEST_INVALID' },
  ])
  for (const url of ['/auth/register', '/auth/token', '/auth/refresh']) {
    const [status] = await send(url, 'application/json', JSON.stringify({ name: 'x'.repeat(16 * 1024) }))
    expect(status).toBe(413)
  }
  expect(
    await send('/auth/token', 'application/x-www-form-urlencoded', `x=${'y'.repeat(16 * 1024)}`),
  ).toEqual([413, { error: 'invalid_request', error_description: 'the body is too large' }])
})

test('revocation: own tokens end, unknown ones are fine, those of others are refused', async () => {
  const { app, auth, clientId, clientSecret, register } = await withClient()
  const mine = basic(clientId, clientSecret)
  const stranger = await register()
  const theirs = basic(stranger.clientId, stranger.clientSecret)
  const first = await auth.issueTokens({ clientId, clientSecret })
  const revoke = async (token: string, headers: Record<string, string>): Promise<[number, string]> => {
    const answer = await postForm(app, '/auth/revoke', { token, token_type_hint: 'access_token' }, headers)
    expect(answer.headers['cache-control']).toBe('no-store')
    return [answer.statusCode, answer.body]
  }
  expect(await revoke('unknown', mine)).toEqual([200, ''])
  for (const token of [first.accessToken, first.refreshToken]) {
    const [status, body] = await revoke(token, theirs)
    expect(status).toBe(400)
    expect(JSON.parse(body)).toMatchObject({ error: 'invalid_request' })
  }
  expect((await revoke(first.accessToken, {}))[0]).toBe(401)
  expect((await app.inject({ url: '/whoami', headers: bearer(first.accessToken) })).statusCode).toBe(200)
  expect(await revoke(first.accessToken, mine)).toEqual([200, ''])
  expect((await app.inject({ url: '/whoami', headers: bearer(first.accessToken) })).statusCode).toBe(401)
  const second = await auth.refreshTokens(first.refreshToken)
  expect(await revoke(second.refreshToken, mine)).toEqual([200, ''])
  expect((await app.inject({ url: '/whoami', headers: bearer(second.accessToken) })).statusCode).toBe(401)
  expect((await postForm(app, '/auth/revoke', {}, mine)).json()).toMatchObject({ error: 'invalid_request' })
})

test('a token without id cannot be revoked alone, and one without client is that of its host', async () => {
  const { app, auth, clientId, clientSecret } = await withClient()
  const hostId = (await auth.findClient(clientId))?.hostId
  const keys = createKeyRing([{ algorithm: 'HS256', key: SECRET }])
  const iat = Math.floor(Date.now() / 1000)
  const plain = { namespaceId: 'n', tier: 'free', type: 'machine', iat, exp: iat + 60 }
  const revoke = async (claims: object): Promise<[number, unknown, string]> => {
    const token = await keys.sign({ ...plain, ...claims })
    const { statusCode, body } = await postForm(app, '/auth/revoke', { token }, basic(clientId, clientSecret))
    const after = await app.inject({ url: '/whoami', headers: bearer(token) })
    return [statusCode, body && (JSON.parse(body) as { error: string }).error, String(after.statusCode)]
  }
  expect(await revoke({ sub: hostId })).toEqual([400, 'unsupported_token_type', '200'])
  expect(await revoke({ sub: hostId, jti: 'one' })).toEqual([200, '', '401'])
  expect(await revoke({ sub: 'other', jti: 'two' })).toEqual([400, 'invalid_request', '200'])
  expect(await revoke({ sub: hostId, client_id: 'c_other', jti: 'three' })).toEqual([
    400,
    'invalid_request',
    '200',
  ])
})

test('introspection: own namespace for clients, everything for callers from inside, else inactive', async () => {
  const { app, auth, clientId, clientSecret, register } = await withClient()
  const mine = basic(clientId, clientSecret)
  const stranger = await register()
  const { accessToken, refreshToken } = await auth.issueTokens({ clientId, clientSecret })
  const ask = async (token: string, headers: Record<string, string>): Promise<unknown> => {
    const answer = await postForm(app, '/auth/introspect', { token }, headers)
    expect(answer.headers['cache-control']).toBe('no-store')
    return answer.json()
  }
  const inside = { 'x-internal-secret': INTERNAL }
  for (const headers of [mine, inside]) {
    expect(await ask(accessToken, headers)).toMatchObject({
      active: true,
      client_id: clientId,
      token_type: 'Bearer',
    })
    expect(await ask(refreshToken, headers)).toMatchObject({ active: true, type: 'refresh' })
    expect(await ask('unknown', headers)).toEqual({ active: false })
  }
  for (const token of [accessToken, refreshToken]) {
    expect(await ask(token, basic(stranger.clientId, stranger.clientSecret))).toEqual({ active: false })
  }
  expect(await ask(accessToken, {})).toMatchObject({ error: 'invalid_client' })
  expect(await ask(accessToken, { 'x-internal-secret': 'wrong' })).toMatchObject({ error: 'access_denied' })
  await auth.updateClient(clientId, { disabled: true })
  for (const token of [accessToken, refreshToken]) expect(await ask(token, inside)).toEqual({ active: false })
})

test('the metadata names the issuer exactly and every endpoint', async () => {
  for (const issuer of ['https://auth.example.com', 'https://auth.example.com/tenant']) {
    const { app } = await testApp({ service: { issuer, allowedCapabilities: ['read', 'write'] } })
    const path = new URL(issuer).pathname.replace(/^\/$/, '')
    const answer = await app.inject(`/.well-known/oauth-authorization-server${path}`)
    expect(answer.statusCode).toBe(200)
    expect(answer.headers['cache-control']).toBe('public, max-age=300')
    expect(answer.json()).toMatchObject({
      issuer,
      token_endpoint: `${issuer}/auth/token`,
      jwks_uri: `${issuer}/.well-known/jwks.json`,
      grant_types_supported: ['client_credentials', 'refresh_token'],
      scopes_supported: ['read', 'write'],
    })
  }
})

test('an issuer with a slash at its end keeps it, and its endpoints have one', async () => {
  const issuer = 'https://auth.example.com/tenant/'
  const { app } = await testApp({ service: { issuer } })
  const document = (await app.inject('/.well-known/oauth-authorization-server/tenant')).json<object>()
  expect(document).toMatchObject({ issuer, token_endpoint: `${issuer}auth/token` })
})

test('a refused body is told by its members, or by what it is instead of an object', async () => {
  const { app } = await testApp()
  const messageFor = async (payload: object): Promise<unknown> =>
    (await app.inject({ method: 'POST', url: '/auth/token', payload })).json<{ message: string }>().message
  expect(await messageFor([])).toBe('the body must be a JSON object')
  expect(await messageFor({ clientId: 7 })).toBe('malformed or missing: clientId, clientSecret')
})

test('the key set is empty for secrets', async () => {
  const { app } = await testApp()
  const answer = await app.inject('/.well-known/jwks.json')
  expect(answer.json()).toEqual({ keys: [] })
  expect(answer.headers['cache-control']).toBe('public, max-age=300')
})

test('no answer has CORS headers', async () => {
  const { app } = await testApp()
  const headers = { origin: 'https://evil.example.com' }
  for (const url of ['/whoami', '/open', '/.well-known/jwks.json', '/auth/token']) {
    for (const method of ['GET', 'POST', 'OPTIONS'] as const) {
      expect((await app.inject({ method, url, headers })).headers).not.toHaveProperty(
        'access-control-allow-origin',
      )
    }
  }
})

test('the routes work under a prefix, and without the guard', async () => {
  const { auth } = await testService()
  const app = fastify()
  await app.register(authRoutes, { auth, prefix: '/api' })
  const payload = { name: 'a', capabilities: [] }
  expect((await app.inject({ method: 'POST', url: '/api/auth/register', payload })).statusCode).toBe(201)
})

test('a store that is away is 503 with Retry-After in both styles, without its reasons', async () => {
  const store = createMemoryStore()
  const { app, clientId, clientSecret } = await withClient({
    service: {
      store: {
        ...store,
        peek: async () => {
          throw new GatewayAuthError('ERR_AUTH_STORE_UNAVAILABLE', 'db.internal:5432 is down')
        },
      },
    },
  })
  const json = await app.inject({ method: 'POST', url: '/auth/token', payload: { clientId, clientSecret } })
  const form = await postForm(app, '/auth/token', GRANT, basic(clientId, clientSecret))
  for (const answer of [json, form]) {
    expect(answer.statusCode).toBe(503)
    expect(answer.headers['retry-after']).toBe('1')
    expect(answer.body).not.toContain('5432')
  }
  expect(form.json()).toMatchObject({ error: 'temporarily_unavailable' })
})
