import { randomUUID } from 'node:crypto'
import { createKeyRing } from '@portcullis/auth-core'
import { afterEach, expect, test, vi } from 'vitest'
import {
  consumeRefreshToken,
  createMemoryStore,
  saveRefreshToken,
  signRefreshToken,
  verifyRefreshToken,
  type AuthEvent,
  type AuthStore,
  type IssuedTokens,
} from '../../src/index.ts'
import { codeOf } from '../support/code-of.ts'
import { payloadOf } from '../support/payload-of.ts'
import { SECRET, testService, type TestService } from '../support/service.ts'

const INVALID = 'ERR_REFRESH_TOKEN_INVALID'
const START = 1_900_000_000_000
const keys = createKeyRing([{ algorithm: 'HS256', key: SECRET }])
const familyIdOf = (tokens: IssuedTokens): string => payloadOf(tokens.refreshToken)['sid'] as string

afterEach(() => void vi.useRealTimers())

interface Begun extends TestService {
  first: IssuedTokens
  clientId: string
  clientSecret: string
  familyId: string
}

async function begun(options: Parameters<typeof testService>[0] = {}): Promise<Begun> {
  const service = await testService(options)
  const { clientId, clientSecret } = await service.register()
  const first = await service.auth.issueTokens({ clientId, clientSecret })
  return { ...service, first, clientId, clientSecret, familyId: familyIdOf(first) }
}

const revoked = (events: AuthEvent[]): AuthEvent[] => events.filter(({ type }) => type === 'family_revoked')

test('a store with room for one family serves any number of clients that never refresh', async () => {
  const store = createMemoryStore({ maxFamilies: 1 })
  const insertFamily = vi.fn<AuthStore['insertFamily']>(store.insertFamily)
  const { auth, first, clientId, clientSecret, familyId } = await begun({ store: { ...store, insertFamily } })
  for (let index = 0; index < 100; index += 1) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    await auth.verify((await auth.issueTokens({ clientId, clientSecret })).accessToken)
  }
  expect(insertFamily).not.toHaveBeenCalled()
  expect(await store.findFamily(familyId)).toBeNull()
  await auth.refreshTokens(first.refreshToken)
  expect(insertFamily).toHaveBeenCalledOnce()
})

test('the first use stores what the token said, with the id of its successor', async () => {
  const { auth, store, clientId, clientSecret } = await begun({ familyTtlSeconds: 5_000_000 })
  for (const scope of [undefined, ['write'], []]) {
    // oxlint-disable-next-line no-await-in-loop -- a table
    const first = await auth.issueTokens({ clientId, clientSecret }, { scope })
    const { iat } = payloadOf(first.refreshToken) as { iat: number }
    // oxlint-disable-next-line no-await-in-loop -- a table
    const second = await auth.refreshTokens(first.refreshToken)
    expect(second.scope).toEqual(scope ?? ['read', 'write'])
    // oxlint-disable-next-line no-await-in-loop -- a table
    expect((await store.findFamily(familyIdOf(first)))?.value).toMatchObject({
      familyId: familyIdOf(first),
      clientId,
      jti: payloadOf(second.refreshToken)['jti'],
      createdAt: iat * 1000,
      endsAt: (iat + 5_000_000) * 1000,
      scope: scope ?? null,
      revokedAt: null,
    })
  }
})

test('of 50 first uses at once one succeeds, the others are reuse and end the family, in every round', async () => {
  const { auth, clientId, clientSecret, events } = await begun()
  for (let round = 0; round < 20; round += 1) {
    // oxlint-disable-next-line no-await-in-loop -- rounds
    const first = await auth.issueTokens({ clientId, clientSecret })
    const answers: IssuedTokens[] = []
    // oxlint-disable-next-line no-await-in-loop -- rounds
    const codes = await Promise.all(
      Array.from({ length: 50 }, async () =>
        codeOf(auth.refreshTokens(first.refreshToken).then((tokens) => answers.push(tokens))),
      ),
    )
    expect(codes.filter((code) => code === 'resolved')).toHaveLength(1)
    expect(codes.filter((code) => code === INVALID)).toHaveLength(49)
    // oxlint-disable-next-line no-await-in-loop -- rounds
    expect(await codeOf(auth.refreshTokens(answers[0]?.refreshToken ?? ''))).toBe(INVALID)
  }
  expect(revoked(events)).toHaveLength(20)
})

