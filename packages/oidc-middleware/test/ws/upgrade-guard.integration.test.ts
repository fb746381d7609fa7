import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import { type AddressInfo, connect as connectTcp } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createWebSocketStream, type WebSocket, WebSocketServer } from 'ws'
import type { LocalUser, OidcVerifier } from '../../src/index.ts'
import {
  authenticateUpgrade,
  createUpgradeGuard,
  sessionOf,
  type UpgradeGuardOptions,
} from '../../src/ws/index.ts'
import { startIssuer, type TestIssuer } from '../support/issuer.ts'
import { connect, guardedServer, refused, verifierOf } from './support.ts'
import { eventually } from '../support/eventually.ts'

let issuer: TestIssuer
let verifier: OidcVerifier

beforeAll(async () => {
  issuer = await startIssuer()
  verifier = verifierOf(issuer)
})

afterAll(async () => {
  await issuer[Symbol.asyncDispose]()
})

/** A token that ends in so many whole seconds from now, or a little earlier. */
async function shortToken(seconds: number, claims: Record<string, unknown> = {}): Promise<string> {
  return issuer.token({ exp: Math.floor(Date.now() / 1000) + seconds, ...claims })
}

const never = async (): Promise<never> => new Promise(() => undefined)

test('a token opens a socket, and the application gets its session and its messages', async () => {
  await using server = await guardedServer({ verifier })
  const client = await connect(server.url, await issuer.token({ roles: ['editor'] }))
  expect(server.sessions[0]?.context).toMatchObject({ sub: 'alice', userRole: 'editor' })
  expect(server.sessions[0]?.claims).toMatchObject({ iss: issuer.issuer })
  const [socket] = [...server.webSockets.clients]
  expect(sessionOf(socket as WebSocket)).toBe(server.sessions[0])
  const texts = ['hello', '{"type":"say"}', '"reauth"', '["reauth"]', '{"of":{"type":"reauth"}}', '{"reauth"']
  for (const text of texts) client.socket.send(text)
  client.socket.send(Buffer.from('{"type":"reauth"}'), { binary: true })
  await eventually(() => expect(server.messages).toEqual([...texts, '{"type":"reauth"}']))
  expect(client.frames).toEqual([])
})

test('a socket that nobody guards has no session', () => {
  expect(sessionOf({} as WebSocket)).toBeUndefined()
})

test('frames that come with the handshake are not lost while it is decided on', async () => {
  await using server = await guardedServer({
    verifier: {
      verify: async (token) => {
        await new Promise((resolve) => {
          setImmediate(resolve)
        })
        return verifier.verify(token)
      },
    },
  })
  const token = await issuer.token()
  const { port } = server.http.address() as AddressInfo
  for (let round = 0; round < 20; round += 1) {
    const tcp = connectTcp(port, '127.0.0.1')
    const frames = [1, 2, 3, 4, 5].map((n) => maskedFrame(`${round}.${n}`))
    tcp.write(Buffer.concat([handshake(token), ...frames]))
    await eventually(() => expect(server.messages).toHaveLength((round + 1) * 5))
    tcp.destroy()
  }
  expect(server.messages.slice(-5)).toEqual(['19.1', '19.2', '19.3', '19.4', '19.5'])
})

test('without a token there is 401 and no error attribute', async () => {
  await using server = await guardedServer({ verifier, realm: 'chat' })
  const { status, headers, body } = await refused(server.url)
  expect(status).toBe(401)
  expect(headers).toMatchObject({
    connection: 'close',
    'content-type': 'application/json; charset=utf-8',
    'www-authenticate': 'Bearer realm="chat"',
  })
  expect(body).toEqual({
    statusCode: 401,
    error: 'Unauthorized',
    code: 'ERR_AUTH_TOKEN_REQUIRED',
    message: 'a token is required',
  })
  expect(server.sessions).toEqual([])
})

test.each([
  ['is garbage', async () => 'bad'],
  ['has expired', async () => issuer.token({ exp: 1_700_000_000 })],
  ['expires inside the clock tolerance', async () => shortToken(-1)],
  ['is for another audience', async () => issuer.token({ aud: 'other' })],
])('a token that %s gets 401 ERR_AUTH_TOKEN_INVALID', async (_what, make) => {
  await using server = await guardedServer({ verifier })
  const { status, headers, body } = await refused(server.url, { authorization: `Bearer ${await make()}` })
  expect(status).toBe(401)
  expect(body).toMatchObject({ code: 'ERR_AUTH_TOKEN_INVALID' })
  expect(headers['www-authenticate']).toContain('error="invalid_token"')
})

