import fc from 'fast-check'
import { BaseManager, type IOServer } from 'ioserver'
import type { Socket } from 'socket.io-client'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import type { LocalUser } from '../../src/index.ts'
import { OidcConfigManager, verifyOidcToken } from '../../src/ioserver/index.ts'
import { connectTo, next, outcome } from '../socket.io/support.ts'
import { AUDIENCE, startIssuer, type TestIssuer } from '../support/issuer.ts'
import { startIOServer } from './support.ts'
import { eventually } from '../support/eventually.ts'

let issuer: TestIssuer
beforeAll(async () => {
  issuer = await startIssuer('RS256')
})
afterAll(async () => issuer[Symbol.asyncDispose]())
beforeEach(() => {
  vi.stubEnv('AUTH_SERVICE_URL', issuer.issuer)
  vi.stubEnv('AUTH_SERVICE_APP_SLUG', AUDIENCE)
})
afterEach(() => {
  vi.unstubAllEnvs()
})

const claims = { roles: ['editor'], permissions: ['a:b'], features: { beta: true }, email: 'a@example.com' }
const alice = {
  sub: 'alice',
  userId: 'alice',
  userRole: 'editor',
  roles: ['editor'],
  permissions: ['a:b'],
  features: { beta: true },
}

const withConfig = (server: IOServer): void =>
  server.addManager({ name: 'oidcConfig', manager: OidcConfigManager })

function usersManager(find: (sub: string, profile: unknown) => LocalUser): typeof BaseManager {
  return class extends BaseManager {
    findOrCreate(...asked: [sub: string, profile: unknown]): LocalUser {
      return find(...asked)
    }
  }
}

async function start(...managers: ((server: IOServer) => void)[]): Promise<string> {
  return startIOServer((server) => {
    withConfig(server)
    for (const add of managers) add(server)
  })
}

const withUsers =
  (find: (sub: string, profile: unknown) => LocalUser) =>
  (server: IOServer): void =>
    server.addManager({ name: 'users', manager: usersManager(find) as never })

interface Answer {
  status: number
  headers: Headers
  body: unknown
}

async function get(url: string, authorization?: string, query = ''): Promise<Answer> {
  const response = await fetch(
    `${url}/profile/me${query}`,
    authorization === undefined ? {} : { headers: { authorization } },
  )
  return { status: response.status, headers: response.headers, body: await response.json() }
}

function socket(url: string, token: unknown): Socket {
  const client = connectTo(url, { auth: { token } })
  onTestFinished(() => void client.disconnect())
  return client
}

const body = (statusCode: number, error: string, code: string): object => ({
  statusCode,
  error,
  code,
  message: expect.any(String),
})

