import Fastify from 'fastify'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { oidcAuth } from '../../src/fastify/index.ts'
import { allowInsecureHttp, createUserResolver, createVerifier, type OidcVerifier } from '../../src/index.ts'
import { oidcMiddleware } from '../../src/socket.io/index.ts'
import { oidcAuthorizer } from '../../src/ws/index.ts'
import { next, outcome, startServer } from '../socket.io/support.ts'
import { AUDIENCE, startIssuer, type TestIssuer } from '../support/issuer.ts'
import { connect, guardedServer } from '../ws/support.ts'
import { eventually } from '../support/eventually.ts'

let home: TestIssuer
let partner: TestIssuer
let verifier: OidcVerifier
beforeAll(async () => {
  home = await startIssuer()
  partner = await startIssuer()
  const issuers = [home, partner].map(({ issuer, jwksUri }) => ({ issuer, jwksUri, audience: AUDIENCE }))
  verifier = createVerifier({ issuers, [allowInsecureHttp]: true })
})
afterAll(async () => {
  for (const issuer of [home, partner]) await issuer[Symbol.asyncDispose]()
})

/** Both have an `alice`: at home she is an administrator. */
const users = createUserResolver({
  findOrCreate: (sub, _profile, claims) =>
    claims?.['iss'] === home.issuer
      ? { id: `home/${sub}`, role: 'admin' }
      : { id: `partner/${sub}`, role: 'guest' },
})

const PEOPLE = [
  { of: (): TestIssuer => home, userId: 'home/alice', userRole: 'admin' },
  { of: (): TestIssuer => partner, userId: 'partner/alice', userRole: 'guest' },
]

function pick({ userId, userRole }: { userId?: string | undefined; userRole?: string | undefined }): object {
  return { userId, userRole }
}

test('two people that their issuers call alike stay two, whichever way they come', async () => {
  const app = Fastify()
  await app.register(oidcAuth, { verifier, users })
  app.get('/', async (request) => pick(request))
  const authorize = oidcAuthorizer({ verifier, users, workspaceId: 'w' })
  await using sockets = await guardedServer({ verifier, users })
  await using io = await startServer((server) => {
    server.use(oidcMiddleware({ verifier, users }))
    server.on('connection', (socket) => socket.on('who', (answer) => answer(pick(socket))))
  })
  for (const { of, userId, userRole } of PEOPLE) {
    const token = await of().token()
    const answer = await app.inject({ url: '/', headers: { authorization: `Bearer ${token}` } })
    expect(answer.json()).toEqual({ userId, userRole })
    expect(await authorize({ token })).toMatchObject({ userId, claims: { userRole } })
    const { socket } = await connect(sockets.url, token)
    expect(sockets.sessions.at(-1)?.context).toMatchObject({ userId, userRole })
    socket.terminate()
    const client = io.client(token)
    expect(await outcome(client)).toEqual({ message: 'connected' })
    expect(await client.emitWithAck('who')).toEqual({ userId, userRole })
  }
})

test('and open sockets are looked at again under the right name', async () => {
  const asked = vi.fn((_sub: string, _profile: object, _claims?: object) => ({ id: 1 }))
  const options = { verifier, users: { findOrCreate: asked }, recheckMs: 10 }
  await using sockets = await guardedServer(options)
  await using io = await startServer((server) => server.use(oidcMiddleware(options)))
  const token = await partner.token()
  const { socket } = await connect(sockets.url, token)
  const issuersAsked = (): unknown[] =>
    asked.mock.calls.map(([, , claims]) => (claims as { iss?: string }).iss)
  await eventually(() => expect(asked.mock.calls.length).toBeGreaterThan(2))
  socket.terminate()
  const client = io.client(token)
  expect(await outcome(client)).toEqual({ message: 'connected' })
  const before = asked.mock.calls.length
  await eventually(() => expect(asked.mock.calls.length).toBeGreaterThan(before + 1))
  expect(await client.emitWithAck('reauth', await partner.token({ n: 1 }))).toMatchObject({ ok: true })
  expect(new Set(issuersAsked())).toEqual(new Set([partner.issuer]))
  const gone = next(client, 'disconnect')
  expect(await client.emitWithAck('reauth', await home.token())).toMatchObject({ code: 'reauth_mismatch' })
  await gone
})
