import { createEmbeddedTransport } from '@portcullis/transport/embedded'
import { expect, test } from 'vitest'
import type { Authorizer, Grant } from '../../src/index.ts'
import { Queue } from '../support/queue.ts'
import { SCOPE, startGateway } from '../support/start-gateway.ts'
import { TestClient, V1 } from '../support/test-client.ts'
import { consume } from '../support/worker.ts'
import { wrapTransport } from '../support/wrap-transport.ts'

const REVOKED = { code: 4401, reason: 'token_revoked' }

/** Everybody gets in under the name that is the token, until the name is revoked. */
function revocable(): { revoked: Set<string>; authorize: Authorizer } {
  const revoked = new Set<string>()
  const authorize: Authorizer = async ({ token }) => ({
    ...SCOPE,
    userId: token,
    claims: {},
    isRevoked: () => revoked.has(token ?? ''),
  })
  return { revoked, authorize }
}

test('of two hundred sessions those that are revoked are closed, in both protocols, and no others', async () => {
  const { revoked, authorize } = revocable()
  await using system = await startGateway({ authorize })
  const gone = new Queue<string>()
  await system.transport.subscribeEvents('session.disconnected.>', (payload) =>
    gone.push((JSON.parse(Buffer.from(payload).toString()) as { sessionId: string }).sessionId),
  )
  const clients = await Promise.all(
    Array.from({ length: 200 }, async (_value, n) => {
      const name = n % 2 === 0 ? 'good' : 'bad'
      const isV1 = n % 4 < 2
      const client = await TestClient.open(`${system.url}?token=${name}`, isV1 ? V1 : {})
      if (isV1) await client.json()
      return { name, isV1, client }
    }),
  )
  expect(system.gateway.closeRevoked()).toBe(0)
  revoked.add('bad')
  expect(system.gateway.closeRevoked()).toBe(100)
  // Those on their way out are not closed twice.
  expect(system.gateway.closeRevoked()).toBe(0)
  for (const { name, isV1, client } of clients) {
    if (name === 'good') continue
    expect(await client.closed).toEqual(REVOKED)
    const told = { type: 'error', code: 'token_revoked', message: 'the token was revoked' }
    expect(client.frames.all.slice(isV1 ? 1 : 0).map((text) => JSON.parse(text) as object)).toEqual(
      isV1 ? [told] : [],
    )
  }
  await gone.length(100)
  expect(system.gateway.stats()).toMatchObject({ sessions: 100, sessionsEnded: { token_revoked: 100 } })
  // The others work.
  const deliveries = await consume(system.transport, 'a')
  for (const { name, client } of clients) if (name === 'good') client.send({ actor: 'a', actorId: 'b' })
  await deliveries.length(100)
  expect(new Set(gone.all).size).toBe(100)
})

test('frames that come after the revocation are not taken', async () => {
  const { revoked, authorize } = revocable()
  await using system = await startGateway({ authorize })
  const deliveries = await consume(system.transport, 'a')
  const client = await TestClient.welcomed(`${system.url}?token=bad`)
  revoked.add('bad')
  client.send({ actor: 'a', actorId: 'b' })
  system.gateway.closeRevoked()
  expect(await client.closed).toEqual(REVOKED)
  expect([deliveries.all, system.gateway.stats().framesIn]).toEqual([[], 0])
})

test('a token that is revoked between the decision and the 101 is refused', async () => {
  const { revoked, authorize } = revocable()
  const embedded = createEmbeddedTransport()
  let openConsumers = 0
  const transport = wrapTransport(embedded, {
    subscribeOutbound: async (filter, onDelivery) => {
      openConsumers += 1
      const subscription = await embedded.subscribeOutbound(filter, onDelivery)
      revoked.add('late')
      return {
        ...subscription,
        close: async () => {
          openConsumers -= 1
          await subscription.close()
        },
      }
    },
  })
  await using system = await startGateway({ authorize, transport, outboundConsumer: 'session' })
  const { statusCode, headers, body } = await TestClient.refused(`${system.url}?token=late`)
  expect([statusCode, body.code]).toEqual([401, 'token_revoked'])
  expect(headers['www-authenticate']).toContain('invalid_token')
  expect(openConsumers).toBe(0)
  expect(system.gateway.stats()).toMatchObject({ upgradesAccepted: 0, upgradesRefused: { token_revoked: 1 } })
})