describe('controllers', () => {
  it('a request with a valid token reaches the handler with whose it is', async () => {
    const url = await start()
    expect(await get(url, `Bearer ${await issuer.token(claims)}`)).toMatchObject({ status: 200, body: alice })
  })

  it('a request without token is answered 401', async () => {
    const { status, headers, body: answer } = await get(await start())
    expect(status).toBe(401)
    expect(headers.get('www-authenticate')).toMatch(/^Bearer realm=/)
    expect(answer).toEqual(body(401, 'Unauthorized', 'ERR_AUTH_TOKEN_REQUIRED'))
  })

  it('a request with a bad token is answered 401', async () => {
    const url = await start()
    for (const token of ['garbage', await issuer.token({ aud: 'x' }), await issuer.token({ exp: 1 })]) {
      const { status, headers, body: answer } = await get(url, `Bearer ${token}`)
      expect(status).toBe(401)
      expect(headers.get('www-authenticate')).toContain('error="invalid_token"')
      expect(answer).toEqual(body(401, 'Unauthorized', 'ERR_AUTH_TOKEN_INVALID'))
    }
  })

  it('a request with a token in the query beside the header is answered 400', async () => {
    const url = await start()
    const token = await issuer.token()
    for (const name of ['access_token', 'access%5Ftoken']) {
      const { status, headers, body: answer } = await get(url, `Bearer ${token}`, `?a=b&${name}=${token}`)
      expect(status).toBe(400)
      expect(headers.get('www-authenticate')).toContain('error="invalid_request"')
      expect(answer).toEqual(body(400, 'Bad Request', 'ERR_AUTH_REQUEST_INVALID'))
    }
    // Alone it is no token.
    const { body: answer } = await get(url, undefined, `?access_token=${token}`)
    expect(answer).toEqual(body(401, 'Unauthorized', 'ERR_AUTH_TOKEN_REQUIRED'))
  })

  it('the manager "users" gives the id and the role', async () => {
    const find = vi.fn(() => ({ userId: 'u-7', role: 'reader' }))
    const url = await start(withUsers(find))
    const { body: answer } = await get(url, `Bearer ${await issuer.token(claims)}`)
    expect(answer).toMatchObject({ sub: 'alice', userId: 'u-7', userRole: 'reader', roles: ['reader'] })
    // And nothing else, as `ioserver-oidc` asks.
    expect(find).toHaveBeenCalledExactlyOnceWith('alice', { email: 'a@example.com', name: null })
  })

  it('a disabled user is answered 403', async () => {
    const url = await start(withUsers(() => ({ id: 1, isDisabled: true })))
    const { status, body: answer } = await get(url, `Bearer ${await issuer.token()}`)
    expect(status).toBe(403)
    expect(answer).toEqual(body(403, 'Forbidden', 'ERR_USER_DISABLED'))
  })

  it('a directory that throws is answered 500 without a word of why', async () => {
    const url = await start(
      withUsers(() => {
        throw new Error('connection string')
      }),
    )
    const { status, body: answer } = await get(url, `Bearer ${await issuer.token()}`)
    expect(status).toBe(500)
    expect(answer).toEqual(body(500, 'Internal Server Error', 'ERR_USER_PROVISION_FAILED'))
    expect(JSON.stringify(answer)).not.toContain('connection string')
  })

  it('a directory that throws what cannot even be logged is answered 500', async () => {
    const url = await start(
      withUsers(() => {
        throw Object.defineProperty(new Error(), 'message', {
          get() {
            throw new Error('no message')
          },
        })
      }),
    )
    const { status, body: answer } = await get(url, `Bearer ${await issuer.token()}`)
    expect(status).toBe(500)
    expect(answer).toEqual(body(500, 'Internal Server Error', 'ERR_USER_PROVISION_FAILED'))
  })

  it('keys that cannot be had are answered 503 with Retry-After', async () => {
    await using down = await startIssuer()
    down.answer = (_request, response) => void response.writeHead(500).end()
    vi.stubEnv('AUTH_SERVICE_URL', down.issuer)
    const { status, headers, body: answer } = await get(await start(), `Bearer ${await down.token()}`)
    expect(status).toBe(503)
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(0)
    expect(answer).toEqual(body(503, 'Service Unavailable', 'ERR_AUTH_KEYS_UNAVAILABLE'))
  })
})

