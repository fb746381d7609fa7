import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createKeyRing } from '@portcullis/auth-core'
import {
  documentedNatsConfig,
  freePort,
  type NatsServer,
  type RunningProcess,
  startNatsServer,
  startProcess,
} from '@portcullis/test-servers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type InteropPeer, openPeer, upgradeStatus } from './support/interop-peer.ts'

const APP = fileURLToPath(new URL('../dist/index.js', import.meta.url))
const SECRET = { GATEWAY_JWT_SECRET: 'a-secret-for-tests-of-the-gateway-app' }
const PRODUCTION = {
  NODE_ENV: 'production',
  HOST: '127.0.0.1',
  CONTROL_PLANE_INTERNAL_TOKEN: 'an-internal-token-for-tests-of-32-bytes',
  AUTH_REGISTRATION: 'open',
}
const ANN = { method: 'secret', login: 'ann', secret: 'any' }
const BOB = { method: 'secret', login: 'bob', secret: 'any' }

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'portcullis-interop-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

interface Running {
  app: RunningProcess
  http: string
  gw: string
  ws: string
}

async function start(env: Record<string, string> = {}): Promise<Running> {
  const port = await freePort()
  const http = `http://127.0.0.1:${port}`
  const app = await startProcess({
    module: APP,
    env: { PORT: String(port), AUTH_STORE: 'memory', ...SECRET, ...env },
    readyWhen: `${http}/health/ready`,
  })
  return { app, http, gw: `ws://127.0.0.1:${port}/gw`, ws: `ws://127.0.0.1:${port}/ws` }
}

interface Machine {
  token: string
  /** The client's own credentials, as a header. */
  basic: string
  login: object
}