test('a later token without a record is refused: its record has ended or was lost', async () => {
  const { auth, first, store: lost } = await begun()
  const second = await auth.refreshTokens(first.refreshToken)
  const { auth: other } = await testService({
    store: { ...lost, findFamily: async () => null, insertFamily: async () => true },
  })
  expect(await codeOf(other.refreshTokens(second.refreshToken))).toBe(INVALID)
  expect(await other.introspect(second.refreshToken)).toEqual({ active: false })
})

test('a token that was signed by hand and never saved begins no family', async () => {
  const { auth, store, first, clientId } = await begun()
  const hostId = payloadOf(first.refreshToken)['sub'] as string
  const id = randomUUID()
  const extra = { first: true, client_id: clientId, begins: { clientId, scope: null } }
  for (const input of [{}, { familyId: id, jti: id }, extra as object]) {
    // oxlint-disable-next-line no-await-in-loop -- a table
    const token = await signRefreshToken(hostId, { secret: SECRET }, input)
    // oxlint-disable-next-line no-await-in-loop -- a table
    expect(await codeOf(auth.refreshTokens(token))).toBe(INVALID)
    // oxlint-disable-next-line no-await-in-loop -- a table
    expect(await consumeRefreshToken(store, token, { secret: SECRET })).toBeNull()
  }
})

test.each<[string, Record<string, unknown>]>([
  ['a mark that is no true', { first: 'true' }],
  ['a mark that is one', { first: 1 }],
  ['no client', { client_id: undefined }],
  ['an empty client', { client_id: '' }],
  ['a client that is a list', { client_id: ['c'] }],
  ['a scope that is a list', { scope: ['read'] }],
  ['no time of issue', { iat: undefined }],
  ['half a second of issue', { iat: Math.floor(Date.now() / 1000) - 0.5 }],
  ['a time of issue before time', { iat: -1 }],
])('a first token with %s is no refresh token', async (_, wrong) => {
  const { auth, first, clientId } = await begun()
  const claims = payloadOf(first.refreshToken)
  const sign = async (changes: object): Promise<string> =>
    keys.sign({ ...claims, ...changes }, { typ: 'refresh+jwt' })
  const token = await sign(wrong)
  expect(await codeOf(auth.refreshTokens(token))).toBe(INVALID)
  expect(await verifyRefreshToken(token, { secret: SECRET })).toBeNull()
  expect(await auth.introspect(token)).toEqual({ active: false })
  expect(await codeOf(auth.revokeToken(token, { clientId }))).toBe('resolved')
  // The same without the mistake is one.
  await auth.refreshTokens(await sign({}))
})

test('the functions refuse a first token that was not saved, and one that was saved is used there or here, once', async () => {
  const { auth, store, first, clientId } = await begun()
  const config = { secret: SECRET }
  expect(await consumeRefreshToken(store, first.refreshToken, config)).toBeNull()
  expect(await saveRefreshToken(store, first.refreshToken, config, { clientId })).toBe(true)
  await auth.refreshTokens(first.refreshToken)
  expect(await consumeRefreshToken(store, first.refreshToken, config)).toBeNull()
})

test('a client revokes a family that was never refreshed, by its token, and nobody else does', async () => {
  const { auth, first, clientId, events, familyId, register } = await begun()
  const stranger = await register()
  expect(await codeOf(auth.revokeToken(first.refreshToken, stranger))).toBe('ERR_TOKEN_NOT_OWNED')
  expect((await auth.introspect(first.refreshToken)).active).toBe(true)
  await auth.revokeToken(first.refreshToken, { clientId })
  await auth.revokeToken(first.refreshToken, { clientId })
  expect(revoked(events)).toEqual([
    { at: expect.any(Number), type: 'family_revoked', clientId, familyId, reason: 'client' },
  ])
  expect(await codeOf(auth.refreshTokens(first.refreshToken))).toBe(INVALID)
  expect(await codeOf(auth.verify(first.accessToken))).toBe('ERR_AUTH_TOKEN_INVALID')
  expect(await auth.introspect(first.refreshToken)).toEqual({ active: false })
})

