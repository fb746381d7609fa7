import { decodeJwt } from 'jose'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { createGateway, type GatewayOptions, type InteropGateway } from '../../src/index.ts'
import { TestClient, withPassword } from '../support/gateway-peer.ts'
import { RawConnection } from '../support/raw-connection.ts'

const open: InteropGateway[] = []
afterEach(async () => {
  vi.useRealTimers()
  await Promise.all(open.splice(0).map((gateway) => gateway.close()))
})

function gatewayWith(options: GatewayOptions = withPassword): InteropGateway {
  const gateway = createGateway(options)
  open.push(gateway)
  return gateway
}

const identity = { application: 'A' }
const secret = (login: string, word = 'pw') => ({ method: 'secret', login, secret: word })

describe('a welcome', () => {
  test('names the peer, its identity and the domains, and carries an access token', async () => {
    const gateway = gatewayWith()
    const answer = await new TestClient(gateway).request({
      domain: 'global',
      type: 'hello',
      identity: { application: 'A', process: 383, windowId: null },
      authentication: secret('John'),
    })
    expect(answer).toEqual({
      domain: 'global',
      type: 'welcome',
      request_id: 'request-1',
      peer_id: `p-${gateway.nodeId}-1`,
      available_domains: [
        { uri: 'global', description: '', version: 1 },
        { uri: 'agm', description: '', version: 1 },
        { uri: 'bus', description: '', version: 1 },
        { uri: 'context', description: '', version: 2 },
        { uri: 'metrics', description: '', version: 1 },
      ],
      resolved_identity: {
        application: 'A',
        process: 383,
        windowId: null,
        machine: expect.any(String) as string,
        user: 'john',
        login: 'john',
        instance: `i-${gateway.nodeId}-2`,
      },
      options: { access_token: expect.any(String) as string },
    })
  })

  test('carries the info of the operator', async () => {
    const gateway = gatewayWith({ ...withPassword, info: { region: 'EU' } })
    const answer = await new TestClient(gateway).request({
      type: 'hello',
      identity,
      authentication: secret('ann'),
    })
    expect(answer.options.info).toEqual({ region: 'EU' })
  })

  test('has no options when there is neither token nor info', async () => {
    const client = new TestClient(gatewayWith(), { onAuthenticate: async () => ({ type: 'success' }) })
    const answer = await client.request({
      type: 'hello',
      identity,
      authentication: { method: 'gateway-client' },
    })
    expect(answer).not.toHaveProperty('options')
    expect(answer.resolved_identity).not.toHaveProperty('user')
  })
})

