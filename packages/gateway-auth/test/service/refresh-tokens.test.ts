import { afterEach, expect, test, vi } from 'vitest'
import {
  createKeyRing,
  createMemoryStore,
  saveRefreshToken,
  signRefreshToken,
  type AuthStore,
  type IssuedTokens,
} from '../../src/index.ts'
import { codeOf } from '../support/code-of.ts'
import { payloadOf } from '../support/payload-of.ts'
import { SECRET, testService, type TestService } from '../support/service.ts'

const INVALID = 'ERR_REFRESH_TOKEN_INVALID'

afterEach(() => void vi.useRealTimers())

async function withTokens(
  options: Parameters<typeof testService>[0] = {},
): Promise<TestService & { first: IssuedTokens; clientId: string; clientSecret: string }> {
  const service = await testService(options)
  const { clientId, clientSecret } = await service.register()
  return {
    ...service,
    clientId,
    clientSecret,
    first: await service.auth.issueTokens({ clientId, clientSecret }),
  }
}

test('a refresh token gives the next pair once', async () => {
  const { auth, first } = await withTokens()
  const second = await auth.refreshTokens(first.refreshToken)
  expect(second).toMatchObject({ expiresIn: 900, tokenType: 'Bearer', scope: ['read', 'write'] })
  expect(second.refreshToken).not.toBe(first.refreshToken)
  const third = await auth.refreshTokens(second.refreshToken)
  expect((await auth.verify(third.accessToken)).permissions).toEqual(['read', 'write'])
})

test('a token used again ends the family, its access tokens too, and leaves other families alone', async () => {
  const { auth, first, events, clientId, clientSecret } = await withTokens()
  const other = await auth.issueTokens({ clientId, clientSecret })
  const second = await auth.refreshTokens(first.refreshToken)
  expect(await codeOf(auth.refreshTokens(first.refreshToken))).toBe(INVALID)
  expect(await codeOf(auth.refreshTokens(second.refreshToken))).toBe(INVALID)
  expect(await codeOf(auth.verify(second.accessToken))).toBe('ERR_AUTH_TOKEN_INVALID')
  expect(await codeOf(auth.verify(first.accessToken))).toBe('ERR_AUTH_TOKEN_INVALID')
  const familyId = payloadOf(first.refreshToken)['sid']
  expect(events.filter(({ type }) => type === 'refresh_reuse_detected')).toEqual([
    { at: expect.any(Number), type: 'refresh_reuse_detected', clientId, familyId },
  ])
  expect(events.filter(({ type }) => type === 'family_revoked')).toHaveLength(1)
  await auth.verify(other.accessToken)
  await auth.refreshTokens(other.refreshToken)
})

test('of 50 uses at once exactly one succeeds, in every round', async () => {
  const { auth, clientId, clientSecret } = await withTokens()
  for (let round = 0; round < 100; round += 1) {
    const { refreshToken } = await auth.issueTokens({ clientId, clientSecret })
    const codes = await Promise.all(
      Array.from({ length: 50 }, async () => codeOf(auth.refreshTokens(refreshToken))),
    )
    expect(codes.filter((code) => code === 'resolved')).toHaveLength(1)
    expect(codes.filter((code) => code === INVALID)).toHaveLength(49)
  }
})

test('inside the grace window the same successor comes back, to any number of callers', async () => {
  const { auth, first, store } = await withTokens({ refreshGraceSeconds: 30 })
  const answers = await Promise.all(
    Array.from({ length: 50 }, async () => auth.refreshTokens(first.refreshToken)),
  )
  expect(new Set(answers.map(({ refreshToken }) => refreshToken)).size).toBe(1)
  expect(new Set(answers.map(({ accessToken }) => accessToken)).size).toBe(1)
  const [second] = answers as [IssuedTokens]
  expect(await codeOf(auth.verify(second.accessToken))).toBe('resolved')
  const family = await store.findFamily(payloadOf(first.refreshToken)['sid'] as string)
  expect(JSON.stringify(family)).not.toContain(second.refreshToken)
  expect(JSON.stringify(family)).not.toContain(second.accessToken)
})

test('once the successor was used, the first token is reuse also inside the grace window', async () => {
  const { auth, first } = await withTokens({ refreshGraceSeconds: 30 })
  const second = await auth.refreshTokens(first.refreshToken)
  const third = await auth.refreshTokens(second.refreshToken)
  expect(await codeOf(auth.refreshTokens(first.refreshToken))).toBe(INVALID)
  expect(await codeOf(auth.refreshTokens(third.refreshToken))).toBe(INVALID)
})