test('administration revokes a family that was never refreshed, by its id, and its client may do it again', async () => {
  const { auth, first, clientId, events, familyId } = await begun()
  expect(await auth.revokeFamily(familyId)).toBe(true)
  expect(await auth.revokeFamily(familyId)).toBe(true)
  expect(revoked(events)).toEqual([
    { at: expect.any(Number), type: 'family_revoked', clientId: null, familyId, reason: 'administration' },
  ])
  expect(await codeOf(auth.refreshTokens(first.refreshToken))).toBe(INVALID)
  expect(await codeOf(auth.verify(first.accessToken))).toBe('ERR_AUTH_TOKEN_INVALID')
  expect(await auth.introspect(first.accessToken)).toEqual({ active: false })
  expect(await auth.introspect(first.refreshToken)).toEqual({ active: false })
  expect(await codeOf(auth.revokeToken(first.refreshToken, { clientId }))).toBe('resolved')
  expect(await codeOf(auth.revokeToken(first.refreshToken, { clientId: 'c_x' }))).toBe('ERR_TOKEN_NOT_OWNED')
})

test('a revocation and a first use at once leave nothing alive', async () => {
  const { auth, clientId, clientSecret } = await begun()
  for (let round = 0; round < 20; round += 1) {
    // oxlint-disable-next-line no-await-in-loop -- rounds
    const first = await auth.issueTokens({ clientId, clientSecret })
    const answers: IssuedTokens[] = []
    const use = async (): Promise<unknown> =>
      codeOf(auth.refreshTokens(first.refreshToken).then((tokens) => answers.push(tokens)))
    const revoke = async (): Promise<unknown> =>
      round % 2 === 0
        ? auth.revokeFamily(familyIdOf(first))
        : auth.revokeToken(first.refreshToken, { clientId })
    // oxlint-disable-next-line no-await-in-loop -- rounds
    await Promise.all(round % 3 === 0 ? [use(), revoke()] : [revoke(), use()])
    for (const { refreshToken, accessToken } of [first, ...answers]) {
      // oxlint-disable-next-line no-await-in-loop -- rounds
      expect(await codeOf(auth.refreshTokens(refreshToken))).toBe(INVALID)
      // oxlint-disable-next-line no-await-in-loop -- rounds
      expect(await codeOf(auth.verify(accessToken))).toBe('ERR_AUTH_TOKEN_INVALID')
    }
  }
})

test('an unused first token is active, for its own namespace, until it is used', async () => {
  const { auth, first, clientId, familyId, store, register } = await begun()
  const { namespaceId } = await register()
  const { exp } = payloadOf(first.refreshToken)
  expect(await auth.introspect(first.refreshToken)).toMatchObject({
    active: true,
    client_id: clientId,
    sid: familyId,
    exp,
    type: 'refresh',
  })
  expect(await auth.introspect(first.refreshToken, { namespaceId })).toEqual({ active: false })
  expect(await store.findFamily(familyId)).toBeNull()
  const second = await auth.refreshTokens(first.refreshToken)
  expect(await auth.introspect(first.refreshToken)).toEqual({ active: false })
  expect((await auth.introspect(second.refreshToken)).active).toBe(true)
})

test('a first token is of no use to another client, or once its own is disabled or gone', async () => {
  const { auth, first, clientId, familyId, store, register } = await begun()
  const stranger = await register()
  expect(await codeOf(auth.refreshTokens(first.refreshToken, { client: stranger }))).toBe(INVALID)
  await auth.updateClient(clientId, { disabled: true })
  expect(await codeOf(auth.refreshTokens(first.refreshToken))).toBe(INVALID)
  expect(await auth.introspect(first.refreshToken)).toEqual({ active: false })
  await auth.deleteClient(clientId)
  expect(await codeOf(auth.refreshTokens(first.refreshToken))).toBe(INVALID)
  expect(await store.findFamily(familyId)).toBeNull()
})

test('a store that began empty refuses the first tokens of before, and takes those of now', async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: START + 999 })
  const before = await begun()
  const used = await before.auth.issueTokens(before)
  await before.auth.refreshTokens(used.refreshToken)
  const { value: client } = (await before.store.findClient(before.clientId)) ?? {}
  if (client === undefined) throw new Error('the client is gone')
  vi.setSystemTime(START + 1000)
  const after = await testService()
  // Clients that are put back with each start are the same as before.
  await after.store.insertClient(client, { maxPerNamespace: 1, maxClients: 1 })
  for (const { refreshToken } of [used, before.first]) {
    // oxlint-disable-next-line no-await-in-loop -- two of them
    expect(await codeOf(after.auth.refreshTokens(refreshToken))).toBe(INVALID)
    // oxlint-disable-next-line no-await-in-loop -- two of them
    expect(await after.auth.introspect(refreshToken)).toEqual({ active: false })
  }
  await after.auth.revokeToken(before.first.refreshToken, before)
  expect(await codeOf(after.auth.verify(before.first.accessToken))).toBe('ERR_AUTH_TOKEN_INVALID')
  await after.auth.refreshTokens((await after.auth.issueTokens(before)).refreshToken)
})