describe('an identity', () => {
  test('cannot claim user, login or machine', async () => {
    const client = new TestClient(gatewayWith())
    const { resolved_identity: resolved } = await client.request({
      type: 'hello',
      identity: { application: 'A', user: 'root', login: 'root', machine: 'mainframe' },
      authentication: secret('ann'),
    })
    expect(resolved).toMatchObject({ user: 'ann', login: 'ann' })
    expect(resolved.machine).not.toBe('mainframe')
  })

  test('has the address of the client for its machine, one of IPv4 as such', async () => {
    const gateway = gatewayWith()
    const machineAt = async (remoteAddress: string): Promise<unknown> => {
      const client = new RawConnection(gateway, { remoteAddress })
      client.send({ type: 'hello', identity, authentication: secret('ann') })
      await client.idle()
      const [welcome] = client.take('welcome') as [{ resolved_identity: { machine: unknown } }]
      return welcome.resolved_identity.machine
    }
    expect(await machineAt('203.0.113.9')).toBe('203.0.113.9')
    expect(await machineAt('::ffff:203.0.113.9')).toBe('203.0.113.9')
    expect(await machineAt('::FFFF:203.0.113.9')).toBe('203.0.113.9')
    expect(await machineAt('2001:db8::1')).toBe('2001:db8::1')
    const own = await machineAt('127.0.0.1')
    expect([await machineAt('::1'), await machineAt('::ffff:127.0.0.1')]).toEqual([own, own])
  })

  test('gets the id of the peer for members that are a question mark', async () => {
    const answer = await new TestClient(gatewayWith()).request({
      type: 'hello',
      identity: { application: 'A', windowId: '?' },
      authentication: secret('ann'),
    })
    expect(answer.resolved_identity.windowId).toBe(answer.peer_id)
  })

  test.each([undefined, null, 'A', 7, [], {}, { application: '' }, { application: 7 }, { windowId: 'w' }])(
    '%j is refused, and the connection may try again',
    async (wrong) => {
      const client = new TestClient(gatewayWith())
      expect(
        await client.request({ type: 'hello', identity: wrong, authentication: secret('ann') }),
      ).toMatchObject({
        type: 'error',
        domain: 'global',
        peer_id: null,
        reason_uri: 'global.errors.bad_identity',
      })
      expect(await client.login('ann')).toMatch(/^p-/)
    },
  )

  test('that is too large is refused', async () => {
    const client = new TestClient(gatewayWith({ ...withPassword, limits: { maxIdentityLength: 100 } }))
    expect(
      await client.request({
        type: 'hello',
        identity: { application: 'x'.repeat(100) },
        authentication: secret('ann'),
      }),
    ).toMatchObject({ reason_uri: 'global.errors.bad_identity' })
  })

  test('with names that mean something to JavaScript is plain data', async () => {
    const client = new TestClient(gatewayWith())
    const wire = JSON.parse(
      '{"application":"A","__proto__":{"user":"root"},"constructor":"c","toString":1}',
    ) as object
    const { resolved_identity: resolved } = await client.request({
      type: 'hello',
      identity: wire,
      authentication: secret('ann'),
    })
    expect(JSON.parse(JSON.stringify(resolved))).toMatchObject({ constructor: 'c', toString: 1, user: 'ann' })
    expect(({} as { user?: string }).user).toBeUndefined()
  })

  test('that is alive already is refused until its peer is gone', async () => {
    const gateway = gatewayWith()
    const first = new TestClient(gateway)
    await first.login('ann', { instance: 'one' })
    const second = new TestClient(gateway)
    const again = {
      type: 'hello',
      identity: { instance: 'one', application: 'test' },
      authentication: secret('ann'),
    }
    expect(await second.request(again)).toMatchObject({
      reason_uri: 'global.errors.already_seen',
      reason: 'Hello already received once',
    })
    first.close()
    expect(await second.request(again)).toMatchObject({ type: 'welcome' })
  })

  test('may be several on one connection', async () => {
    const gateway = gatewayWith()
    const client = new TestClient(gateway)
    const one = await client.login('ann', { application: 'one' })
    const two = await client.login('bob', { application: 'two' })
    expect(one).not.toBe(two)
    expect(gateway.stats()).toMatchObject({ connections: 1, peers: 2 })
    client.close()
    expect(gateway.stats()).toMatchObject({ connections: 0, peers: 0 })
  })
})

describe('what a credential vouches for', () => {
  const authenticator = async () => ({
    type: 'success' as const,
    user: '?',
    identity: { instance: 'vouched', application: '?' },
  })

  test('is not replaced by what the gateway makes up, nor rewritten', async () => {
    const gateway = gatewayWith({ authentication: { authenticator } })
    const answer = await new TestClient(gateway).request({ type: 'hello', identity, authentication: {} })
    expect(answer.resolved_identity).toMatchObject({ instance: 'vouched', application: '?', user: '?' })
  })
})

