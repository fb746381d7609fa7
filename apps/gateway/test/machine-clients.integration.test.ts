import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePort, type RunningProcess, startPostgres, startProcess } from '@portcullis/test-servers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const APP = fileURLToPath(new URL('../dist/index.js', import.meta.url))
const SECRET = { GATEWAY_JWT_SECRET: 'a-secret-for-tests-of-the-gateway-app' }
const INTERNAL = 'an-internal-secret-for-tests-of-the-app'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'portcullis-gateway-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

async function start(
  env: Record<string, string | undefined> = {},
): Promise<{ app: RunningProcess; url: string }> {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const app = await startProcess({
    module: APP,
    env: { PORT: String(port), ...SECRET, ...env },
    readyWhen: `${url}/health`,
  })
  return { app, url }
}

async function post(
  url: string,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<{ status: number; body: Record<string, unknown> }> {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  })
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> }
}

const register = (url: string, headers?: Record<string, string>): ReturnType<typeof post> =>
  post(`${url}/auth/register`, { name: 'agent', capabilities: [] }, headers)

describe('clients and their refresh tokens survive the gateway', () => {
  test('killed with SIGKILL, with nothing installed', async () => {
    const env = { DATA_DIR: join(folder, 'survives') }
    const first = await start(env)
    const { body: client } = await register(first.url)
    const { body: tokens } = await post(`${first.url}/auth/token`, client)
    await first.app.kill()
    const second = await start(env)
    await using _stopped = second.app
    const { refreshToken } = tokens
    expect((await post(`${second.url}/auth/refresh`, { refreshToken })).status).toBe(200)
    expect((await post(`${second.url}/auth/refresh`, { refreshToken })).status).toBe(401)
    expect((await post(`${second.url}/auth/token`, client)).status).toBe(200)
    const metrics = await (await fetch(`${second.url}/metrics`)).text()
    expect(metrics).toMatch(/^portcullis_auth_events_total\{type="refresh_reuse_detected"\} 1$/m)
  })

  test('in a PostgreSQL that two gateways share, and that may come later than they', async () => {
    const postgres = await startPostgres()
    await using _database = postgres
    const env = { AUTH_DATABASE_URL: postgres.url }
    await postgres.stop()
    const [one, other] = [await start(env), await start(env)]
    await using _one = one.app
    await using _other = other.app
    expect(await register(one.url)).toMatchObject({ status: 503 })
    await postgres.restart()
    await expect.poll(async () => (await register(one.url)).status, { timeout: 20_000 }).toBe(201)
    const { body: client } = await register(one.url)
    await expect
      .poll(async () => (await post(`${other.url}/auth/token`, client)).status, { timeout: 20_000 })
      .toBe(200)
  })
})

describe('a data directory that is in use', () => {
  test('ends the start of a second gateway that was told to use it', async () => {
    const env = { DATA_DIR: join(folder, 'taken'), ...SECRET }
    const { app } = await start(env)
    await using _stopped = app
    const second = await startProcess({ module: APP, env: { PORT: '0', ...env } })
    expect((await second.exited).code).toBe(1)
    expect(second.output()).toContain(env.DATA_DIR)
  })

  test('lets one that only found it there go on in memory, with a warning', async () => {
    const cwd = await mkdtemp(join(folder, 'cwd-'))
    const begin = async (): Promise<{ app: RunningProcess; url: string }> => {
      const port = await freePort()
      const url = `http://127.0.0.1:${port}`
      return {
        url,
        app: await startProcess({
          module: APP,
          cwd,
          env: { PORT: String(port), ...SECRET },
          readyWhen: `${url}/health`,
        }),
      }
    }
    const [first, second] = [await begin(), await begin()]
    await using _first = first.app
    await using _second = second.app
    expect(first.app.output()).not.toContain('kept in memory')
    expect(second.app.output()).toContain('kept in memory')
    expect((await register(second.url)).status).toBe(201)
  })
})

describe('registration', () => {
  const production = {
    NODE_ENV: 'production',
    HOST: '127.0.0.1',
    AUTH_STORE: 'memory',
    CONTROL_PLANE_INTERNAL_TOKEN: 'an-internal-token-for-tests-of-32-bytes',
  }

  test('in production is closed to everybody when no initial access token is configured', async () => {
    const { app, url } = await start(production)
    await using _stopped = app
    expect((await register(url)).status).toBe(401)
    expect((await register(url, { authorization: 'Bearer undefined' })).status).toBe(401)
  })

  test('with an initial access token takes that token and no other', async () => {
    const token = 'initial-access-token'
    const { app, url } = await start({ ...production, AUTH_INITIAL_ACCESS_TOKEN: token })
    await using _stopped = app
    for (const authorization of ['', 'Bearer wrong', `Basic ${token}`, `Bearer ${token}x`]) {
      expect((await register(url, authorization === '' ? {} : { authorization })).status).toBe(401)
    }
    expect((await register(url, { authorization: `Bearer ${token}` })).status).toBe(201)
    expect(app.output()).not.toContain(token)
  })
})

describe('/internal', () => {
  test('is closed without a secret, to a token as well, and opens with each of two', async () => {
    const closed = await start({ AUTH_STORE: 'memory' })
    await using _closed = closed.app
    const open = await start({ AUTH_STORE: 'memory', INTERNAL_SECRET: `${INTERNAL}, ${INTERNAL}-2` })
    await using _open = open.app
    const { body: client } = await register(open.url)
    const { body: tokens } = await post(`${open.url}/auth/token`, client)
    const get = async (url: string, headers: Record<string, string> = {}): Promise<number> =>
      (await fetch(url, { headers })).status
    expect(await get(`${closed.url}/internal/clients`, { 'x-internal-secret': '' })).toBe(403)
    for (const path of ['/internal/clients', '/%69nternal/clients', '/internal/nothing']) {
      expect(await get(`${open.url}${path}`)).toBe(403)
      expect(
        await get(`${open.url}${path}`, { authorization: `Bearer ${String(tokens['accessToken'])}` }),
      ).toBe(403)
    }
    for (const secret of [INTERNAL, `${INTERNAL}-2`]) {
      expect(await get(`${open.url}/internal/clients`, { 'x-internal-secret': secret })).toBe(200)
    }
  })
})

test('an address that a client makes up does not get it another allowance, one from a trusted proxy does', async () => {
  const limited = async (env: Record<string, string>): Promise<number> => {
    const { app, url } = await start({ AUTH_STORE: 'memory', AUTH_REGISTRATIONS_PER_MINUTE: '2', ...env })
    await using _stopped = app
    const statuses = []
    for (let count = 1; count <= 4; count += 1) {
      statuses.push((await register(url, { 'x-forwarded-for': `203.0.113.${count}` })).status)
    }
    return statuses.filter((status) => status === 429).length
  }
  expect(await limited({})).toBe(2)
  expect(await limited({ TRUSTED_PROXIES: 'loopback' })).toBe(0)
})