test('a store that does not say since when it remembers is not trusted', async () => {
  const inner = createMemoryStore()
  for (const rememberedSince of [Number.NaN, Infinity]) {
    // oxlint-disable-next-line no-await-in-loop -- a table
    const { auth, first } = await begun({ store: { ...inner, rememberedSince } })
    // oxlint-disable-next-line no-await-in-loop -- a table
    expect(await codeOf(auth.refreshTokens(first.refreshToken))).toBe(INVALID)
  }
})

const LIFETIMES = [1, 59, 60, 61, 119, 120, 121, 1000, 2_592_000, 31_536_000]
const COMBINATIONS = LIFETIMES.flatMap((refreshTtlSeconds) =>
  LIFETIMES.flatMap((familyTtlSeconds) =>
    [0, 5, 60].map((clockToleranceSeconds) => ({
      refreshTtlSeconds,
      familyTtlSeconds,
      clockToleranceSeconds,
    })),
  ),
)

test(`a record outlives the first token, as long as that verifies, in ${COMBINATIONS.length} combinations of lifetimes`, async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: START })
  const endings = ['use', 'late use', 'revoke', 'administration'] as const
  for (const options of COMBINATIONS) {
    vi.setSystemTime(START)
    // oxlint-disable-next-line no-await-in-loop -- each case on its own
    const { auth, store, clientId, clientSecret } = await begun(options)
    for (const ending of endings) {
      // Not on a whole second, which the claims are.
      const issuedAt = START + 999
      vi.setSystemTime(issuedAt)
      // oxlint-disable-next-line no-await-in-loop -- each case on its own
      const first = await auth.issueTokens({ clientId, clientSecret })
      const end = (payloadOf(first.refreshToken)['exp'] as number) * 1000
      if (ending === 'late use') vi.setSystemTime(Math.max(issuedAt, end - 1001))
      // oxlint-disable-next-line no-await-in-loop -- each case on its own
      if (ending.endsWith('use')) await codeOf(auth.refreshTokens(first.refreshToken))
      // oxlint-disable-next-line no-await-in-loop -- each case on its own
      else if (ending === 'revoke') await auth.revokeToken(first.refreshToken, { clientId })
      // oxlint-disable-next-line no-await-in-loop -- each case on its own
      else await auth.revokeFamily(familyIdOf(first))
      // oxlint-disable-next-line no-await-in-loop -- each case on its own
      const isStored = (await store.findFamily(familyIdOf(first))) !== null
      expect({ options, ending, isStored }).toEqual({ options, ending, isStored: true })
      // With the widest tolerance that a replica may have.
      const last = end + 60_000 - 1
      for (const at of [end - 1, end, end + options.clockToleranceSeconds * 1000, last]) {
        if (at < Date.now()) continue
        vi.setSystemTime(at)
        // oxlint-disable-next-line no-await-in-loop -- each case on its own
        const found = await store.findFamily(familyIdOf(first))
        expect({ options, ending, at: at - end, isKept: found !== null }).toEqual({
          options,
          ending,
          at: at - end,
          isKept: true,
        })
        // oxlint-disable-next-line no-await-in-loop -- each case on its own
        expect(await auth.introspect(first.refreshToken)).toEqual({ active: false })
      }
      // oxlint-disable-next-line no-await-in-loop -- each case on its own
      expect(await codeOf(auth.refreshTokens(first.refreshToken))).toBe(INVALID)
    }
  }
})

