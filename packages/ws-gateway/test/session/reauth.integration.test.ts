import { describe, expect, test, vi } from 'vitest'
import { AuthError } from '@portcullis/auth-core'
import { type Authorizer, GatewayError, type Grant, type UpgradeRequest } from '../../src/index.ts'
import { Queue } from '../support/queue.ts'
import { SCOPE, startGateway, type StartedGateway } from '../support/start-gateway.ts'
import { type Json, TestClient } from '../support/test-client.ts'
import { consume } from '../support/worker.ts'

const SECRET = 'eyJ-s3cret.t0ken'
const GRANT: Grant = { ...SCOPE, userId: 'ann', claims: { iss: 'https://issuer.example', sub: 'ann' } }

interface Asked {
  request: UpgradeRequest
  grant: (changes?: Partial<Grant>) => void
  fail: (error: unknown) => void
}

/** Admits everybody at the upgrade, for `lifeMs`; about new tokens the test decides. */
function asking(lifeMs = 600_000): { authorize: Authorizer; asked: Queue<Asked>; reauthNoticeMs: number } {
  const asked = new Queue<Asked>()
  let isFirst = true
  const authorize: Authorizer = async (request) => {
    const grant = { ...GRANT, expiresAtMs: Date.now() + lifeMs }
    if (isFirst) {
      isFirst = false
      return grant
    }
    return new Promise((resolve, reject) =>
      asked.push({
        request,
        grant: (changes = {}) => resolve({ ...grant, expiresAtMs: Date.now() + lifeMs, ...changes }),
        fail: reject,
      }),
    )
  }
  return { authorize, asked, reauthNoticeMs: 1 }
}

/** Decides by the token, which names what is granted. */
function byToken(grants: Record<string, Partial<Grant> | (() => unknown)>): Authorizer {
  return async ({ token }) => {
    const entry =
      grants[token ?? 'first'] ?? (() => Promise.reject(new GatewayError('unauthorized', 'unknown')))
    const changes = typeof entry === 'function' ? await entry() : entry
    return { ...GRANT, ...(changes as Partial<Grant>) }
  }
}

const reauth = (client: TestClient, token: unknown = SECRET): void => client.send({ type: 'reauth', token })
const failure = (code: string, retryable: boolean): Json => ({
  type: 'error',
  code,
  message: expect.any(String),
  retryable,
})

/** The session is as it was: it answers, and its frames carry these claims. */
async function isWell(client: TestClient, system: StartedGateway, claims: object): Promise<void> {
  const actor = `probe-${Math.random().toString(36).slice(2)}`
  const deliveries = await consume(system.transport, actor)
  client.send({ actor, actorId: 'b' })
  const { payload } = await deliveries.next()
  expect(JSON.parse(Buffer.from(payload).toString())).toMatchObject({ userId: 'ann', claims })
  expect(await client.json()).toMatchObject({ type: 'ack' })
}

function noSecretIn(system: StartedGateway): void {
  const text = JSON.stringify(system.log.entries, (_key, value: unknown) =>
    value instanceof Error ? { message: value.message, stack: value.stack, cause: value.cause } : value,
  )
  expect(text).not.toContain(SECRET)
}

describe('the notice', () => {
  test('comes at once after the welcome when the token has less than that to live', async () => {
    const expiresAtMs = Date.now() + 30_000
    await using system = await startGateway({ authorize: async () => ({ ...GRANT, expiresAtMs }) })
    const client = await TestClient.welcomed(system.url)
    const { type, deadline, remainingMs } = await client.json()
    expect([type, deadline]).toEqual(['reauth_required', expiresAtMs])
    expect(remainingMs).toBeGreaterThan(0)
    expect(remainingMs).toBeLessThanOrEqual(30_000)
  })

  test('comes before the end otherwise, once', async () => {
    const expiresAtMs = Date.now() + 800
    await using system = await startGateway({
      authorize: async () => ({ ...GRANT, expiresAtMs }),
      reauthNoticeMs: 400,
    })
    const client = await TestClient.welcomed(system.url)
    expect(await client.json()).toMatchObject({ type: 'reauth_required', deadline: expiresAtMs })
    expect(await client.closed).toEqual({ code: 4401, reason: 'token_expired' })
    expect(client.frames.all.map((text) => (JSON.parse(text) as Json).type)).toEqual([
      'welcome',
      'reauth_required',
      'error',
    ])
  })

  test('is not for a client without the sub-protocol, nor for a session that does not expire', async () => {
    await using system = await startGateway({
      authorize: async ({ token }) => ({ ...GRANT, ...(token ? {} : { expiresAtMs: Date.now() + 300 }) }),
    })
    const plain = await TestClient.open(system.url)
    const endless = await TestClient.welcomed(`${system.url}?token=endless`)
    await plain.closed
    endless.send({ type: 'ping' })
    expect(await endless.json()).toEqual({ type: 'pong' })
    expect(plain.frames.all).toEqual([])
  })

  test('is not given twice for one deadline, however often the same token comes', async () => {
    const expiresAtMs = Date.now() + 1000
    await using system = await startGateway({ authorize: async () => ({ ...GRANT, expiresAtMs }) })
    const client = await TestClient.welcomed(system.url)
    expect(await client.json()).toMatchObject({ type: 'reauth_required' })
    for (let round = 0; round < 3; round += 1) {
      reauth(client)
      expect(await client.json()).toEqual({ type: 'reauthenticated', deadline: expiresAtMs })
    }
    expect(await client.closed).toEqual({ code: 4401, reason: 'token_expired' })
    const types = client.frames.all.map((text) => (JSON.parse(text) as Json).type)
    expect(types.filter((type) => type === 'reauth_required')).toHaveLength(1)
  })
})