test('after the grace window a used token is reuse', async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  const { auth, first } = await withTokens({ refreshGraceSeconds: 30 })
  const second = await auth.refreshTokens(first.refreshToken)
  vi.setSystemTime(Date.now() + 29_999)
  expect((await auth.refreshTokens(first.refreshToken)).refreshToken).toBe(second.refreshToken)
  vi.setSystemTime(Date.now() + 1)
  expect(await codeOf(auth.refreshTokens(first.refreshToken))).toBe(INVALID)
  expect(await codeOf(auth.refreshTokens(second.refreshToken))).toBe(INVALID)
})

test('no token of a family lives longer than the family', async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  vi.setSystemTime(1_800_000_000_000)
  const { auth, first } = await withTokens({ familyTtlSeconds: 2000, refreshTtlSeconds: 1500 })
  const end = 1_800_000_000 + 2000
  expect(payloadOf(first.refreshToken)['exp']).toBe(1_800_000_000 + 1500)
  vi.setSystemTime(1_800_000_000_000 + 1_400_000)
  const second = await auth.refreshTokens(first.refreshToken)
  expect(payloadOf(second.refreshToken)['exp']).toBe(end)
  expect(payloadOf(second.accessToken)['exp']).toBe(end)
  expect(second.expiresIn).toBe(600)
  vi.setSystemTime(end * 1000)
  expect(await codeOf(auth.refreshTokens(second.refreshToken))).toBe(INVALID)
})

test('a refresh reads the client anew', async () => {
  const { auth, first, clientId } = await withTokens()
  await auth.updateClient(clientId, { tier: 'pro', capabilities: ['read', 'more'] })
  const second = await auth.refreshTokens(first.refreshToken)
  expect(await auth.verify(second.accessToken)).toMatchObject({ tier: 'pro', permissions: ['read', 'more'] })
  await auth.updateClient(clientId, { disabled: true })
  expect(await codeOf(auth.refreshTokens(second.refreshToken))).toBe(INVALID)
  await auth.updateClient(clientId, { disabled: false })
  const third = await auth.refreshTokens(second.refreshToken)
  expect(await auth.deleteClient(clientId)).toBe(true)
  expect(await codeOf(auth.refreshTokens(third.refreshToken))).toBe(INVALID)
})

test('a narrow scope stays with its family, and a refresh may narrow one access token further', async () => {
  const { auth, clientId, clientSecret } = await withTokens()
  const first = await auth.issueTokens({ clientId, clientSecret }, { scope: ['read', 'read'] })
  expect(first.scope).toEqual(['read'])
  await auth.updateClient(clientId, { capabilities: ['read', 'write', 'more'] })
  const second = await auth.refreshTokens(first.refreshToken)
  expect(second.scope).toEqual(['read'])
  expect(await codeOf(auth.refreshTokens(second.refreshToken, { scope: ['write'] }))).toBe(
    'ERR_SCOPE_INVALID',
  )
  const third = await auth.refreshTokens(second.refreshToken, { scope: [] })
  expect(third.scope).toEqual([])
  expect((await auth.refreshTokens(third.refreshToken)).scope).toEqual(['read'])
})

test("another client cannot use a token, and its attempt does not end the owner's family", async () => {
  const { auth, first, register } = await withTokens()
  const stranger = await register()
  expect(await codeOf(auth.refreshTokens(first.refreshToken, { client: stranger }))).toBe(INVALID)
  await auth.refreshTokens(first.refreshToken)
})

test("a token of another host than the family's client is refused", async () => {
  const { auth, first } = await withTokens()
  const keys = createKeyRing([{ algorithm: 'HS256', key: SECRET }])
  const claims = payloadOf(first.refreshToken)
  const forged = await keys.sign({ ...claims, sub: 'other' }, { typ: 'refresh+jwt' })
  expect(await codeOf(auth.refreshTokens(forged))).toBe(INVALID)
  expect(await auth.introspect(forged)).toEqual({ active: false })
  await auth.refreshTokens(first.refreshToken)
})