test('two tokens are one too many', async () => {
  await using server = await guardedServer({ verifier })
  const token = await issuer.token()
  const headers = { authorization: `Bearer ${token}` }
  expect(await refused(`${server.url}/?token=${token}`, headers)).toMatchObject({
    status: 400,
    body: { code: 'ERR_AUTH_REQUEST_INVALID' },
  })
  expect(
    await refused(server.url, { ...headers, 'Sec-WebSocket-Protocol': `chat, bearer.${token}` }),
  ).toMatchObject({ status: 400 })
})

test('a token may stand in the query', async () => {
  await using server = await guardedServer({ verifier })
  await connect(`${server.url}/?token=${await issuer.token()}`)
  expect(server.sessions).toHaveLength(1)
})

test('a token among the sub-protocols is never echoed and not shown to the application', async () => {
  await using server = await guardedServer({ verifier })
  const bearer = `bearer.${await issuer.token()}`
  for (const protocols of [
    [bearer, 'chat', 'other'],
    ['chat', bearer],
  ]) {
    const { socket } = await connect(server.url, undefined, { protocols })
    expect(socket.protocol).toBe('chat')
  }
  expect(server.requests.map(({ headers }) => headers['sec-websocket-protocol'])).toEqual([
    'chat, other',
    'chat',
  ])
  // `ws` as a client fails without one of its protocols, as browsers do.
  const { port } = server.http.address() as AddressInfo
  const tcp = connectTcp(port, '127.0.0.1')
  tcp.write(handshake(undefined, [`Sec-WebSocket-Protocol: ${bearer}`]))
  const [answer] = (await once(tcp, 'data')) as [Buffer]
  expect(answer.toString()).toMatch(/^HTTP\/1.1 101 /)
  expect(answer.toString().toLowerCase()).not.toContain('sec-websocket-protocol')
  tcp.destroy()
})

test('pages of the own host may connect, others may not', async () => {
  await using server = await guardedServer({ verifier })
  const token = await issuer.token()
  const { host, port } = new URL(server.url)
  const { frames } = await connect(server.url, token, { origin: `http://${host}` })
  expect(frames).toEqual([])
  for (const origin of ['https://evil.example', `http://127.0.0.1.evil.example:${port}`, 'null', '']) {
    const answer = await refused(server.url, { authorization: `Bearer ${token}`, origin })
    expect(answer).toMatchObject({ status: 403, body: { code: 'ERR_FORBIDDEN' } })
    expect(answer.headers).not.toHaveProperty('www-authenticate')
  }
  // The origin of the older protocol version is not overlooked.
  const old = { 'Sec-WebSocket-Version': '8', 'Sec-WebSocket-Origin': 'https://evil.example' }
  expect(await refused(server.url, { authorization: `Bearer ${token}`, ...old })).toMatchObject({
    status: 403,
  })
})

test('a list of origins takes the place of the own host', async () => {
  await using server = await guardedServer({ verifier, allowedOrigins: ['https://*.example.com'] })
  const token = await issuer.token()
  await connect(server.url, token, { origin: 'https://app.example.com' })
  for (const origin of [
    'https://example.com.evil.test',
    'https://evilexample.com',
    'http://app.example.com',
  ]) {
    expect(await refused(server.url, { authorization: `Bearer ${token}`, origin })).toMatchObject({
      status: 403,
    })
  }
})

test('two Host headers are refused', async () => {
  await using server = await guardedServer({ verifier })
  const token = await issuer.token()
  const headers = ['Host', 'a', 'Host', 'b', 'Authorization', `Bearer ${token}`]
  expect(await refused(server.url, headers)).toMatchObject({ status: 400 })
})

test('keys that cannot be had are 503 with Retry-After, never 401', async () => {
  await using away = await startIssuer()
  const errors: unknown[] = []
  await using server = await guardedServer({
    verifier: verifierOf(away),
    onError: (error) => errors.push(error),
  })
  away.answer = (_request, response) => response.writeHead(500).end()
  const token = await away.token()
  const { status, headers, body } = await refused(server.url, { authorization: `Bearer ${token}` })
  expect(status).toBe(503)
  expect(body).toMatchObject({
    code: 'ERR_AUTH_KEYS_UNAVAILABLE',
    message: 'authentication is not available',
  })
  expect(Number(headers['retry-after'])).toBeGreaterThanOrEqual(1)
  expect(headers).not.toHaveProperty('www-authenticate')
  expect(errors).toEqual([expect.objectContaining({ code: 'ERR_AUTH_KEYS_UNAVAILABLE' })])
})

