import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createEmbeddedTransport } from '@portcullis/transport/embedded'
import { createWorker } from '@portcullis/worker'
import { type Authorizer, createGateway, type Gateway, GatewayError } from '@portcullis/ws-gateway'
import { afterEach, expect, test, vi } from 'vitest'
import { WebSocket } from 'ws'
import { createClient as createBrowserClient } from '../src/browser.ts'
import { connect } from './support/connect.ts'
import { Queue } from './support/queue.ts'

// The far end for real: gateway, engine and worker in this process, and tokens that live for a moment.
const scope = { workspaceId: 'demo', projectId: 'reauth' }
const LIFE_MS = 1500

interface System extends AsyncDisposable {
  url: string
  gateway: Gateway
  revoked: Set<string>
  /** What the authorizer throws instead of looking at the token. */
  failWith: (error: Error | undefined) => void
  /** Claims of every frame that a worker handled. */
  handled: Queue<Record<string, unknown>>
}

/** Tokens are `<user>~<number>~<expiry>`; the number becomes a claim. */
async function startSystem(): Promise<System> {
  const transport = createEmbeddedTransport()
  const revoked = new Set<string>()
  let failure: Error | undefined
  const authorize: Authorizer = async ({ token }) => {
    if (failure) throw failure
    const [user = '', number = '', expiry = ''] = (token ?? '').split('~')
    return {
      ...scope,
      userId: user,
      claims: { number: Number(number) },
      expiresAtMs: Number(expiry),
      isRevoked: () => revoked.has(user),
    }
  }
  const gateway = createGateway({ transport, authorize, reauthNoticeMs: 1000, maxReauthsPerMinute: 100 })
  const handled = new Queue<Record<string, unknown>>()
  const worker = createWorker({ transport, ...scope }).actor('probe', {
    message(context) {
      handled.push(context.claims as Record<string, unknown>)
    },
  })
  await gateway.start()
  await worker.start()
  const http = createServer()
  gateway.attach(http)
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  return {
    url: `ws://127.0.0.1:${(http.address() as AddressInfo).port}/ws`,
    gateway,
    revoked,
    failWith: (error) => {
      failure = error
    },
    handled,
    async [Symbol.asyncDispose]() {
      await gateway.close()
      await worker.close()
      await transport.close()
      http.close()
    },
  }
}

/** Mints tokens, and tells of each. */
function mint(user = 'ada'): { getToken: () => string; minted: Queue<number> } {
  const minted = new Queue<number>()
  let count = 0
  return {
    minted,
    getToken: () => {
      count += 1
      minted.push(count)
      return `${user}~${count}~${Date.now() + LIFE_MS}`
    },
  }
}

afterEach(() => {
  vi.unstubAllGlobals()
})

test('one session outlives many tokens, and no frame is lost, doubled or reordered', async () => {
  await using system = await startSystem()
  const { getToken, minted } = mint()
  const { client, errors, statuses } = connect({ url: system.url, getToken })
  const { sessionId } = await client.ready
  const probe = client.actor('probe', 'one')
  const numbers = new Set<unknown>()
  let sent = 0
  // Until the fifth token has been handed out, and then one frame more.
  while (minted.size < 5) {
    await probe.send({})
    sent += 1
    numbers.add((await system.handled.next())['number'])
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  expect(client.session?.sessionId).toBe(sessionId)
  expect([errors.size, statuses.size, client.status]).toEqual([0, 1, 'connected'])
  expect(system.gateway.stats()).toMatchObject({ upgradesAccepted: 1, acked: sent, sessionsEnded: {} })
  // Frames carry the claims of the token of their time.
  expect(numbers.size).toBeGreaterThan(2)
  expect([...numbers]).toEqual([...numbers].toSorted((one, other) => Number(one) - Number(other)))
  await client.close()
})

test('the browser variant does the same', async () => {
  vi.stubGlobal('WebSocket', WebSocket)
  await using system = await startSystem()
  const { getToken, minted } = mint()
  const client = createBrowserClient({ url: system.url, getToken })
  const { sessionId } = await client.ready
  for (let round = 0; round < 4; round += 1) await minted.next()
  await client.send({ actor: 'probe', actorId: 'one' })
  expect([client.session?.sessionId, client.lastError]).toEqual([sessionId, null])
  await client.close()
})

test('an outage of the authorizer is survived when it is over in time', async () => {
  await using system = await startSystem()
  const { getToken } = mint()
  const { client, errors } = connect({ url: system.url, getToken })
  const { sessionId } = await client.ready
  system.failWith(new GatewayError('control_plane_unavailable', 'away'))
  expect(await errors.next()).toMatchObject({ code: 'reauth_failed', serverCode: 'reauth_unavailable' })
  system.failWith(undefined)
  await vi.waitFor(() => expect(system.gateway.stats().reauthenticated).toBeGreaterThan(0))
  await client.send({ actor: 'probe', actorId: 'one' })
  expect(client.session?.sessionId).toBe(sessionId)
  await client.close()
})

test('a token that cannot be renewed ends the session, and the client comes back with a fresh one', async () => {
  await using system = await startSystem()
  let isCached = true
  const cached = `ada~1~${Date.now() + LIFE_MS}`
  const { client, errors, statuses } = connect({
    url: system.url,
    getToken: () => (isCached ? cached : `ada~2~${Date.now() + 60_000}`),
  })
  const { sessionId } = await client.ready
  expect(await statuses.next()).toBe('connected')
  expect(await errors.next()).toMatchObject({ code: 'reauth_failed' })
  let error = await errors.next()
  while (error.code === 'reauth_failed') error = await errors.next()
  expect(error).toMatchObject({ code: 'server_error', serverCode: 'token_expired' })
  isCached = false
  expect(await statuses.next()).toBe('reconnecting')
  expect(await statuses.next()).toBe('connected')
  expect(client.session?.sessionId).not.toBe(sessionId)
  await client.send({ actor: 'probe', actorId: 'one' })
  // With the same token again and again the client has not flooded the gateway.
  expect(system.gateway.stats().reauthenticated).toBeLessThanOrEqual(11)
  await client.close()
})

test('a token of somebody else is final', async () => {
  await using system = await startSystem()
  const names = ['ada', 'bob']
  const { client, statuses } = connect({
    url: system.url,
    getToken: () => `${names.shift()}~1~${Date.now() + LIFE_MS}`,
  })
  while ((await statuses.next()) !== 'closed');
  expect(client.lastError).toMatchObject({ code: 'closed_by_server', closeCode: 4403 })
  expect(system.gateway.stats()).toMatchObject({ sessionsEnded: { reauth_mismatch: 1 } })
})

test('a revoked user is closed at once, and is not let in again', async () => {
  await using system = await startSystem()
  const ada = connect({ url: system.url, getToken: mint('ada').getToken })
  const bob = connect({ url: system.url, getToken: mint('bob').getToken })
  await Promise.all([ada.client.ready, bob.client.ready])
  system.revoked.add('ada')
  expect(system.gateway.closeRevoked()).toBe(1)
  while ((await ada.statuses.next()) !== 'closed');
  expect(ada.client.lastError).toMatchObject({
    code: 'unauthorized',
    statusCode: 401,
    serverCode: 'token_revoked',
  })
  await bob.client.send({ actor: 'probe', actorId: 'one' })
  await bob.client.close()
})