describe('a refusal', () => {
  const failures: [string, GatewayOptions, object, string][] = [
    ['no verifier is set', {}, secret('ann'), 'No secret is accepted here'],
    ['the secret is wrong', withPassword, secret('ann', 'guess'), 'Unknown login or wrong secret'],
    ['the login is missing', withPassword, { method: 'secret', secret: 'pw' }, 'Missing login/secret'],
    ['the secret is missing', withPassword, { method: 'secret', login: 'ann' }, 'Missing login/secret'],
    ['the method is unknown', withPassword, { method: 'magic' }, 'Unknown authentication method magic'],
    ['the method is missing', withPassword, {}, 'Unknown authentication method '],
    [
      'the provider is unknown',
      withPassword,
      { provider: 'win', ...secret('ann') },
      'Requested authentication provider :win is not available',
    ],
    [
      'the provider is a name of every object',
      withPassword,
      { provider: 'constructor', ...secret('ann') },
      'Requested authentication provider :constructor is not available',
    ],
    [
      'the access token is forged',
      withPassword,
      { method: 'access-token', token: 'a.b.c' },
      'Invalid or expired token: the token is invalid',
    ],
    [
      'nobody decides about clients in the process',
      withPassword,
      { method: 'gateway-client' },
      'Unknown authentication method gateway-client',
    ],
  ]
  test.each(failures)('says so when %s', async (_case, options, authentication, reason) => {
    const client = new TestClient(gatewayWith(options))
    const answer = await client.request({ type: 'hello', identity, authentication })
    expect(answer).toMatchObject({
      domain: 'global',
      type: 'error',
      peer_id: null,
      reason_uri: 'global.errors.authentication.failure',
    })
    expect(answer.reason).toContain(reason.split(':')[0])
  })

  test('is the answer to an authentication that is no object', async () => {
    for (const authentication of [undefined, null, 'secret', [], 7]) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      const answer = await new TestClient(gatewayWith()).request({ type: 'hello', identity, authentication })
      expect(answer).toMatchObject({ reason_uri: 'global.errors.authentication.failure' })
    }
  })

  test('comes when a custom authenticator throws, with what it threw', async () => {
    const none = async (): Promise<never> => {
      throw new Error('come back on Monday')
    }
    const gateway = gatewayWith({
      authentication: { default: 'none', available: ['none'], none: { authenticator: none } },
    })
    expect(
      await new TestClient(gateway).request({ type: 'hello', identity, authentication: { method: 'none' } }),
    ).toMatchObject({ reason_uri: 'global.errors.authentication.failure', reason: 'come back on Monday' })
  })

  test('does not say what a verifier threw', async () => {
    const gateway = gatewayWith({
      authentication: {
        basic: {
          secretVerifier: () => {
            throw new Error('connect ECONNREFUSED 10.0.0.7:5432')
          },
        },
      },
    })
    expect(
      await new TestClient(gateway).request({ type: 'hello', identity, authentication: secret('ann') }),
    ).toMatchObject({ reason: 'Authentication failed' })
  })

  test.each([
    undefined,
    null,
    'success',
    { type: 'welcome' },
    { type: 'success', user: 7 },
    { type: 'success', user: '' },
  ])('is what the answer %j of an authenticator means', async (response) => {
    const authenticator = async (): Promise<never> => response as never
    const gateway = gatewayWith({ authentication: { authenticator } })
    expect(
      await new TestClient(gateway).request({ type: 'hello', identity, authentication: { method: 'x' } }),
    ).toMatchObject({ reason_uri: 'global.errors.authentication.failure' })
  })

  test('comes when the authenticator takes too long, and a late answer changes nothing', async () => {
    let answer: ((value: { type: 'success'; user: string }) => void) | undefined
    const slow = async () =>
      new Promise<{ type: 'success'; user: string }>((resolve) => {
        answer = resolve
      })
    const gateway = gatewayWith({
      authentication: { default: 'slow', available: ['slow'], slow: { authenticator: slow, timeout: 20 } },
    })
    const client = new TestClient(gateway)
    expect(await client.request({ type: 'hello', identity, authentication: { method: 'x' } })).toMatchObject({
      reason: 'Authentication timed out',
    })
    answer?.({ type: 'success', user: 'ann' })
    await Promise.resolve()
    expect(gateway.stats().peers).toBe(0)
  })

  test('too often ends the connection', async () => {
    const gateway = gatewayWith({ ...withPassword, limits: { maxRefusedHellos: 3 } })
    const client = new TestClient(gateway)
    for (let round = 0; round < 3; round += 1) {
      client.send({ type: 'hello', request_id: round, identity, authentication: secret('ann', 'guess') })
    }
    await client.find(({ request_id: id }) => id === 2)
    expect(gateway.stats().connections).toBe(0)
  })

  test('too often ends the connection at once: what it sends then is not even looked at', async () => {
    const asked: string[] = []
    const gateway = gatewayWith({
      limits: { maxRefusedHellos: 2 },
      authentication: {
        basic: {
          secretVerifier: (_user, word) => {
            asked.push(word)
            return word === 'pw'
          },
        },
      },
    })
    // Its socket is still open: it does not answer the close.
    const guesser = new RawConnection(gateway)
    for (const guess of ['a', 'b']) {
      guesser.send({ type: 'hello', identity, authentication: secret('ann', guess) })
    }
    await guesser.idle()
    expect(guesser.ended).toEqual([1008, 'too many refused hellos'])
    expect(gateway.stats().connections).toBe(0)
    guesser.send({ type: 'hello', identity, authentication: secret('ann', 'pw') })
    await guesser.idle()
    expect(asked).toEqual(['a', 'b'])
    expect(gateway.stats()).toMatchObject({ peers: 0, messagesIn: 2 })
  })

  test.each([
    ['authentication', { authentication: { ...secret('ann'), context: 'x'.repeat(65_536) } }],
    ['request id', { request_id: 'x'.repeat(257) }],
    ['request id of an object', { request_id: { a: 'x'.repeat(257) } }],
  ])('comes for what would be kept while an authenticator is asked: a long %s', async (_what, long) => {
    const gateway = gatewayWith()
    const client = new RawConnection(gateway)
    client.send({ type: 'hello', request_id: 'r', identity, authentication: secret('ann'), ...long })
    await client.idle()
    expect(client.received).toEqual([
      expect.objectContaining({ type: 'error', reason_uri: 'global.errors.limits_exceeded' }),
    ])
    expect(JSON.stringify(client.received).length).toBeLessThan(400)
  })

  test('comes when a provider is asked for by something else than a name', async () => {
    const gateway = gatewayWith()
    for (const provider of [7, {}, [], { toString: 1, valueOf: 1 }, true]) {
      const client = new RawConnection(gateway)
      client.send({ type: 'hello', identity, authentication: { ...secret('ann'), provider } })
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      await client.idle()
      expect(client.take('error')).toMatchObject([
        { reason: 'Requested authentication provider : is not available' },
      ])
    }
  })

  test.each([
    { isRevoked: true },
    { accessToken: 7 },
    { expiresAtMs: Number.NaN },
    { user: '' },
    { identity: [] },
  ])('comes when an authenticator answers %j', async (wrong) => {
    const authenticator = async () => ({ type: 'success' as const, user: 'ann', ...(wrong as object) })
    const client = new TestClient(gatewayWith({ authentication: { authenticator } }))
    expect(await client.request({ type: 'hello', identity, authentication: {} })).toMatchObject({
      reason: 'Authentication failed',
    })
  })

  test('comes when too many hellos wait for their authenticator, on one connection or on all of them', async () => {
    const answers: ((answer: { type: 'success'; user: string }) => void)[] = []
    const authenticator = () =>
      new Promise<{ type: 'success'; user: string }>((resolve) => {
        answers.push(resolve)
      })
    const gateway = gatewayWith({
      authentication: { authenticator },
      limits: { maxPeersPerConnection: 2, maxPendingHellos: 3 },
    })
    const [one, other] = [new RawConnection(gateway), new RawConnection(gateway)]
    const flood = (client: RawConnection): unknown[] => {
      for (let at = 0; at < 3; at += 1) client.send({ type: 'hello', request_id: at, identity })
      return client.take('error').map(({ request_id: id, reason }) => [id, reason])
    }
    expect(flood(one)).toEqual([[2, 'Maximum number of peers per connection have been reached']])
    expect(flood(other)).toEqual([
      [1, 'Too many authentication requests wait'],
      [2, 'Too many authentication requests wait'],
    ])
    expect(answers).toHaveLength(3)
    one.close()
    for (const answer of answers) answer({ type: 'success', user: 'ann' })
    await Promise.all([one.idle(), other.idle()])
    // Whoever is gone by then is not let in, and its place is free again.
    expect(gateway.stats().peers).toBe(1)
    expect(flood(other)).toEqual([
      [1, 'Maximum number of peers per connection have been reached'],
      [2, 'Maximum number of peers per connection have been reached'],
    ])
    answers.at(-1)?.({ type: 'success', user: 'bob' })
    await other.idle()
    expect(gateway.stats().peers).toBe(2)
  })

  test('that came in time leaves no timer behind', async () => {
    vi.useFakeTimers()
    const gateway = gatewayWith({ authentication: { authenticator: async () => ({ type: 'success' }) } })
    await new TestClient(gateway).login('ann')
    expect(vi.getTimerCount()).toBe(0)
  })

  test('that an authenticator gives is cut where it is long', async () => {
    const authenticator = async () => ({ type: 'error' as const, message: 'm'.repeat(10_000) })
    const client = new TestClient(gatewayWith({ authentication: { authenticator } }))
    expect(await client.request({ type: 'hello', identity, authentication: {} })).toMatchObject({
      reason: 'm'.repeat(512),
    })
  })

  test('comes when a user has too many peers', async () => {
    const gateway = gatewayWith({ ...withPassword, limits: { maxPeersPerUser: 1 } })
    await new TestClient(gateway).login('ann')
    expect(
      await new TestClient(gateway).request({ type: 'hello', identity, authentication: secret('ann') }),
    ).toMatchObject({
      reason_uri: 'global.errors.limits_exceeded',
      reason: 'Maximum number of peers per user have been reached',
    })
    await new TestClient(gateway).login('bob')
  })

  test('comes when a connection has too many peers', async () => {
    const gateway = gatewayWith({ ...withPassword, limits: { maxPeersPerConnection: 2 } })
    const client = new TestClient(gateway)
    await client.login('ann')
    await client.login('ann')
    expect(await client.request({ type: 'hello', identity, authentication: secret('ann') })).toMatchObject({
      reason_uri: 'global.errors.limits_exceeded',
    })
  })
})