test('a decision that takes too long is 503', async () => {
  await using server = await guardedServer({ verifier: { verify: never }, timeoutMs: 20 })
  expect(await refused(server.url, { authorization: 'Bearer x' })).toMatchObject({ status: 503 })
})

test('so many upgrades are decided on at once, and others get 503', async () => {
  await using server = await guardedServer({ verifier: { verify: never }, maxPending: 1, timeoutMs: 60_000 })
  const first = connectTcp((server.http.address() as AddressInfo).port, '127.0.0.1')
  first.on('error', () => undefined)
  const seen = once(server.http, 'upgrade')
  first.write(handshake('x'))
  await seen
  expect(await refused(server.url, { authorization: 'Bearer x' })).toMatchObject({ status: 503 })
  first.destroy()
})

test.each([
  ['resets', (tcp: ReturnType<typeof connectTcp>) => tcp.resetAndDestroy()],
  ['ends', (tcp: ReturnType<typeof connectTcp>) => void tcp.end()],
])('a client that %s while it is decided on leaves nothing behind', async (_what, leave) => {
  let decide: () => void = () => undefined
  const errors: unknown[] = []
  await using server = await guardedServer({
    verifier: {
      verify: async (token) => {
        await new Promise<void>((resolve) => {
          decide = resolve
        })
        return verifier.verify(token)
      },
    },
    onError: (error) => errors.push(error),
  })
  const tcp = connectTcp((server.http.address() as AddressInfo).port, '127.0.0.1')
  tcp.on('error', () => undefined)
  const upgrade = once(server.http, 'upgrade') as Promise<[IncomingMessage]>
  tcp.write(handshake(await issuer.token()))
  const [{ socket }] = await upgrade
  const closed = new Promise((resolve) => {
    socket.once('close', resolve)
  })
  leave(tcp)
  await closed
  decide()
  await new Promise((resolve) => {
    setImmediate(resolve)
  })
  expect(server.sessions).toEqual([])
  expect(errors).toEqual([])
})

test('a disabled user gets 403, and one that cannot be looked up 500', async () => {
  let user: () => LocalUser = () => ({ id: 1, isDisabled: true })
  await using server = await guardedServer({ verifier, users: { findOrCreate: () => user() } })
  const headers = { authorization: `Bearer ${await issuer.token({ sub: 'disabled' })}` }
  expect(await refused(server.url, headers)).toMatchObject({
    status: 403,
    body: { code: 'ERR_USER_DISABLED' },
  })
  user = () => {
    throw new Error('password=hunter2')
  }
  const other = { authorization: `Bearer ${await issuer.token({ sub: 'other' })}` }
  expect(await refused(server.url, other)).toMatchObject({
    status: 500,
    body: {
      statusCode: 500,
      error: 'Internal Server Error',
      code: 'ERR_USER_PROVISION_FAILED',
      message: 'the user could not be looked up',
    },
  })
})

test('a socket ends with its token, and nothing passes after it', async () => {
  await using server = await guardedServer({ verifier })
  const client = await connect(server.url, await shortToken(2))
  const notice = await client.frame('reauth_required')
  expect(notice).toEqual({
    type: 'reauth_required',
    deadline: server.sessions[0]?.deadline,
    remainingMs: expect.any(Number),
  })
  const states = new Set<number | undefined>()
  const [socket] = [...server.webSockets.clients]
  socket?.on('message', () => states.add(socket.readyState))
  const sending = setInterval(() => client.socket.send('hello'), 1)
  expect(await client.closed).toEqual({ code: 4401, reason: 'token_expired' })
  clearInterval(sending)
  expect(states).toEqual(new Set([client.socket.OPEN]))
})

test('a message that comes before the late timer is not handed on', async () => {
  await using server = await guardedServer({ verifier })
  const client = await connect(server.url, await shortToken(2))
  const deadline = server.sessions[0]?.deadline ?? 0
  const [socket] = [...server.webSockets.clients]
  client.socket.send('in time')
  await eventually(() => expect(server.messages).toEqual(['in time']))
  // The process is busy when the time comes.
  while (Date.now() < deadline) continue
  const failure = new Promise<unknown>((resolve) => {
    socket?.send('late', resolve)
  })
  socket?.emit('message', Buffer.from('late'), false)
  expect(server.messages).toEqual(['in time'])
  expect(await failure).toBeInstanceOf(Error)
  expect(await client.closed).toEqual({ code: 4401, reason: 'token_expired' })
  expect(client.frames).not.toContain('late')
})

