import { once } from 'node:events'
import { AuthError } from '@portcullis/auth-core'
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import { type Authorizer, GatewayError } from '../../src/index.ts'
import { handshake, RawPeer } from '../support/raw-peer.ts'
import { SCOPE, type StartedGateway, startGateway } from '../support/start-gateway.ts'
import { TestClient } from '../support/test-client.ts'

const SECRET = 'very-secret-token'
let decide: Authorizer
let system: StartedGateway

beforeAll(async () => {
  system = await startGateway({
    authorize: (request) => decide(request),
    allowedOrigins: ['https://good.example'],
  })
})
afterAll(() => system[Symbol.asyncDispose]())

function refusing(error: unknown): Authorizer {
  return () => Promise.reject(error)
}
const admit: Authorizer = async ({ token }) => ({ ...SCOPE, userId: token, claims: {} })

describe('what the authorizer throws becomes the answer to the upgrade', () => {
  test.each<[string, unknown, number, string, string, string | undefined]>([
    ['a bad request', new GatewayError('request_invalid', 'm'), 400, 'request_invalid', 'm', undefined],
    ['a bad token', new GatewayError('unauthorized', 'm'), 401, 'unauthorized', 'm', undefined],
    ['a denial', new GatewayError('forbidden', 'm'), 403, 'forbidden', 'm', undefined],
    ['an unknown host', new GatewayError('host_unknown', 'm'), 404, 'host_unknown', 'm', undefined],
    [
      'a limit',
      new GatewayError('user_connections_exceeded', 'm'),
      429,
      'user_connections_exceeded',
      'm',
      '1',
    ],
    [
      'an outage',
      new GatewayError('control_plane_unavailable', 'm'),
      503,
      'control_plane_unavailable',
      'm',
      '1',
    ],
    [
      'an outage that says how long',
      new GatewayError('control_plane_unavailable', 'm', { retryAfterSeconds: 30 }),
      503,
      'control_plane_unavailable',
      'm',
      '30',
    ],
    [
      'a code of its own',
      new GatewayError('forbidden', 'm', { peerCode: 'ERR_FORBIDDEN' }),
      403,
      'ERR_FORBIDDEN',
      'm',
      undefined,
    ],
    [
      'an AuthError',
      new AuthError('ERR_AUTH_TOKEN_EXPIRED', 'm'),
      401,
      'ERR_AUTH_TOKEN_EXPIRED',
      'm',
      undefined,
    ],
    [
      'an AuthError of ours',
      new AuthError('ERR_AUTH_KEYS_UNAVAILABLE', SECRET),
      503,
      'ERR_AUTH_KEYS_UNAVAILABLE',
      'authentication is not available',
      '1',
    ],
    ['anything else', new Error(SECRET), 500, 'internal_error', 'something went wrong', undefined],
    ['not even an error', SECRET, 500, 'internal_error', 'something went wrong', undefined],
  ])('%s', async (_what, error, statusCode, code, message, retryAfter) => {
    decide = refusing(error)
    const refused = await TestClient.refused(system.url)
    expect(refused).toMatchObject({
      statusCode,
      headers: {
        connection: 'close',
        'content-type': 'application/json; charset=utf-8',
        'cache-control': 'no-store',
      },
    })
    expect(refused.body).toEqual({ statusCode, error: expect.any(String), code, message })
    expect(refused.headers['retry-after']).toBe(retryAfter)
    expect(refused.headers['www-authenticate'] !== undefined).toBe(statusCode === 401)
    expect(JSON.stringify(refused)).not.toContain(SECRET)
  })

  test.each([null, {}, { ...SCOPE, workspaceId: 'a.>', userId: null, claims: {} }])(
    'a grant that is none, %j, is a fault of ours',
    async (grant) => {
      decide = async () => grant as never
      expect((await TestClient.refused(system.url)).body.code).toBe('internal_error')
    },
  )

  test('an authorizer that throws at once is as good', async () => {
    decide = () => {
      throw new GatewayError('forbidden', 'm')
    }
    expect((await TestClient.refused(system.url)).statusCode).toBe(403)
  })

  test('claims that JSON has no form for close the socket and end nothing else', async () => {
    const claims: Record<string, unknown> = {}
    claims.self = claims
    decide = async () => ({ ...SCOPE, userId: null, claims })
    const client = await TestClient.open(system.url)
    expect(await client.closed).toEqual({ code: 1011, reason: 'internal_error' })
    decide = admit
    await (await TestClient.open(system.url)).close()
  })
})

