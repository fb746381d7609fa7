import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import {
  type ControlPlaneAuthorizer,
  controlPlaneAuthorizer,
  GatewayError,
  type UpgradeRequest,
} from '../../src/index.ts'
import { listen, startGateway } from '../support/start-gateway.ts'
import { TestClient } from '../support/test-client.ts'

const CLIENT_TOKEN = 'client-token-that-must-not-show'
const INTERNAL_TOKEN = 'internal-token-that-must-not-show'
const UNCACHED = { grantCacheMs: 0, refusalCacheMs: 0 }
const GRANT = { workspaceId: 'acme', projectId: 'one', userId: 'ann', claims: { role: 'x' } }

interface Asked {
  method: string | undefined
  url: string | undefined
  authorization: string | undefined
  body: string
}

let server: Server
let url: string
let answer: (response: ServerResponse, request: IncomingMessage) => void
let asked: Asked[]
let connections: number
let controlPlane: ControlPlaneAuthorizer

beforeEach(async () => {
  asked = []
  connections = 0
  server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8').on('data', (chunk: string) => (body += chunk))
    request.on('end', () => {
      asked.push({
        method: request.method,
        url: request.url,
        authorization: request.headers.authorization,
        body,
      })
      answer(response, request)
    })
  })
  server.on('connection', () => (connections += 1))
  url = `http://127.0.0.1:${await listen(server)}`
  // Every question is asked: what is kept is looked at elsewhere.
  controlPlane = controlPlaneAuthorizer({ ...UNCACHED, url, internalToken: INTERNAL_TOKEN, timeoutMs: 300 })
})
afterEach(async () => {
  server.closeAllConnections()
  server.close()
  await controlPlane.close()
})