describe('a new token for the same user', () => {
  test('carries the session over its end, with the new claims, round after round', async () => {
    const { authorize, asked } = asking(1200)
    await using system = await startGateway({ authorize, reauthNoticeMs: 800 })
    const client = await TestClient.welcomed(system.url)
    const deadlines: number[] = []
    for (let round = 1; round <= 4; round += 1) {
      const required = await client.json()
      expect(required).toMatchObject({ type: 'reauth_required' })
      deadlines.push(required.deadline as number)
      reauth(client, `token-${round}`)
      const { request, grant } = await asked.next()
      expect(request.token).toBe(`token-${round}`)
      grant({ claims: { ...GRANT.claims, round } })
      expect(await client.json()).toEqual({ type: 'reauthenticated', deadline: expect.any(Number) })
      await isWell(client, system, { ...GRANT.claims, round })
    }
    expect(deadlines).toEqual([...new Set(deadlines)].toSorted((one, other) => one - other))
    expect(system.gateway.stats()).toMatchObject({ sessions: 1, reauthenticated: 4, sessionsEnded: {} })
    // And without one more, it ends.
    expect((await client.closed).reason).toBe('token_expired')
  })

  test('may come at any time, also for a session that does not expire, and may make it so', async () => {
    const later = Date.now() + 60_000
    await using system = await startGateway({
      authorize: byToken({ first: {}, bounded: { expiresAtMs: later }, endless: {} }),
    })
    const client = await TestClient.welcomed(system.url)
    reauth(client, 'bounded')
    expect(await client.json()).toEqual({ type: 'reauthenticated', deadline: later })
    reauth(client, 'endless')
    expect(await client.json()).toEqual({ type: 'reauthenticated', deadline: null })
  })

  test('that expires earlier ends the session earlier', async () => {
    await using system = await startGateway({
      authorize: byToken({
        first: { expiresAtMs: Date.now() + 3_600_000 },
        short: () => ({ expiresAtMs: Date.now() + 300 }),
      }),
    })
    const client = await TestClient.welcomed(system.url)
    reauth(client, 'short')
    expect((await client.json()).type).toBe('reauthenticated')
    expect((await client.closed).reason).toBe('token_expired')
  })

  test('is asked about with what the upgrade had, but for its credentials', async () => {
    const { authorize, asked } = asking()
    await using system = await startGateway({
      authorize,
      clientAddress: () => '192.0.2.1',
      allowedOrigins: ['*'],
    })
    const client = await TestClient.welcomed(`${system.url}?x=1`, {
      protocols: ['portcullis.v1', 'bearer.old-token'],
      headers: {
        cookie: 'sid=old-cookie',
        'proxy-authorization': 'Basic old-proxy',
        origin: 'https://app.example',
        'x-region': 'north',
      },
    })
    reauth(client)
    const { request, grant } = await asked.next()
    const { signal, headers, ...rest } = request
    expect(rest).toEqual({
      host: `127.0.0.1:${system.port}`,
      token: SECRET,
      origin: 'https://app.example',
      clientAddress: '192.0.2.1',
      path: '/ws',
    })
    expect(headers).toMatchObject({ 'x-region': 'north', host: rest.host })
    expect(JSON.stringify(headers)).not.toContain('old-')
    expect(signal.aborted).toBe(false)
    grant()
    expect((await client.json()).type).toBe('reauthenticated')
    noSecretIn(system)
  })

  test('changes nothing about how many sessions a user may have', async () => {
    const { authorize, asked } = asking()
    await using system = await startGateway({ authorize, maxConnectionsPerUser: 1 })
    const client = await TestClient.welcomed(system.url)
    for (let round = 0; round < 3; round += 1) {
      reauth(client)
      ;(await asked.next()).grant()
      expect((await client.json()).type).toBe('reauthenticated')
    }
    const second = TestClient.refused(system.url)
    ;(await asked.next()).grant()
    expect((await second).body.code).toBe('user_connections_exceeded')
    await client.close()
    await vi.waitFor(() => expect(system.gateway.stats().connections).toBe(0))
    const third = TestClient.open(system.url)
    ;(await asked.next()).grant()
    await (await third).close()
  })

  test('leaves frames flowing while it is looked at', async () => {
    const { authorize, asked } = asking()
    await using system = await startGateway({ authorize })
    const client = await TestClient.welcomed(system.url)
    reauth(client)
    const { grant } = await asked.next()
    await isWell(client, system, GRANT.claims)
    grant({ claims: { ...GRANT.claims, fresh: true } })
    expect((await client.json()).type).toBe('reauthenticated')
    await isWell(client, system, { fresh: true })
  })
})

