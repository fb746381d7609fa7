import { once } from 'node:events'
import { createServer, type AddressInfo, type Server } from 'node:net'
import { createMemoryStore, createRegistry } from '@portcullis/registry'
import { registryRoutes } from '@portcullis/registry/fastify'
import { freePort, startNatsServer } from '@portcullis/test-servers'
import fastify, { type FastifyInstance } from 'fastify'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { cli } from '../support/cli.ts'
import { startGateway, type RunningGateway } from '../support/gateway.ts'

interface Finding {
  check: string
  status: string
  detail: string
}

const DEVELOPMENT_TOKEN = 'portcullis-internal-development-token'
const TOKEN = 'Vq0x7dGZr3tYb1nLk9eWc5uJh2mPs8aF'

let gateway: RunningGateway
let controlPlane: FastifyInstance
let url: string
let isReady = true
beforeAll(async () => {
  gateway = await startGateway()
  controlPlane = fastify()
  const registry = createRegistry({ store: createMemoryStore([]) })
  await controlPlane.register(registryRoutes, { registry, internalTokens: [DEVELOPMENT_TOKEN, TOKEN] })
  controlPlane.get('/health/ready', async (_request, reply) => reply.code(isReady ? 200 : 503).send({}))
  await controlPlane.listen({ port: 0, host: '127.0.0.1' })
  url = `http://127.0.0.1:${(controlPlane.server.address() as AddressInfo).port}`
})
afterAll(async () => {
  await gateway[Symbol.asyncDispose]()
  await controlPlane.close()
})

async function examine(env: Record<string, string> = {}, ...argv: string[]): Promise<Finding[]> {
  const all = { CONTROL_PLANE_URL: url, PORTCULLIS_GATEWAY_URL: gateway.url, ...env }
  const result = await cli(['doctor', '--json', ...argv], { env: all })
  const { ok, findings } = result.json() as { ok: boolean; findings: Finding[] }
  expect(result.exitCode).toBe(ok ? 0 : 1)
  expect(result.stdout).not.toContain(TOKEN)
  return findings
}
const of = (findings: readonly Finding[], check: string): Finding[] =>
  findings.filter((one) => one.check === check)

describe('control plane and gateway', () => {
  test('that are ready, with clocks that agree, are good', async () => {
    const findings = await examine()
    for (const check of ['control-plane', 'gateway', 'clock:control-plane', 'clock:gateway']) {
      expect(of(findings, check), `of ${check}`).toMatchObject([{ status: 'ok' }])
    }
  })

  test('that are not ready, or nobody, are wrong', async () => {
    isReady = false
    const findings = await examine({ PORTCULLIS_GATEWAY_URL: `http://127.0.0.1:${await freePort()}` })
    isReady = true
    expect(of(findings, 'control-plane')).toMatchObject([
      { status: 'failed', detail: expect.stringContaining('not ready') },
    ])
    expect(of(findings, 'gateway')).toMatchObject([
      { status: 'failed', detail: expect.stringContaining('nobody listens') },
    ])
    expect(of(findings, 'registration:live')).toMatchObject([{ status: 'skipped' }])
  })

  test('whose clock is wrong are found out', async () => {
    const late: typeof fetch = async (input, init) => {
      const response = await fetch(input, init)
      const headers = new Headers(response.headers)
      headers.set('date', new Date(Date.now() - 60_000).toUTCString())
      return new Response(response.body, { status: response.status, headers })
    }
    const env = { CONTROL_PLANE_URL: url, PORTCULLIS_GATEWAY_URL: gateway.url }
    const result = await cli(['doctor', '--json'], { env, fetch: late })
    const { findings } = result.json() as { findings: Finding[] }
    expect(of(findings, 'clock:gateway')).toMatchObject([
      { status: 'failed', detail: expect.stringMatching(/(59|58|minute).* behind/) },
    ])
    expect(result.exitCode).toBe(1)
  })

  test('a gateway that registers whoever asks is found out, and gets no client by that', async () => {
    expect(of(await examine(), 'registration:live')).toMatchObject([{ status: 'warning' }])
    expect(of(await examine({}, '--production'), 'registration:live')).toMatchObject([{ status: 'failed' }])
    expect((await gateway.auth.listClients({})).clients).toEqual([])
    const closed = await startGateway({ initialAccessTokens: [] })
    await using _closed = closed
    expect(of(await examine({ PORTCULLIS_GATEWAY_URL: closed.url }), 'registration:live')).toMatchObject([
      { status: 'ok' },
    ])
  })

  test('a control plane that takes the development token is found out, and a wrong token of the gateways as well', async () => {
    const both = of(
      await examine({ CONTROL_PLANE_INTERNAL_TOKEN: TOKEN }, '--production'),
      'internal-token:live',
    )
    expect(both.map(({ status }) => status)).toEqual(['failed', 'ok'])
    const wrong = of(await examine({ CONTROL_PLANE_INTERNAL_TOKEN: `${TOKEN}x` }), 'internal-token:live')
    expect(wrong.map(({ status }) => status)).toEqual(['warning', 'failed'])
  })

  test('the internal token goes only to the control plane that the variables name', async () => {
    const other = fastify()
    other.post('/api/registry/authorize', async (_request, reply) => reply.code(401).send({}))
    await other.listen({ port: 0, host: '127.0.0.1' })
    const seen: string[] = []
    const watch: typeof fetch = (input, init) => {
      const sent = new Headers(init?.headers).get('authorization')
      if (sent !== null) seen.push(`${new URL(input).origin} ${sent}`)
      return fetch(input, init)
    }
    const elsewhere = `http://127.0.0.1:${(other.server.address() as AddressInfo).port}`
    const argv = ['doctor', '--url', elsewhere, '--gateway-url', gateway.url]
    const env = { CONTROL_PLANE_INTERNAL_TOKEN: TOKEN }
    await cli(argv, { env, fetch: watch })
    expect(seen.splice(0)).toEqual([`${elsewhere} Bearer ${DEVELOPMENT_TOKEN}`])
    await cli(argv, { env: { ...env, CONTROL_PLANE_URL: url }, fetch: watch })
    expect(seen).toEqual([`${url} Bearer ${DEVELOPMENT_TOKEN}`, `${url} Bearer ${TOKEN}`])
    await other.close()
  })

  test('where that route is on another port, nothing is said about tokens', async () => {
    const env = { CONTROL_PLANE_URL: gateway.url, CONTROL_PLANE_INTERNAL_TOKEN: TOKEN }
    const nowhere = (input: string | URL | Request, init?: RequestInit): Promise<Response> =>
      new URL(input).pathname.endsWith('/authorize')
        ? Promise.resolve(Response.json({ code: 'ERR_NOT_FOUND' }, { status: 404 }))
        : fetch(input, init)
    const result = await cli(['doctor', '--json', '--url', url], { env, fetch: nowhere })
    const { findings } = result.json() as { findings: Finding[] }
    expect(of(findings, 'internal-token:live')).toMatchObject([{ status: 'skipped' }])
  })
})