describe('services', () => {
  it('a socket with a valid token reaches the service with whose it is', async () => {
    const client = socket(`${await start()}/chat`, await issuer.token(claims))
    expect(await outcome(client)).toEqual({ message: 'connected' })
    expect(await client.emitWithAck('who', {})).toEqual(alice)
  })

  it('sockets without a good token are refused with the code', async () => {
    const url = await start()
    expect(await outcome(socket(`${url}/chat`, undefined))).toMatchObject({
      message: 'ERR_AUTH_TOKEN_REQUIRED',
    })
    expect(await outcome(socket(`${url}/chat`, 'garbage'))).toMatchObject({
      message: 'ERR_AUTH_TOKEN_INVALID',
    })
    expect(await outcome(socket(`${url}/chat`, { a: 1 }))).toMatchObject({
      message: 'ERR_AUTH_TOKEN_INVALID',
    })
  })

  it('the namespace of administrators is for them alone', async () => {
    const url = await start()
    const admin = socket(`${url}/users`, await issuer.token({ roles: ['user', 'admin'] }))
    expect(await outcome(admin)).toEqual({ message: 'connected' })
    const other = socket(`${url}/users`, await issuer.token({ roles: ['user'] }))
    expect(await outcome(other)).toMatchObject({ message: 'ERR_FORBIDDEN' })
    expect(await outcome(socket(`${url}/users`, undefined))).toMatchObject({
      message: 'ERR_AUTH_TOKEN_REQUIRED',
    })
  })

  it('a disabled user and a directory that throws are refused with their codes', async () => {
    const disabled = await start(withUsers(() => ({ id: 1, isDisabled: true })))
    const token = await issuer.token()
    expect(await outcome(socket(`${disabled}/chat`, token))).toMatchObject({ message: 'ERR_USER_DISABLED' })
    const throwing = await start(
      withUsers(() => {
        throw new Error('down')
      }),
    )
    expect(await outcome(socket(`${throwing}/chat`, token))).toMatchObject({
      message: 'ERR_USER_PROVISION_FAILED',
    })
  })

  it('the manager "session" hears of sockets that come and go', async () => {
    const calls: unknown[][] = []
    class SessionManager extends BaseManager {
      async registerSocket(...key: unknown[]): Promise<void> {
        calls.push(['in', ...key])
      }
      async unregisterSocket(...key: unknown[]): Promise<void> {
        calls.push(['out', ...key])
      }
    }
    const url = await start(
      withUsers(() => ({ id: 7 })),
      (server) => server.addManager({ name: 'session', manager: SessionManager }),
    )
    const client = socket(`${url}/chat`, await issuer.token())
    await outcome(client)
    const { id } = client
    expect(calls).toEqual([['in', '7', id, 'alice']])
    client.disconnect()
    await eventually(() => expect(calls[1]).toEqual(['out', '7', id, 'alice']))
  })

  it('a manager "session" that throws closes nobody', async () => {
    class SessionManager extends BaseManager {
      registerSocket(): never {
        throw new Error('down')
      }
    }
    const url = await start((server) => server.addManager({ name: 'session', manager: SessionManager }))
    const client = socket(`${url}/chat`, await issuer.token(claims))
    expect(await outcome(client)).toEqual({ message: 'connected' })
    expect(await client.emitWithAck('who', {})).toEqual(alice)
  })

  it('a socket ends with its token', async () => {
    const url = await start()
    const client = socket(`${url}/chat`, await issuer.token({ exp: Math.floor(Date.now() / 1000) - 1 }))
    const told = next(client, 'token_expired')
    await outcome(client)
    expect(await told).toEqual([{ closeCode: 4401 }])
  })
})

