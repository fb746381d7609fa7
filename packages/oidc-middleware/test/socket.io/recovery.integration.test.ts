import type { Socket } from 'socket.io'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { OidcVerifier } from '../../src/index.ts'
import { oidcMiddleware } from '../../src/socket.io/index.ts'
import { startIssuer, type TestIssuer } from '../support/issuer.ts'
import { next, outcome, startServer, type TestServer, verifierOf } from './support.ts'

let issuer: TestIssuer
let verifier: OidcVerifier
beforeAll(async () => {
  issuer = await startIssuer()
  verifier = verifierOf(issuer)
})
afterAll(async () => issuer[Symbol.asyncDispose]())

interface Recovering extends TestServer {
  readonly sockets: Socket[]
}

async function recovering(skipMiddlewares: boolean, isGuarded: () => boolean): Promise<Recovering> {
  const sockets: Socket[] = []
  const guard = oidcMiddleware({ verifier })
  const server = await startServer(
    (io) => {
      io.use((socket, go) => (isGuarded() ? guard(socket, go) : go()))
      io.on('connection', (socket) => {
        sockets.push(socket)
        void socket.join('secret')
      })
    },
    { connectionStateRecovery: { skipMiddlewares } },
  )
  return { ...server, sockets }
}

/** Loses the connection as a network does, and asks for recovery with a handshake of `token`. */
async function comeBack(
  server: Recovering,
  client: ReturnType<Recovering['client']>,
  token: unknown,
): Promise<unknown> {
  // The offset of a packet is what a client asks for the packets after.
  const packet = next(client, 'news')
  server.io.to('secret').emit('news', 1)
  await packet
  const gone = next(server.sockets[0] as Socket, 'disconnect')
  client.io.engine.close()
  await gone
  server.io.to('secret').emit('news', 2)
  client.auth = { token }
  const result = outcome(client)
  client.connect()
  return result
}

it.each([[true], [false]])(
  'a socket is not recovered, and comes back only with a token (skipMiddlewares: %s)',
  async (skipMiddlewares) => {
    await using server = await recovering(skipMiddlewares, () => true)
    const client = server.client(await issuer.token())
    await outcome(client)
    const news: unknown[] = []
    client.on('news', (n: unknown) => news.push(n))
    expect(await comeBack(server, client, undefined)).toMatchObject({ message: 'ERR_AUTH_TOKEN_REQUIRED' })
    expect(news).toEqual([1])
    client.auth = { token: await issuer.token({ sub: 'bob' }) }
    const result = outcome(client)
    client.connect()
    expect(await result).toEqual({ message: 'connected' })
    expect(client.recovered).toBe(false)
    expect(server.sockets.at(-1)?.sub).toBe('bob')
    expect(news).toEqual([1])
  },
)

it('the test does recover a socket that is not guarded', async () => {
  await using server = await recovering(true, () => false)
  const client = server.client(undefined)
  await outcome(client)
  expect(await comeBack(server, client, undefined)).toEqual({ message: 'connected' })
  expect(client.recovered).toBe(true)
})

it('a session from before the guard is not recovered through it', async () => {
  let isGuarded = false
  await using server = await recovering(false, () => isGuarded)
  const client = server.client(undefined)
  await outcome(client)
  isGuarded = true
  expect(await comeBack(server, client, await issuer.token())).toMatchObject({
    message: 'ERR_AUTH_TOKEN_INVALID',
  })
})

it('nor past it, once the namespace has seen a token', async () => {
  let isGuarded = false
  await using server = await recovering(true, () => isGuarded)
  const client = server.client(undefined)
  await outcome(client)
  isGuarded = true
  await outcome(server.client(await issuer.token()))
  const gone = next(client, 'disconnect')
  await comeBack(server, client, undefined)
  await gone
  await expect
    .poll(() => server.sockets.filter(({ connected }) => connected).map(({ sub }) => sub))
    .toEqual(['alice'])
})
