import { createEmbeddedTransport } from '@portcullis/transport/embedded'
import { TransportError, type TransportErrorCode } from '@portcullis/transport'
import { describe, expect, test } from 'vitest'
import {
  type Authorizer,
  GATEWAY_ERRORS,
  GatewayError,
  type GatewayErrorCode,
  type GatewayOptions,
  type Grant,
} from '../src/index.ts'
import { SCOPE, startGateway } from './support/start-gateway.ts'
import { type ConnectOptions, type Json, TestClient } from './support/test-client.ts'
import { reply } from './support/worker.ts'
import { wrapTransport } from './support/wrap-transport.ts'

/** What a client sees of an error: the row of the table, as far as it shows. */
interface Seen {
  statusCode?: number
  closeCode?: number
  retryable?: boolean
}
type Case = () => Promise<Seen>

/** Refused upgrades, the last one by the code in question. */
function upgrade(
  code: GatewayErrorCode,
  options: Partial<GatewayOptions> = {},
  connect: ConnectOptions = {},
  path = '/ws',
): Case {
  return async () => {
    await using system = await startGateway(options)
    if (Object.keys(options).some((name) => /^(max|connect)/.test(name))) await TestClient.open(system.url)
    // The burst of a rate is twice the rate.
    if (options.connectRatePerAddress !== undefined) await TestClient.open(system.url)
    const refused = await TestClient.refused(system.url.replace('/ws', path), connect)
    expect(refused.body.code).toBe(code)
    return { statusCode: refused.statusCode }
  }
}

function thrown(code: GatewayErrorCode): Case {
  return upgrade(code, { authorize: () => Promise.reject(new GatewayError(code, 'm')) })
}

/** A frame of a plain client that closes its socket. */
function plainFrame(
  code: GatewayErrorCode,
  data: string | Buffer,
  options: Partial<GatewayOptions> = {},
): Case {
  return async () => {
    await using system = await startGateway(options)
    const client = await TestClient.open(system.url)
    client.socket.send(data)
    const { code: closeCode, reason } = await client.closed
    expect(reason).toBe(code)
    return { closeCode }
  }
}

/** A frame that the engine refuses: the nack of a v1 client, the close of a plain one. */
function engine(code: GatewayErrorCode, error: Error): Case {
  return async () => {
    const transport = wrapTransport(createEmbeddedTransport(), {
      publishInbound: () => Promise.reject(error),
    })
    await using system = await startGateway({ transport })
    const client = await TestClient.welcomed(system.url)
    client.send({ actor: 'a', actorId: 'b', id: 'x' })
    const nack = await client.json()
    expect(nack).toEqual({
      type: 'nack',
      seq: 1,
      id: 'x',
      code,
      message: expect.any(String),
      retryable: expect.any(Boolean),
    })
    expect(JSON.stringify(nack)).not.toContain('inner')
    const seen = await plainFrame(code, APPLICATION_FRAME, { transport })()
    return { ...seen, retryable: nack.retryable as boolean }
  }
}

function engineRefusal(code: GatewayErrorCode, transportCode: TransportErrorCode): Case {
  return engine(code, new TransportError(transportCode, 'inner'))
}

/** An error frame of v1, beside the close of a plain client. */
function v1Error(code: GatewayErrorCode, frame: Json, options: Partial<GatewayOptions> = {}): Case {
  return async () => {
    await using system = await startGateway(options)
    const client = await TestClient.welcomed(system.url)
    client.send(frame)
    const answer = await client.json()
    expect(answer.code).toBe(code)
    return 'retryable' in answer ? { retryable: answer.retryable as boolean } : {}
  }
}

const APPLICATION_FRAME = '{"actor":"a","actorId":"b"}'
const both =
  (...cases: Case[]): Case =>
  async () =>
    Object.assign({}, ...(await Promise.all(cases.map((run) => run())))) as Seen

const GRANT: Grant = { ...SCOPE, userId: null, claims: {} }
const SLOW: Grant = { ...GRANT, limits: { messagesPerSecond: 1 } }

/** An upgrade and a session whose token has expired. */
const expired: Case = async () => {
  const grants: Grant[] = [
    { ...GRANT, expiresAtMs: Date.now() + 600 },
    { ...GRANT, expiresAtMs: 1 },
  ]
  await using system = await startGateway({ authorize: async () => grants.shift()! })
  const client = await TestClient.open(system.url)
  const { statusCode, body } = await TestClient.refused(system.url)
  expect(body.code).toBe('token_expired')
  const { code: closeCode, reason } = await client.closed
  expect(reason).toBe('token_expired')
  return { statusCode, closeCode }
}

