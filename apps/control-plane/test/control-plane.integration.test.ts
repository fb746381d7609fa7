import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { type IncomingMessage, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loggerOptions, parseEnvironment } from '@portcullis/app'
import { createFleetAgent, type FleetAgent, type FleetChange } from '@portcullis/fleet'
import { connectFleetLink, type FleetLink } from '@portcullis/fleet/link'
import { signAccessToken } from '@portcullis/gateway-auth'
import { startNatsServer, startPostgres } from '@portcullis/test-servers'
import type { Transport } from '@portcullis/transport'
import { createEmbeddedTransport } from '@portcullis/transport/embedded'
import { createNatsEvents } from '@portcullis/transport/nats'
import { SignJWT } from 'jose'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startControlPlane } from '../src/control-plane.ts'
import { type Environment, environmentSchema } from '../src/environment.ts'

const DEVELOPMENT_TOKEN = 'portcullis-internal-development-token'
const TOKEN = 'a-token-for-production-of-32-bytes'
const SECRET = 'HIDDEN-project-secret'.padEnd(32, 'x')
const KEY = 'ab'.repeat(32)
const PRODUCTION = {
  NODE_ENV: 'production',
  CONTROL_PLANE_INTERNAL_TOKEN: TOKEN,
  REGISTRY_SECRET_KEY: KEY,
  PUBLIC_URL: 'https://console.example.com',
}

/** Of a machine that has much else to do. */
const PATIENCE = { timeout: 20_000 }

interface Running extends AsyncDisposable {
  readonly url: string
  readonly internalUrl: string
  readonly log: () => string
  readonly said: () => string
}

let folder: string
let file: string
/** A data directory with empty tables: to make them takes seconds. */
let template: string

/** Starts one in this process; `more` stands for what variables say in another folder. */
async function start(variables: Record<string, string>, more: Partial<Environment> = {}): Promise<Running> {
  const given = parseEnvironment(environmentSchema, { PORT: '0', HOST: '127.0.0.1', ...variables })
  const env = { ...given, ...more }
  let log = ''
  let said = ''
  const logger = pino(loggerOptions('debug'), { write: (line: string) => void (log += line) })
  const running = await startControlPlane(env, logger, (text) => void (said += text))
  const urlOf = ({ server }: typeof running.app): string => {
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  }
  return {
    url: urlOf(running.app),
    internalUrl: urlOf(running.internal),
    log: () => log,
    said: () => said,
    [Symbol.asyncDispose]: () => running.close(),
  }
}

/** A data directory that no other test uses. */
async function newDataDir(): Promise<string> {
  const directory = await mkdtemp(join(folder, 'data-'))
  await cp(template, directory, { recursive: true })
  return directory
}