test('the challenge of a 401 tells a missing token from a bad one', async () => {
  const challengeFor = async (error: Error): Promise<unknown> => {
    decide = refusing(error)
    return (await TestClient.refused(system.url)).headers['www-authenticate']
  }
  expect(await challengeFor(new AuthError('ERR_AUTH_TOKEN_REQUIRED', 'm'))).toBe('Bearer realm="portcullis"')
  expect(await challengeFor(new AuthError('ERR_AUTH_TOKEN_EXPIRED', 'm'))).toContain('error="invalid_token"')
  expect(await challengeFor(new GatewayError('unauthorized', 'm'))).toContain('error="invalid_token"')
})

test('no byte of a 101 is sent before the authorizer has decided', async () => {
  let resolve!: () => void
  const decided = new Promise<void>((done) => (resolve = done))
  let asked!: () => void
  const isAsked = new Promise<void>((done) => (asked = done))
  decide = async (request) => {
    asked()
    await decided
    return admit(request)
  }
  const peer = await RawPeer.connect(system.port)
  peer.socket.write(handshake())
  await isAsked
  // Another whole connection is opened and closed meanwhile: whatever was on its way would be here.
  expect((await TestClient.refused(system.url.replace('/ws', '/nope'))).statusCode).toBe(404)
  expect(peer.received.length).toBe(0)
  expect(system.gateway.stats().sessions).toBe(0)
  resolve()
  expect(await peer.head()).toMatch(/^HTTP\/1\.1 101 /)
  peer.socket.destroy()
})

test('the authorizer is told the request, and a signal', async () => {
  let asked: Parameters<Authorizer>[0] | undefined
  decide = (request) => {
    asked = request
    return admit(request)
  }
  const client = await TestClient.open(`${system.url}?token=t&x=1`, {
    headers: { origin: 'https://good.example', 'x-own': 'y' },
  })
  expect(asked).toMatchObject({
    host: `127.0.0.1:${system.port}`,
    token: 't',
    origin: 'https://good.example',
    clientAddress: '127.0.0.1',
    path: '/ws',
    headers: { 'x-own': 'y' },
  })
  expect(asked?.signal.aborted).toBe(false)
  await client.close()
  // The decision was made: what comes later is not its business.
  expect(asked?.signal.aborted).toBe(false)
})

describe('a token is taken', () => {
  const nobody = { protocols: ['portcullis.v1'] }
  const places: Record<string, () => Promise<TestClient>> = {
    'from the header': () =>
      TestClient.welcomed(system.url, { headers: { authorization: `Bearer ${SECRET}` } }),
    'from the query': () => TestClient.welcomed(`${system.url}?token=${SECRET}`),
    'from a sub-protocol': () =>
      TestClient.welcomed(system.url, { protocols: [`bearer.${SECRET}`, 'portcullis.v1'] }),
  }
  test.each(Object.keys(places))('%s', async (place) => {
    decide = admit
    const client = await places[place]!()
    expect(JSON.parse(client.frames.all[0]!)).toMatchObject({ userId: SECRET })
    await client.close()
  })

  test('from nowhere: null', async () => {
    decide = admit
    const client = await TestClient.open(system.url, nobody)
    expect(await client.json()).toMatchObject({ userId: null })
    await client.close()
  })

  test.each<[string, string, Record<string, string>, string[]]>([
    ['two places', '?token=a', { authorization: 'Bearer b' }, ['portcullis.v1']],
    ['two parameters', '?token=a&token=b', {}, ['portcullis.v1']],
    ['two sub-protocols', '', {}, ['bearer.a', 'bearer.b', 'portcullis.v1']],
  ])('from %s: never', async (_what, query, headers, protocols) => {
    decide = admit
    const refused = await TestClient.refused(`${system.url}${query}`, { headers, protocols })
    expect(refused).toMatchObject({ statusCode: 400, body: { code: 'ERR_AUTH_REQUEST_INVALID' } })
  })

  test.each(['access_token', 'Token', 'jwt'])('not from the query parameter %s', async (name) => {
    decide = admit
    const client = await TestClient.open(`${system.url}?${name}=${SECRET}`, nobody)
    expect(await client.json()).toMatchObject({ userId: null })
    await client.close()
  })
})