/** A session, and an upgrade, whose grant was withdrawn. */
function revoked(revokedCode: Grant['revokedCode'], code: GatewayErrorCode): Case {
  return async () => {
    let isRevoked = false
    const grant: Grant = { ...GRANT, isRevoked: () => isRevoked, revokedCode }
    await using system = await startGateway({ authorize: async () => grant })
    const client = await TestClient.open(system.url)
    isRevoked = true
    expect(system.gateway.closeRevoked()).toBe(1)
    const { code: closeCode, reason } = await client.closed
    expect(reason).toBe(code)
    const { statusCode, body } = await TestClient.refused(system.url)
    expect(body.code).toBe(code)
    return { closeCode, statusCode }
  }
}

/** An authorizer that cannot decide on one token. */
const awayFor =
  (token: string): Authorizer =>
  async (request) => {
    if (request.token === token) throw new GatewayError('control_plane_unavailable', 'm')
    return GRANT
  }

/** An upgrade while the engine is away. */
const upgradeWhileAway: Case = async () => {
  const real = createEmbeddedTransport()
  let isAway = false
  const transport = wrapTransport(real, {
    status: () => (isAway ? { ...real.status(), state: 'disconnected' } : real.status()),
  })
  await using system = await startGateway({ transport })
  isAway = true
  const { statusCode, body } = await TestClient.refused(system.url)
  expect(body.code).toBe('broker_unavailable')
  return { statusCode }
}

// One entry per code: leaving one out does not compile.
const CASES: Record<GatewayErrorCode, Case> = {
  request_invalid: upgrade('request_invalid', {}, {}, '//ws'),
  unauthorized: thrown('unauthorized'),
  forbidden: thrown('forbidden'),
  origin_forbidden: upgrade('origin_forbidden', {}, { headers: { origin: 'https://evil.example' } }),
  not_found: upgrade('not_found', {}, {}, '/other'),
  host_unknown: thrown('host_unknown'),
  connect_rate_limited: upgrade('connect_rate_limited', { connectRatePerAddress: 1 }),
  address_connections_exceeded: upgrade('address_connections_exceeded', { maxConnectionsPerAddress: 1 }),
  user_connections_exceeded: upgrade('user_connections_exceeded', {
    maxConnectionsPerUser: 1,
    authorize: async () => ({ workspaceId: 'a', projectId: 'b', userId: 'c', claims: {} }),
  }),
  project_connections_exceeded: upgrade('project_connections_exceeded', { maxConnectionsPerProject: 1 }),
  internal_error: both(
    upgrade('internal_error', { authorize: () => Promise.reject(new Error('inner')) }),
    engine('internal_error', new Error('inner')),
  ),
  capacity_exceeded: upgrade('capacity_exceeded', { maxConnections: 1 }),
  control_plane_unavailable: thrown('control_plane_unavailable'),
  draining: async () => {
    await using system = await startGateway()
    const client = await TestClient.open(system.url)
    await system.gateway.drain()
    const { code: closeCode, reason } = await client.closed
    expect(reason).toBe('draining')
    return { closeCode, statusCode: (await TestClient.refused(system.url)).statusCode }
  },
  token_expired: expired,
  token_revoked: revoked(undefined, 'token_revoked'),
  grant_withdrawn: revoked('grant_withdrawn', 'grant_withdrawn'),
  reauth_failed: v1Error('reauth_failed', { type: 'reauth' }),
  reauth_unavailable: v1Error(
    'reauth_unavailable',
    { type: 'reauth', token: 'away' },
    { authorize: awayFor('away') },
  ),
  reauth_limited: async () => {
    await using system = await startGateway({ maxReauthsPerMinute: 1 })
    const client = await TestClient.welcomed(system.url)
    client.send({ type: 'reauth' })
    client.send({ type: 'reauth' })
    expect((await client.json()).code).toBe('reauth_failed')
    const { code, retryable } = await client.json()
    expect(code).toBe('reauth_limited')
    return { retryable: retryable as boolean }
  },
  reauth_mismatch: async () => {
    await using system = await startGateway()
    const client = await TestClient.welcomed(system.url)
    client.send({ type: 'reauth', token: 'somebody-else' })
    const { code: closeCode, reason } = await client.closed
    expect(reason).toBe('reauth_mismatch')
    return { closeCode }
  },
  frame_binary: plainFrame('frame_binary', Buffer.from(APPLICATION_FRAME)),
  frame_too_large: both(engineRefusal('frame_too_large', 'ERR_TRANSPORT_TOO_LARGE'), async () => {
    await using system = await startGateway({ maxPayloadBytes: 10 })
    const client = await TestClient.open(system.url)
    client.send(APPLICATION_FRAME)
    return { closeCode: (await client.closed).code }
  }),
  frame_not_json: plainFrame('frame_not_json', 'x'),
  routing_missing: plainFrame('routing_missing', '{}'),
  invalid_subject: both(
    engineRefusal('invalid_subject', 'ERR_TRANSPORT_SUBJECT_INVALID'),
    plainFrame('invalid_subject', '{"actor":"a","actorId":"\\r\\n"}'),
  ),
  invalid_id: v1Error('invalid_id', { actor: 'a', actorId: 'b', id: 7 }),
  unsupported_control: v1Error('unsupported_control', { type: 'resume' }),
  broker_unavailable: both(
    engineRefusal('broker_unavailable', 'ERR_TRANSPORT_UNAVAILABLE'),
    upgradeWhileAway,
  ),
  broker_timeout: engineRefusal('broker_timeout', 'ERR_TRANSPORT_TIMEOUT'),
  stream_full: engineRefusal('stream_full', 'ERR_TRANSPORT_STREAM_FULL'),
  backlog_full: engineRefusal('backlog_full', 'ERR_TRANSPORT_BACKLOG_FULL'),
  rate_limited: both(
    async () => {
      await using system = await startGateway({ authorize: async () => SLOW })
      const client = await TestClient.welcomed(system.url)
      for (let sent = 0; sent < 2; sent += 1) client.send(APPLICATION_FRAME)
      const answers = [await client.json(), await client.json()]
      const nack = answers.find(({ type }) => type === 'nack')
      expect(nack?.code).toBe('rate_limited')
      return { retryable: nack?.retryable as boolean }
    },
    async () => {
      await using system = await startGateway({ authorize: async () => SLOW })
      const client = await TestClient.open(system.url)
      for (let sent = 0; sent < 2; sent += 1) client.send(APPLICATION_FRAME)
      const { code: closeCode, reason } = await client.closed
      expect(reason).toBe('rate_limited')
      return { closeCode }
    },
  ),
  session_closed: async () => {
    await using system = await startGateway()
    const client = await TestClient.open(system.url)
    const [session] = system.gateway.sessions()
    expect(system.gateway.closeSession(session!.sessionId)).toBe(true)
    const { code: closeCode, reason } = await client.closed
    expect(reason).toBe('session_closed')
    return { closeCode }
  },
  broker_refused: engineRefusal('broker_refused', 'ERR_TRANSPORT_REFUSED'),
  slow_consumer: async () => {
    await using system = await startGateway({ maxBufferedBytes: 1 })
    const client = await TestClient.welcomed(system.url)
    client.socket.pause()
    // Until it is closed: a client that does not read for long after that sees no close frame.
    while (system.gateway.stats().sessionsEnded['slow_consumer'] === undefined) {
      await reply(system.transport, client.sessionId, 'x'.repeat(500_000))
      await new Promise((resolve) => setImmediate(resolve))
    }
    client.socket.resume()
    return { closeCode: (await client.closed).code }
  },
}

