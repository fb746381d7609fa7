import { createEmbeddedTransport } from '@portcullis/transport/embedded'
import { describe, expect, test, vi } from 'vitest'
import type { SessionInfo } from '../../src/index.ts'
import { Queue } from '../support/queue.ts'
import { SCOPE, startGateway } from '../support/start-gateway.ts'
import { TestClient, V1 } from '../support/test-client.ts'
import { consume, reply } from '../support/worker.ts'
import { wrapTransport } from '../support/wrap-transport.ts'

const FRAME = { actor: 'a', actorId: 'b' }

describe('the sessions', () => {
  test('say who, where, since and until when, and what went through them', async () => {
    const expiresAtMs = Date.now() + 3_600_000
    await using system = await startGateway({
      authorize: async ({ token }) => ({
        ...SCOPE,
        userId: token,
        claims: {},
        ...(token === null ? {} : { expiresAtMs }),
      }),
      clientAddress: () => '203.0.113.7',
    })
    const deliveries = await consume(system.transport, 'a')
    const before = Date.now()
    const ann = await TestClient.welcomed(`${system.url}?token=ann`, {
      headers: { host: 'CHAT.Example:4000' },
    })
    const anonymous = await TestClient.open(system.url)
    for (let sent = 0; sent < 3; sent += 1) ann.send(FRAME)
    ann.send({ type: 'ping' })
    ann.send({ ...FRAME, id: 7 })
    for (let answered = 0; answered < 5; answered += 1) await ann.json()
    await deliveries.length(3)
    await reply(system.transport, ann.sessionId, { text: 'hello' })
    await ann.json()
    const [first, second] = [...system.gateway.sessions()]
    expect(first).toEqual({
      sessionId: ann.sessionId,
      ...SCOPE,
      userId: 'ann',
      host: 'chat.example',
      clientAddress: '203.0.113.7',
      connectedAtMs: expect.any(Number),
      protocol: 'portcullis.v1',
      expiresAtMs,
      received: 4,
      delivered: 1,
      inFlight: 0,
      bufferedBytes: 0,
    })
    expect(first?.connectedAtMs).toBeGreaterThanOrEqual(before)
    expect(first?.connectedAtMs).toBeLessThanOrEqual(Date.now())
    expect(second).toMatchObject({
      userId: null,
      host: '127.0.0.1',
      protocol: 'portcullis.plain',
      expiresAtMs: null,
      received: 0,
    })
    await anonymous.close()
    await vi.waitFor(() => expect([...system.gateway.sessions()]).toHaveLength(1))
  })

  test('say what waits for the engine', async () => {
    const waiting = new Queue<() => void>()
    const transport = wrapTransport(createEmbeddedTransport(), {
      publishInbound: () =>
        new Promise((resolve) => waiting.push(() => resolve({ sequence: 1, duplicate: false }))),
    })
    await using system = await startGateway({ transport })
    const client = await TestClient.welcomed(system.url)
    client.send(FRAME)
    client.send(FRAME)
    await waiting.length(2)
    const inFlight = (): number[] => [...system.gateway.sessions()].map((session) => session.inFlight)
    expect(inFlight()).toEqual([2])
    for (const store of waiting.all) store()
    await client.json()
    await client.json()
    await vi.waitFor(() => expect(inFlight()).toEqual([0]))
  })

  test('of a user that a reauth renewed say the new end', async () => {
    const ends: Record<string, number> = { first: Date.now() + 3_600_000, second: Date.now() + 7_200_000 }
    await using system = await startGateway({
      authorize: async ({ token }) => ({
        ...SCOPE,
        userId: 'ann',
        claims: {},
        expiresAtMs: ends[token ?? ''],
      }),
    })
    const client = await TestClient.welcomed(`${system.url}?token=first`)
    client.send({ type: 'reauth', token: 'second' })
    await client.json()
    expect([...system.gateway.sessions()]).toMatchObject([{ expiresAtMs: ends['second'] }])
  })

  test('may come and go while somebody goes through them', async () => {
    await using system = await startGateway()
    await Promise.all([1, 2, 3].map(() => TestClient.open(system.url)))
    let seen = 0
    for (const { sessionId } of system.gateway.sessions()) {
      seen += 1
      system.gateway.closeSession(sessionId)
      if (seen === 1) await TestClient.open(system.url)
    }
    expect(seen).toBeGreaterThanOrEqual(3)
  })

  test('show an odd host no longer than a host can be', async () => {
    await using system = await startGateway()
    await TestClient.open(system.url, { headers: { host: `a ${'x'.repeat(5000)}` } })
    const [session] = system.gateway.sessions()
    expect(session?.host).toHaveLength(255)
  })
})