describe('a token of another principal', () => {
  test.each<[string, Partial<Grant>]>([
    ['workspace', { workspaceId: 'other' }],
    ['project', { projectId: 'other' }],
    ['user', { userId: 'bob' }],
    ['nobody', { userId: null }],
    ['issuer', { claims: { ...GRANT.claims, iss: 'https://evil.example' } }],
    ['no issuer', { claims: { sub: 'ann' } }],
    ['subject', { claims: { ...GRANT.claims, sub: 'bob' } }],
    ['no subject', { claims: { iss: GRANT.claims['iss'] } }],
  ])('(%s) closes the session for good', async (_what, other) => {
    await using system = await startGateway({
      authorize: byToken({ first: {}, other: { ...other, expiresAtMs: Date.now() + 60_000 } }),
    })
    const deliveries = await consume(system.transport, 'a')
    const client = await TestClient.welcomed(system.url)
    reauth(client, 'other')
    expect(await client.json()).toMatchObject({ type: 'error', code: 'reauth_mismatch' })
    client.send({ actor: 'a', actorId: 'b' })
    expect(await client.closed).toEqual({ code: 4403, reason: 'reauth_mismatch' })
    expect(deliveries.all).toEqual([])
    expect(system.gateway.stats()).toMatchObject({
      reauthenticated: 0,
      sessionsEnded: { reauth_mismatch: 1 },
    })
  })
})