describe('every code is what the table says, seen from outside', () => {
  test.each(Object.keys(GATEWAY_ERRORS) as GatewayErrorCode[])('%s', async (code) => {
    const row: Seen & { retryable: boolean } = GATEWAY_ERRORS[code]
    const seen = await CASES[code]()
    expect(row).toMatchObject(seen)
    // Both halves of a row that has two were looked at; codes of v1 only close nobody.
    if (row.statusCode !== undefined) expect(seen.statusCode).toBe(row.statusCode)
    if (row.closeCode !== undefined && code !== 'invalid_id' && code !== 'unsupported_control')
      expect(seen.closeCode).toBe(row.closeCode)
  })
})

test('errors of the engine that no client causes are internal errors, an unknown one included', async () => {
  for (const code of [
    'ERR_TRANSPORT_ENVELOPE_INVALID',
    'ERR_TRANSPORT_STREAM_DRIFT',
    'ERR_TRANSPORT_CONSUMER_CONFLICT',
  ] as const) {
    expect(await engineRefusal('internal_error', code)()).toMatchObject({ closeCode: 1011 })
  }
  const newer = Object.assign(new TransportError('ERR_TRANSPORT_TIMEOUT', 'inner'), {
    code: 'ERR_TRANSPORT_OF_TOMORROW',
  })
  expect(await engine('internal_error', newer)()).toMatchObject({ closeCode: 1011 })
})

test('a closed engine is an engine that is away', async () => {
  expect(await engineRefusal('broker_unavailable', 'ERR_TRANSPORT_CLOSED')()).toMatchObject({
    closeCode: 4503,
  })
})
