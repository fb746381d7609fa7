import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import {
  createAuthService,
  createKeyRing,
  createMemoryStore,
  signAccessToken,
  type AuthServiceOptions,
  type Revocation,
} from '../../src/index.ts'
import { codeOf } from '../support/code-of.ts'
import { fakeHasher } from '../support/fake-hasher.ts'
import { ISSUER, SECRET, testService } from '../support/service.ts'

test('disabling a client voids its tokens here and on every replica, and tells the listeners', async () => {
  const store = createMemoryStore()
  const one = await testService({ store })
  const two = await testService({ store })
  const client = await one.register()
  const other = await one.register()
  const { accessToken } = await one.auth.issueTokens(client)
  const otherToken = (await one.auth.issueTokens(other)).accessToken
  await two.auth.verify(accessToken)
  const heard: Revocation[] = []
  two.auth.onRevocation(() => {
    throw new Error('a listener of no use')
  })
  const stop = two.auth.onRevocation((revocation) => heard.push(revocation))
  await one.auth.updateClient(client.clientId, { disabled: true })
  for (const { auth } of [one, two]) {
    // oxlint-disable-next-line no-await-in-loop -- two of them
    expect(await codeOf(auth.verify(accessToken))).toBe('ERR_AUTH_TOKEN_INVALID')
    // oxlint-disable-next-line no-await-in-loop -- two of them
    await auth.verify(otherToken)
  }
  expect(heard).toMatchObject([{ kind: 'client', id: client.clientId }])
  expect(two.events).toContainEqual({ at: expect.any(Number), type: 'listener_failed' })
  stop()
  await one.auth.deleteClient(other.clientId)
  expect(heard).toHaveLength(1)
})

test('a client that is enabled in the second in which it was disabled gets tokens that are good', async () => {
  const { auth, register } = await testService()
  const client = await register()
  const { accessToken, refreshToken } = await auth.issueTokens(client)
  await auth.updateClient(client.clientId, { disabled: true })
  expect(await codeOf(auth.refreshTokens(refreshToken))).toBe('ERR_REFRESH_TOKEN_INVALID')
  await auth.updateClient(client.clientId, { disabled: false })
  await auth.verify((await auth.issueTokens(client)).accessToken)
  await auth.verify((await auth.refreshTokens(refreshToken)).accessToken)
  expect(await codeOf(auth.verify(accessToken))).toBe('ERR_AUTH_TOKEN_INVALID')
})

test('deleting a client voids what a replica with a fast clock has issued, too', async () => {
  const { auth, register } = await testService({ clockToleranceSeconds: 5 })
  const { clientId, hostId, namespaceId } = await register()
  const { token } = await signAccessToken(
    { clientId, hostId, namespaceId, tier: 'free', type: 'machine', issuedAt: Date.now() + 4000 },
    { secret: SECRET },
  )
  await auth.verify(token)
  await auth.deleteClient(clientId)
  expect(await codeOf(auth.verify(token))).toBe('ERR_AUTH_TOKEN_INVALID')
})

test('a service that starts later knows the revocations made before', async () => {
  const store = createMemoryStore()
  const one = await testService({ store })
  const client = await one.register()
  const { accessToken } = await one.auth.issueTokens(client)
  await one.auth.deleteClient(client.clientId)
  const two = await testService({ store })
  expect(await codeOf(two.auth.verify(accessToken))).toBe('ERR_AUTH_TOKEN_INVALID')
})

test('verification goes on while revocations arrive late, and says that they do', async () => {
  const inner = createMemoryStore()
  let setState: ((isCurrent: boolean) => void) | undefined
  const { auth, register, events } = await testService({
    store: {
      ...inner,
      watchRevocations: async (onRevocation, onState) => {
        setState = onState
        return inner.watchRevocations(onRevocation)
      },
    },
  })
  const { accessToken } = await auth.issueTokens(await register())
  expect(auth.hasCurrentRevocations).toBe(true)
  setState?.(false)
  expect(auth.hasCurrentRevocations).toBe(false)
  await auth.verify(accessToken)
  setState?.(true)
  expect(events.map(({ type }) => type).slice(-2)).toEqual(['revocations_behind', 'revocations_current'])
})

test('clients are listed and shown without the hash of their secret', async () => {
  const { auth, register } = await testService()
  const { clientId, namespaceId } = await register()
  await register()
  expect((await auth.listClients({ namespaceId })).clients.map((one) => one.clientId)).toEqual([clientId])
  const page = await auth.listClients({ limit: 1 })
  expect((await auth.listClients({ limit: 1, after: page.next })).next).toBeNull()
  expect(JSON.stringify([page, await auth.findClient(clientId)])).not.toMatch(/hash|fake\$/i)
})

test('what does not exist cannot be administered', async () => {
  const { auth } = await testService()
  expect(await codeOf(auth.updateClient('c_x', { tier: 'pro' }))).toBe('ERR_CLIENT_UNKNOWN')
  expect(await codeOf(auth.rotateSecret('c_x'))).toBe('ERR_CLIENT_UNKNOWN')
  expect(await auth.deleteClient('c_x')).toBe(false)
  for (const id of ['x', '', '../x', randomUUID().toUpperCase(), `${randomUUID()}\n`]) {
    expect(await auth.revokeFamily(id)).toBe(false)
  }
  expect(await auth.findClient('../../x')).toBeNull()
})