describe('the sub-protocol of the answer', () => {
  test.each<[string[], string | undefined]>([
    [['portcullis.v1'], 'portcullis.v1'],
    [['portcullis.plain'], 'portcullis.plain'],
    [['portcullis.plain', 'portcullis.v1'], 'portcullis.plain'],
    [[`bearer.${SECRET}`, 'portcullis.v1'], 'portcullis.v1'],
    [['other', `BEARER.${SECRET}`, 'portcullis.plain'], 'portcullis.plain'],
    [[`bearer.${SECRET}`], undefined],
    [['graphql-ws'], undefined],
  ])('of %j is %s', async (offered, chosen) => {
    decide = admit
    const peer = await RawPeer.connect(system.port)
    peer.socket.write(handshake({ 'Sec-WebSocket-Protocol': offered.join(', ') }))
    const answer = await peer.head()
    expect(answer).toMatch(/^HTTP\/1\.1 101 /)
    expect(/^sec-websocket-protocol: (.*)\r$/im.exec(answer)?.[1]).toBe(chosen)
    expect(answer).not.toContain(SECRET)
    peer.socket.destroy()
  })
})

describe('a request that is no handshake is answered before anybody is asked', () => {
  test.each<[string, string, number, string]>([
    ['another path', handshake({}, 'GET /other HTTP/1.1'), 404, 'not_found'],
    ['an encoded path', handshake({}, 'GET /%77s HTTP/1.1'), 404, 'not_found'],
    ['a path below', handshake({}, 'GET /ws/ HTTP/1.1'), 404, 'not_found'],
    ['a double slash', handshake({}, 'GET //ws HTTP/1.1'), 400, 'request_invalid'],
    ['an absolute target', handshake({}, 'GET http://127.0.0.1/ws HTTP/1.1'), 400, 'request_invalid'],
    ['an asterisk', handshake({}, 'OPTIONS * HTTP/1.1'), 400, 'request_invalid'],
    ['a POST', handshake({}, 'POST /ws HTTP/1.1'), 400, 'request_invalid'],
    ['HTTP/1.0', handshake({}, 'GET /ws HTTP/1.0'), 400, 'request_invalid'],
    ['another protocol', handshake({ Upgrade: 'h2c' }), 400, 'request_invalid'],
    ['no key', handshake({ 'Sec-WebSocket-Key': undefined }), 400, 'request_invalid'],
    ['a short key', handshake({ 'Sec-WebSocket-Key': 'c2hvcnQ=' }), 400, 'request_invalid'],
    ['no version', handshake({ 'Sec-WebSocket-Version': undefined }), 400, 'request_invalid'],
    [
      'version 8, whose origin has another header',
      handshake({ 'Sec-WebSocket-Version': '8' }),
      400,
      'request_invalid',
    ],
    ['version 12', handshake({ 'Sec-WebSocket-Version': '12' }), 400, 'request_invalid'],
    ['a malformed sub-protocol', handshake({ 'Sec-WebSocket-Protocol': 'a b' }), 400, 'request_invalid'],
    ['an empty sub-protocol', handshake({ 'Sec-WebSocket-Protocol': 'a,,b' }), 400, 'request_invalid'],
    ['the same sub-protocol twice', handshake({ 'Sec-WebSocket-Protocol': 'a, a' }), 400, 'request_invalid'],
    ['two hosts', handshake({ 'Host: b.example\r\nHost': 'a.example' }), 400, 'request_invalid'],
    ['an empty host', handshake({ Host: '' }), 400, 'request_invalid'],
    ['a foreign origin', handshake({ Origin: 'https://evil.example' }), 403, 'origin_forbidden'],
    ['a null origin', handshake({ Origin: 'null' }), 403, 'origin_forbidden'],
    ['an empty origin', handshake({ Origin: '' }), 403, 'origin_forbidden'],
    ['a malformed token', handshake({ Authorization: 'Bearer a b' }), 401, 'ERR_AUTH_TOKEN_INVALID'],
  ])('%s', async (_what, bytes, statusCode, code) => {
    let isAsked = false
    decide = (request) => {
      isAsked = true
      return admit(request)
    }
    const peer = await RawPeer.connect(system.port)
    peer.socket.write(bytes)
    await peer.closed
    const [head = '', body = ''] = peer.received.toString().split('\r\n\r\n')
    expect(head).toMatch(new RegExp(`^HTTP/1\\.1 ${statusCode} `))
    expect(head.toLowerCase()).toContain('\r\nconnection: close')
    expect(JSON.parse(body)).toMatchObject({ statusCode, code })
    if (statusCode === 400) expect(head).toContain('\r\nSec-WebSocket-Version: 13')
    expect(isAsked).toBe(false)
  })
})