describe('those who listen', () => {
  test('are told once of each session that opens and closes, with what went through it', async () => {
    const told: [string, SessionInfo][] = []
    await using system = await startGateway({
      onSessionOpen: (session) => told.push(['open', session]),
      onSessionClose: (session) => told.push(['close', session]),
    })
    const client = await TestClient.welcomed(`${system.url}?token=ann`)
    client.send(FRAME)
    await client.json()
    const { sessionId } = client
    expect(told).toMatchObject([['open', { sessionId, userId: 'ann', received: 0 }]])
    await client.close()
    await vi.waitFor(() => expect(told).toHaveLength(2))
    expect(told[1]).toMatchObject(['close', { sessionId, received: 1 }])
    await TestClient.open(system.url)
    await system.gateway.close()
    expect(told.map(([what]) => what)).toEqual(['open', 'close', 'open', 'close'])
  })

  test('are told of both for one that is over before its welcome', async () => {
    const told: string[] = []
    let asked = 0
    await using system = await startGateway({
      authorize: async () => ({ ...SCOPE, userId: null, claims: {}, isRevoked: () => (asked += 1) > 2 }),
      onSessionOpen: () => told.push('open'),
      onSessionClose: () => told.push('close'),
    })
    await (
      await TestClient.open(system.url)
    ).closed
    await vi.waitFor(() => expect(told).toEqual(['open', 'close']))
  })

  test('and throw: it is logged, and the session goes its way', async () => {
    const fail = (): never => {
      throw new Error('inner')
    }
    await using system = await startGateway({ onSessionOpen: fail, onSessionClose: fail })
    const client = await TestClient.welcomed(system.url)
    client.send(FRAME)
    expect((await client.json()).type).toBe('ack')
    await client.close()
    await vi.waitFor(() => expect(system.gateway.stats().sessions).toBe(0))
    const logged = system.log.entries.filter(({ level }) => level === 'error')
    expect(logged.map(({ message }) => message)).toEqual(['a listener failed', 'a listener failed'])
  })

  test('and close the session at once: the client gets no welcome', async () => {
    await using system = await startGateway({
      onSessionOpen: ({ sessionId }) => system.gateway.closeSession(sessionId),
    })
    const client = await TestClient.open(system.url, V1)
    expect(await client.closed).toEqual({ code: 4403, reason: 'session_closed' })
    expect(client.frames.all.map((text) => (JSON.parse(text) as { type: string }).type)).toEqual(['error'])
  })
})

