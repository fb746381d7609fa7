import { createHash, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { SignJWT } from 'jose'
import { afterEach, expect, test, vi } from 'vitest'
import { createMemoryStore, type AuthServiceOptions } from '../../src/index.ts'
import { codeOf } from '../support/code-of.ts'
import { ISSUER, testService } from '../support/service.ts'

const INVALID = 'ERR_CLIENT_INVALID'

afterEach(() => void vi.useRealTimers())

test('an unknown client, a wrong secret and a disabled client cost and say the same', async () => {
  const store = createMemoryStore()
  const calls: string[] = []
  const counted = Object.fromEntries(
    (['peek', 'findClient', 'hit'] as const).map((name) => [
      name,
      async (...args: never[]) => {
        calls.push(name)
        return (store[name] as (...all: never[]) => Promise<unknown>)(...args)
      },
    ]),
  )
  const { auth, hasher, register, events } = await testService({
    store: { ...store, ...counted },
    secretCacheMs: 0,
  })
  const known = await register()
  const disabled = await register()
  await auth.updateClient(disabled.clientId, { disabled: true })
  const attempts = [
    { clientId: `c_${'0'.repeat(32)}`, clientSecret: known.clientSecret },
    { clientId: known.clientId, clientSecret: 'wrong' },
    { clientId: disabled.clientId, clientSecret: disabled.clientSecret },
  ]
  for (const attempt of attempts) {
    calls.length = 0
    hasher.calls.verify = 0
    // oxlint-disable-next-line no-await-in-loop -- one after the other, to be counted
    await expect(auth.issueTokens(attempt)).rejects.toMatchObject({
      code: INVALID,
      statusCode: 401,
      message: 'client authentication failed',
    })
    expect(calls.slice(0, 3)).toEqual(['findClient', 'peek', 'hit'])
    expect(calls).toHaveLength(4)
    expect(hasher.calls.verify).toBe(1)
  }
  expect(events.filter(({ type }) => type === 'authentication_failed')).toMatchObject([
    { reason: 'credentials' },
    { reason: 'credentials' },
    { reason: 'disabled' },
  ])
})

test('after ten failures a client is refused until the window ends, with the right secret too, and others are not', async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  const { auth, events, register } = await testService()
  const client = await register()
  const other = await register()
  for (let i = 0; i < 10; i += 1) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    expect(await codeOf(auth.issueTokens({ ...client, clientSecret: 'wrong' }))).toBe(INVALID)
  }
  await expect(auth.issueTokens(client)).rejects.toMatchObject({
    code: 'ERR_TOO_MANY_FAILURES',
    statusCode: 429,
    retryAfterSeconds: 900,
  })
  expect(events.at(-1)).toMatchObject({ type: 'authentication_failed', reason: 'too_many_failures' })
  await auth.issueTokens(other)
  vi.setSystemTime(Date.now() + 15 * 60_000 + 1)
  await auth.issueTokens(client)
})

test('of wrong secrets at once no more than ten are answered by themselves', async () => {
  const { auth, register } = await testService()
  const { clientId } = await register()
  const codes = await Promise.all(
    Array.from({ length: 50 }, async () => codeOf(auth.issueTokens({ clientId, clientSecret: 'wrong' }))),
  )
  expect(codes.filter((code) => code === INVALID)).toHaveLength(10)
  expect(codes.filter((code) => code === 'ERR_TOO_MANY_FAILURES')).toHaveLength(40)
})

/** An id of nobody whose failures count together with those of this one. */
function neighbourOf(clientId: string): string {
  const share = (id: string): number => createHash('sha256').update(id).digest().readUInt16BE() >> 2
  const wanted = share(clientId)
  let id = 'c_0'
  for (let n = 1; share(id) !== wanted; n += 1) id = `c_${n}`
  return id
}

test('failures of other ids tell nobody whether a client exists, and do not lock it out', async () => {
  const { auth, hasher, register } = await testService()
  const client = await register()
  const attempt = async (clientId: string): Promise<unknown> =>
    codeOf(auth.issueTokens({ clientId, clientSecret: 'wrong' }))
  const seen: unknown[] = []
  for (const clientId of [client.clientId, `c_${'0'.repeat(32)}`]) {
    const neighbour = neighbourOf(clientId)
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    for (let i = 0; i < 10; i += 1) expect(await attempt(neighbour)).toBe(INVALID)
    hasher.calls.verify = 0
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    seen.push([await attempt(clientId), hasher.calls.verify])
  }
  expect(seen).toEqual([
    ['ERR_TOO_MANY_FAILURES', 1],
    ['ERR_TOO_MANY_FAILURES', 1],
  ])
  await auth.issueTokens(client)
})