test('a token that has ended gets no successor, also inside the clock tolerance', async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  vi.setSystemTime(1_800_000_000_000)
  const { auth, first } = await withTokens({ refreshTtlSeconds: 1000, clockToleranceSeconds: 5 })
  const second = await auth.refreshTokens(first.refreshToken)
  vi.setSystemTime(1_800_001_000_000)
  expect(await codeOf(auth.refreshTokens(second.refreshToken))).toBe(INVALID)
  expect(await auth.introspect(second.refreshToken)).toEqual({ active: false })
  vi.setSystemTime(1_800_000_999_999)
  await auth.refreshTokens(second.refreshToken)
})

test('a family that ends within the second gets no tokens of no life', async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  vi.setSystemTime(1_800_000_000_500)
  const { auth, store, register } = await testService()
  const { clientId, hostId } = await register()
  const config = { secret: SECRET }
  const token = await signRefreshToken(hostId, config)
  await saveRefreshToken(store, token, config, { clientId, familyTtlSeconds: 10 })
  vi.setSystemTime(1_800_000_010_300)
  expect(await codeOf(auth.refreshTokens(token))).toBe(INVALID)
  vi.setSystemTime(1_800_000_009_999)
  expect(await auth.refreshTokens(token)).toMatchObject({ expiresIn: 1 })
})

test.each([
  ['an access token', async ({ first }: { first: IssuedTokens }) => first.accessToken],
  ['nothing', async () => ''],
  ['garbage', async () => 'a.b.c'],
])('%s is no refresh token', async (_, make) => {
  const service = await withTokens()
  expect(await codeOf(service.auth.refreshTokens(await make(service)))).toBe(INVALID)
})

test('whichever call of the store fails, there are never two live tokens', async () => {
  const methods = ['findFamily', 'findClient', 'insertFamily', 'replaceFamily', 'addRevocation'] as const
  for (const graceSeconds of [0, 30]) {
    for (const method of methods) {
      for (const when of ['before', 'after'] as const) {
        for (const isFirstUse of [true, false]) {
          // oxlint-disable-next-line no-await-in-loop -- each case on its own
          await proveCrash(method, when, graceSeconds, isFirstUse)
        }
      }
    }
  }
})

/** Makes one call of the store fail, before or after it took effect, and then looks for what is alive. */
async function proveCrash(
  method: 'findFamily' | 'findClient' | 'insertFamily' | 'replaceFamily' | 'addRevocation',
  when: 'before' | 'after',
  refreshGraceSeconds: number,
  isFirstUse: boolean,
): Promise<void> {
  const inner = createMemoryStore()
  let armed = false
  const store: AuthStore = {
    ...inner,
    [method]: async (...args: never[]) => {
      const run = async (): Promise<unknown> =>
        (inner[method] as (...all: never[]) => Promise<unknown>)(...args)
      if (!armed) return run()
      armed = false
      if (when === 'after') await run()
      throw Object.assign(new Error('crash'), { code: 'CRASH' })
    },
  }
  const { auth, first: begun } = await withTokens({ store, refreshGraceSeconds })
  const first = isFirstUse ? begun : await auth.refreshTokens(begun.refreshToken)
  armed = true
  await codeOf(auth.refreshTokens(first.refreshToken))
  armed = false
  // What the client can do now: try the only token it has. It goes on with one successor, or the family is dead.
  const seen: string[] = []
  const attempts = [
    await codeOf(auth.refreshTokens(first.refreshToken).then((t) => seen.push(t.refreshToken))),
  ]
  attempts.push(await codeOf(auth.refreshTokens(first.refreshToken).then((t) => seen.push(t.refreshToken))))
  expect(new Set(seen).size).toBeLessThanOrEqual(1)
  if (refreshGraceSeconds === 0) expect(attempts[1]).toBe(INVALID)
  else expect(attempts).toEqual(['resolved', 'resolved'])
}

test('a store that fails between the two halves of a revocation is made up for by the next attempt', async () => {
  const inner = createMemoryStore()
  let failures = 1
  const store: AuthStore = {
    ...inner,
    addRevocation: async (revocation) => {
      failures -= 1
      if (failures >= 0) throw Object.assign(new Error('away'), { code: 'AWAY' })
      return inner.addRevocation(revocation)
    },
  }
  const { auth, first } = await withTokens({ store })
  const second = await auth.refreshTokens(first.refreshToken)
  expect(await codeOf(auth.refreshTokens(first.refreshToken))).toBe('AWAY')
  expect(await codeOf(auth.refreshTokens(second.refreshToken))).toBe(INVALID)
  expect(await codeOf(auth.verify(second.accessToken))).toBe('ERR_AUTH_TOKEN_INVALID')
})