describe('one session is closed for good', () => {
  test('in both protocols, and no other', async () => {
    await using system = await startGateway()
    const v1 = await TestClient.welcomed(system.url)
    const plain = await TestClient.open(system.url)
    const other = await TestClient.welcomed(system.url)
    const ids = [...system.gateway.sessions()].map(({ sessionId }) => sessionId)
    expect(system.gateway.closeSession(v1.sessionId, 'spilt tea')).toBe(true)
    expect(system.gateway.closeSession(ids[1]!)).toBe(true)
    for (const client of [v1, plain]) {
      expect(await client.closed).toEqual({ code: 4403, reason: 'session_closed' })
    }
    expect(await v1.json()).toEqual({ type: 'error', code: 'session_closed', message: 'spilt tea' })
    expect(plain.frames.all).toEqual([])
    other.send({ type: 'ping' })
    expect(await other.json()).toEqual({ type: 'pong' })
    expect(system.gateway.stats().sessionsEnded).toEqual({ session_closed: 2 })
  })

  test('and one that is not there, or is on its way out, is not', async () => {
    await using system = await startGateway()
    const client = await TestClient.welcomed(system.url)
    expect(system.gateway.closeSession('nobody')).toBe(false)
    expect(system.gateway.closeSession('')).toBe(false)
    expect([1, 2].map(() => system.gateway.closeSession(client.sessionId))).toEqual([true, false])
    await client.closed
    await vi.waitFor(() => expect(system.gateway.stats().sessions).toBe(0))
    expect(system.gateway.closeSession(client.sessionId)).toBe(false)
  })

  test('also when its socket is not read', async () => {
    const transport = wrapTransport(createEmbeddedTransport(), {
      publishInbound: () => new Promise(() => undefined),
    })
    await using system = await startGateway({ transport, maxInFlightFrames: 1 })
    const client = await TestClient.welcomed(system.url)
    client.send(FRAME)
    await vi.waitFor(() => expect([...system.gateway.sessions()][0]?.inFlight).toBe(1))
    system.gateway.closeSession(client.sessionId)
    expect((await client.closed).code).toBe(4403)
  })

  test('with no more of a reason than fits, in whole characters', async () => {
    await using system = await startGateway()
    const client = await TestClient.welcomed(system.url)
    system.gateway.closeSession(client.sessionId, `${'x'.repeat(255)}😀 and so on`)
    const { message } = await client.json()
    expect([(message as string).length, (message as string).isWellFormed()]).toEqual([256, true])
    expect(() => system.gateway.closeSession('x', 7 as unknown as string)).toThrow('"reason"')
  })
})

describe('the counters of projects', () => {
  test('add up what all sessions of a project did, also those that are gone', async () => {
    await using system = await startGateway({
      authorize: async ({ token }) => ({
        workspaceId: 'acme',
        projectId: token ?? 'x',
        userId: null,
        claims: {},
      }),
    })
    const scope = { workspaceId: 'acme', projectId: 'one' }
    const deliveries = await consume(system.transport, 'a', scope)
    const gone = await TestClient.open(`${system.url}?token=one`)
    const stays = await TestClient.welcomed(`${system.url}?token=one`)
    await TestClient.open(`${system.url}?token=two`)
    gone.send(FRAME)
    stays.send(FRAME)
    stays.send({ type: 'ping' })
    stays.send('no JSON')
    await deliveries.length(2)
    for (let answered = 0; answered < 3; answered += 1) await stays.json()
    gone.send('no JSON')
    await gone.closed
    await vi.waitFor(() => expect(system.gateway.stats().sessions).toBe(2))
    const [one, two] = [...system.gateway.projects()]
    expect(one).toMatchObject({
      workspaceId: 'acme',
      projectId: 'one',
      connections: 1,
      received: 4,
      delivered: 0,
      refused: 2,
      latency: { count: 2 },
    })
    expect(one?.latency.buckets.reduce((sum, count) => sum + count, 0)).toBe(2)
    expect(one?.latency.sumMs).toBeGreaterThan(0)
    expect(two).toMatchObject({ projectId: 'two', connections: 1, received: 0, latency: { count: 0 } })
  })

  test('are kept for so many projects without a session', async () => {
    await using system = await startGateway({
      authorize: async ({ token }) => ({
        workspaceId: 'acme',
        projectId: token ?? 'x',
        userId: null,
        claims: {},
      }),
      maxIdleProjects: 2,
    })
    for (const name of ['a', 'b', 'c', 'd']) {
      await (await TestClient.open(`${system.url}?token=${name}`)).close()
      await vi.waitFor(() => expect(system.gateway.stats().sessions).toBe(0))
    }
    expect([...system.gateway.projects()].map(({ projectId }) => projectId)).toEqual(['c', 'd'])
  })

  test('hold no place for an upgrade that never became a session', async () => {
    const cyclic: Record<string, unknown> = {}
    cyclic['self'] = cyclic
    await using system = await startGateway({
      authorize: async ({ token }) => ({
        workspaceId: 'acme',
        projectId: token ?? 'x',
        userId: null,
        claims: cyclic,
      }),
      maxIdleProjects: 1,
    })
    for (const name of ['a', 'b', 'c']) await (await TestClient.open(`${system.url}?token=${name}`)).closed
    expect([...system.gateway.projects()]).toHaveLength(1)
  })
})
