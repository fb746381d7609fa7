import { createClient } from '@portcullis/client'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { postJson, register, takeTokens, type TokenPair } from '../src/machine-client.ts'
import { RawClient } from '../src/raw-client.ts'
import { startSystem, type System } from '../src/system.ts'
import { mintToken } from '../src/tokens.ts'

const LIFE_SECONDS = 3

let system: System
beforeAll(async () => {
  system = await startSystem()
})
afterAll(() => system?.[Symbol.asyncDispose]())

// What they wait for is the clock: they wait together.
describe.concurrent('a session of a project with tokens', () => {
  test.each(['portcullis.v1', 'portcullis.plain'])(
    'of %s is closed with 4401 when its token ends',
    async (protocol) => {
      const token = await mintToken({ expiresIn: LIFE_SECONDS })
      const client = await RawClient.open(system.url(0, 'one'), {
        protocols: [protocol, `bearer.${token}`],
      })
      expect(await client.closed).toEqual({ code: 4401, reason: 'token_expired' })
      const { exp } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as {
        exp: number
      }
      expect(Date.now()).toBeGreaterThanOrEqual(exp * 1000)
    },
  )

  test('outlives its first tokens when the client hands in the next, and loses no frame', async () => {
    await system.startWorker('one')
    const tokens: string[] = []
    await using client = createClient<{ n: number }>({
      url: system.url(0, 'one'),
      getToken: async () => {
        const token = await mintToken({ expiresIn: LIFE_SECONDS })
        tokens.push(token)
        return token
      },
    })
    const received: number[] = []
    const statuses: string[] = []
    client.on('message', ({ n }) => received.push(n))
    client.on('status', (status) => statuses.push(status))
    const { sessionId } = await client.ready
    let sent = 0
    while (tokens.length < 4) {
      sent += 1
      await client.send({ actor: 'counter', actorId: 'a', n: sent })
    }
    await expect.poll(() => received.length, { timeout: 10_000 }).toBe(sent)
    expect(received).toEqual(Array.from({ length: sent }, (_, index) => index + 1))
    expect(client.session?.sessionId).toBe(sessionId)
    expect(statuses).toEqual(['connected'])
  })
})

test('a machine client goes on with refreshed tokens, and not with those of another client', async () => {
  const base = `http://127.0.0.1:${system.gateways[0]?.port}`
  const [own, other] = [await register(base), await register(base)]
  const first = await takeTokens(base, own)
  const { body } = await postJson(`${base}/auth/refresh`, { refreshToken: first.refreshToken })
  const second = body as unknown as TokenPair

  const client = await RawClient.open(system.url(0, 'two'), {
    protocols: ['portcullis.v1', `bearer.${first.accessToken}`],
  })
  client.send({ type: 'reauth', token: second.accessToken })
  expect(await client.frame({ type: 'reauthenticated' })).toHaveProperty('deadline')
  // The refresh token of the session's own client is no token for a session.
  client.send({ type: 'reauth', token: second.refreshToken })
  expect(await client.frame({ type: 'error' })).toMatchObject({ code: 'reauth_failed' })
  client.send({ type: 'ping' })
  await client.frame({ type: 'pong' })
  client.send({ type: 'reauth', token: (await takeTokens(base, other)).accessToken })
  expect(await client.closed).toEqual({ code: 4403, reason: 'reauth_mismatch' })
})