function json(statusCode: number, body: unknown): (response: ServerResponse) => void {
  return (response) =>
    response.writeHead(statusCode, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

function ask(
  token: string | null = CLIENT_TOKEN,
  signal: AbortSignal = new AbortController().signal,
): ReturnType<ControlPlaneAuthorizer['authorize']> {
  return controlPlane.authorize({ ...anyRequest(), host: 'chat.example:443', token, signal })
}

function anyRequest(): UpgradeRequest {
  const { signal } = new AbortController()
  return { host: 'h', token: null, origin: null, clientAddress: '::1', path: '/ws', headers: {}, signal }
}

/** The refusal, after a look for tokens in everything a log would show of it. */
async function refusal(promise: Promise<unknown> = ask()): Promise<GatewayError> {
  const error: unknown = await promise.then(
    () => new Error('was granted'),
    (reason: unknown) => reason,
  )
  if (!GatewayError.is(error)) throw error
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    expect(`${at.stack} ${JSON.stringify(at)} ${Object.values(at).join()}`).not.toContain('must-not-show')
  }
  return error
}

test('asks as the contract says, and hands on the grant', async () => {
  answer = json(200, GRANT)
  expect(await ask()).toMatchObject(GRANT)
  expect(await ask(null)).toMatchObject(GRANT)
  expect(asked).toEqual([
    {
      method: 'POST',
      url: '/api/registry/authorize',
      authorization: `Bearer ${INTERNAL_TOKEN}`,
      body: JSON.stringify({ host: 'chat.example:443', token: CLIENT_TOKEN }),
    },
    {
      method: 'POST',
      url: '/api/registry/authorize',
      authorization: `Bearer ${INTERNAL_TOKEN}`,
      body: '{"host":"chat.example:443"}',
    },
  ])
})

test('asks for projects of one mode only, where it is told to', async () => {
  answer = json(404, { code: 'ERR_HOST_UNKNOWN', message: 'no project answers under this host' })
  const machines = controlPlaneAuthorizer({
    ...UNCACHED,
    url,
    internalToken: INTERNAL_TOKEN,
    mode: 'machine',
  })
  for (const token of ['t', null]) {
    const asking = machines.authorize({ ...anyRequest(), token })
    expect(await refusal(asking)).toMatchObject({ code: 'host_unknown' })
  }
  await machines.close()
  expect(asked.map(({ body }) => JSON.parse(body) as object)).toEqual([
    { host: 'h', token: 't', mode: 'machine' },
    { host: 'h', mode: 'machine' },
  ])
})

test('keeps its connection', async () => {
  answer = json(200, GRANT)
  for (let n = 0; n < 20; n += 1) await ask()
  answer = json(401, { code: 'ERR_AUTH_TOKEN_INVALID', message: 'no' })
  for (let n = 0; n < 20; n += 1) await refusal()
  // A connection can be busy with the end of an answer that was read already.
  expect(connections).toBeLessThanOrEqual(2)
})

test('opens no more connections than it may', async () => {
  const limited = controlPlaneAuthorizer({ url, internalToken: INTERNAL_TOKEN, maxConnections: 3 })
  answer = (response) => setImmediate(() => json(200, GRANT)(response))
  await Promise.all(
    Array.from({ length: 60 }, (_value, n) => limited.authorize({ ...anyRequest(), host: `h${n}` })),
  )
  expect(connections).toBeLessThanOrEqual(3)
  await limited.close()
})

describe('a refusal keeps its status, code and message', () => {
  test.each([
    [400, 'ERR_HOST_INVALID', 'request_invalid'],
    [401, 'ERR_AUTH_TOKEN_EXPIRED', 'unauthorized'],
    [403, 'ERR_FORBIDDEN', 'forbidden'],
    [404, 'ERR_HOST_UNKNOWN', 'host_unknown'],
  ])('%i', async (statusCode, peerCode, code) => {
    answer = json(statusCode, { statusCode, error: 'x', code: peerCode, message: 'the reason' })
    expect(await refusal()).toMatchObject({ statusCode, code, peerCode, message: 'the reason' })
  })

  test.each([
    [400, 'request_invalid', 'the control plane refused'],
    [401, 'unauthorized', 'the token is not valid'],
    [403, 'forbidden', 'the control plane refused'],
    [404, 'host_unknown', 'no project answers to this host'],
  ])('%i, in words of our own when it has none', async (statusCode, code, message) => {
    for (const body of [
      {},
      null,
      [],
      { code: 7, message: 7 },
      { code: 'not a code', message: null },
      { code: 'x'.repeat(65) },
    ]) {
      answer = json(statusCode, body)
      expect(await refusal()).toMatchObject({ statusCode, code, peerCode: code, message })
    }
  })

  test('401 without a token', async () => {
    answer = json(401, {})
    expect((await refusal(ask(null))).message).toBe('a token is required')
  })
})

describe('an outage is 503 and never a denial or a grant', () => {
  const broken: Record<string, typeof answer> = {
    'status 429': json(429, { code: 'slow_down', message: 'slow down' }),
    'status 500': json(500, { code: 'ERR_X', message: 'stack trace' }),
    'status 502': json(502, {}),
    'status 503': json(503, { code: 'ERR_REGISTRY_UNAVAILABLE', message: 'm' }),
    'status 201': json(201, GRANT),
    'status 204': (response) => response.writeHead(204).end(),
    'a redirect': (response) => response.writeHead(302, { location: `${url}/elsewhere` }).end('{}'),
    'our own token refused': json(401, { code: 'ERR_INTERNAL_TOKEN_INVALID', message: 'm' }),
    'no JSON': (response) => response.end('<html>'),
    'a denial that is no JSON': (response) => response.writeHead(403).end('<html>blocked</html>'),
    'half of a JSON': (response) => response.end('{"workspaceId":'),
    nothing: (response) => response.end(),
    'a huge answer': json(200, { ...GRANT, claims: { pad: 'x'.repeat(70_000) } }),
    'an endless answer': (response) => {
      const more = (): unknown =>
        response.destroyed || (response.write('x'.repeat(10_000)), setImmediate(more))
      more()
    },
    'a broken line': (response) => response.socket?.end('HTTP/1.1 garbage\r\n\r\n'),
    'a cut line': (_response, request) => request.socket.resetAndDestroy(),
    'no answer': () => undefined,
    'a slow answer': (response) => {
      const drip = (): unknown => response.destroyed || (response.write(' '), setTimeout(drip, 50))
      drip()
    },
    'a grant for no workspace': json(200, { ...GRANT, workspaceId: '' }),
    'a grant for a wildcard': json(200, { ...GRANT, projectId: '>' }),
    'a grant that is null': json(200, null),
    'a user that is no string': json(200, { ...GRANT, userId: { name: 'ann' } }),
  }
  test.each(Object.keys(broken))('%s', async (what) => {
    answer = broken[what]!
    expect(await refusal()).toMatchObject({
      statusCode: 503,
      code: 'control_plane_unavailable',
      peerCode: 'control_plane_unavailable',
      retryAfterSeconds: 1,
    })
    answer = json(200, GRANT)
    expect(await ask()).toMatchObject(GRANT)
  })

  test('nobody listens', async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
    expect((await refusal()).code).toBe('control_plane_unavailable')
  })

  test('after close, which may come twice', async () => {
    answer = json(200, GRANT)
    await Promise.all([controlPlane.close(), controlPlane.close()])
    expect((await refusal()).code).toBe('control_plane_unavailable')
  })
})

