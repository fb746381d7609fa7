import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { describe, expect, test } from 'vitest'
import type { RestPublisherOptions } from '../../../src/metrics/options.ts'
import { createRestPublisher } from '../../../src/metrics/publishers/rest-publisher.ts'
import { type PublishFailure } from '../../../src/metrics/publishers/publisher.ts'
import { PublisherRunner } from '../../../src/metrics/publishers/publisher-runner.ts'
import { silentLogger } from '../../../src/gateway/logger.ts'
import { define, type MetricsSystem, publish, startMetrics, until } from '../support.ts'

interface Request {
  method: string | undefined
  url: string | undefined
  headers: IncomingMessage['headers']
  body: string
}

interface Endpoint extends AsyncDisposable {
  url: string
  requests: Request[]
  /** Sockets that were ever opened. */
  sockets: Set<Socket>
}

type Answer = (request: Request, response: ServerResponse, count: number) => void

async function serve(answer: Answer = (_request, response) => void response.end()): Promise<Endpoint> {
  const requests: Request[] = []
  const sockets = new Set<Socket>()
  const server: Server = createServer((request, response) => {
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', () => {
      const { method, url, headers } = request
      const received = { method, url, headers, body: Buffer.concat(parts).toString() }
      requests.push(received)
      answer(received, response, requests.length)
    })
  })
  server.on('connection', (socket) => sockets.add(socket))
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/metrics`,
    requests,
    sockets,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

const start = (endpoint: string, options: Partial<RestPublisherOptions> = {}): Promise<MetricsSystem> =>
  startMetrics({ publishers: ['rest'], rest: { endpoint, heartbeats: 0, ...options } })

/** One member that publishes so many values of `n`. */
function publishNumbers(system: MetricsSystem, count: number): void {
  const peer = system.member()
  define(peer, 'n')
  for (let value = 1; value <= count; value += 1) publish(peer, 'n', value, value)
}

const valueOf = ({ body }: Request): unknown =>
  (JSON.parse(body) as { metrics: { n: { datapoints: { value: { value: unknown } }[] } } }).metrics.n
    .datapoints[0]?.value.value

const stats = (system: MetricsSystem): Record<string, unknown> => ({
  ...system.metrics.stats().publishers[0],
})

describe('each update', () => {
  test('is posted as JSON, one after the other, and connections are used again', async () => {
    await using endpoint = await serve(
      (_request, response) => void response.writeHead(202).end('{"ok":true}'),
    )
    await using system = await start(endpoint.url, {
      headers: { 'x-source': 'gateway' },
      authentication: false,
    })
    publishNumbers(system, 20)
    await until(() => stats(system).published === 20)
    expect(endpoint.requests.map(valueOf)).toEqual(Array.from({ length: 20 }, (_, value) => value + 1))
    expect(endpoint.sockets.size).toBeLessThan(5)
    const [{ method, url, headers, body }] = endpoint.requests as [Request]
    expect([method, url]).toEqual(['POST', '/api/metrics'])
    expect(headers).toMatchObject({ 'content-type': 'application/json', 'x-source': 'gateway' })
    expect(headers.authorization).toBeUndefined()
    expect(JSON.parse(body)).toMatchObject({
      identity: { system: 'Sys', service: 'Svc' },
      metrics: { n: { definition: { type: 'number' }, datapoints: [{ timestamp: 1, value: { value: 1 } }] } },
    })
  })

  test('is a status with heartbeats, and one last status on close', async () => {
    await using endpoint = await serve()
    const system = await start(endpoint.url, { heartbeats: 5 })
    publishNumbers(system, 1)
    await until(() => endpoint.requests.length > 3)
    await system.metrics.close()
    const states = endpoint.requests.map(
      ({ body }) => (JSON.parse(body) as { status?: { state: number } }).status?.state,
    )
    expect(new Set(states)).toEqual(new Set([0, undefined, -1]))
    expect(states.at(-1)).toBe(-1)
  })

  test('goes through the fetch that was given', async () => {
    await using endpoint = await serve()
    const asked: string[] = []
    await using system = await start(endpoint.url, {
      fetch: (input, init) => {
        asked.push((input as URL).href)
        return fetch(input, init)
      },
    })
    publishNumbers(system, 1)
    await until(() => stats(system).published === 1)
    expect(asked).toEqual([endpoint.url])
  })

  test('may be answered with more than anybody reads', async () => {
    await using endpoint = await serve((_request, response) => {
      response.on('error', () => undefined)
      response.write('x'.repeat(200_000))
    })
    await using system = await start(endpoint.url)
    publishNumbers(system, 2)
    await until(() => stats(system).published === 2)
  })
})

describe('authentication', () => {
  test('user and password are sent as HTTP Basic', async () => {
    await using endpoint = await serve()
    await using system = await start(endpoint.url, { authentication: { user: 'jöhn', password: 'p:w' } })
    publishNumbers(system, 1)
    await until(() => stats(system).published === 1)
    const basic = `Basic ${Buffer.from('jöhn:p:w').toString('base64')}`
    expect(endpoint.requests[0]?.headers.authorization).toBe(basic)
  })

  test('a path is asked first, and its cookies go with the updates; again when the session has ended', async () => {
    let session = 0
    await using endpoint = await serve(({ method, headers }, response, count) => {
      if (method === 'GET') {
        session += 1
        response.writeHead(200, { 'set-cookie': [`sid=${session}; HttpOnly; Path=/`, 'lb=a'] }).end('hello')
        return
      }
      // The session is good for a while.
      response.writeHead(headers.cookie === `sid=${session}; lb=a` && count !== 4 ? 200 : 401).end()
    })
    await using system = await start(endpoint.url, {
      authentication: { path: '/login?x=1', user: 'u', password: 'p' },
    })
    publishNumbers(system, 3)
    await until(() => stats(system).published === 3)
    expect(endpoint.requests.map(({ method, url }) => `${method} ${url}`)).toEqual([
      'GET /login?x=1',
      'POST /api/metrics',
      'POST /api/metrics',
      'POST /api/metrics',
      'GET /login?x=1',
      'POST /api/metrics',
    ])
    const authorizations = endpoint.requests.map(({ headers }) => headers.authorization !== undefined)
    expect(authorizations).toEqual([true, false, false, false, true, false])
    expect(endpoint.requests.at(-1)?.headers.cookie).toBe('sid=2; lb=a')
  })

  test('who is refused for good is not asked for ever', async () => {
    await using endpoint = await serve(
      ({ method }, response) => void response.writeHead(method === 'GET' ? 200 : 403).end(),
    )
    await using system = await start(endpoint.url, { authentication: { path: '/login' } })
    publishNumbers(system, 2)
    await until(() => stats(system).dropped === 2)
    expect(endpoint.requests.map(({ method }) => method)).toEqual([
      ...['GET', 'POST', 'GET', 'POST'],
      ...['POST', 'GET', 'POST'],
    ])
  })
})

describe('failures', () => {
  test.each([500, 502, 503, 429, 408])('%i is tried again, in order', async (status) => {
    await using endpoint = await serve(
      (_request, response, count) => void response.writeHead(count === 2 ? status : 200).end(),
    )
    await using system = await start(endpoint.url)
    publishNumbers(system, 3)
    await until(() => stats(system).published === 3)
    expect(endpoint.requests.map(valueOf)).toEqual([1, 2, 2, 3])
    expect(stats(system)).toMatchObject({ retries: 1, dropped: 0 })
    expect(system.logged).toEqual([])
  })

  test.each([400, 401, 404, 413])('%i refuses the update for good', async (status) => {
    await using endpoint = await serve(
      (_request, response, count) => void response.writeHead(count === 1 ? status : 200).end(),
    )
    await using system = await start(endpoint.url)
    publishNumbers(system, 2)
    await until(() => stats(system).published === 1)
    expect(endpoint.requests.map(valueOf)).toEqual([1, 2])
    expect(stats(system)).toMatchObject({ retries: 0, dropped: 1 })
    expect(system.logged).toMatchObject([
      {
        details: {
          publisher: 'rest',
          dropped: { refused: 1 },
          err: { message: `the endpoint answered ${status}` },
        },
      },
    ])
  })

  test.each([301, 302, 307, 308])('a redirect with %i is not followed', async (status) => {
    await using other = await serve()
    await using endpoint = await serve(
      (_request, response) => void response.writeHead(status, { location: other.url }).end(),
    )
    await using system = await start(endpoint.url, { authentication: { user: 'u', password: 'p' } })
    publishNumbers(system, 1)
    await until(() => stats(system).dropped === 1)
    expect(other.requests).toEqual([])
  })

  test('a connection that is lost before the answer is tried again', async () => {
    await using endpoint = await serve((_request, response, count) => {
      if (count === 1) response.destroy()
      else response.end()
    })
    await using system = await start(endpoint.url)
    publishNumbers(system, 2)
    await until(() => stats(system).published === 2)
    expect(endpoint.requests.map(valueOf)).toEqual([1, 1, 2])
  })

  test('an endpoint that does not answer in time is tried again', async () => {
    await using endpoint = await serve((_request, response, count) => void (count > 1 && response.end()))
    await using system = await start(endpoint.url, { timeout: 50 })
    publishNumbers(system, 1)
    await until(() => stats(system).published === 1)
    expect(stats(system).retries).toBeGreaterThanOrEqual(1)
  })

  test('after the last retry the update is dropped, and the next one has its turn', async () => {
    await using endpoint = await serve(
      (_request, response, count) => void response.writeHead(count <= 3 ? 503 : 200).end(),
    )
    const publisher = createRestPublisher({
      endpoint: new URL(endpoint.url),
      headers: new Headers(),
      authorization: undefined,
      login: undefined,
      fetch,
    })
    const runner = new PublisherRunner(
      publisher,
      {
        name: 'rest',
        filter: () => true,
        heartbeatMs: 0,
        timeoutMs: 5000,
        drainMs: 5000,
        maxRetries: 2,
        backoffMs: 1,
        maxEntries: 10,
        maxSize: 1000,
        splitSize: 1,
        conflation: undefined,
      },
      silentLogger,
    )
    await runner.start()
    const repository = runner.add({ system: 's' })
    for (const value of [1, 2]) {
      const point = { timestamp: value, value: { value } }
      runner.publish(repository, { type: 'number' }, { name: 'n', raw: value, point, size: 1 })
    }
    await until(() => runner.stats.published === 1)
    expect(endpoint.requests.map(valueOf)).toEqual([1, 1, 1, 2])
    expect(runner.stats).toMatchObject({ dropped: 1, retries: 2, queued: 0 })
    await runner.close()
  })

  test('an endpoint that is not there neither delays nor fails the close for longer than its deadline', async () => {
    await using endpoint = await serve((_request, response) => void response.destroy())
    const publisher = createRestPublisher({
      endpoint: new URL(endpoint.url),
      headers: new Headers(),
      authorization: undefined,
      login: undefined,
      fetch,
    })
    const settings = { name: 'rest', filter: () => true, heartbeatMs: 10, timeoutMs: 5000, drainMs: 20 }
    const more = { maxRetries: 50, backoffMs: 60_000, maxEntries: 10, maxSize: 1000, splitSize: 1 }
    const runner = new PublisherRunner(
      publisher,
      { ...settings, ...more, conflation: undefined },
      silentLogger,
    )
    await runner.start()
    runner.add({ system: 's' })
    await until(() => runner.stats.retries === 1)
    await runner.close()
    expect(runner.stats).toMatchObject({ queued: 0, published: 0 })
    expect(runner.stats.dropped).toBeGreaterThanOrEqual(2)
  })

  test('no credential and no part of the endpoint is in a log', async () => {
    await using endpoint = await serve((_request, response) => void response.writeHead(400).end('hunter2'))
    const secrets = ['hunter2', 't0ken', Buffer.from('u:hunter2').toString('base64')]
    const options = { authentication: { user: 'u', password: 'hunter2' }, headers: { 'x-key': 't0ken' } }
    await using system = await start(`${endpoint.url}?key=t0ken`, options)
    publishNumbers(system, 1)
    await until(() => stats(system).dropped === 1)
    const unreachable = createRestPublisher({
      endpoint: new URL('http://127.0.0.1:1/?key=t0ken'),
      headers: new Headers(options.headers),
      authorization: secrets[2],
      login: undefined,
      fetch,
    })
    const failure = await unreachable
      .publish({ identity: {}, metrics: {} }, new AbortController().signal)
      .catch((error: unknown) => error as PublishFailure)
    expect(failure).toMatchObject({ temporary: true })
    const said = [...system.logged.map(({ details }) => details.err as Error), failure as Error]
      .map((error) => `${error.message} ${error.stack} ${JSON.stringify(error)} ${String(error.cause)}`)
      .join(' ')
    for (const secret of secrets) expect(said).not.toContain(secret)
  })
})
