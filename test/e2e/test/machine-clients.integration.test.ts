import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { postJson, register, takeTokens, type TokenPair } from '../src/machine-client.ts'
import { connectRefused, RawClient } from '../src/raw-client.ts'
import { MACHINE_SECRETS, startSystem, type System } from '../src/system.ts'
import { mintToken } from '../src/tokens.ts'

const base = (system: System, gateway: number): string => `http://127.0.0.1:${system.gateways[gateway]?.port}`

const connect = (system: System, gateway: number, token: string): Promise<RawClient> =>
  RawClient.open(system.url(gateway, 'two'), { protocols: ['portcullis.v1', `bearer.${token}`] })

/** What no test takes a part of away. */
let system: System
beforeAll(async () => {
  // Clients of all these tests come from one address.
  system = await startSystem({ gateways: 2, gatewayEnv: { AUTH_REQUESTS_PER_MINUTE: '999999' } })
})
afterAll(() => system?.[Symbol.asyncDispose]())

test('a client registered at one gateway talks to its own worker through another, and to nobody else', async () => {
  const credentials = await register(base(system, 0))
  const other = await register(base(system, 0))
  const scope = { workspaceId: credentials.namespaceId, projectId: 'default' }
  await system.startWorker(scope)
  await system.startWorker('two')

  const { accessToken } = await takeTokens(base(system, 1), credentials)
  const client = await connect(system, 1, accessToken)
  expect(await client.frame({ type: 'welcome' })).toMatchObject({ userId: credentials.hostId })
  client.send({ actor: 'counter', actorId: 'a', n: 1 })
  expect(await client.frame({ type: 'message' })).toMatchObject({ message: { n: 1, project: 'default' } })

  // The worker of the first namespace sees nothing of the second: the frame is stored and stays where it is.
  const stranger = await connect(system, 0, (await takeTokens(base(system, 0), other)).accessToken)
  stranger.send({ actor: 'counter', actorId: 'a', n: 2 })
  await stranger.frame({ type: 'ack' })
  client.send({ actor: 'counter', actorId: 'a', n: 3 })
  await client.frame({ type: 'ack', seq: 2 })
  expect(stranger.received.filter((frame) => (frame as { type: string }).type === 'message')).toEqual([])
  for (const { socket } of [client, stranger]) socket.close()
})

test('of 50 uses of one refresh token, spread over two gateways, exactly one succeeds', async () => {
  const { refreshToken } = await takeTokens(base(system, 0), await register(base(system, 0)))
  const answers = await Promise.all(
    Array.from({ length: 50 }, (_, index) =>
      postJson(`${base(system, index % 2)}/auth/refresh`, { refreshToken }),
    ),
  )
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
  expect(answers.filter(({ status }) => status === 401)).toHaveLength(49)
})

describe('sockets of a client on two gateways', () => {
  test('are closed with 4401 on both when its refresh token is used twice', async () => {
    const credentials = await register(base(system, 0))
    const tokens = await takeTokens(base(system, 0), credentials)
    const untouched = await takeTokens(base(system, 0), credentials)
    const clients = await Promise.all([0, 1].map((gateway) => connect(system, gateway, tokens.accessToken)))
    const survivor = await connect(system, 1, untouched.accessToken)
    const refresh = (): ReturnType<typeof postJson> =>
      postJson(`${base(system, 1)}/auth/refresh`, { refreshToken: tokens.refreshToken })
    const next = (await refresh()).body as unknown as TokenPair
    expect((await refresh()).status).toBe(401)
    for (const client of clients) {
      expect(await client.closed).toEqual({ code: 4401, reason: 'token_revoked' })
    }
    // Neither the token of the thief nor the one that replaced it works any more, here or there.
    for (const token of [tokens.accessToken, next.accessToken]) {
      expect(
        (await connectRefused(system.url(0, 'two'), { protocols: [`bearer.${token}`] })).statusCode,
      ).toBe(401)
    }
    expect(
      (await postJson(`${base(system, 0)}/auth/refresh`, { refreshToken: next.refreshToken })).status,
    ).toBe(401)
    survivor.send({ type: 'ping' })
    await survivor.frame({ type: 'pong' })
    survivor.socket.close()
  })

  test('are closed on both when the client is disabled at one', async () => {
    const credentials = await register(base(system, 0))
    const { accessToken, refreshToken } = await takeTokens(base(system, 0), credentials)
    const clients = await Promise.all([0, 1].map((gateway) => connect(system, gateway, accessToken)))
    const disabled = await fetch(`${base(system, 0)}/internal/clients/${credentials.clientId}`, {
      method: 'PATCH',
      headers: {
        'content-type': 'application/json',
        'x-internal-secret': MACHINE_SECRETS.INTERNAL_SECRET,
      },
      body: '{"disabled":true}',
    })
    expect(disabled.status).toBe(200)
    for (const client of clients) expect((await client.closed).code).toBe(4401)
    expect((await postJson(`${base(system, 1)}/auth/token`, credentials)).status).toBe(401)
    expect((await postJson(`${base(system, 1)}/auth/refresh`, { refreshToken })).status).toBe(401)
  })
})

describe('what is not an access token', () => {
  test('opens no session: a refresh token, a token of another issuer, one that was changed', async () => {
    const tokens = await takeTokens(base(system, 0), await register(base(system, 0)))
    const [header = '', payload = '', signature = ''] = tokens.accessToken.split('.')
    const flipped = `${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`
    for (const token of [tokens.refreshToken, `${header}.${payload}.${flipped}`]) {
      const refused = await connectRefused(system.url(0, 'two'), { protocols: [`bearer.${token}`] })
      expect(refused.statusCode).toBe(401)
    }
    // The control plane's own tokens still go to the control plane.
    const person = await RawClient.open(system.url(0, 'one'), {
      protocols: ['portcullis.v1', `bearer.${await mintToken({ subject: 'ann' })}`],
    })
    expect(await person.frame({ type: 'welcome' })).toMatchObject({ userId: 'ann' })
    person.socket.close()
  })

  test('is an access token at /auth/refresh', async () => {
    const { accessToken } = await takeTokens(base(system, 0), await register(base(system, 0)))
    expect((await postJson(`${base(system, 0)}/auth/refresh`, { refreshToken: accessToken })).status).toBe(
      401,
    )
  })
})

test('clients, their tokens and what was revoked outlive every gateway', async () => {
  await using own = await startSystem({ gateways: 2 })
  const credentials = await register(base(own, 0))
  const kept = await takeTokens(base(own, 0), credentials)
  const revoked = await takeTokens(base(own, 0), credentials)
  const basic = Buffer.from(`${credentials.clientId}:${credentials.clientSecret}`).toString('base64')
  const revocation = await fetch(`${base(own, 0)}/auth/revoke`, {
    method: 'POST',
    headers: { authorization: `Basic ${basic}` },
    body: new URLSearchParams({ token: revoked.accessToken }),
  })
  expect(revocation.status).toBe(200)
  await own.gateways[0]?.process.kill()
  await own.nats.restart()
  await expect
    .poll(async () => (await fetch(`${base(own, 1)}/health/ready`).catch(() => null))?.status, {
      timeout: 20_000,
    })
    .toBe(200)
  const late = await connectRefused(own.url(1, 'two'), { protocols: [`bearer.${revoked.accessToken}`] })
  expect(late.statusCode).toBe(401)
  const client = await connect(own, 1, kept.accessToken)
  client.socket.close()
})
