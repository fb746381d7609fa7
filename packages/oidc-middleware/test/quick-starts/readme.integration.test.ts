import * as http from 'node:http'
import type { AddressInfo } from 'node:net'
import Fastify, { type FastifyInstance } from 'fastify'
import { Server } from 'socket.io'
import type { Socket } from 'socket.io-client'
import { afterAll, afterEach, beforeAll, beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import * as ws from 'ws'
import * as fastifyAdapter from '../../src/fastify/index.ts'
import * as api from '../../src/index.ts'
import * as socketIoAdapter from '../../src/socket.io/index.ts'
import * as wsAdapter from '../../src/ws/index.ts'
import { startBetterAuth, type RunningBetterAuth } from '../providers/better-auth.ts'
import { connectTo, next, outcome } from '../socket.io/support.ts'
import { connect } from '../ws/support.ts'
import { readmeBlocks, runSample, sample, SAMPLE_NAMES, wordsOf } from './code-sample.ts'
import { eventually } from '../support/eventually.ts'

const AUTH_SERVICE = 'https://auth.example.com'

let provider: RunningBetterAuth
let token: string
let userId: string
beforeAll(async () => {
  provider = await startBetterAuth('ES256', { issuer: AUTH_SERVICE, audience: 'my-app' })
  token = await provider.sessionToken()
  const { context } = await verifierOf().verify(token)
  userId = context.userId
})
afterAll(async () => provider[Symbol.asyncDispose]())

/** The name of the samples' auth service leads to the real one. */
const download = globalThis.fetch
beforeEach(() => vi.stubGlobal('fetch', toProvider))
afterEach(() => {
  vi.unstubAllGlobals()
})

async function toProvider(url: string | URL, init?: RequestInit): Promise<Response> {
  return download(String(url).replace(AUTH_SERVICE, provider.baseUrl), init)
}

function verifierOf(): api.OidcVerifier {
  return api.createVerifier({
    issuer: AUTH_SERVICE,
    audience: 'my-app',
    jwksUri: `${AUTH_SERVICE}/api/auth/jwks`,
    egress: toProvider,
  })
}

const modules = {
  '@portcullis/oidc-middleware': api,
  '@portcullis/oidc-middleware/fastify': fastifyAdapter,
  '@portcullis/oidc-middleware/socket.io': socketIoAdapter,
  '@portcullis/oidc-middleware/ws': wsAdapter,
  // What the gateway does with an authorizer is tested with the gateway.
  '@portcullis/ws-gateway': { createGateway: (options: object) => options },
  fastify: Fastify,
  'socket.io': { Server },
  ws,
}

/** The one block of the README that has this text in it. */
function block(text: string): string {
  const found = readmeBlocks().filter((one) => one.includes(text))
  expect(found).toHaveLength(1)
  return found[0] as string
}

interface Gateway {
  authorize(this: void, request: { token: string | null }): Promise<unknown>
}

const lines: unknown[][] = []
const console = { log: (...line: unknown[]): void => void lines.push(line) }
beforeEach(() => {
  lines.length = 0
})

/** An HTTP server that listens where the system wants it to, whatever it is told. */
function placedServer(): http.Server {
  const server = http.createServer()
  const listen = server.listen.bind(server) as (...args: unknown[]) => http.Server
  Object.assign(server, { listen: () => listen(0, '127.0.0.1') })
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return server
}

async function portOf(server: http.Server): Promise<number> {
  if (!server.listening) await next(server, 'listening')
  return (server.address() as AddressInfo).port
}

test('the README has the quick starts of ioserver-oidc, word for word', () => {
  const printed = readmeBlocks().map(wordsOf).join(' ')
  const quickStarts = SAMPLE_NAMES.filter((name) => name !== 'primer' && name !== 'verify-token')
  for (const name of quickStarts) {
    for (const part of sample(name).split(/\n\n(?=\/\/ )/)) expect(printed).toContain(wordsOf(part))
  }
  expect(printed).toContain(wordsOf(sample('verify-token')))
})

test('the first sample tells what is wrong with a token', async () => {
  await runSample(block('the token of a request'), { modules, names: { console } })
  expect(lines).toEqual([['ERR_AUTH_TOKEN_INVALID']])
})

test.each([
  ['the quick start', sample('verify-token')],
  ['the README', block('await verifyOidcToken(')],
])('verifyOidcToken as in %s resolves whom a token of BetterAuth belongs to', async (_name, source) => {
  const { ctx } = await runSample<{ ctx: api.OidcUserContext }>(
    source,
    { modules, names: { rawJwt: token } },
    ['ctx'],
  )
  expect(ctx).toMatchObject({
    userId,
    sub: userId,
    email: 'alice@example.test',
    userRole: 'admin',
    roles: ['admin'],
  })
  await expect(runSample(source, { modules, names: { rawJwt: `${token}x` } })).rejects.toMatchObject({
    code: expect.stringMatching(/^ERR_J/),
  })
})

test('a verifier for several issuers knows this one', async () => {
  const names = { createVerifier: api.createVerifier }
  const { verifier } = await runSample<{ verifier: api.OidcVerifier }>(
    block('issuers: ['),
    { modules, names },
    ['verifier'],
  )
  expect(await verifier.verify(token)).toMatchObject({ context: { userId } })
})

test('users are looked up', async () => {
  const upsert = vi.fn(async () => ({ id: 7 }))
  const source = block('createUserResolver({')
  const { users } = await runSample<{ users: api.UserResolver }>(
    source,
    { modules, names: { db: { users: { upsert } } } },
    ['users'],
  )
  const { context, claims } = await verifierOf().verify(token)
  expect((await users.resolve(context, claims)).userId).toBe('7')
  expect(upsert).toHaveBeenCalledExactlyOnceWith({
    iss: AUTH_SERVICE,
    sub: userId,
    email: 'alice@example.test',
    name: null,
  })
})

test('the Fastify application is closed but for its open route', async () => {
  const handler = async (): Promise<object> => ({ ok: true })
  const names = { reports: handler, removeUser: handler }
  const { app } = await runSample<{ app: FastifyInstance }>(
    block('app.register(oidcAuth'),
    { modules, names },
    ['app'],
  )
  onTestFinished(async () => app.close())
  const ask = async (url: string, headers: Record<string, string> = {}): Promise<unknown> => {
    const { statusCode, body } = await app.inject({ url, headers })
    return statusCode === 200 ? JSON.parse(body) : statusCode
  }
  const authorization = `Bearer ${token}`
  expect(await ask('/me')).toBe(401)
  expect(await ask('/me', { authorization })).toEqual({ userId, role: 'admin' })
  expect(await ask('/health')).toEqual({ ok: true })
  expect(await ask('/reports', { authorization })).toBe(403)
  expect(
    (await app.inject({ method: 'DELETE', url: '/users/1', headers: { authorization } })).statusCode,
  ).toBe(200)
})

test('the bare WebSocket server greets the user', async () => {
  const server = placedServer()
  const handled = vi.fn()
  await runSample(block('createUpgradeGuard({ server'), {
    modules: { ...modules, 'node:http': { createServer: () => server } },
    names: { verifier: verifierOf(), users: undefined, handle: handled },
  })
  const url = `ws://127.0.0.1:${await portOf(server)}`
  await expect(connect(url)).rejects.toThrow('401')
  const client = await connect(url, token)
  onTestFinished(() => client.socket.terminate())
  await eventually(() => expect(client.frames).toEqual([`hello ${userId}`]))
  client.socket.send('hi')
  await eventually(() => expect(handled).toHaveBeenCalledOnce())
})

test('the authorizer for a gateway grants by organisation', async () => {
  const names = { transport: {}, verifier: verifierOf(), users: undefined }
  const { gateway } = await runSample<{ gateway: Gateway }>(block('createGateway({'), { modules, names }, [
    'gateway',
  ])
  const { authorize } = gateway
  // Its tokens have no organisation.
  await expect(authorize({ token })).rejects.toMatchObject({ code: 'ERR_FORBIDDEN' })
  await expect(authorize({ token: null })).rejects.toMatchObject({ code: 'ERR_AUTH_TOKEN_REQUIRED' })
})

test('the client of Socket.IO follows the life of its token on the server beside it', async () => {
  const server = placedServer()
  const names = { console, http: server, verifier: verifierOf(), users: undefined }
  const { io } = await runSample<{ io: Server }>(
    block('oidcMiddleware({ verifier, users })'),
    { modules, names },
    ['io'],
  )
  onTestFinished(async () => io.close())
  server.listen()
  const url = `http://127.0.0.1:${await portOf(server)}`

  const dial = (current: () => string | undefined): Promise<{ socket: Socket }> =>
    runSample<{ socket: Socket }>(
      block('reauth_required'),
      {
        names: {
          console,
          io: (nsp: string, options: object) => connectTo(url + nsp, options),
          currentToken: current,
          freshToken: async () => token,
        },
      },
      ['socket'],
    )
  const { socket } = await dial(() => token)
  onTestFinished(() => void socket.disconnect())
  expect(await outcome(socket)).toEqual({ message: 'connected' })
  expect(lines).toEqual([[userId, 'admin']])
  const renewed = next(socket, 'reauthenticated')
  io.of('/chat').emit('reauth_required')
  await renewed

  const { socket: stranger } = await dial(() => undefined)
  await next(stranger, 'connect_error')
  await eventually(() => expect(lines[1]).toEqual(['ERR_AUTH_TOKEN_REQUIRED']))
})

test.each([
  ['the quick start', sample('context')],
  ['the README', block("fastify.get('/me'")],
])('the handlers of %s find whom a request and a socket belong to', async (_name, source) => {
  const verifier = verifierOf()
  const server = placedServer()
  const io = new Server(server)
  onTestFinished(async () => io.close())
  io.use(socketIoAdapter.oidcMiddleware({ verifier }))
  const fastify = Fastify()
  await fastify.register(fastifyAdapter.oidcAuth, { verifier })
  server.listen()
  const accepted = next(io as never, 'connection')
  const client = connectTo(`http://127.0.0.1:${await portOf(server)}`, { auth: { token } })
  onTestFinished(() => void client.disconnect())
  const [socket] = await accepted
  await runSample(source, { names: { console, fastify, socket } })

  client.emit('ping')
  await eventually(() => expect(lines).toEqual([[userId, 'admin']]))
  const answer = await fastify.inject({ url: '/me', headers: { authorization: `Bearer ${token}` } })
  expect(answer.json()).toEqual({ userId, role: 'admin' })
})

test('no sample of the README is left out here or beside', () => {
  expect(readmeBlocks()).toHaveLength(13)
})
