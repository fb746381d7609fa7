import { createServer, type Server, type ServerResponse } from 'node:http'
import { createEmbeddedTransport } from '@portcullis/transport/embedded'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  type ControlPlaneAuthorizer,
  type ControlPlaneAuthorizerOptions,
  controlPlaneAuthorizer,
  type ProjectChange,
} from '../../src/index.ts'
import { Queue } from '../support/queue.ts'
import { listen, startGateway } from '../support/start-gateway.ts'
import { TestClient, V1 } from '../support/test-client.ts'
import { wrapTransport } from '../support/wrap-transport.ts'

/** What the control plane of these tests is asked, and how it is answered. */
interface Asked {
  host: string
  token: string | undefined
  grant: (grant: object) => void
  answer: (statusCode: number, body: object) => void
}

const CHANGE: ProjectChange = {
  workspaceId: 'acme',
  projectId: 'one',
  kind: 'admission',
  hosts: [],
  addedHosts: [],
  userId: null,
}
const WITHDRAWN = { code: 4401, reason: 'grant_withdrawn' }

let server: Server
let url: string
let asked: Queue<Asked>
/** Answers at once; absent: the test does. */
let decide: ((question: Asked) => void) | undefined
let controlPlane: ControlPlaneAuthorizer

/** The user is the token, the project the first label of the host. */
const letIn = ({ host, token, grant }: Asked): void => {
  const projectId = host.split(/[.:]/)[0]
  grant({ workspaceId: 'acme', projectId, userId: token ?? null, claims: {} })
}

beforeEach(async () => {
  asked = new Queue()
  decide = letIn
  server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8').on('data', (chunk: string) => (body += chunk))
    request.on('end', () => {
      const question = { ...(JSON.parse(body) as { host: string; token: string }), ...answers(response) }
      asked.push(question)
      decide?.(question)
    })
  })
  url = `http://127.0.0.1:${await listen(server)}`
  controlPlane = make()
})
afterEach(async () => {
  server.closeAllConnections()
  server.close()
  await controlPlane.close()
})