test.each<[string, object]>([
  ['"tier"', { tier: 'gold' }],
  ['"capabilities"', { capabilities: ['a b'] }],
  ['"disabled"', { disabled: 1 }],
])('a change with a wrong %s is a mistake of the caller', async (name, changes) => {
  const { auth, register } = await testService()
  const { clientId } = await register()
  await expect(auth.updateClient(clientId, changes)).rejects.toThrow(TypeError)
  await expect(auth.updateClient(clientId, changes)).rejects.toThrow(name)
})

test('bounds on clients hold, per namespace and in all', async () => {
  const token = 'initial-access-token-of-32-characters-joined'
  const { auth } = await testService({
    registration: { initialAccessTokens: [{ token, namespaceId: 'team' }, `${token}-own`] },
    maxClientsPerNamespace: 2,
    maxClients: 3,
  })
  const register = async (initialAccessToken: string): Promise<unknown> =>
    codeOf(auth.register({ name: 'a', capabilities: [] }, { initialAccessToken }))
  expect([await register(token), await register(token), await register(token)]).toEqual([
    'resolved',
    'resolved',
    'ERR_NAMESPACE_FULL',
  ])
  expect([await register(`${token}-own`), await register(`${token}-own`)]).toEqual([
    'resolved',
    'ERR_AUTH_STORE_FULL',
  ])
})

test('only capabilities on offer can be registered', async () => {
  const { auth } = await testService({ allowedCapabilities: ['read'] })
  await auth.register({ name: 'a', capabilities: ['read'] })
  expect(await codeOf(auth.register({ name: 'a', capabilities: ['read', 'admin'] }))).toBe(
    'ERR_CAPABILITY_NOT_ALLOWED',
  )
})

const valid = (): AuthServiceOptions => ({
  issuer: ISSUER,
  keys: createKeyRing([{ algorithm: 'HS256', key: SECRET }]),
  store: createMemoryStore(),
  hasher: fakeHasher(),
  registration: 'open',
})

test.each<[keyof AuthServiceOptions | 'initialAccessTokens', object]>([
  ['issuer', { issuer: undefined }],
  ['issuer', { issuer: 'auth' }],
  ['issuer', { issuer: 'ftp://x' }],
  ['issuer', { issuer: `${ISSUER}?x` }],
  ['issuer', { issuer: `${ISSUER}#x` }],
  ['issuer', { issuer: 'https://a:b@x' }],
  ['audience', { audience: '' }],
  ['trustedIssuers', { trustedIssuers: 'all' }],
  ['trustedIssuers', { trustedIssuers: [''] }],
  ['keys', { keys: {} }],
  ['store', { store: {} }],
  ['store', { store: { ...createMemoryStore(), rememberedSince: undefined } }],
  ['refreshTtlSeconds', { store: { ...createMemoryStore(), maxFamilyMs: 30 * 86_400_000 } }],
  ['refreshTtlSeconds', { store: { ...createMemoryStore(), maxFamilyMs: undefined } }],
  ['hasher', { hasher: {} }],
  ['registration', { registration: undefined }],
  ['registration', { registration: {} }],
  ['initialAccessTokens', { registration: { initialAccessTokens: [''] } }],
  ['initialAccessTokens', { registration: { initialAccessTokens: [`${'x'.repeat(32)} y`] } }],
  [
    'initialAccessTokens',
    { registration: { initialAccessTokens: [{ token: 'x'.repeat(32), namespaceId: 'a.b' }] } },
  ],
  ['allowedCapabilities', { allowedCapabilities: ['a b'] }],
  ['defaultTier', { defaultTier: 'gold' }],
  ['accessTtlSeconds', { accessTtlSeconds: 0 }],
  ['accessTtlSeconds', { accessTtlSeconds: Number.NaN }],
  ['refreshTtlSeconds', { refreshTtlSeconds: 1.5 }],
  ['familyTtlSeconds', { familyTtlSeconds: -1 }],
  ['refreshGraceSeconds', { refreshGraceSeconds: 61 }],
  ['refreshGraceSeconds', { refreshGraceSeconds: 10, accessTtlSeconds: 10 }],
  ['strictTokens', { strictTokens: 'yes' }],
  ['clockToleranceSeconds', { clockToleranceSeconds: 61 }],
  ['maxClientsPerNamespace', { maxClientsPerNamespace: 0 }],
  ['maxClients', { maxClients: 0 }],
  ['maxFailures', { maxFailures: 0 }],
  ['failureWindowMs', { failureWindowMs: 0 }],
  ['secretCacheMs', { secretCacheMs: -1 }],
  ['maxCachedTokens', { maxCachedTokens: 1 }],
  ['maxRevocations', { maxRevocations: 0 }],
  ['onEvent', { onEvent: 'log' }],
])('a wrong "%s" is refused at once: %o', (name, wrong) => {
  const make = (): unknown => createAuthService({ ...valid(), ...wrong })
  expect(make).toThrow(TypeError)
  expect(make).toThrow(`"${name}"`)
})

test('start and close can be called any number of times, and a failed start can be tried again', async () => {
  let failures = 1
  const inner = createMemoryStore()
  const auth = createAuthService({
    ...valid(),
    store: {
      ...inner,
      start: async () => {
        failures -= 1
        if (failures >= 0) throw new Error('away')
      },
    },
  })
  await expect(auth.start()).rejects.toThrow('away')
  await Promise.all([auth.start(), auth.start()])
  await Promise.all([auth.close(), auth.close()])
  await auth[Symbol.asyncDispose]()
  await expect(auth.start()).rejects.toThrow('closed')
})