test('a client that is locked out costs and says the same as one that never was', async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  const { auth, hasher, register } = await testService()
  const { clientId, clientSecret } = await register()
  const neighbour = neighbourOf(clientId)
  await codeOf(auth.issueTokens({ clientId: neighbour, clientSecret: 'wrong' }))
  vi.setSystemTime(Date.now() + 10 * 60_000)
  for (let i = 0; i < 10; i += 1) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    await codeOf(auth.issueTokens({ clientId, clientSecret: 'wrong' }))
  }
  // The shared counter begins anew, its own goes on.
  vi.setSystemTime(Date.now() + 6 * 60_000)
  hasher.calls.verify = 0
  expect([
    await codeOf(auth.issueTokens({ clientId: neighbour, clientSecret: 'wrong' })),
    await codeOf(auth.issueTokens({ clientId, clientSecret: 'wrong' })),
    await codeOf(auth.issueTokens({ clientId, clientSecret })),
  ]).toEqual([INVALID, INVALID, INVALID])
  expect(hasher.calls.verify).toBe(3)
})

test('ids that strangers invent share a bounded number of counters', async () => {
  const store = createMemoryStore()
  const keys = new Set<string>()
  const { auth } = await testService({
    maxFailures: 1000,
    store: {
      ...store,
      hit: async (key, windowMs) => {
        keys.add(key)
        return store.hit(key, windowMs)
      },
    },
  })
  for (let i = 0; i < 40; i += 1) {
    // oxlint-disable-next-line no-await-in-loop -- in batches
    await Promise.all(
      Array.from({ length: 1000 }, async (_, n) =>
        codeOf(auth.issueTokens({ clientId: `c_${i}_${n}`, clientSecret: 'x' })),
      ),
    )
  }
  expect(keys.size).toBeGreaterThan(8192)
  expect(keys.size).toBeLessThanOrEqual(16_384)
})

test('failures count in the store, and so for all replicas', async () => {
  const store = createMemoryStore()
  const one = await testService({ store })
  const two = await testService({ store })
  const client = await one.register()
  for (let i = 0; i < 10; i += 1) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    await codeOf((i % 2 === 0 ? one : two).auth.issueTokens({ ...client, clientSecret: 'wrong' }))
  }
  expect(await codeOf(two.auth.issueTokens(client))).toBe('ERR_TOO_MANY_FAILURES')
})

test('a right secret is not hashed again for a while, a wrong one always, a changed one at once', async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  const { auth, hasher, register } = await testService({ secretCacheMs: 60_000 })
  const client = await register()
  const cost = async (secret: string): Promise<number> => {
    hasher.calls.verify = 0
    await codeOf(auth.authenticateClient({ clientId: client.clientId, clientSecret: secret }))
    return hasher.calls.verify
  }
  expect([await cost(client.clientSecret), await cost(client.clientSecret)]).toEqual([1, 0])
  expect([await cost('wrong'), await cost('wrong')]).toEqual([1, 1])
  vi.setSystemTime(Date.now() + 60_000)
  expect(await cost(client.clientSecret)).toBe(1)
  const { clientSecret } = await auth.rotateSecret(client.clientId)
  expect(await codeOf(auth.authenticateClient(client))).toBe(INVALID)
  expect([await cost(clientSecret), await cost(clientSecret)]).toEqual([1, 0])
})

test('a disabled client is refused also while its secret is remembered', async () => {
  const { auth, register } = await testService()
  const client = await register()
  await auth.issueTokens(client)
  await auth.updateClient(client.clientId, { disabled: true })
  expect(await codeOf(auth.issueTokens(client))).toBe(INVALID)
})

test.each<[string, unknown]>([
  ['a number', 7],
  ['nothing', ''],
  ['NUL', 'a\0b'],
  ['half a character', '\ud800'],
  ['73 bytes', 'x'.repeat(73)],
  ['73 bytes in 37 characters', `${'é'.repeat(36)}x`],
])('a secret of %s is no secret', async (_, clientSecret) => {
  const { auth, hasher, register } = await testService()
  const { clientId } = await register()
  expect(await codeOf(auth.issueTokens({ clientId, clientSecret: clientSecret as string }))).toBe(
    'ERR_REQUEST_INVALID',
  )
  expect(hasher.calls.verify).toBe(0)
})

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const ed = generateKeyPairSync('ed25519')
const pem = (key: KeyObject): string => key.export({ type: 'spki', format: 'pem' }).toString()

async function withKey(
  publicKey: KeyObject = p256.publicKey,
  options: Partial<AuthServiceOptions> = {},
): Promise<{ auth: Awaited<ReturnType<typeof testService>>['auth']; clientId: string }> {
  const { auth } = await testService(options)
  const { clientId } = await auth.register({ name: 'a', capabilities: [], publicKey: pem(publicKey) })
  return { auth, clientId }
}

async function assertion(
  clientId: string,
  claims: Record<string, unknown> = {},
  key: KeyObject = p256.privateKey,
  alg = 'ES256',
): Promise<string> {
  const now = Math.floor(Date.now() / 1000)
  return new SignJWT({
    iss: clientId,
    sub: clientId,
    aud: ISSUER,
    exp: now + 60,
    jti: crypto.randomUUID(),
    ...claims,
  })
    .setProtectedHeader({ alg })
    .sign(key)
}