function answers(response: ServerResponse): Pick<Asked, 'grant' | 'answer'> {
  const answer = (statusCode: number, body: object): void => {
    response.writeHead(statusCode, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  }
  return { answer, grant: (grant) => answer(200, grant) }
}

function make(options: Partial<ControlPlaneAuthorizerOptions> = {}): ControlPlaneAuthorizer {
  return controlPlaneAuthorizer({ url, internalToken: 'internal', ...options })
}

/** A client at a host of its own, as DNS would have it. */
function at(host: string, token: string): [string, object] {
  return [`?token=${token}`, { headers: { host } }]
}

describe('in a gateway', () => {
  test('the sessions that a change ends are closed, ask anew, and nobody else notices', async () => {
    await using system = await startGateway({ authorize: controlPlane.authorize })
    const open = async (host: string, token: string): Promise<TestClient> => {
      const [query, options] = at(host, token)
      return await TestClient.open(system.url + query, { ...V1, ...options })
    }
    const clients = {
      ann: await open('one.example', 'ann'),
      bob: await open('one.example', 'bob'),
      other: await open('two.example', 'ann'),
    }
    const apply = (change: Partial<ProjectChange>): number => {
      controlPlane.apply({ ...CHANGE, ...change })
      return system.gateway.closeRevoked()
    }
    expect(apply({ kind: 'limits' })).toBe(0)
    expect(apply({ kind: 'user', userId: 'ann' })).toBe(1)
    expect(await clients.ann.closed).toEqual(WITHDRAWN)
    expect(apply({ kind: 'hosts', hosts: ['*.example'], addedHosts: ['two.example'] })).toBe(1)
    expect(await clients.other.closed).toEqual(WITHDRAWN)
    const before = asked.all.length
    await open('one.example', 'ann')
    expect(asked.all).toHaveLength(before + 1)
    expect(apply({ kind: 'deleted' })).toBe(2)
    expect(await clients.bob.closed).toEqual(WITHDRAWN)
  })

  test('after a gap all are closed', async () => {
    await using system = await startGateway({ authorize: controlPlane.authorize })
    const clients = await Promise.all(
      ['a', 'b'].map((name) => TestClient.open(`${system.url}?token=${name}`)),
    )
    controlPlane.applyAll()
    expect(system.gateway.closeRevoked()).toBe(2)
    for (const client of clients) expect(await client.closed).toEqual(WITHDRAWN)
  })

  test('a change between the decision and the 101 has the client ask again', async () => {
    const embedded = createEmbeddedTransport()
    const transport = wrapTransport(embedded, {
      subscribeOutbound: async (filter, onDelivery) => {
        const subscription = await embedded.subscribeOutbound(filter, onDelivery)
        controlPlane.apply({ ...CHANGE, projectId: null })
        return subscription
      },
    })
    await using system = await startGateway({
      authorize: controlPlane.authorize,
      transport,
      outboundConsumer: 'session',
    })
    const { statusCode, headers, body } = await TestClient.refused(`${system.url}?token=ann`)
    expect([statusCode, body.code, headers['retry-after']]).toEqual([503, 'grant_withdrawn', '1'])
    expect(system.gateway.stats().upgradesAccepted).toBe(0)
  })

  test('a change while the question is under way: the client is decided on by the answer of after', async () => {
    decide = undefined
    await using system = await startGateway({ authorize: controlPlane.authorize })
    const client = TestClient.connect(`${system.url}?token=ann`)
    const first = await asked.next()
    controlPlane.apply({ ...CHANGE, projectId: null })
    letIn(first)
    const second = await asked.next()
    second.answer(403, { code: 'ERR_USER_BLOCKED', message: 'blocked' })
    expect(await client).toMatchObject({ statusCode: 403, body: { code: 'ERR_USER_BLOCKED' } })
  })

  test('a new token after a change is decided on anew, and an old session cannot hide behind it', async () => {
    await using system = await startGateway({ authorize: controlPlane.authorize })
    const client = await TestClient.welcomed(`${system.url}?token=ann`)
    controlPlane.apply({ ...CHANGE, projectId: null })
    // Same token, same user: the session goes on with a grant of after the change.
    client.send({ type: 'reauth', token: 'ann' })
    expect((await client.json()).type).toBe('reauthenticated')
    expect(asked.all).toHaveLength(2)
    expect(system.gateway.closeRevoked()).toBe(0)
  })

  test('a cached grant opens many sessions, each of which has the limits of the project', async () => {
    decide = ({ grant }) =>
      grant({
        workspaceId: 'acme',
        projectId: 'one',
        userId: null,
        claims: {},
        limits: { maxConnections: 2 },
      })
    await using system = await startGateway({ authorize: controlPlane.authorize })
    await TestClient.open(system.url)
    await TestClient.open(system.url)
    expect((await TestClient.refused(system.url)).body.code).toBe('project_connections_exceeded')
    expect(asked.all).toHaveLength(1)
  })

  test('limits that are none are an outage, and nobody gets in without them', async () => {
    decide = ({ grant }) =>
      grant({
        workspaceId: 'acme',
        projectId: 'one',
        userId: null,
        claims: {},
        limits: { maxConnections: -1 },
      })
    await using system = await startGateway({ authorize: controlPlane.authorize })
    expect(await TestClient.refused(system.url)).toMatchObject({
      statusCode: 503,
      body: { code: 'control_plane_unavailable' },
    })
  })
})

describe('while the control plane is away', () => {
  const ask = (token: string, host = 'one.example'): Promise<unknown> =>
    controlPlane.authorize({
      host,
      token,
      origin: null,
      clientAddress: '::1',
      path: '/ws',
      headers: {},
      signal: new AbortController().signal,
    })
  const away = { code: 'control_plane_unavailable', statusCode: 503 }
  const fails = ({ answer }: Asked): void => answer(503, { code: 'ERR_REGISTRY_UNAVAILABLE', message: 'm' })

  test('five failures in a row, and it is not asked any more; what is kept goes on', async () => {
    await ask('kept')
    decide = fails
    for (let n = 0; n < 5; n += 1) await expect(ask(`t${n}`)).rejects.toMatchObject(away)
    expect(controlPlane.stats()).toMatchObject({ circuit: 'open', asked: 6 })
    for (let n = 0; n < 5; n += 1) {
      await expect(ask(`t${n}`, 'two.example')).rejects.toMatchObject({ ...away, retryAfterSeconds: 1 })
    }
    expect(await ask('kept')).toMatchObject({ userId: 'kept' })
    expect(asked.all).toHaveLength(6)
  })

  test('a change is heeded all the same: what it concerns is not used, and asked for when it is back', async () => {
    controlPlane = make({ circuitOpenMs: 1 })
    await ask('kept')
    const two = await ask('kept', 'two.example')
    decide = fails
    for (let n = 0; n < 5; n += 1) await ask(`t${n}`).catch(() => undefined)
    controlPlane.apply(CHANGE)
    await expect(ask('kept')).rejects.toMatchObject(away)
    expect(await ask('kept', 'two.example')).toBe(two)
    decide = letIn
    let back: unknown
    while (back === undefined) back = await ask('kept').catch(() => undefined)
    expect(back).toMatchObject({ userId: 'kept' })
    expect(controlPlane.stats().circuit).toBe('closed')
  })

  test('nobody listening is an outage of all hosts', async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
    for (let n = 0; n < 5; n += 1) await expect(ask('t', `h${n}.example`)).rejects.toMatchObject(away)
    expect(controlPlane.stats().circuit).toBe('open')
  })

  test('a project whose keys cannot be had keeps nobody else out, nor its own users with other tokens', async () => {
    decide = (question) =>
      question.token?.startsWith('t') === true
        ? question.answer(503, { code: 'ERR_AUTH_KEYS_UNAVAILABLE', message: 'm' })
        : letIn(question)
    for (let n = 0; n < 20; n += 1) await expect(ask(`t${n}`)).rejects.toMatchObject(away)
    expect(await ask('good')).toMatchObject({ userId: 'good' })
    expect(await ask('good', 'two.example')).toMatchObject({ userId: 'good' })
  })

  test('a host that is answered late is left alone, and others are not', async () => {
    controlPlane = make({ timeoutMs: 1000, circuitOpenMs: 60_000 })
    decide = (question) => (question.host === 'slow.example' ? undefined : letIn(question))
    await Promise.all(
      Array.from({ length: 6 }, (_value, n) =>
        expect(ask(`t${n}`, 'slow.example')).rejects.toMatchObject(away),
      ),
    )
    const before = asked.all.length
    await expect(ask('t', 'slow.example')).rejects.toMatchObject(away)
    expect(asked.all).toHaveLength(before)
    expect(await ask('good')).toMatchObject({ userId: 'good' })
    expect(controlPlane.stats().circuit).toBe('closed')
  })

  test('clients that leave are no failures', async () => {
    decide = undefined
    for (let n = 0; n < 10; n += 1) {
      const leaver = new AbortController()
      const left = controlPlane.authorize({
        host: 'one.example',
        token: 't',
        origin: null,
        clientAddress: '::1',
        path: '/ws',
        headers: {},
        signal: leaver.signal,
      })
      await asked.next()
      leaver.abort()
      await expect(left).rejects.toMatchObject(away)
    }
    decide = letIn
    expect(await ask('good')).toMatchObject({ userId: 'good' })
  })

  test('after close nothing is answered, also not what was kept', async () => {
    await ask('kept')
    await controlPlane.close()
    await expect(ask('kept')).rejects.toMatchObject(away)
    expect(controlPlane.stats()).toMatchObject({ cachedGrants: 0, cachedRefusals: 0 })
  })

  test('a question that was under way at the close is answered, and what is kept of it is not used', async () => {
    decide = undefined
    const waiting = ask('late')
    const question = await asked.next()
    const closed = controlPlane.close()
    letIn(question)
    expect(await waiting).toMatchObject({ userId: 'late' })
    await closed
    await expect(ask('late')).rejects.toMatchObject(away)
  })
})

test('what is no change is a mistake of the caller', () => {
  expect(() => controlPlane.apply({} as ProjectChange)).toThrow(TypeError)
})
