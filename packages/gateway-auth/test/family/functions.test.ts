import { expect, test } from 'vitest'
import {
  buildClientRecord,
  consumeRefreshToken,
  createKeyRing,
  createMemoryStore,
  generateClientSecret,
  saveRefreshToken,
  signAccessToken,
  signRefreshToken,
  verifyAccessToken,
  verifyRefreshToken,
} from '../../src/index.ts'
import { fakeHasher } from '../support/fake-hasher.ts'
import { SECRET } from '../support/service.ts'

const config = { secret: SECRET }
const input = { hostId: 'host', namespaceId: 'ns', tier: 'pro', type: 'machine' } as const

test('tokens are signed and verified with a secret or a ring, and neither is the other', async () => {
  const ring = { keys: createKeyRing([{ algorithm: 'HS256', key: SECRET }]), issuer: 'https://a.example.com' }
  const { token, expiresIn } = await signAccessToken(input, config)
  expect(expiresIn).toBe(900)
  expect(await verifyAccessToken(token, config)).toMatchObject({
    sub: 'host',
    namespaceId: 'ns',
    tier: 'pro',
  })
  expect(await verifyAccessToken(token, ring)).toMatchObject({ sub: 'host' })
  const refresh = await signRefreshToken('host', config)
  expect(await verifyRefreshToken(refresh, config)).toEqual({
    hostId: 'host',
    jti: expect.any(String),
    familyId: expect.any(String),
    expiresAt: expect.any(Number),
    first: null,
  })
  for (const wrong of [refresh, '', 'a.b.c', null, 7, {}, `${token}x`]) {
    // oxlint-disable-next-line no-await-in-loop -- a table
    expect(await verifyAccessToken(wrong, config)).toBeNull()
  }
  for (const wrong of [token, '', null, `${refresh}x`]) {
    // oxlint-disable-next-line no-await-in-loop -- a table
    expect(await verifyRefreshToken(wrong, config)).toBeNull()
  }
  const other = { secret: 'some other secret that is long enough' }
  expect(await verifyAccessToken(token, other)).toBeNull()
  const foreign = await signAccessToken(input, { ...config, issuer: 'https://b.example.com' })
  expect(await verifyAccessToken(foreign.token, ring)).toBeNull()
})

test('a saved refresh token is consumed once, by one of 50, and its family goes on with the next one', async () => {
  const store = createMemoryStore()
  const token = await signRefreshToken('host', config)
  expect(await consumeRefreshToken(store, token, config)).toBeNull()
  expect(await saveRefreshToken(store, token, config, { clientId: 'c_1' })).toBe(true)
  const consumed = await consumeRefreshToken(store, token, config)
  expect(consumed).toMatchObject({ hostId: 'host', clientId: 'c_1', scope: null })
  if (consumed === null) return
  const { familyId, nextJti, notAfter } = consumed
  const next = await signRefreshToken('host', config, { familyId, jti: nextJti, notAfter })
  expect(await saveRefreshToken(store, next, config, { clientId: 'c_1' })).toBe(true)
  expect(await saveRefreshToken(store, token, config, { clientId: 'c_1' })).toBe(false)
  const all = await Promise.all(
    Array.from({ length: 50 }, async () => consumeRefreshToken(store, next, config)),
  )
  expect(all.filter((one) => one !== null)).toHaveLength(1)
})

test('a consumed token that comes back ends its family', async () => {
  const store = createMemoryStore()
  const token = await signRefreshToken('host', config)
  await saveRefreshToken(store, token, config, { clientId: 'c_1' })
  const consumed = await consumeRefreshToken(store, token, config)
  expect(await consumeRefreshToken(store, token, config)).toBeNull()
  const next = await signRefreshToken('host', config, {
    familyId: consumed?.familyId,
    jti: consumed?.nextJti,
  })
  expect(await consumeRefreshToken(store, next, config)).toBeNull()
})

test('mistakes of the caller are TypeErrors that show no secret', async () => {
  const hasher = fakeHasher()
  const wrong: [() => Promise<unknown>, string][] = [
    [async () => signAccessToken({ ...input, hostId: '' }, config), 'hostId'],
    [async () => signAccessToken({ ...input, namespaceId: 'a.b' }, config), 'namespaceId'],
    [async () => signAccessToken({ ...input, tier: 'gold' as never }, config), 'tier'],
    [async () => signAccessToken({ ...input, type: 'refresh' as never }, config), 'type'],
    [async () => signAccessToken({ ...input, permissions: ['a b'] }, config), 'permissions'],
    [async () => signAccessToken(input, { secret: 'short' }), 'bytes'],
    [async () => signAccessToken(input, {} as never), 'keys'],
    [async () => signAccessToken(input, { ...config, keys: {} } as never), 'secret'],
    [async () => signAccessToken(input, { ...config, accessTtlSeconds: 0 }), 'accessTtlSeconds'],
    [async () => signAccessToken(input, { ...config, strictTokens: true }), 'issuer'],
    [async () => signRefreshToken('', config), 'hostId'],
    [async () => verifyAccessToken('x', undefined as never), 'config'],
    [async () => saveRefreshToken(createMemoryStore(), 'x', config, { clientId: 'c' }), 'token'],
    [async () => buildClientRecord({ name: '', capabilities: [], secret: 'x' }, { hasher }), 'name'],
    [
      async () => buildClientRecord({ name: 'a', capabilities: ['a b'], secret: 'x' }, { hasher }),
      'capabilities',
    ],
    [
      async () =>
        buildClientRecord({ name: 'a', capabilities: [], secret: 'x', namespaceId: '' }, { hasher }),
      'namespaceId',
    ],
    [
      async () =>
        buildClientRecord({ name: 'a', capabilities: [], secret: 'x', tier: 'x' as never }, { hasher }),
      'tier',
    ],
  ]
  for (const [call, name] of wrong) {
    // oxlint-disable-next-line no-await-in-loop -- a table
    const error = await call().catch((one: unknown) => one as Error)
    expect(error).toBeInstanceOf(TypeError)
    expect((error as Error).message).toContain(name)
    expect((error as Error).message).not.toContain(SECRET)
  }
})

test('a generated secret has 256 bits in 43 characters, each time others', () => {
  const secrets = new Set(Array.from({ length: 1000 }, generateClientSecret))
  expect(secrets.size).toBe(1000)
  for (const secret of secrets) expect(secret).toMatch(/^[\w-]{43}$/)
})