test('a client that leaves ends the question', async () => {
  let ended = false
  answer = (response) => response.once('close', () => (ended = true))
  const controller = new AbortController()
  const refused = refusal(ask(CLIENT_TOKEN, controller.signal))
  await vi.waitFor(() => expect(asked).toHaveLength(1))
  controller.abort()
  await refused
  await vi.waitFor(() => expect(ended).toBe(true))
})

test('in a gateway: the client sees status, code and message, and neither token shows', async () => {
  await using system = await startGateway({ authorize: controlPlane.authorize })
  const target = `${system.url}?token=${CLIENT_TOKEN}`
  answer = json(401, { code: 'ERR_AUTH_TOKEN_EXPIRED', message: 'expired' })
  expect(await TestClient.refused(target)).toMatchObject({
    statusCode: 401,
    body: { code: 'ERR_AUTH_TOKEN_EXPIRED', message: 'expired' },
  })
  answer = json(500, { code: 'ERR_X', message: 'inner' })
  const refused = await TestClient.refused(target)
  expect(refused).toMatchObject({
    statusCode: 503,
    headers: { 'retry-after': '1' },
    body: { code: 'control_plane_unavailable', message: 'the control plane failed' },
  })
  answer = json(200, GRANT)
  await (await TestClient.open(target)).close()
  expect(JSON.stringify(refused)).not.toContain('must-not-show')
  const shown = system.log.entries
    .flatMap(({ details }) => Object.values(details))
    .map((value) =>
      value instanceof Error
        ? `${value.stack} ${String((value.cause as Error | undefined)?.stack)}`
        : String(value),
    )
  expect(shown.join()).not.toContain('must-not-show')
})

test.each([
  [{ internalToken: '' }, 'internalToken'],
  [{ internalToken: undefined }, 'internalToken'],
  [{ internalToken: 'from-a-file\n' }, 'internalToken'],
  [{ url: 'localhost:3000' }, 'url'],
  [{ url: '/api' }, 'url'],
  [{ url: 'ftp://a.example' }, 'url'],
  [{ mode: 'jwt' }, 'mode'],
  [{ timeoutMs: 0 }, 'timeoutMs'],
  [{ timeoutMs: 2 ** 31 }, 'timeoutMs'],
  [{ maxConnections: 1.5 }, 'maxConnections'],
  [{ grantCacheMs: -1 }, 'grantCacheMs'],
  [{ grantCacheMs: 300_001 }, 'grantCacheMs'],
  [{ refusalCacheMs: 0.5 }, 'refusalCacheMs'],
  [{ refusalCacheMs: 300_001 }, 'refusalCacheMs'],
  [{ maxCacheEntries: 0 }, 'maxCacheEntries'],
  [{ maxCacheBytes: 0 }, 'maxCacheBytes'],
  [{ maxPending: 0 }, 'maxPending'],
  [{ circuitFailures: 0 }, 'circuitFailures'],
  [{ circuitOpenMs: Number.NaN }, 'circuitOpenMs'],
])('%j is refused by name, not by value', (bad, name) => {
  const make = (): unknown => controlPlaneAuthorizer({ url, internalToken: INTERNAL_TOKEN, ...bad } as never)
  expect(make).toThrow(TypeError)
  expect(make).toThrow(`"${name}" option`)
  expect(make).not.toThrow('from-a-file')
})

test('a base path is kept', async () => {
  answer = json(200, GRANT)
  for (const base of [`${url}/base`, `${url}/base/`]) {
    const based = controlPlaneAuthorizer({ url: base, internalToken: INTERNAL_TOKEN })
    await based.authorize(anyRequest())
    await based.close()
  }
  expect(asked.map((one) => one.url)).toEqual([
    '/base/api/registry/authorize',
    '/base/api/registry/authorize',
  ])
})