/** Registers a machine client; every one has a namespace of its own. */
async function machine(http: string): Promise<Machine> {
  const post = async (path: string, body: unknown): Promise<Record<string, unknown>> => {
    const answer = await fetch(`${http}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    return (await answer.json()) as Record<string, unknown>
  }
  const { clientId, clientSecret } = await post('/auth/register', { name: 'agent', capabilities: [] })
  const token = String((await post('/auth/token', { clientId, clientSecret }))['accessToken'])
  return {
    token,
    basic: `Basic ${Buffer.from(`${String(clientId)}:${String(clientSecret)}`).toString('base64')}`,
    login: { method: 'access-token', token, provider: 'machine' },
  }
}

const others = (peer: InteropPeer): unknown[] =>
  peer.received.filter(({ type }) => type === 'peer-added').map((message) => message['new_peer_id'])

const register = (peer: InteropPeer, name: string): Promise<object> =>
  peer.ask({ domain: 'agm', type: 'register', methods: [{ id: '1', name }] })

describe('in development', () => {
  test('any login is let in, users do not meet, and machine clients meet those of their namespace only', async () => {
    const { app, http, gw } = await start()
    await using _stopped = app
    await using ann = await openPeer(gw, ANN)
    await using bob = await openPeer(gw, BOB)
    await using annToo = await openPeer(gw, ANN, { application: 'another' })
    expect(others(annToo)).toEqual([ann.peerId])
    expect(others(bob)).toEqual([])

    const [one, two] = [await machine(http), await machine(http)]
    await using first = await openPeer(gw, { ...one.login })
    await using second = await openPeer(gw, { ...two.login })
    await using firstToo = await openPeer(gw, { ...one.login }, { application: 'another' })
    expect(others(firstToo)).toEqual([first.peerId])
    expect(others(second)).toEqual([])
    // The io.Connect client cannot name a provider beside a token.
    const { token } = two
    await using secondToo = await openPeer(gw, { method: 'access-token', token }, { application: 'another' })
    expect(others(secondToo)).toEqual([second.peerId])
    await expect.poll(() => others(first)).toEqual([firstToo.peerId])
  })

  test('clients upgrade at /gw, sessions of the relay at /ws, and nobody elsewhere', async () => {
    const { app, http, gw, ws } = await start()
    await using _stopped = app
    const { token } = await machine(http)
    expect(await upgradeStatus(gw)).toBe(101)
    expect(await upgradeStatus(`${gw}?x=1`)).toBe(101)
    expect(await upgradeStatus(`${ws}?token=${token}`)).toBe(101)
    // A login at the relay is not asked of interop clients, and the other way round.
    expect(await upgradeStatus(ws)).not.toBe(101)
    for (const path of ['/gw/', '/gwx', '/gw/x', '/other']) {
      expect(await upgradeStatus(gw.replace('/gw', path))).toBe(404)
    }
    expect((await fetch(`${http}/gw`)).status).toBe(404)
  })

  test('pages on this machine may connect, others may not', async () => {
    const { app, gw } = await start()
    await using _stopped = app
    expect(await upgradeStatus(gw, 'http://localhost:8081')).toBe(101)
    expect(await upgradeStatus(gw, 'https://evil.example')).toBe(403)
    expect(await upgradeStatus(gw, 'null')).toBe(403)
  })

  test('SIGTERM closes the sockets with 1001 and ends the process with 0', async () => {
    const { app, gw } = await start()
    const ann = await openPeer(gw, ANN)
    const stopped = app.stop('SIGTERM')
    expect(await ann.closed).toBe(1001)
    expect(await stopped).toEqual({ code: 0, signal: null })
    expect(app.output()).not.toContain('"level":50')
  })
})

describe('in production', () => {
  test('machine clients alone are let in, and pages of other hosts are not', async () => {
    const { app, http, gw } = await start(PRODUCTION)
    await using _stopped = app
    await expect(openPeer(gw, ANN)).rejects.toThrow('Unknown authentication method secret')
    await expect(openPeer(gw, { ...ANN, provider: 'basic' })).rejects.toThrow('is not available')
    await expect(
      openPeer(gw, { method: 'access-token', token: 'made.up.token', provider: 'machine' }),
    ).rejects.toThrow(/token/)
    await using _agent = await openPeer(gw, { ...(await machine(http)).login })
    expect(await upgradeStatus(gw, 'http://localhost:8081')).toBe(403)
    expect(await upgradeStatus(gw, new URL(http).origin)).toBe(101)
  })

  test('pages of the origins in ALLOWED_ORIGINS may connect', async () => {
    const { app, gw } = await start({ ...PRODUCTION, ALLOWED_ORIGINS: 'https://*.example.com' })
    await using _stopped = app
    expect(await upgradeStatus(gw, 'https://desk.example.com')).toBe(101)
    expect(await upgradeStatus(gw, 'https://example.org')).toBe(403)
  })
})

test('a machine token that is revoked takes its connection along, and no other', async () => {
  const { app, http, gw } = await start()
  await using _stopped = app
  const [one, two] = [await machine(http), await machine(http)]
  const revoked = await openPeer(gw, { ...one.login })
  await using kept = await openPeer(gw, { ...two.login })
  const answer = await fetch(`${http}/auth/revoke`, {
    method: 'POST',
    headers: { authorization: one.basic },
    body: new URLSearchParams({ token: one.token }),
  })
  expect(answer.status).toBe(200)
  expect(await revoked.closed).toBe(4401)
  await expect(openPeer(gw, { ...one.login })).rejects.toThrow(/token/)
  expect(await kept.ask({ domain: 'global', type: 'join', destination: 'bus' })).toMatchObject({
    type: 'success',
  })
  expect(app.output()).not.toContain(one.token)
})

test('users of an OpenID provider are let in with its tokens, for the audience, until they end', async () => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const keys = createKeyRing([{ algorithm: 'ES256', key: privateKey }])
  const provider = createServer((request, response) => {
    const metadata = { issuer, jwks_uri: `${issuer}/jwks` }
    response
      .setHeader('content-type', 'application/json')
      .end(JSON.stringify(request.url === '/jwks' ? keys.jwks() : metadata))
  })
  provider.listen(0, '127.0.0.1')
  await once(provider, 'listening')
  const issuer = `http://127.0.0.1:${(provider.address() as AddressInfo).port}`
  const tokenOf = async (sub: string, claims: object = {}): Promise<object> => {
    const now = Math.floor(Date.now() / 1000)
    const token = await keys.sign({ iss: issuer, sub, aud: 'desk', iat: now, exp: now + 60, ...claims })
    return { method: 'access-token', token }
  }
  try {
    const env = { INTEROP_AUTH: 'machine,oidc', INTEROP_OIDC_ISSUER: issuer, INTEROP_OIDC_AUDIENCE: 'desk' }
    const { app, http, gw } = await start(env)
    await using _stopped = app
    await using ann = await openPeer(gw, { ...(await tokenOf('ann')) })
    await using bob = await openPeer(gw, { ...(await tokenOf('bob')) })
    await using annToo = await openPeer(gw, { ...(await tokenOf('ann')) }, { application: 'another' })
    expect(others(annToo)).toEqual([ann.peerId])
    expect(others(bob)).toEqual([])
    await using agent = await openPeer(gw, { ...(await machine(http)).login })
    expect(others(agent)).toEqual([])
    await expect(openPeer(gw, { ...(await tokenOf('eve', { aud: 'other' })) })).rejects.toThrow(/\w/)
    await expect(openPeer(gw, ANN)).rejects.toThrow(/\w/)
    const brief = { exp: Math.floor(Date.now() / 1000) + 2 }
    const short = await openPeer(gw, { ...(await tokenOf('ann', brief)) }, { application: 'short' })
    expect(await short.closed).toBe(4401)
  } finally {
    provider.close()
    provider.closeAllConnections()
  }
})

test('INTEROP_AUTH=off leaves nothing at /gw, and nothing of it in the metrics', async () => {
  const { app, http, gw } = await start({ INTEROP_AUTH: 'off' })
  await using _stopped = app
  expect(await upgradeStatus(gw)).toBe(404)
  expect(await (await fetch(`${http}/metrics`)).text()).not.toContain('interop')
})

test('the metrics show what the gateway does and what its clients publish', async () => {
  const { app, http, gw } = await start()
  await using _stopped = app
  await using ann = await openPeer(gw, ANN, { application: 'a "quoted"\nname \\' })
  await register(ann, 'Test.Method')
  await ann.ask({ type: 'join', destination: 'metrics', options: { system: 'Desk' } })
  const definition = { name: '/App/orders open', type: 'number' }
  ann.send({ domain: 'metrics', type: 'define', metrics: [definition] })
  ann.send({ domain: 'metrics', type: 'publish', values: [{ name: definition.name, value: 7 }] })
  await ann.ask({ domain: 'global', type: 'create-token' })
  const metrics = await (await fetch(`${http}/metrics`)).text()
  expect(metrics).toMatch(/^portcullis_interop_peers 1$/m)
  expect(metrics).toMatch(/^portcullis_interop_methods 1$/m)
  expect(metrics).toMatch(/^# TYPE portcullis_interop_messages_in_total counter$/m)
  expect(metrics).toMatch(/^portcullis_sessions 0$/m)
  expect(metrics.split('\n')).toContain(
    'interop_metric_App_orders_open{system="Desk",service="a \\"quoted\\"\\nname \\\\",application="a \\"quoted\\"\\nname \\\\"} 7',
  )
  expect(await (await fetch(`${http}/health/ready`)).json()).toMatchObject({ ok: true })
})

test('gateways meet with the documented permissions on NATS', async () => {
  await using nats = await startNatsServer({ config: await documentedNatsConfig() })
  const env = {
    NATS_URL: nats.url.replace('//', '//gateway:change-me@'),
    NATS_INBOX_PREFIX: '_INBOX_gateway',
    INTEROP_DEFAULT_VISIBILITY: 'cluster',
  }
  const [here, there] = [await start(env), await start(env)]
  await using _here = here.app
  await using _there = there.app
  await using ann = await openPeer(here.gw, ANN)
  await using far = await openPeer(there.gw, ANN)
  await expect.poll(() => others(far), { timeout: 20_000 }).toEqual([ann.peerId])
  for (const { app } of [here, there]) expect(app.output()).not.toMatch(/permi(?:tted|ssion)/i)
})

describe('visibility rules', () => {
  let nats: NatsServer
  beforeAll(async () => {
    nats = await startNatsServer()
  })
  afterAll(() => nats[Symbol.asyncDispose]())

  test('in a file hold between gateways, and hold otherwise as soon as the file does', async () => {
    const file = join(folder, 'rules.json')
    const write = (rules: object | string): Promise<void> =>
      writeFile(file, typeof rules === 'string' ? rules : JSON.stringify(rules))
    const peers = [{ restrictions: 'cluster' }]
    await write({ peers, methods: [{ method: 'Open', restrictions: 'cluster' }] })
    const env = { NATS_URL: nats.url, INTEROP_RULES_FILE: file, INTEROP_CLUSTER: 'rules' }
    const [here, there] = [await start(env), await start(env)]
    await using _here = here.app
    await using _there = there.app
    await using ann = await openPeer(here.gw, ANN)
    await using far = await openPeer(there.gw, ANN)
    await register(ann, 'Open')
    await register(ann, 'Closed')
    const added = (): string[] =>
      far.received
        .filter(({ type }) => type === 'methods-added')
        .flatMap(({ methods }) => (methods as { name: string }[]).map(({ name }) => name))
    await expect.poll(added, { timeout: 20_000 }).toEqual(['Open'])
    await write('{ not JSON')
    await here.app.waitForOutput(/the old ones stay in force/)
    await write({ peers, methods: [{ method: '/Open|Closed/', restrictions: 'cluster' }] })
    await expect.poll(added, { timeout: 20_000 }).toEqual(['Open', 'Closed'])
  })

  test('are local by default, and otherwise as INTEROP_DEFAULT_VISIBILITY says', async () => {
    const shown = async (env: Record<string, string>): Promise<boolean> => {
      const all = { NATS_URL: nats.url, ...env }
      const [here, there] = [await start(all), await start(all)]
      await using _here = here.app
      await using _there = there.app
      const nodes = async (): Promise<string> => (await fetch(`${here.http}/metrics`)).text()
      await expect.poll(nodes, { timeout: 20_000 }).toMatch(/^portcullis_interop_nodes 1$/m)
      await using ann = await openPeer(here.gw, ANN)
      await using far = await openPeer(there.gw, ANN)
      await register(ann, 'A')
      if (env['INTEROP_DEFAULT_VISIBILITY'] === 'cluster') {
        await expect.poll(() => others(far), { timeout: 20_000 }).toEqual([ann.peerId])
      }
      return others(far).length > 0
    }
    expect(await shown({ INTEROP_CLUSTER: 'quiet' })).toBe(false)
    expect(await shown({ INTEROP_CLUSTER: 'open', INTEROP_DEFAULT_VISIBILITY: 'cluster' })).toBe(true)
  })

  test.each([
    ['is not there', undefined, /INTEROP_RULES_FILE: \S+: ENOENT/],
    ['is no JSON', '{ not JSON', /INTEROP_RULES_FILE: \S+: .*JSON/],
    [
      'has a rule that is wrong',
      '{"methods":[{"restrictions":"local"},{"restrictions":"everywhere"}]}',
      /INTEROP_RULES_FILE: \S+: .*methods\[1\]\.restrictions/,
    ],
    [
      'has a pattern that is none',
      '{"contexts":[{"context":"/(/","restrictions":"local"}]}',
      /contexts\[0\]/,
    ],
  ])('that are in a file which %s end the start with one clear line', async (_name, text, message) => {
    const file = join(folder, 'wrong.json')
    if (text === undefined) await rm(file, { force: true })
    else await writeFile(file, text)
    const app = await startProcess({
      module: APP,
      env: { PORT: '0', AUTH_STORE: 'memory', ...SECRET, INTEROP_RULES_FILE: file },
    })
    expect(await app.exited).toEqual({ code: 1, signal: null })
    expect(app.output()).toMatch(message)
    expect(app.output()).not.toContain('    at ')
  })
})
