import {
  type NatsServer,
  type PostgresServer,
  startNatsServer,
  startPostgres,
} from '@portcullis/test-servers'
import { jetstreamManager } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { drizzle } from 'drizzle-orm/node-postgres'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { AuthService, IssuedTokens } from '../../src/index.ts'
import { createNatsStore } from '../../src/nats/index.ts'
import type { OpenedStores } from '../../src/testing/index.ts'
import { connectNats, openNatsStores } from '../fixtures/nats-stores.ts'
import { openPostgresStores } from '../fixtures/postgres-stores.ts'
import { codeOf } from '../support/code-of.ts'
import { payloadOf } from '../support/payload-of.ts'
import { testService } from '../support/service.ts'

const INVALID = 'ERR_REFRESH_TOKEN_INVALID'
const SOON = { timeout: 5000, interval: 20 }

let nats: NatsServer
let postgres: PostgresServer
let connections: readonly [NatsConnection, NatsConnection]
let pools: readonly [pg.Pool, pg.Pool]

beforeAll(async () => {
  nats = await startNatsServer()
  postgres = await startPostgres()
  connections = [await connectNats(nats.url), await connectNats(nats.url)]
  const pool = (): pg.Pool => new pg.Pool({ connectionString: postgres.url, max: 10 })
  pools = [pool(), pool()]
})
afterAll(async () => {
  await Promise.all([...connections, ...pools].map((one) => ('end' in one ? one.end() : one.close())))
  await nats[Symbol.asyncDispose]()
  await postgres[Symbol.asyncDispose]()
})

const familyIdOf = (tokens: IssuedTokens): string => payloadOf(tokens.refreshToken)['sid'] as string

describe.each<[string, () => Promise<OpenedStores>]>([
  ['NATS', () => openNatsStores(connections)],
  ['PostgreSQL', () => openPostgresStores(drizzle(pools[0]), drizzle(pools[1]))],
])('two services on two handles of %s', (_, open) => {
  test('of 50 first uses at once one succeeds, in every round, and the family is over for both', async () => {
    await using opened = await open()
    const [one, other] = await Promise.all(opened.stores.map((store) => testService({ store })))
    if (one === undefined || other === undefined) throw new Error('two stores were opened')
    await using first = one.auth
    await using second = other.auth
    const client = await one.register()
    for (let round = 0; round < 5; round++) {
      const issued = await first.issueTokens(client)
      expect(await opened.stores[1].findFamily(familyIdOf(issued))).toBeNull()
      const answers: IssuedTokens[] = []
      const codes = await Promise.all(
        Array.from({ length: 50 }, async (_unused, index) =>
          codeOf(
            (index % 2 === 0 ? first : second)
              .refreshTokens(issued.refreshToken)
              .then((tokens) => answers.push(tokens)),
          ),
        ),
      )
      expect(codes.filter((code) => code === 'resolved')).toHaveLength(1)
      expect(codes.filter((code) => code === INVALID)).toHaveLength(49)
      const [successor] = answers as [IssuedTokens]
      expect(await codeOf(second.refreshTokens(successor.refreshToken))).toBe(INVALID)
    }
  })

  test('inside the grace window 50 first uses at once get one answer', async () => {
    await using opened = await open()
    const [one, other] = await Promise.all(
      opened.stores.map((store) => testService({ store, refreshGraceSeconds: 30 })),
    )
    if (one === undefined || other === undefined) throw new Error('two stores were opened')
    await using first = one.auth
    await using second = other.auth
    const issued = await first.issueTokens(await one.register())
    const answers = await Promise.all(
      Array.from({ length: 50 }, async (_unused, index) =>
        (index % 2 === 0 ? first : second).refreshTokens(issued.refreshToken),
      ),
    )
    expect(new Set(answers.map(({ refreshToken }) => refreshToken)).size).toBe(1)
    await second.refreshTokens(answers[0]?.refreshToken ?? '')
  })

  test('a family revoked before its first use is over for both, whoever revoked it', async () => {
    await using opened = await open()
    const [one, other] = await Promise.all(opened.stores.map((store) => testService({ store })))
    if (one === undefined || other === undefined) throw new Error('two stores were opened')
    await using first = one.auth
    await using second = other.auth
    const client = await one.register()
    const ways: ((auth: AuthService, tokens: IssuedTokens) => Promise<unknown>)[] = [
      async (auth, tokens) => auth.revokeToken(tokens.refreshToken, client),
      async (auth, tokens) => auth.revokeFamily(familyIdOf(tokens)),
    ]
    for (const revoke of ways) {
      const issued = await first.issueTokens(client)
      await second.verify(issued.accessToken)
      await revoke(first, issued)
      expect(await codeOf(second.refreshTokens(issued.refreshToken))).toBe(INVALID)
      expect(await second.introspect(issued.refreshToken)).toEqual({ active: false })
      await expect
        .poll(async () => codeOf(second.verify(issued.accessToken)), SOON)
        .toBe('ERR_AUTH_TOKEN_INVALID')
    }
  })
})

test('first tokens from before a NATS bucket was made anew are refused', async () => {
  await using opened = await openNatsStores(connections)
  const { auth, register, store } = await testService({ store: opened.stores[0] })
  await using service = auth
  const { clientId, clientSecret } = await register()
  const issued = await service.issueTokens({ clientId, clientSecret })
  await service.refreshTokens(issued.refreshToken)
  const made = store.rememberedSince
  expect(made).toBeLessThanOrEqual((payloadOf(issued.refreshToken)['iat'] as number) * 1000)

  const manager = await jetstreamManager(connections[0])
  // The server's clock is this one: a bucket of a later second.
  await expect.poll(() => Date.now(), SOON).toBeGreaterThanOrEqual(made + 2000)
  await manager.streams.delete(`KV_${opened.bucketPrefix}_FAMILIES`)
  const again = createNatsStore({ connection: connections[0], bucketPrefix: opened.bucketPrefix })
  const anew = await testService({ store: again })
  await using other = anew.auth
  expect(again.rememberedSince).toBeGreaterThan(made)
  expect(await codeOf(other.refreshTokens(issued.refreshToken))).toBe(INVALID)
  await other.refreshTokens((await other.issueTokens({ clientId, clientSecret })).refreshToken)
  await again.close()
})