test('every way to listen is guarded', async () => {
  const seen: string[] = []
  await using server = await guardedServer({ verifier }, (socket) => {
    socket.addEventListener('message', ({ data }) => seen.push(`listener ${data as string}`))
    createWebSocketStream(socket, { encoding: 'utf8' }).on('data', (data) =>
      seen.push(`stream ${String(data)}`),
    )
  })
  const client = await connect(server.url, await issuer.token())
  client.socket.send(JSON.stringify({ type: 'reauth', token: 'bad' }))
  client.socket.send('hello')
  await eventually(() => expect(seen).toHaveLength(2))
  expect(seen.toSorted()).toEqual(['listener hello', 'stream hello'])
})

test('a reauth in band lets the socket live on, and the application sees nothing of it', async () => {
  await using server = await guardedServer({ verifier })
  const client = await connect(server.url, await shortToken(2, { roles: ['a'] }))
  const token = await issuer.token({ roles: ['b'] })
  client.socket.send(JSON.stringify({ type: 'reauth', token }))
  const { deadline } = await client.frame('reauthenticated')
  expect(deadline).toBe(server.sessions[0]?.deadline)
  expect(deadline).toBeGreaterThan(Date.now() + 200_000)
  expect(server.sessions[0]?.context.roles).toEqual(['b'])
  client.socket.send('after')
  await eventually(() => expect(server.messages).toEqual(['after']))
})

test('a reauth as somebody else closes the socket with 4403', async () => {
  await using server = await guardedServer({ verifier })
  const client = await connect(server.url, await issuer.token())
  client.socket.send(JSON.stringify({ type: 'reauth', token: await issuer.token({ sub: 'mallory' }) }))
  expect(await client.closed).toEqual({ code: 4403, reason: 'reauth_mismatch' })
})

test('a reauth with garbage is told, and the socket stays', async () => {
  await using server = await guardedServer({ verifier })
  for (const token of ['bad', 7, null, { a: 1 }, undefined]) {
    const client = await connect(server.url, await issuer.token())
    client.socket.send(JSON.stringify({ type: 'reauth', token }))
    expect(await client.frame('error')).toMatchObject({ code: 'reauth_failed', retryable: false })
    expect(client.socket.readyState).toBe(client.socket.OPEN)
  }
  expect(server.messages).toEqual([])
})

test("without reauth the socket is the application's alone, and ends at its deadline", async () => {
  await using server = await guardedServer({ verifier, reauth: false })
  const client = await connect(server.url, await shortToken(2))
  const frame = JSON.stringify({ type: 'reauth', token: await issuer.token() })
  client.socket.send(frame)
  expect(await client.closed).toEqual({ code: 4401, reason: 'token_expired' })
  expect(server.messages).toEqual([frame])
  expect(client.frames).toEqual([])
})

test('a user who is disabled meanwhile is closed with 4403', async () => {
  let isDisabled = false
  const users = { findOrCreate: () => ({ id: 1, isDisabled }) }
  await using server = await guardedServer({ verifier, users, recheckMs: 10 })
  const client = await connect(server.url, await issuer.token())
  isDisabled = true
  expect(await client.closed).toEqual({ code: 4403, reason: 'user_disabled' })
})

test('every socket of a user who was disabled can be closed at once', async () => {
  let isDisabled = false
  const users = { findOrCreate: (sub: string) => ({ id: sub, isDisabled: isDisabled && sub === 'alice' }) }
  await using server = await guardedServer({ verifier, users })
  const alice = await connect(server.url, await issuer.token())
  const again = await connect(server.url, await issuer.token())
  const bob = await connect(server.url, await issuer.token({ sub: 'bob' }))
  isDisabled = true
  await Promise.all([...server.webSockets.clients].map(async (socket) => sessionOf(socket)?.recheck()))
  for (const { closed } of [alice, again])
    expect(await closed).toEqual({ code: 4403, reason: 'user_disabled' })
  expect(bob.socket.readyState).toBe(bob.socket.OPEN)
})

test('a client that does not answer the close is cut off', async () => {
  await using server = await guardedServer({ verifier })
  const tcp = connectTcp((server.http.address() as AddressInfo).port, '127.0.0.1')
  tcp.on('error', () => undefined).resume()
  tcp.write(handshake(await shortToken(2)))
  await once(tcp, 'close')
  expect(server.sessions).toHaveLength(1)
  await eventually(() => expect(server.webSockets.clients.size).toBe(0))
})