describe('a token that is not taken leaves the session as it is, until its end', () => {
  const refusals: [string, () => unknown, string, boolean][] = [
    ['refused', () => Promise.reject(new GatewayError('unauthorized', 'no')), 'reauth_failed', false],
    ['forbidden', () => Promise.reject(new GatewayError('forbidden', 'no')), 'reauth_failed', false],
    [
      'an AuthError',
      () => Promise.reject(new AuthError('ERR_AUTH_TOKEN_EXPIRED', 'm')),
      'reauth_failed',
      false,
    ],
    ['expired already', () => ({ expiresAtMs: 1 }), 'reauth_failed', false],
    [
      'an outage',
      () => Promise.reject(new GatewayError('control_plane_unavailable', 'away')),
      'reauth_unavailable',
      true,
    ],
    [
      'no keys',
      () => Promise.reject(new AuthError('ERR_AUTH_KEYS_UNAVAILABLE', `inner ${SECRET.slice(0, 3)}`)),
      'reauth_unavailable',
      true,
    ],
    [
      'too many',
      () => Promise.reject(new GatewayError('connect_rate_limited', 'm')),
      'reauth_unavailable',
      true,
    ],
    ['a fault', () => Promise.reject(new Error('inner')), 'reauth_unavailable', true],
    ['no grant', () => ({ workspaceId: '*' }), 'reauth_unavailable', true],
    ['no time', () => ({ expiresAtMs: Number.NaN }), 'reauth_unavailable', true],
    ['odd claims', () => ({ claims: { ...GRANT.claims, big: 1n } }), 'reauth_unavailable', true],
    [
      'a broken isRevoked',
      () => ({
        isRevoked: () => {
          throw new Error('inner')
        },
      }),
      'reauth_unavailable',
      true,
    ],
  ]

  test.each(refusals)('%s', async (_what, decide, code, retryable) => {
    await using system = await startGateway({
      authorize: byToken({ first: { expiresAtMs: Date.now() + 3_600_000 }, [SECRET]: decide }),
    })
    const client = await TestClient.welcomed(system.url)
    reauth(client)
    const answer = await client.json()
    expect(answer).toEqual(failure(code, retryable))
    expect(JSON.stringify(answer)).not.toContain('inner')
    await isWell(client, system, GRANT.claims)
    expect(system.gateway.stats()).toMatchObject({ reauthenticated: 0, nacked: { [code]: 1 } })
    noSecretIn(system)
  })

  test.each(['unauthorized', 'control_plane_unavailable'] as const)('%s: and no longer', async (code) => {
    const expiresAtMs = Date.now() + 800
    await using system = await startGateway({
      authorize: byToken({ first: { expiresAtMs }, bad: () => Promise.reject(new GatewayError(code, 'm')) }),
      reauthNoticeMs: 1,
    })
    const client = await TestClient.welcomed(system.url)
    for (let n = 0; n < 3; n += 1) {
      reauth(client, 'bad')
      expect((await client.json()).type).toBe('error')
    }
    expect(await client.closed).toEqual({ code: 4401, reason: 'token_expired' })
  })

  test.each<[string, unknown]>([
    ['no string', 7],
    ['null', null],
    ['missing', undefined],
    ['an object', { token: 'x' }],
    ['an array', [SECRET]],
    ['empty', ''],
    ['blank', '   '],
    ['with a line break', `${SECRET}\r\nx: y`],
    ['with spaces around', ` ${SECRET} `],
    ['with a null character', `${SECRET}\u0000`],
    ['beyond ASCII', 'tökén'],
    ['lone surrogates', '\ud800'],
    ['too long', 'x'.repeat(8193)],
  ])('malformed: %s', async (_what, token) => {
    const { authorize, asked } = asking()
    await using system = await startGateway({ authorize, reauthNoticeMs: 1 })
    const client = await TestClient.welcomed(system.url)
    client.send({ type: 'reauth', token })
    expect(await client.json()).toEqual(failure('reauth_failed', false))
    await isWell(client, system, GRANT.claims)
    expect(asked.all).toEqual([])
    noSecretIn(system)
  })

  test('the longest token that may be is taken', async () => {
    const { authorize, asked, reauthNoticeMs } = asking()
    await using system = await startGateway({ authorize, reauthNoticeMs })
    const client = await TestClient.welcomed(system.url)
    reauth(client, 'x'.repeat(8192))
    ;(await asked.next()).grant()
    expect((await client.json()).type).toBe('reauthenticated')
  })

  test('an authorizer that does not answer is given up', async () => {
    const { authorize, asked, reauthNoticeMs } = asking()
    await using system = await startGateway({ authorize, reauthNoticeMs, authorizeTimeoutMs: 50 })
    const client = await TestClient.welcomed(system.url)
    reauth(client)
    expect(await client.json()).toEqual(failure('reauth_unavailable', true))
    const { request, grant } = await asked.next()
    expect(request.signal.aborted).toBe(true)
    // Too late: it changes nothing.
    grant({ claims: { ...GRANT.claims, late: true } })
    await isWell(client, system, GRANT.claims)
    expect(system.gateway.stats().reauthenticated).toBe(0)
  })
})

test('an answer after the deadline changes nothing, and the authorizer hears that nobody waits', async () => {
  const { authorize, asked, reauthNoticeMs } = asking(600)
  await using system = await startGateway({ authorize, reauthNoticeMs })
  const client = await TestClient.welcomed(system.url)
  reauth(client)
  const { request, grant } = await asked.next()
  expect(await client.closed).toEqual({ code: 4401, reason: 'token_expired' })
  await vi.waitFor(() => expect(request.signal.aborted).toBe(true))
  grant()
  await new Promise((resolve) => setImmediate(resolve))
  expect(client.frames.all.join()).not.toContain('reauthenticated')
  expect(system.gateway.stats()).toMatchObject({ sessions: 0, reauthenticated: 0, nacked: {} })
})