test.each<[string, { publicKey: KeyObject; privateKey: KeyObject }]>([
  ['RS256', rsa],
  ['PS256', rsa],
  ['ES256', p256],
  ['EdDSA', ed],
  ['Ed25519', ed],
])('an assertion with %s authenticates once', async (alg, keys) => {
  const { auth, clientId } = await withKey(keys.publicKey)
  const clientAssertion = await assertion(clientId, {}, keys.privateKey, alg)
  await auth.issueTokens({ clientAssertion, clientId })
  expect(await codeOf(auth.issueTokens({ clientAssertion }))).toBe(INVALID)
})

test('of 50 uses of one assertion at once one succeeds', async () => {
  const { auth, clientId } = await withKey(p256.publicKey, { maxFailures: 1000 })
  const clientAssertion = await assertion(clientId)
  const codes = await Promise.all(
    Array.from({ length: 50 }, async () => codeOf(auth.issueTokens({ clientAssertion }))),
  )
  expect(codes.filter((code) => code === 'resolved')).toHaveLength(1)
})

const soon = (seconds: number): number => Math.floor(Date.now() / 1000) + seconds

test.each<[string, Record<string, unknown>]>([
  ['another issuer', { iss: 'c_other' }],
  ['the audience in a list', { aud: [ISSUER] }],
  ['the token endpoint as audience', { aud: `${ISSUER}/auth/token` }],
  ['the issuer with a slash', { aud: `${ISSUER}/` }],
  ['no id', { jti: undefined }],
  ['an empty id', { jti: '' }],
  ['a long id', { jti: 'x'.repeat(257) }],
  ['an id that is a number', { jti: 7 }],
  ['no end', { exp: undefined }],
  ['an end too far away', { exp: soon(400) }],
  ['an end in the past', { exp: soon(-60) }],
  ['a beginning in the future', { nbf: soon(60) }],
])('an assertion with %s is refused', async (_, claims) => {
  const { auth, clientId } = await withKey()
  expect(await codeOf(auth.issueTokens({ clientAssertion: await assertion(clientId, claims) }))).toBe(INVALID)
})

test('an assertion with another key, for another client, or of a client without key is refused', async () => {
  const { auth, clientId } = await withKey()
  const other = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  expect(
    await codeOf(auth.issueTokens({ clientAssertion: await assertion(clientId, {}, other.privateKey) })),
  ).toBe(INVALID)
  const clientAssertion = await assertion(clientId)
  expect(await codeOf(auth.issueTokens({ clientAssertion, clientId: 'c_other' }))).toBe(INVALID)
  const { clientId: keyless } = await auth.register({ name: 'b', capabilities: [] })
  expect(await codeOf(auth.issueTokens({ clientAssertion: await assertion(keyless) }))).toBe(INVALID)
  expect(await codeOf(auth.issueTokens({ clientAssertion: await assertion('c_unknown') }))).toBe(INVALID)
})

test('the public key is no secret: an assertion signed with it by HMAC is refused', async () => {
  const { auth, clientId } = await withKey(rsa.publicKey)
  const now = Math.floor(Date.now() / 1000)
  const forged = await new SignJWT({ iss: clientId, sub: clientId, aud: ISSUER, exp: now + 60, jti: 'x' })
    .setProtectedHeader({ alg: 'HS256' })
    .sign(new TextEncoder().encode(pem(rsa.publicKey)))
  expect(await codeOf(auth.issueTokens({ clientAssertion: forged }))).toBe(INVALID)
})

const weak = generateKeyPairSync('rsa', { modulusLength: 1024 })
const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' })
const x25519 = generateKeyPairSync('x25519')

test.each<[string, string]>([
  ['a private key', p256.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()],
  ['an RSA private key', rsa.privateKey.export({ type: 'pkcs1', format: 'pem' }).toString()],
  [
    'a public and a private key',
    pem(p256.publicKey) + p256.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  ],
  ['two public keys', pem(p256.publicKey) + pem(ed.publicKey)],
  ['1024 bits of RSA', pem(weak.publicKey)],
  ['P-384', pem(p384.publicKey)],
  ['X25519', pem(x25519.publicKey)],
  ['garbage in a frame', '-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----'],
  ['nothing', ''],
  ['a long text', `-----BEGIN PUBLIC KEY-----\n${'A'.repeat(5000)}\n-----END PUBLIC KEY-----`],
])('%s is refused as public key, and quoted nowhere', async (_, publicKey) => {
  const { auth } = await testService()
  const error = await auth
    .register({ name: 'a', capabilities: [], publicKey })
    .catch((e: unknown) => e as Error)
  expect(error).toMatchObject({ code: 'ERR_PUBLIC_KEY_INVALID', statusCode: 400 })
  expect((error as Error).cause).toBeUndefined()
  if (publicKey.length > 40) expect((error as Error).message).not.toContain(publicKey.slice(30, 60))
})

test('a text that is no client id is not shown in events', async () => {
  const { auth, events } = await testService()
  await codeOf(auth.issueTokens({ clientId: 'my-secret-in-the-wrong-field', clientSecret: 'x' }))
  expect(events.at(-1)).toMatchObject({ type: 'authentication_failed', clientId: null })
})