async function authorize(
  url: string,
  body: object,
  token: string,
): Promise<{ status: number; body: unknown }> {
  const response = await fetch(`${url}/api/registry/authorize`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  return { status: response.status, body: await response.json() }
}

/** Status of what somebody is answered who wants to link a gateway, and may not. */
async function askForLink(url: string, token: string): Promise<number | undefined> {
  const asked = request(`${url}/internal/fleet`, {
    headers: {
      authorization: `Bearer ${token}`,
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-key': Buffer.alloc(16).toString('base64'),
      'sec-websocket-version': '13',
    },
  }).end()
  const [{ statusCode }] = (await once(asked, 'response')) as [IncomingMessage]
  asked.destroy()
  return statusCode
}

/** What a program prints, whatever it ends with. */
function run(command: string, args: readonly string[]): Promise<{ stdout: string }> {
  return new Promise((resolve) => {
    execFile(command, args, (_error, stdout) => resolve({ stdout }))
  })
}

async function tokenOf(secret: string): Promise<string> {
  return new SignJWT({ sub: 'ann' })
    .setProtectedHeader({ alg: 'HS256' })
    .setExpirationTime('1m')
    .sign(Buffer.from(secret))
}

/** Becomes the first operator with the link that was said. */
async function becomeOperator({
  url,
  said,
}: Running): Promise<(method: string, path: string, body?: object) => Promise<Response>> {
  await expect.poll(said, PATIENCE).toContain('/setup#')
  const [, token] = /\/setup#([\w-]{43})\n/.exec(said()) ?? []
  const headers = { 'content-type': 'application/json' }
  const answer = await fetch(`${url}/api/setup`, { method: 'POST', headers, body: JSON.stringify({ token }) })
  expect(answer.status).toBe(201)
  const { apiKey } = (await answer.json()) as { apiKey: string }
  return (method, path, body) =>
    fetch(`${url}/api${path}`, {
      method,
      headers: { ...headers, authorization: `Bearer ${apiKey}`, 'if-match': '*' },
      ...(body && { body: JSON.stringify(body) }),
    })
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'portcullis-control-plane-'))
  file = join(folder, 'projects.json')
  const auth = { mode: 'jwt-secret', secret: SECRET }
  await writeFile(
    file,
    JSON.stringify({ projects: [{ workspaceId: 'w', projectId: 'p', hosts: ['p.example'], auth }] }),
  )
  template = join(folder, 'template')
  await using _made = await start({ ...PRODUCTION, DATA_DIR: template })
})
afterAll(async () => rm(folder, { recursive: true }))