test('however often a family is refreshed, under whatever lifetimes, its first token never looks unused again', async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: START })
  const store = createMemoryStore()
  const long = await begun({ store, refreshTtlSeconds: 1000, familyTtlSeconds: 100_000 })
  const short = await testService({ store, refreshTtlSeconds: 10, familyTtlSeconds: 20 })
  // Used where tokens are short, and used again after every short one has ended, where they are long.
  await short.auth.refreshTokens(long.first.refreshToken)
  const other = await long.auth.issueTokens(long)
  let { refreshToken } = await long.auth.refreshTokens(other.refreshToken)
  vi.setSystemTime(START + 5000)
  refreshToken = (await short.auth.refreshTokens(refreshToken)).refreshToken
  for (const atMs of [900_000, 999_999]) {
    vi.setSystemTime(START + atMs)
    for (const { refreshToken: first } of [long.first, other]) {
      // oxlint-disable-next-line no-await-in-loop -- a table
      expect(await long.auth.introspect(first)).toEqual({ active: false })
      // oxlint-disable-next-line no-await-in-loop -- a table
      expect(await codeOf(long.auth.refreshTokens(first))).toBe(INVALID)
    }
  }
})

test('a first token counts no longer than the configuration of today lets it live', async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: START })
  const store = createMemoryStore()
  const long = await begun({ store, refreshTtlSeconds: 1000 })
  const short = await testService({ store, refreshTtlSeconds: 10 })
  // A revocation by id is kept for as long as tokens live by the configuration of whoever revokes.
  await short.auth.revokeFamily(long.familyId)
  const other = await long.auth.issueTokens(long)
  vi.setSystemTime(START + 9_999)
  expect((await short.auth.introspect(other.refreshToken)).active).toBe(true)
  vi.setSystemTime(START + 10_000)
  expect(await codeOf(short.auth.refreshTokens(other.refreshToken))).toBe(INVALID)
  vi.setSystemTime(START + 500_000)
  expect(await store.findFamily(long.familyId)).toBeNull()
  expect(await codeOf(short.auth.refreshTokens(long.first.refreshToken))).toBe(INVALID)
})

test('a store that answers late about an unused family does not bring back a token that ended meanwhile', async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: START })
  const inner = createMemoryStore()
  const { auth, first } = await begun({
    refreshTtlSeconds: 1000,
    store: {
      ...inner,
      findFamily: async (id) => {
        vi.setSystemTime(START + 1_000_000)
        return inner.findFamily(id)
      },
    },
  })
  expect(await codeOf(auth.refreshTokens(first.refreshToken))).toBe(INVALID)
})

test('a full store refuses the first use with 503, and the token is good once there is room', async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: START })
  const store = createMemoryStore({ maxFamilies: 1 })
  const { auth, first, clientId, clientSecret } = await begun({ store, refreshTtlSeconds: 1000 })
  await auth.refreshTokens(first.refreshToken)
  vi.setSystemTime(START + 500_000)
  const second = await auth.issueTokens({ clientId, clientSecret })
  expect(await codeOf(auth.refreshTokens(second.refreshToken))).toBe('ERR_AUTH_STORE_UNAVAILABLE')
  expect(await codeOf(auth.revokeToken(second.refreshToken, { clientId }))).toBe('ERR_AUTH_STORE_UNAVAILABLE')
  vi.setSystemTime(START + 1_200_000)
  await auth.refreshTokens(second.refreshToken)
})

test('a revocation of an unused family that fails halfway is made up for by the next attempt', async () => {
  const inner = createMemoryStore()
  for (const method of ['insertFamily', 'addRevocation'] as const) {
    let failures = 1
    const store: AuthStore = {
      ...inner,
      [method]: async (value: never) => {
        failures -= 1
        if (failures >= 0) throw Object.assign(new Error('away'), { code: 'AWAY' })
        return inner[method](value)
      },
    }
    // oxlint-disable-next-line no-await-in-loop -- each case on its own
    const { auth, first, clientId } = await begun({ store })
    // oxlint-disable-next-line no-await-in-loop -- each case on its own
    expect(await codeOf(auth.revokeToken(first.refreshToken, { clientId }))).toBe('AWAY')
    // oxlint-disable-next-line no-await-in-loop -- each case on its own
    await auth.revokeToken(first.refreshToken, { clientId })
    // oxlint-disable-next-line no-await-in-loop -- each case on its own
    expect(await codeOf(auth.verify(first.accessToken))).toBe('ERR_AUTH_TOKEN_INVALID')
    // oxlint-disable-next-line no-await-in-loop -- each case on its own
    expect(await codeOf(auth.refreshTokens(first.refreshToken))).toBe(INVALID)
  }
})
