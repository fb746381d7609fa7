import { AuthError } from '@portcullis/auth-core'
import fastify, { type FastifyInstance, type LightMyRequestResponse } from 'fastify'
import { describe, expect, test } from 'vitest'
import { registryRoutes, type RegistryRoutesOptions } from '../../src/fastify/index.ts'
import { createMemoryStore, createRegistry, RegistryError, type Registry } from '../../src/index.ts'

const TOKEN = 'internal-token-of-at-least-32-bytes'
const OLD_TOKEN = 'previous-internal-token-of-32-bytes'
const URL = '/api/registry/authorize'

const registry = createRegistry({
  store: createMemoryStore([
    { workspaceId: 'w', projectId: 'open', hosts: ['open.example'], auth: { mode: 'none' } },
    {
      workspaceId: 'w',
      projectId: 's',
      hosts: ['s.example'],
      auth: { mode: 'jwt-secret', secret: 's'.repeat(32) },
    },
  ]),
})

async function open(
  options: Partial<RegistryRoutesOptions> = {},
  log: string[] = [],
): Promise<FastifyInstance> {
  const app = fastify({ logger: { level: 'error', stream: { write: (line: string) => log.push(line) } } })
  await app.register(registryRoutes, { registry, internalTokens: TOKEN, ...options })
  return app
}

function failing(error: unknown): Pick<Registry, 'authorize'> {
  return { authorize: () => Promise.reject(error) }
}

async function ask(
  app: FastifyInstance,
  payload: unknown,
  headers: Record<string, string> = { authorization: `Bearer ${TOKEN}` },
): Promise<LightMyRequestResponse> {
  return app.inject({
    method: 'POST',
    url: URL,
    headers: { 'content-type': 'application/json', ...headers },
    payload: typeof payload === 'string' ? payload : JSON.stringify(payload),
  })
}

describe('a gateway', () => {
  test.each([
    { host: 'open.example' },
    { host: 'OPEN.example:80', token: null },
    { host: 'open.example', token: 'x', more: 1 },
  ])('asking %j gets the grant, not to be cached', async (body) => {
    await using app = await open()
    const response = await ask(app, body)
    expect(response.statusCode).toBe(200)
    expect(response.json()).toEqual({ workspaceId: 'w', projectId: 'open', userId: null, claims: {} })
    expect(response.headers['cache-control']).toBe('no-store')
  })

  test('is told the limits of a project that has some, and that a user is blocked', async () => {
    const limits = { maxConnections: 2, messagesPerSecond: 3 }
    const store = createMemoryStore([
      { workspaceId: 'w', projectId: 'l', hosts: ['l.example'], auth: { mode: 'none' }, limits },
      {
        workspaceId: 'w',
        projectId: 'm',
        hosts: ['m.example'],
        auth: { mode: 'machine', namespaces: ['n'] },
      },
    ])
    const limited = createRegistry({
      store: { ...store, isUserBlocked: async () => true },
      machineTokens: async () => ({ sub: 'ann', exp: Date.now() / 1000 + 60, namespaceId: 'n' }),
    })
    await using app = await open({ registry: limited })
    const grant = { workspaceId: 'w', projectId: 'l', userId: null, claims: {}, limits }
    expect((await ask(app, { host: 'l.example' })).json()).toEqual(grant)
    const refused = await ask(app, { host: 'm.example', token: 'x' })
    expect([refused.statusCode, refused.json<{ code: string }>().code]).toEqual([403, 'ERR_USER_BLOCKED'])
  })

  test('may ask for machines only', async () => {
    await using app = await open()
    const answers = await Promise.all(
      ['machine', 'none', null].map(async (mode) => ask(app, { host: 'open.example', mode })),
    )
    expect(answers.map((answer) => answer.json<{ code: string }>().code)).toEqual([
      'ERR_HOST_UNKNOWN',
      'ERR_REQUEST_INVALID',
      'ERR_REQUEST_INVALID',
    ])
  })

  test('may present any accepted token while one is rotated, and no retired one', async () => {
    await using app = await open({ internalTokens: [TOKEN, OLD_TOKEN] })
    for (const token of [TOKEN, OLD_TOKEN]) {
      expect(
        (await ask(app, { host: 'open.example' }, { authorization: `bearer ${token}` })).statusCode,
      ).toBe(200)
    }
    await using after = await open()
    expect(
      (await ask(after, { host: 'open.example' }, { authorization: `Bearer ${OLD_TOKEN}` })).statusCode,
    ).toBe(401)
  })

  test('reaches the routes under a prefix', async () => {
    await using app = fastify()
    await app.register(registryRoutes, { registry, internalTokens: TOKEN, prefix: '/v1' })
    const response = await app.inject({
      method: 'POST',
      url: `/v1${URL}`,
      headers: { authorization: `Bearer ${TOKEN}` },
      payload: { host: 'open.example' },
    })
    expect(response.statusCode).toBe(200)
  })
})