describe('in development', () => {
  test('lets everybody into its project, has a key of its own, and shows a console, an API and its document', async () => {
    const DATA_DIR = await newDataDir()
    await using running = await start({ DATA_DIR })
    const { url } = running
    expect((await stat(join(DATA_DIR, 'secret-key'))).mode & 0o777).toBe(0o600)
    for (const path of ['/health', '/health/live', '/health/ready']) {
      expect(await (await fetch(url + path)).json()).toEqual({ ok: true })
    }
    expect(await authorize(url, { host: 'localhost:4000' }, DEVELOPMENT_TOKEN)).toEqual({
      status: 200,
      body: { workspaceId: 'demo', projectId: 'chat', userId: null, claims: {} },
    })
    expect((await authorize(url, { host: 'localhost' }, TOKEN)).status).toBe(401)
    const page = await fetch(url)
    expect(page.headers.get('content-security-policy')).not.toContain('unsafe-inline')
    expect(await page.text()).toContain('<div id="root">')
    const document = (await (await fetch(`${url}/api/openapi.json`)).json()) as { paths: object }
    expect(Object.keys(document.paths)).toContain('/api/workspaces')
    // The route of gateways is nobody else's business.
    expect(Object.keys(document.paths).filter((path) => !path.startsWith('/api/'))).toEqual([])
    expect(Object.keys(document.paths)).not.toContain('/api/registry/authorize')
    expect((await fetch(`${url}/docs/`)).status).toBe(200)
    for (const path of ['/nothing', '/docs/static/nothing', '/api/nothing']) {
      expect(await (await fetch(url + path)).json()).toMatchObject({ code: 'ERR_NOT_FOUND' })
    }
  })

  test('prints a set-up link on every start until there is an operator, and never logs its token', async () => {
    const DATA_DIR = await newDataDir()
    const links: string[] = []
    for (let starts = 0; starts < 2; starts += 1) {
      await using running = await start({ DATA_DIR })
      await expect.poll(running.said, PATIENCE).toMatch(/http:\/\/localhost:\d+\/setup#[\w-]{43}\n/)
      links.push(running.said())
      const [, token = ''] = /#([\w-]+)/.exec(running.said()) ?? []
      expect(running.log()).not.toContain(token)
      if (starts === 1) await becomeOperator(running)
    }
    expect(new Set(links).size).toBe(2)
    await using later = await start({ DATA_DIR })
    expect((await fetch(`${later.url}/api/session`)).status).toBe(200)
    expect(later.said()).toBe('')
  })

  test('gives way to a projects file as long as nobody touched its project', async () => {
    const DATA_DIR = await newDataDir()
    {
      await using first = await start({ DATA_DIR })
      expect((await authorize(first.url, { host: 'localhost' }, DEVELOPMENT_TOKEN)).status).toBe(200)
    }
    await using second = await start({ DATA_DIR, PROJECTS_FILE: file })
    expect((await authorize(second.url, { host: 'localhost' }, DEVELOPMENT_TOKEN)).status).toBe(404)
    const body = { host: 'p.example', token: await tokenOf(SECRET) }
    expect((await authorize(second.url, body, DEVELOPMENT_TOKEN)).status).toBe(200)
  })

  test('takes the tokens that gateways sign, of machines that may enter a project, and of members', async () => {
    const GATEWAY_JWT_SECRET = 'HIDDEN-gateway-secret'.padEnd(32, 'x')
    const machines = join(folder, 'machines.json')
    const project = { workspaceId: 'w', projectId: 'm', hosts: ['*.m.example'] }
    const auth = { mode: 'machine', namespaces: ['n1'] }
    await writeFile(machines, JSON.stringify({ projects: [{ ...project, auth }] }))
    await using running = await start({
      DATA_DIR: await newDataDir(),
      PROJECTS_FILE: machines,
      GATEWAY_JWT_SECRET,
    })
    const { url } = running
    const token = async (namespaceId: string): Promise<string> => {
      const client = { hostId: 'host-1', namespaceId, tier: 'free', type: 'machine' } as const
      return (await signAccessToken(client, { secret: GATEWAY_JWT_SECRET })).token
    }
    const enter = async (namespaceId: string): Promise<number> =>
      (await authorize(url, { host: 'a.m.example', token: await token(namespaceId) }, DEVELOPMENT_TOKEN))
        .status
    expect([await enter('n1'), await enter('n2')]).toEqual([200, 401])
    const me = await fetch(`${url}/api/me`, { headers: { authorization: `Bearer ${await token('n2')}` } })
    expect(await me.json()).toMatchObject({ kind: 'machine', name: 'host-1', memberships: [] })
    expect(running.log()).not.toContain('HIDDEN')
  })
})

describe('in production', () => {
  test('serves the projects of its file under its own token, at a port of its own where that is wanted, and shows no secret', async () => {
    await using running = await start({
      ...PRODUCTION,
      DATA_DIR: await newDataDir(),
      PROJECTS_FILE: file,
      INTERNAL_PORT: '0',
    })
    const { url, internalUrl, log, said } = running
    expect(internalUrl).not.toBe(url)
    const jwt = await tokenOf(SECRET)
    expect(await authorize(internalUrl, { host: 'P.example', token: jwt }, TOKEN)).toMatchObject({
      status: 200,
      body: { workspaceId: 'w', projectId: 'p', userId: 'ann' },
    })
    expect(await authorize(internalUrl, { host: 'p.example', token: `${jwt}x` }, TOKEN)).toMatchObject({
      status: 401,
      body: { code: 'ERR_AUTH_TOKEN_INVALID' },
    })
    expect((await authorize(internalUrl, { host: 'localhost' }, TOKEN)).status).toBe(404)
    expect((await authorize(internalUrl, { host: 'p.example' }, DEVELOPMENT_TOKEN)).status).toBe(401)
    expect((await fetch(`${internalUrl}/health/ready`)).status).toBe(200)
    // What is of gateways is at their port alone, and what is of people at the other one.
    expect((await authorize(url, { host: 'p.example', token: jwt }, TOKEN)).status).toBe(404)
    expect([await askForLink(internalUrl, DEVELOPMENT_TOKEN), await askForLink(url, TOKEN)]).toEqual([
      401, 404,
    ])
    expect((await fetch(`${url}/api/session`)).status).toBe(200)
    expect((await fetch(`${internalUrl}/api/session`)).status).toBe(404)
    expect((await fetch(internalUrl)).status).toBe(404)
    await expect.poll(said, PATIENCE).toContain('https://console.example.com/setup#')
    for (const secret of [SECRET, TOKEN, KEY, jwt]) expect(log() + said()).not.toContain(secret)
  })
})

describe('gateways', () => {
  /** A gateway with one session, over these events. */
  async function joinFleet(
    events: Pick<Transport, 'publishEvent' | 'subscribeEvents'>,
  ): Promise<{ agent: FleetAgent; changes: FleetChange[]; closed: string[] }> {
    const changes: FleetChange[] = []
    const closed: string[] = []
    const agent = createFleetAgent({
      events,
      gatewayId: 'gw-1',
      sessions: () => [
        {
          sessionId: 's-1',
          workspaceId: 'demo',
          projectId: 'chat',
          userId: null,
          host: 'localhost',
          clientAddress: '127.0.0.1',
          connectedAtMs: Date.now(),
          protocol: '',
          expiresAtMs: null,
          received: 0,
          delivered: 0,
          inFlight: 0,
          bufferedBytes: 0,
        },
      ],
      counters: () => [],
      answers: {
        'session.close': ({ sessionId }) => {
          closed.push(sessionId)
          return { closed: true }
        },
      },
      onChange: (change) => changes.push(change),
      onGap: () => undefined,
    })
    return { agent, changes, closed }
  }

  /** Looks at the session, closes it, and changes its project. */
  async function exercise(running: Running, joined: Awaited<ReturnType<typeof joinFleet>>): Promise<void> {
    const call = await becomeOperator(running)
    const list = async (): Promise<unknown> => (await call('GET', '/workspaces/demo/sessions')).json()
    await expect.poll(list, PATIENCE).toMatchObject({ items: [{ sessionId: 's-1', gatewayId: 'gw-1' }] })
    expect((await call('DELETE', '/workspaces/demo/sessions/s-1')).status).toBe(204)
    expect(joined.closed).toEqual(['s-1'])
    const auth = { mode: 'jwt-secret', secret: SECRET }
    expect((await call('PATCH', '/workspaces/demo/projects/chat', { auth })).status).toBe(200)
    await expect
      .poll(() => joined.changes, PATIENCE)
      .toMatchObject([{ kind: 'admission', projectId: 'chat' }])
  }

  test('are linked to it without NATS: it sees their sessions, they hear of changes, and it stops without them', async () => {
    const events = createEmbeddedTransport()
    await events.start()
    const joined = await joinFleet(events)
    let link: FleetLink
    {
      await using running = await start({ DATA_DIR: await newDataDir() })
      const options = { internalToken: DEVELOPMENT_TOKEN, url: running.url, events, gatewayId: 'gw-1' }
      await using stranger = connectFleetLink({ ...options, internalToken: 'wrong'.padEnd(32, 'x') })
      await expect.poll(() => stranger.status().error?.message, PATIENCE).toBeDefined()
      link = connectFleetLink(options)
      await joined.agent.start()
      await exercise(running, joined)
      expect(link.status().state).toBe('connected')
    }
    await expect.poll(() => link.status().state, PATIENCE).toBe('connecting')
    await joined.agent.close()
    await link.close()
    await events.close()
  })

  test('are reached over NATS, also when that is there later than the control plane', async () => {
    await using nats = await startNatsServer()
    await nats.stop()
    await using running = await start({ DATA_DIR: await newDataDir(), NATS_URL: nats.url })
    expect((await authorize(running.url, { host: 'localhost' }, DEVELOPMENT_TOKEN)).status).toBe(200)
    await nats.restart()
    await using events = createNatsEvents({ servers: nats.url })
    await events.start()
    const joined = await joinFleet(events)
    await joined.agent.start()
    await exercise(running, joined)
    await joined.agent.close()
  })
})

describe('its data', () => {
  test('outlive it, have no secret in any file, and a projects file is imported once', async () => {
    const env = { ...PRODUCTION, DATA_DIR: await newDataDir(), PROJECTS_FILE: file }
    const body = { host: 'p.example', token: await tokenOf(SECRET) }
    for (const isFirst of [true, false]) {
      await using running = await start(env)
      expect(await authorize(running.url, body, TOKEN)).toMatchObject({ status: 200 })
      expect(running.log().includes('PROJECTS_FILE is not imported')).toBe(!isFirst)
    }
    const { stdout } = await run('grep', ['-rlaF', 'p.example', env.DATA_DIR])
    expect(stdout).not.toBe('')
    expect((await run('grep', ['-rlaF', 'HIDDEN', env.DATA_DIR])).stdout).toBe('')
  })

  test('in a directory that is in use end the start of one that was told to use it, and stay in memory in the default one', async () => {
    const DATA_DIR = await newDataDir()
    await using _first = await start({ DATA_DIR })
    await expect(start({ DATA_DIR })).rejects.toThrow(/another one has it/)
    await using second = await start({ DATA_DIR }, { isDataDirChosen: false })
    expect((await authorize(second.url, { host: 'localhost' }, DEVELOPMENT_TOKEN)).status).toBe(200)
    expect(second.log()).toContain('projects are kept in memory')
  })

  test('whose key is another one are refused as such, until both keys are given', async () => {
    const DATA_DIR = await newDataDir()
    const body = { host: 'p.example', token: await tokenOf(SECRET) }
    const other = 'cd'.repeat(32)
    const enter = async (REGISTRY_SECRET_KEY: string): Promise<number> => {
      await using running = await start({ ...PRODUCTION, DATA_DIR, PROJECTS_FILE: file, REGISTRY_SECRET_KEY })
      return (await authorize(running.url, body, TOKEN)).status
    }
    expect(await enter(KEY)).toBe(200)
    expect(await enter(other)).toBe(500)
    expect(await enter(`${other},${KEY}`)).toBe(200)
    expect(await enter(other)).toBe(200)
  })

  test('are one in a PostgreSQL that two share, and that may come later than they', async () => {
    await using postgres = await startPostgres()
    await postgres.stop()
    const env = { ...PRODUCTION, DATABASE_URL: postgres.url, PROJECTS_FILE: file }
    await using one = await start(env)
    await using other = await start(env)
    const body = { host: 'p.example', token: await tokenOf(SECRET) }
    expect(await authorize(one.url, body, TOKEN)).toMatchObject({
      status: 503,
      body: { code: 'ERR_REGISTRY_UNAVAILABLE' },
    })
    expect((await fetch(`${one.url}/health/ready`)).status).toBe(503)
    expect((await fetch(`${one.url}/health/live`)).status).toBe(200)
    expect((await fetch(`${one.url}/api/session`)).status).toBe(503)
    expect(one.said()).toBe('')
    // One that nobody ever reached stops all the same.
    await (await start(env))[Symbol.asyncDispose]()
    await postgres.restart()
    for (const { url, said } of [one, other]) {
      await expect.poll(async () => (await fetch(`${url}/health/ready`)).status, PATIENCE).toBe(200)
      expect((await authorize(url, body, TOKEN)).status).toBe(200)
      await expect.poll(said, PATIENCE).toContain('/setup#')
    }
    await postgres.stop()
    expect((await authorize(one.url, body, TOKEN)).status).toBe(503)
  })
})

test('names the place of a mistake in the projects file, without the secret beside it', async () => {
  const bad = join(folder, 'bad.json')
  const auth = { mode: 'jwt-secret', secret: SECRET, audiense: 'x' }
  await writeFile(
    bad,
    JSON.stringify({ projects: [{ workspaceId: 'w', projectId: 'p', hosts: ['p.example'], auth }] }),
  )
  const refused = start({ PROJECTS_FILE: bad })
  await expect(refused).rejects.toThrow(`${bad}: $.projects[0].auth`)
  await expect(refused).rejects.not.toThrow('HIDDEN')
})