test('an answer after the end that no timer has seen yet changes nothing either', async () => {
  const { authorize, asked, reauthNoticeMs } = asking(3_600_000)
  await using system = await startGateway({ authorize, reauthNoticeMs })
  const client = await TestClient.welcomed(system.url)
  reauth(client)
  const { grant } = await asked.next()
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 2 * 3_600_000 })
  try {
    grant({ expiresAtMs: Date.now() + 3_600_000 })
    expect(await client.closed).toEqual({ code: 4401, reason: 'token_expired' })
  } finally {
    vi.useRealTimers()
  }
  expect(system.gateway.stats().reauthenticated).toBe(0)
})

test('a client that leaves meanwhile is no outage', async () => {
  const { authorize, asked } = asking()
  await using system = await startGateway({ authorize })
  const client = await TestClient.welcomed(system.url)
  reauth(client)
  const { request, fail } = await asked.next()
  await client.close()
  await vi.waitFor(() => expect(request.signal.aborted).toBe(true))
  fail(new Error('late'))
  await new Promise((resolve) => setImmediate(resolve))
  expect(system.log.entries.filter(({ level }) => level !== 'debug')).toEqual([])
})

describe('not without bound', () => {
  test('one at a time: a second one meanwhile is turned away, and the first decides', async () => {
    const { authorize, asked, reauthNoticeMs } = asking()
    await using system = await startGateway({ authorize, reauthNoticeMs })
    const client = await TestClient.welcomed(system.url)
    reauth(client, 'one')
    reauth(client, 'two')
    expect(await client.json()).toEqual(failure('reauth_limited', true))
    expect(asked.all.map(({ request }) => request.token)).toEqual(['one'])
    asked.all[0]!.grant()
    expect((await client.json()).type).toBe('reauthenticated')
  })

  test('a flood is answered without asking anybody', async () => {
    let askedCount = 0
    const authorize: Authorizer = async () => {
      askedCount += 1
      if (askedCount > 1) throw new GatewayError('unauthorized', 'no')
      return GRANT
    }
    await using system = await startGateway({ authorize })
    const client = await TestClient.welcomed(system.url)
    for (let n = 0; n < 20; n += 1) {
      reauth(client)
      const expected = n < 10 ? failure('reauth_failed', false) : failure('reauth_limited', true)
      expect(await client.json()).toEqual(expected)
    }
    for (let n = 0; n < 1000; n += 1) reauth(client)
    for (let n = 0; n < 1000; n += 1) expect((await client.json()).code).toBe('reauth_limited')
    expect(askedCount).toBe(11)
    await isWell(client, system, GRANT.claims)
  })

  test('malformed ones count as well', async () => {
    await using system = await startGateway({ maxReauthsPerMinute: 2 })
    const client = await TestClient.welcomed(`${system.url}?token=ann`)
    for (let n = 0; n < 3; n += 1) reauth(client, 7)
    reauth(client, 'ann')
    const codes = (await client.frames.length(5)).slice(1).map((text) => (JSON.parse(text) as Json).code)
    expect(codes).toEqual(['reauth_failed', 'reauth_failed', 'reauth_limited', 'reauth_limited'])
  })
})

describe('revocation', () => {
  test('of a token that is being taken closes the session', async () => {
    const { authorize, asked } = asking()
    await using system = await startGateway({ authorize })
    const client = await TestClient.welcomed(system.url)
    reauth(client)
    ;(await asked.next()).grant({ isRevoked: () => true })
    expect(await client.closed).toEqual({ code: 4401, reason: 'token_revoked' })
    expect(system.gateway.stats()).toMatchObject({ reauthenticated: 0, sessionsEnded: { token_revoked: 1 } })
  })

  test('goes by the token that the session has now', async () => {
    const revoked = new Set<string>()
    await using system = await startGateway({
      authorize: byToken({
        first: { isRevoked: () => revoked.has('first') },
        second: { isRevoked: () => revoked.has('second') },
      }),
    })
    const client = await TestClient.welcomed(system.url)
    reauth(client, 'second')
    await client.json()
    revoked.add('first')
    expect(system.gateway.closeRevoked()).toBe(0)
    revoked.add('second')
    expect(system.gateway.closeRevoked()).toBe(1)
    expect((await client.closed).reason).toBe('token_revoked')
  })
})

test('without the sub-protocol a reauth is a frame like any other', async () => {
  const { authorize, asked } = asking()
  await using system = await startGateway({ authorize })
  const client = await TestClient.open(system.url)
  reauth(client)
  expect(await client.closed).toEqual({ code: 4402, reason: 'routing_missing' })
  expect(asked.all).toEqual([])
})