describe('configuration', () => {
  it('without the manager the variables are read at the first request', async () => {
    vi.unstubAllEnvs()
    const url = await startIOServer(() => undefined)
    vi.stubEnv('AUTH_SERVICE_URL', issuer.issuer)
    vi.stubEnv('AUTH_SERVICE_APP_SLUG', AUDIENCE)
    expect(await get(url, `Bearer ${await issuer.token(claims)}`)).toMatchObject({ status: 200, body: alice })
    expect(await outcome(socket(`${url}/chat`, await issuer.token()))).toEqual({ message: 'connected' })
  })

  it('with the manager the variables are read once, when it is added', async () => {
    const url = await start()
    vi.stubEnv('AUTH_SERVICE_APP_SLUG', 'another-app')
    expect(await get(url, `Bearer ${await issuer.token()}`)).toMatchObject({ status: 200 })
    expect(await get(url, `Bearer ${await issuer.token({ aud: 'another-app' })}`)).toMatchObject({
      status: 401,
    })
  })

  it('a missing variable refuses everybody and crashes nothing', async () => {
    vi.unstubAllEnvs()
    const token = await issuer.token()
    for (const managers of [withConfig, (): void => undefined]) {
      const url = await startIOServer(managers)
      expect(await get(url)).toMatchObject({ status: 401, body: { code: 'ERR_AUTH_TOKEN_REQUIRED' } })
      const { status, body: answer } = await get(url, `Bearer ${token}`)
      expect(status).toBe(500)
      expect(answer).toEqual(body(500, 'Internal Server Error', 'ERR_INTERNAL'))
      expect(await outcome(socket(`${url}/chat`, token))).toMatchObject({ message: 'ERR_INTERNAL' })
    }
  })

  it('issuer, audience and key URL can be other than the default ones', async () => {
    vi.stubEnv('AUTH_SERVICE_URL', 'https://auth.example.com')
    vi.stubEnv('AUTH_SERVICE_ISSUER', issuer.issuer)
    vi.stubEnv('AUTH_SERVICE_AUDIENCE', 'https://api.example.com')
    vi.stubEnv('AUTH_SERVICE_JWKS_URI', issuer.jwksUri)
    const url = await start()
    const token = await issuer.token({ aud: 'https://api.example.com' })
    expect(await get(url, `Bearer ${token}`)).toMatchObject({ status: 200 })
    expect(await get(url, `Bearer ${await issuer.token()}`)).toMatchObject({ status: 401 })
  })

  it('the manager tells which variable is missing', async () => {
    vi.unstubAllEnvs()
    const manager = new OidcConfigManager({ log: () => undefined })
    await expect(manager.start()).rejects.toThrow('AUTH_SERVICE_URL')
    expect(() => manager.getConfig()).toThrow(TypeError)
    vi.stubEnv('AUTH_SERVICE_URL', issuer.issuer)
    expect(() => manager.getConfig()).toThrow('AUTH_SERVICE_URL')
  })

  it('a configuration manager of the application is asked, and one that is none refuses', async () => {
    vi.unstubAllEnvs()
    class NoManager extends BaseManager {}
    const url = await startIOServer((server) => server.addManager({ name: 'oidcConfig', manager: NoManager }))
    expect(await get(url, `Bearer ${await issuer.token()}`)).toMatchObject({
      status: 500,
      body: { code: 'ERR_INTERNAL' },
    })
  })

  it('the keys are downloaded once for all routes and namespaces', async () => {
    await using fresh = await startIssuer()
    vi.stubEnv('AUTH_SERVICE_URL', fresh.issuer)
    const url = await start()
    const token = await fresh.token({ roles: ['admin'] })
    await Promise.all([
      get(url, `Bearer ${token}`),
      outcome(socket(`${url}/chat`, token)),
      outcome(socket(`${url}/users`, token)),
    ])
    expect(fresh.downloads).toBe(1)
  })

  it('a token can be verified outside of the application', async () => {
    const config = new OidcConfigManager({ log: () => undefined }).getConfig()
    expect(await verifyOidcToken(await issuer.token(claims), config)).toMatchObject(alice)
    await expect(verifyOidcToken('garbage', config)).rejects.toHaveProperty(
      'code',
      expect.stringMatching(/^ERR_J/),
    )
  })
})

it('fuzzed requests and sockets are refused and leave the application alone', async () => {
  const unhandled: unknown[] = []
  const record = (error: unknown): void => void unhandled.push(error)
  process.on('unhandledRejection', record)
  onTestFinished(() => void process.off('unhandledRejection', record))
  const url = await start()
  const text = fc.string({ maxLength: 200 }).map((value) => value.replaceAll(/[^\x20-\x7e]/g, '.'))
  const codes = ['ERR_AUTH_TOKEN_REQUIRED', 'ERR_AUTH_TOKEN_INVALID']
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(
        text,
        text.map((value) => `Bearer ${value}`),
      ),
      fc.jsonValue(),
      async (header, token) => {
        const { status, body: answer } = await get(url, header)
        expect(status).toBe(401)
        expect(codes).toContain((answer as { code: string }).code)
        const client = connectTo(`${url}/chat`, { auth: { token } })
        expect(codes).toContain((await outcome(client)).message)
        client.disconnect()
      },
    ),
    { numRuns: 300 },
  )
  expect(await get(url, `Bearer ${await issuer.token()}`)).toMatchObject({ status: 200 })
  expect(unhandled).toEqual([])
})