test.each<[string, () => Promise<void>]>([
  ['fails', () => Promise.reject(new Error('inner'))],
  ['never ends', () => new Promise(() => undefined)],
])('and is told so although the closing of its consumer %s', async (_what, close) => {
  const { revoked, authorize } = revocable()
  const embedded = createEmbeddedTransport()
  const transport = wrapTransport(embedded, {
    subscribeOutbound: async (filter, onDelivery) => {
      const subscription = await embedded.subscribeOutbound(filter, onDelivery)
      revoked.add('late')
      return { ...subscription, close }
    },
  })
  await using system = await startGateway({ authorize, transport, outboundConsumer: 'session' })
  const { statusCode, body } = await TestClient.refused(`${system.url}?token=late`)
  expect([statusCode, body.code]).toEqual([401, 'token_revoked'])
})

test('one that is revoked with the 101 is closed before its welcome', async () => {
  let asked = 0
  const grant: Grant = {
    ...SCOPE,
    userId: null,
    claims: {},
    // With the decision, before the 101, and when the session opens.
    isRevoked: () => (asked += 1) > 2,
  }
  await using system = await startGateway({ authorize: async () => grant })
  const client = await TestClient.open(system.url, V1)
  expect(await client.closed).toEqual(REVOKED)
  expect(client.frames.all.map((text) => (JSON.parse(text) as { type: string }).type)).toEqual(['error'])
  expect(asked).toBe(3)
})

test('a grant that cannot say is a fault: the session is closed, and may come back', async () => {
  let isBroken = false
  const isRevoked = (): boolean => {
    if (isBroken) throw new Error('inner')
    return false
  }
  const authorize: Authorizer = async ({ token }) => ({
    ...SCOPE,
    userId: token,
    claims: {},
    ...(token === 'odd' ? { isRevoked } : {}),
  })
  await using system = await startGateway({ authorize })
  const odd = await TestClient.open(`${system.url}?token=odd`)
  const sound = await TestClient.welcomed(`${system.url}?token=sound`)
  isBroken = true
  expect(system.gateway.closeRevoked()).toBe(1)
  expect(await odd.closed).toEqual({ code: 1011, reason: 'internal_error' })
  expect((await TestClient.refused(`${system.url}?token=odd`)).statusCode).toBe(500)
  sound.send({ type: 'ping' })
  expect(await sound.json()).toEqual({ type: 'pong' })
})

test('a gateway that is drained or closed has nothing to close', async () => {
  const { revoked, authorize } = revocable()
  await using system = await startGateway({ authorize })
  const client = await TestClient.open(`${system.url}?token=bad`)
  await system.gateway.close()
  await client.closed
  revoked.add('bad')
  expect(system.gateway.closeRevoked()).toBe(0)
})

test('a new token whose grant is withdrawn already can be sent again, and the session stays', async () => {
  const answers: Partial<Grant>[] = [
    {},
    { isRevoked: () => true, revokedCode: 'grant_withdrawn' },
    { claims: { of: 'after' } },
  ]
  await using system = await startGateway({
    authorize: async () => ({ ...SCOPE, userId: 'ann', claims: {}, ...answers.shift() }),
  })
  const deliveries = await consume(system.transport, 'a')
  const client = await TestClient.welcomed(system.url)
  client.send({ type: 'reauth', token: 'new' })
  expect(await client.json()).toMatchObject({ type: 'error', code: 'reauth_unavailable', retryable: true })
  client.send({ type: 'reauth', token: 'new' })
  expect((await client.json()).type).toBe('reauthenticated')
  client.send({ actor: 'a', actorId: 'b' })
  const { payload } = await deliveries.next()
  expect(JSON.parse(Buffer.from(payload).toString())).toMatchObject({ claims: { of: 'after' } })
})