describe('a challenge', () => {
  test('goes back and forth under one request id', async () => {
    const gateway = gatewayWith({
      authentication: {
        default: 'sspi',
        available: ['sspi'],
        sspi: {
          authenticator: async ({ authentication, requestId }) => {
            if (requestId !== 'session-1') return { type: 'error', message: 'another session' }
            return authentication.token === 'answer'
              ? { type: 'success', user: 'ann' }
              : { type: 'continue', authentication: { token: 'question' } }
          },
        },
      },
    })
    const client = new TestClient(gateway)
    const hello = { type: 'hello', request_id: 'session-1', identity }
    client.send({ ...hello, authentication: { method: 'access-token', token: 'first' } })
    expect(await client.next('authentication-request')).toEqual({
      domain: 'global',
      type: 'authentication-request',
      request_id: 'session-1',
      peer_id: null,
      authentication: { token: 'question' },
    })
    client.send({ ...hello, authentication: { method: 'access-token', token: 'answer' } })
    expect(await client.next('welcome')).toMatchObject({ request_id: 'session-1' })
  })
})

describe('tokens', () => {
  test('of the welcome bring the user back, also on another gateway with the same secret', async () => {
    const options = { ...withPassword, token: { secret: 'a secret of thirty-two bytes or more' } }
    const first = await new TestClient(gatewayWith(options)).request({
      type: 'hello',
      identity,
      authentication: secret('ann'),
    })
    const authentication = { method: 'access-token', token: first.options.access_token as string }
    const back = await new TestClient(gatewayWith(options)).request({
      type: 'hello',
      identity,
      authentication,
    })
    expect(back).toMatchObject({
      type: 'welcome',
      resolved_identity: { user: 'ann', login: 'ann' },
      options: { access_token: authentication.token },
    })
    expect(
      await new TestClient(gatewayWith()).request({ type: 'hello', identity, authentication }),
    ).toMatchObject({ reason_uri: 'global.errors.authentication.failure' })
  })

  test('live a day unless told otherwise', async () => {
    for (const [token, seconds] of [
      [{}, 86_400],
      [{ ttl: 60 }, 60],
    ] as const) {
      const before = Math.floor(Date.now() / 1000)
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      const { options } = await new TestClient(gatewayWith({ ...withPassword, token })).request({
        type: 'hello',
        identity,
        authentication: secret('ann'),
      })
      const { exp = 0 } = decodeJwt(options.access_token as string)
      expect(exp - before - seconds).toBeGreaterThanOrEqual(0)
      expect(exp - before - seconds).toBeLessThan(5)
    }
  })

  test('are refused from the second on in which they end', async () => {
    const gateway = gatewayWith({ ...withPassword, token: { ttl: 10 } })
    const { options } = await new TestClient(gateway).request({
      type: 'hello',
      identity,
      authentication: secret('ann'),
    })
    const token = options.access_token as string
    vi.useFakeTimers({ now: (decodeJwt(token).exp ?? 0) * 1000, toFake: ['Date'] })
    expect(
      await new TestClient(gateway).request({
        type: 'hello',
        identity,
        authentication: { method: 'access-token', token },
      }),
    ).toMatchObject({ reason: 'Invalid or expired token: the token has expired' })
  })

  test('for other applications of the user are made on request, and bring a user without a login', async () => {
    const gateway = gatewayWith()
    const client = new TestClient(gateway)
    const peer = await client.login('ann')
    const { type, token } = await client.request({ type: 'create-token', peer_id: peer })
    expect(type).toBe('token')
    expect(decodeJwt(token as string)).toMatchObject({ type: 'authentication', user: 'ann' })
    const answer = await new TestClient(gateway).request({
      type: 'hello',
      identity,
      authentication: { method: 'gateway-token', token },
    })
    expect(answer.resolved_identity).toMatchObject({ user: 'ann' })
    expect(answer.resolved_identity).not.toHaveProperty('login')
    expect(answer).not.toHaveProperty('options')
  })

  test('of one kind are not taken for the other', async () => {
    const gateway = gatewayWith()
    const client = new TestClient(gateway)
    const peer = await client.login('ann')
    const { token } = await client.request({ type: 'create-token', peer_id: peer })
    const access = client.received.find(({ type }) => type === 'welcome')?.options.access_token as string
    const hello = async (authentication: object) =>
      new TestClient(gateway).request({ type: 'hello', identity, authentication })
    expect(await hello({ method: 'access-token', token })).toMatchObject({
      reason_uri: 'global.errors.authentication.failure',
    })
    expect(await hello({ method: 'gateway-token', token: access })).toMatchObject({
      reason_uri: 'global.errors.failure',
      reason: 'invalid token',
    })
  })

  test('end their connection when the credential does', async () => {
    const closed: [number, string][] = []
    const authenticator = async () => ({
      type: 'success' as const,
      user: 'ann',
      expiresAtMs: Date.now() + 30,
    })
    const gateway = gatewayWith({ authentication: { authenticator } })
    await new Promise<void>((resolve) => {
      const connection = gateway.connect({
        trusted: false,
        deliver: () => undefined,
        writable: () => true,
        close(code, reason) {
          closed.push([code, reason])
          connection.closed()
          resolve()
        },
      })
      connection.receive({ type: 'hello', identity, authentication: {} })
    })
    expect(closed).toEqual([[4401, 'token_expired']])
    expect(gateway.stats().peers).toBe(0)
  })

  test('end a connection at once, whatever its client makes of that', async () => {
    const authenticator = async () => ({
      type: 'success' as const,
      user: 'ann',
      expiresAtMs: Date.now() + 30,
    })
    const gateway = gatewayWith({ authentication: { authenticator } })
    const client = new RawConnection(gateway)
    const peer = await client.login('ann')
    await vi.waitFor(() => expect(client.ended).toEqual([4401, 'token_expired']))
    expect(gateway.stats()).toMatchObject({ connections: 0, peers: 0 })
    const { messagesIn } = gateway.stats()
    client.send({ type: 'join', destination: 'agm', peer_id: peer })
    expect(client.take('success')).toEqual([])
    expect(gateway.stats().messagesIn).toBe(messagesIn)
  })

  test('for other applications let nobody stay longer than the credential behind them', async () => {
    const endsAtMs = Date.now() + 60_000
    const authenticator = async () => ({ type: 'success' as const, user: 'ann', expiresAtMs: endsAtMs })
    const gateway = gatewayWith({ authentication: { authenticator } })
    const first = new TestClient(gateway)
    const { token } = await first.request({ type: 'create-token', peer_id: await first.login('ann') })
    const hello = { type: 'hello', identity, authentication: { method: 'gateway-token', token } }
    const second = new TestClient(gateway)
    const { peer_id: peer } = await second.request(hello)
    // Nor what comes of a token that was made on the strength of such a token.
    const { token: third } = await second.request({ type: 'create-token', peer_id: peer })
    for (const each of [token, third] as string[]) {
      expect(decodeJwt(each)['credential_exp']).toBe(Math.floor(endsAtMs / 1000))
    }
    vi.useFakeTimers({ now: endsAtMs })
    expect(await new TestClient(gateway).request(hello)).toMatchObject({
      reason: 'Invalid or expired token: it has expired',
    })
  })

  test('do not end anything where that is switched off, nor before their time however far away', async () => {
    const year = 365 * 24 * 3_600_000
    vi.useFakeTimers({ now: 0 })
    const client = async (enforceExpiry: boolean): Promise<RawConnection> => {
      const authenticator = async () => ({ type: 'success' as const, user: 'ann', expiresAtMs: year })
      const custom = { authenticator, enforceExpiry }
      const gateway = gatewayWith({ authentication: { default: 'custom', custom } })
      const connection = new RawConnection(gateway)
      await connection.login('ann')
      return connection
    }
    const [enforced, lasting] = [await client(true), await client(false)]
    await vi.advanceTimersByTimeAsync(year - 1)
    expect(enforced.ended).toBeUndefined()
    await vi.advanceTimersByTimeAsync(1)
    expect(enforced.ended).toEqual([4401, 'token_expired'])
    expect(lasting.ended).toBeUndefined()
  })

  test('are not made for peers without a user', async () => {
    const authenticator = async () => ({ type: 'success' as const })
    const client = new TestClient(gatewayWith({ authentication: { authenticator } }))
    const peer = await client.login('ann')
    expect(await client.request({ type: 'create-token', peer_id: peer })).toMatchObject({
      type: 'error',
      reason: 'A peer without a user cannot have a token',
    })
  })

  test('are not made for peers whose credential can be revoked', async () => {
    const authenticator = async () => ({ type: 'success' as const, user: 'ann', isRevoked: () => false })
    const client = new TestClient(gatewayWith({ authentication: { authenticator } }))
    const peer = await client.login('ann')
    expect(await client.request({ type: 'create-token', peer_id: peer })).toMatchObject({
      type: 'error',
      reason: 'A peer whose credential can be revoked cannot have a token',
    })
  })

  test('of which nobody can tell whether they were revoked do not keep others from ending', async () => {
    const answers = [
      () => {
        throw new Error('the list is away')
      },
      () => true,
    ]
    const errors: string[] = []
    const logger = { debug() {}, info() {}, warn() {}, error: (_: object, text: string) => errors.push(text) }
    const authenticator = async () => ({ type: 'success' as const, user: 'ann', isRevoked: answers.shift() })
    const gateway = gatewayWith({ logger, authentication: { authenticator } })
    const [unknown, revoked] = [new RawConnection(gateway), new RawConnection(gateway)]
    await unknown.login('ann')
    await revoked.login('ann')
    gateway.closeRevoked()
    expect(unknown.ended).toBeUndefined()
    expect(revoked.ended).toEqual([4401, 'token_revoked'])
    expect(errors).toEqual(['whether a credential was revoked cannot be told'])
  })

  test('that were revoked end their connections when the gateway is told', async () => {
    let revoked = false
    const authenticator = async () => ({ type: 'success' as const, user: 'ann', isRevoked: () => revoked })
    const gateway = gatewayWith({ authentication: { authenticator } })
    const client = new TestClient(gateway)
    expect(await client.request({ type: 'hello', identity, authentication: {} })).toMatchObject({
      type: 'welcome',
    })
    gateway.closeRevoked()
    expect(gateway.stats().connections).toBe(1)
    revoked = true
    gateway.closeRevoked()
    expect(gateway.stats().connections).toBe(0)
  })
})