test('a refused socket is gone in the end, though its client neither reads nor leaves', async () => {
  decide = refusing(new GatewayError('forbidden', 'm'))
  const peer = await RawPeer.connect(system.port, { allowHalfOpen: true })
  peer.socket.pause()
  const arrived = once(system.server, 'upgrade')
  peer.socket.write(handshake())
  const [, socket] = (await arrived) as [unknown, NodeJS.EventEmitter]
  await once(socket, 'close')
  expect(system.gateway.stats().connections).toBe(0)
  peer.socket.destroy()
})

test('a refused client that takes its leave is not waited for, whatever else it had to say', async () => {
  // The grace of the others never ends: what ends this connection is its client.
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  onTestFinished(() => {
    vi.useRealTimers()
  })
  decide = refusing(new GatewayError('forbidden', 'm'))
  const peer = await RawPeer.connect(system.port)
  const arrived = once(system.server, 'upgrade')
  peer.socket.write(handshake() + 'x'.repeat(5_000_000))
  const [, socket] = (await arrived) as [unknown, NodeJS.EventEmitter]
  await once(socket, 'close')
})

test('an answer arrives whole although the client had more to say', async () => {
  decide = refusing(new GatewayError('forbidden', 'm'))
  for (let round = 0; round < 20; round += 1) {
    const peer = await RawPeer.connect(system.port)
    peer.socket.write(handshake() + 'x'.repeat(100_000))
    await peer.closed
    expect(peer.received.toString()).toContain('"code":"forbidden"')
  }
})

test('no token is ever logged or counted', async () => {
  decide = refusing(new GatewayError('unauthorized', 'm'))
  await TestClient.refused(`${system.url}?token=${SECRET}`)
  await TestClient.refused(system.url, { headers: { authorization: `Bearer ${SECRET}` } })
  decide = refusing(new GatewayError('control_plane_unavailable', 'm', { cause: new Error('down') }))
  await TestClient.refused(`${system.url}?token=${SECRET}`)
  const logged = system.log.entries.map(({ details, message }) =>
    [
      message,
      ...Object.values(details).map((value) =>
        value instanceof Error ? `${value.stack}${String(value.cause)}` : String(value),
      ),
    ].join(),
  )
  expect(logged.length).toBeGreaterThan(3)
  // One test above throws the secret itself as an error, to see that it stays inside.
  expect(
    logged
      .filter((line) => line.includes(SECRET))
      .every((line) => /Error: very-secret|,very-secret/.test(line)),
  ).toBe(true)
  expect(JSON.stringify(system.gateway.stats())).not.toContain(SECRET)
})