describe('NATS', () => {
  test('that has JetStream and room is good; that it lets everybody in is told', async () => {
    await using nats = await startNatsServer()
    const findings = await examine({ NATS_URL: nats.url })
    expect(of(findings, 'nats')).toEqual([
      { check: 'nats', status: 'ok', detail: `nats-server ${nats.version}` },
    ])
    expect(of(findings, 'nats:max-payload')).toMatchObject([{ status: 'ok' }])
    expect(of(findings, 'nats:limits')).toMatchObject([{ status: 'ok' }])
    expect(of(findings, 'nats:auth')).toMatchObject([{ status: 'warning' }])
    const large = await examine({ NATS_URL: nats.url, MAX_PAYLOAD_BYTES: '1048576' }, '--production')
    expect(of(large, 'nats:max-payload')).toMatchObject([{ status: 'failed' }])
    expect(of(large, 'nats:auth')).toMatchObject([{ status: 'failed' }])
  })

  test('without JetStream, or with a login that is wrong, is not', async () => {
    const config = 'authorization { user: gateway, password: "s3cret-of-nats" }'
    await using nats = await startNatsServer({ jetstream: false, config })
    const withLogin = (login: string): string => nats.url.replace('//', `//${login}@`)
    const right = await examine({ NATS_URL: withLogin('gateway:s3cret-of-nats') })
    expect(of(right, 'nats:jetstream')).toMatchObject([{ status: 'failed' }])
    expect(of(right, 'nats:auth')).toEqual([])
    expect(of(right, 'nats:limits')).toMatchObject([{ status: 'skipped' }])
    const wrong = await examine({ NATS_URL: withLogin('gateway:hunter2') })
    expect(of(wrong, 'nats')).toMatchObject([{ status: 'failed' }])
    expect(JSON.stringify([right, wrong])).not.toMatch(/s3cret-of-nats|hunter2/)
  })

  test('that is nobody, or no URL, is not', async () => {
    expect(of(await examine({ NATS_URL: `nats://127.0.0.1:${await freePort()}` }), 'nats')).toMatchObject([
      { status: 'failed' },
    ])
    expect(of(await examine({ NATS_URL: 'localhost:4222' }), 'nats')).toMatchObject([{ status: 'failed' }])
    expect(of(await examine(), 'nats')).toMatchObject([{ status: 'skipped' }])
  })
})

describe('databases', () => {
  /** What a PostgreSQL answers to the question for TLS, or what something else does. */
  async function answering(answer: string): Promise<{ port: number; server: Server } & AsyncDisposable> {
    const server = createServer((socket) => {
      socket.on('error', () => undefined)
      socket.once('data', () => socket.end(answer))
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    return { port, server, [Symbol.asyncDispose]: async () => void server.close() }
  }

  test.each([
    ['N', 'ok', 'without TLS'],
    ['S', 'ok', 'with TLS'],
    ['HTTP/1.1 400 Bad Request\r\n\r\n', 'failed', 'no PostgreSQL'],
    ['', 'failed', 'nobody answers'],
  ])('that answer %j are %s', async (answer, status, why) => {
    await using database = await answering(answer)
    const DATABASE_URL = `postgres://u:hunter2@127.0.0.1:${database.port}/x`
    const findings = of(await examine({ DATABASE_URL }), 'database:DATABASE_URL')
    expect(findings).toMatchObject([{ status, detail: expect.stringContaining(why) }])
    expect(JSON.stringify(findings)).not.toContain('hunter2')
  })

  test('that are nobody, have a password that everybody tries, or no URL, are wrong', async () => {
    const gone = `postgres://postgres:postgres@127.0.0.1:${await freePort()}/x`
    const findings = of(
      await examine({ AUTH_DATABASE_URL: gone }, '--production'),
      'database:AUTH_DATABASE_URL',
    )
    expect(findings.map(({ status }) => status)).toEqual(['failed', 'failed'])
    // A password that is no URL's, which drivers read as it is.
    const odd = of(
      await examine({ DATABASE_URL: gone.replace(':postgres@', ':100%@') }),
      'database:DATABASE_URL',
    )
    expect(odd).toMatchObject([{ status: 'failed', detail: expect.stringContaining('nobody answers') }])
    expect(of(await examine({ DATABASE_URL: 'mysql://x' }), 'database:DATABASE_URL')).toMatchObject([
      { status: 'failed' },
    ])
  })
})