describe('options that cannot work are a mistake', () => {
  const mistakes: [string, object][] = [
    ['"token.ttl" must be an integer', { token: { ttl: 0 } }],
    ['"token.ttl" must be an integer', { token: { ttl: 'day' } }],
    ['"authentication.available" must name', { authentication: { available: [] } }],
    ['"authentication.available" must be a list', { authentication: { available: ['default'] } }],
    ['"authentication.default" must be one of', { authentication: { default: 'x', available: ['basic'] } }],
    ['"authentication.oauth2" is required', { authentication: { available: ['oauth2'] } }],
    ['"authentication.mine.authenticator" is required', { authentication: { available: ['mine'] } }],
    ['"authentication.toString.authenticator" is required', { authentication: { available: ['toString'] } }],
    ['"secretVerifier" must be a function', { authentication: { basic: { secretVerifier: 'pw' } } }],
    ['"authentication.basic.timeout" must be', { authentication: { basic: { timeout: -1 } } }],
    [
      '"authentication.trustClientIdentity" must be',
      { authentication: { trustClientIdentity: 'application' } },
    ],
    ['"limits.maxNameLength" must be', { limits: { maxNameLength: 0 } }],
    ['"limits.maxContextBytes" must be', { limits: { maxContextBytes: 65 * 1024 * 1024 } }],
    ['"cluster.endpoint" must be', { cluster: { endpoint: 'localhost' } }],
    ['"cluster.transport" must be', { cluster: { transport: {} } }],
  ]
  test.each(mistakes)('%s', (message, options) => {
    expect(() => createGateway(options as GatewayOptions)).toThrow(TypeError)
    expect(() => createGateway(options as GatewayOptions)).toThrow(message)
  })

  test('an issuer that is no URL is found at the start', async () => {
    const gateway = gatewayWith({
      authentication: {
        default: 'oauth2',
        oauth2: { issuerBaseURL: 'https://<your-issuer>', audience: 'a' },
      },
    })
    await expect(gateway.start()).rejects.toThrow('"authentication.oauth2.issuerBaseURL" must be a URL')
  })
})