test('bad frames end the socket and not the process', async () => {
  await using server = await guardedServer({ verifier })
  const client = await connect(server.url, await issuer.token())
  ;(client.socket as unknown as { _socket: NodeJS.WritableStream })._socket.write(
    Buffer.from([0xff, 0xff, 0x00]),
  )
  expect(await client.closed).toMatchObject({ code: 1002 })
})

test('a listener that throws is reported, and its socket closed', async () => {
  const errors: unknown[] = []
  await using server = await guardedServer({ verifier, onError: (error) => errors.push(error) }, () => {
    throw new Error('a mistake')
  })
  const client = await connect(server.url, await issuer.token())
  expect(await client.closed).toEqual({ code: 1011, reason: 'internal_error' })
  expect(errors).toEqual([new Error('a mistake')])
})

test('2000 upgrades with garbage are refused, and the next good one gets in', async () => {
  await using server = await guardedServer({ verifier })
  const alphabet = 'abcXYZ019._-~+/= ,;%"\\{}'
  let seed = 7
  const random = (below: number): number => {
    seed = (seed * 48_271) % 2_147_483_647
    return seed % below
  }
  const text = (): string =>
    Array.from({ length: random(30) }, () => alphabet[random(alphabet.length)]).join('')
  for (let round = 0; round < 500; round += 1) {
    const attempts = [
      refused(server.url, { authorization: `Bearer ${text()}` }),
      refused(`${server.url}/?token=${text().replaceAll(' ', '')}`),
      refused(server.url, { 'Sec-WebSocket-Protocol': `chat, bearer.${text()}` }),
      refused(server.url, { authorization: `Bearer ${text()}`, origin: text() }),
    ]
    for (const { status } of await Promise.all(attempts)) expect([400, 401, 403]).toContain(status)
  }
  await connect(server.url, await issuer.token())
  expect(server.sessions).toHaveLength(1)
})

test('an upgrade can be asked about without a server', async () => {
  const headers = { authorization: `Bearer ${await issuer.token()}` }
  const found = await authenticateUpgrade(
    { url: '/', headers, rawHeaders: Object.entries(headers).flat() },
    { verifier },
  )
  expect(found.context.sub).toBe('alice')
  await expect(
    authenticateUpgrade({ url: '/', headers: {}, rawHeaders: [] }, { verifier }),
  ).rejects.toMatchObject({
    code: 'ERR_AUTH_TOKEN_REQUIRED',
  })
})

test.each([
  ['server', { server: {} }],
  ['verifier', { verifier: undefined }],
  ['users', { users: {} }],
  ['reauth', { reauth: 'yes' }],
  ['reauthNoticeMs', { reauthNoticeMs: -1 }],
  ['recheckMs', { recheckMs: 1.5 }],
  ['timeoutMs', { timeoutMs: 0 }],
  ['maxPending', { maxPending: 0 }],
  ['realm', { realm: 'a"b' }],
  ['onError', { onError: 1 }],
  ['allowedOrigins', { allowedOrigins: 'https://app.example.com' }],
  ['allowedOrigins', { allowedOrigins: ['app.example.com'] }],
])('a wrong "%s" is a TypeError', (name, options) => {
  const all = { server: new WebSocketServer({ noServer: true }), verifier, ...options }
  expect(() => createUpgradeGuard(all as UpgradeGuardOptions)).toThrow(
    expect.objectContaining({ name: 'TypeError', message: expect.stringContaining(`"${name}"`) }),
  )
})

test('a server that takes upgrades by itself is refused', () => {
  const server = new WebSocketServer({ server: createServer() })
  expect(() => createUpgradeGuard({ server, verifier })).toThrow(TypeError)
})

function handshake(token: string | undefined, lines: string[] = []): Buffer {
  return Buffer.from(
    [
      'GET / HTTP/1.1',
      'Host: x',
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
      'Sec-WebSocket-Version: 13',
      ...(token === undefined ? [] : [`Authorization: Bearer ${token}`]),
      ...lines,
      '\r\n',
    ].join('\r\n'),
  )
}

/** A short text frame with a mask of zeros. */
function maskedFrame(text: string): Buffer {
  return Buffer.concat([Buffer.from([0x81, 0x80 | text.length, 0, 0, 0, 0]), Buffer.from(text)])
}