describe('a stranger', () => {
  test.each<[string, Record<string, string>]>([
    ['no token', {}],
    ['a wrong token', { authorization: 'Bearer wrong-internal-token-of-32-bytes-x' }],
    ['a prefix of the token', { authorization: `Bearer ${TOKEN.slice(0, -1)}` }],
    ['the token and more', { authorization: `Bearer ${TOKEN}x` }],
    ['the token in other letters', { authorization: `Bearer ${TOKEN.toUpperCase()}` }],
    ['the token without a scheme', { authorization: TOKEN }],
    ['the token as basic credentials', { authorization: `Basic ${TOKEN}` }],
    ['an empty token', { authorization: 'Bearer ' }],
    ['a malformed token', { authorization: 'Bearer a b' }],
    ['an enormous token', { authorization: `Bearer ${'a'.repeat(9000)}` }],
    ['the token in another header', { 'x-internal-token': TOKEN }],
  ])('with %s gets one and the same 401, whatever the body', async (_name, headers) => {
    await using app = await open()
    for (const body of [{ host: 'open.example' }, { host: 'unknown.example' }, '{broken', '']) {
      const response = await ask(app, body, headers)
      expect(response.statusCode).toBe(401)
      expect(response.json()).toEqual({
        statusCode: 401,
        error: 'Unauthorized',
        code: 'ERR_INTERNAL_TOKEN_INVALID',
        message: 'the internal token is missing or wrong',
      })
      expect(response.headers['www-authenticate']).toContain('Bearer realm="internal"')
      expect(response.body).not.toContain(TOKEN)
    }
  })

  test('cannot send the token twice', async () => {
    await using app = await open()
    await app.listen({ host: '127.0.0.1', port: 0 })
    const { request } = await import('node:http')
    const { port } = app.server.address() as { port: number }
    const status = await new Promise((resolve, reject) => {
      const twice = [
        'Authorization',
        `Bearer ${TOKEN}`,
        'Authorization',
        `Bearer ${TOKEN}`,
        'Host',
        'x',
        'Connection',
        'close',
      ]
      request({ host: '127.0.0.1', port, path: URL, method: 'POST', headers: twice }, (response) => {
        response.resume()
        resolve(response.statusCode)
      })
        .on('error', reject)
        .end()
    })
    expect(status).toBe(401)
  })
})

describe('a bad request', () => {
  test.each([
    '',
    'null',
    '[]',
    '"open.example"',
    '{}',
    '{"host":null}',
    '{"host":7}',
    '{"host":["open.example"]}',
    '{"host":"open.example","token":7}',
    '{"host":"open.example","token":{}}',
    '{"host":"open.example"',
    '{"__proto__":{"host":"open.example"}}',
    '{"host":""}',
    '{"host":"a b"}',
    '{"host":"user@open.example"}',
  ])('with the body %j is 400 in the usual shape', async (body) => {
    await using app = await open()
    const response = await ask(app, body)
    expect(response.statusCode).toBe(400)
    expect(response.json()).toEqual({
      statusCode: 400,
      error: 'Bad Request',
      code: expect.stringMatching(/^(ERR|FST_ERR)_/) as string,
      message: expect.any(String) as string,
    })
  })

  test('for an unknown host is 404 with a constant body', async () => {
    await using app = await open()
    const [one, other] = [
      await ask(app, { host: 'x.example' }),
      await ask(app, { host: 'y.example', token: 'a.b.c' }),
    ]
    expect(one.statusCode).toBe(404)
    expect(one.json()).toEqual({
      statusCode: 404,
      error: 'Not Found',
      code: 'ERR_HOST_UNKNOWN',
      message: 'no project answers under this host',
    })
    expect(other.body).toBe(one.body)
  })

  test('with a missing or bad client token is 401 with the code of the token', async () => {
    await using app = await open()
    expect((await ask(app, { host: 's.example' })).json()).toMatchObject({
      statusCode: 401,
      code: 'ERR_AUTH_TOKEN_REQUIRED',
    })
    expect((await ask(app, { host: 's.example', token: 'a.b.c' })).json()).toMatchObject({
      statusCode: 401,
      code: 'ERR_AUTH_TOKEN_INVALID',
    })
  })
})

describe('a failure inside', () => {
  test.each([
    new AuthError('ERR_AUTH_KEYS_UNAVAILABLE', 'INSIDE', { cause: new Error('INSIDE') }),
    new RegistryError('ERR_REGISTRY_UNAVAILABLE', 'INSIDE'),
  ])('of $code is 503 with Retry-After and without its message, which is logged', async (error) => {
    const log: string[] = []
    await using app = await open({ registry: failing(error) }, log)
    const response = await ask(app, { host: 'a.example' })
    expect(response.statusCode).toBe(503)
    expect(response.headers['retry-after']).toBe('5')
    expect(response.json()).toEqual({
      statusCode: 503,
      error: 'Service Unavailable',
      code: error.code,
      message: 'Service Unavailable',
    })
    expect(log.join('')).toContain('INSIDE')
  })

  test.each([
    new Error('INSIDE'),
    Object.assign(new Error('INSIDE'), { statusCode: 500, expose: true }),
    Object.assign(new Error('INSIDE'), { statusCode: 200 }),
    Object.assign(new Error('INSIDE'), { statusCode: 'INSIDE', code: 7 }),
    new RegistryError('ERR_PROJECT_MISCONFIGURED', 'INSIDE'),
    new TypeError('INSIDE'),
    'INSIDE',
    null,
  ])('%j is 500 and shows nothing', async (error) => {
    await using app = await open({ registry: failing(error) })
    const response = await ask(app, { host: 'a.example' })
    expect(response.statusCode).toBe(500)
    expect(response.body).not.toContain('INSIDE')
    expect(response.json()).toMatchObject({ statusCode: 500, error: 'Internal Server Error' })
  })
})

describe('options', () => {
  test.each([[undefined], [''], [[]], [[TOKEN, '']], [[TOKEN, 7]]])(
    'the internal tokens %j are refused at start, and not shown',
    async (internalTokens) => {
      const failure = open({ internalTokens: internalTokens as string })
      await expect(failure).rejects.toThrow('internalTokens')
    },
  )

  test('a registry is required', async () => {
    await expect(open({ registry: undefined as never })).rejects.toThrow('registry')
  })
})
