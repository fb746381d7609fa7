import { createKeyRing } from '@portcullis/auth-core'
import { expect, test } from 'vitest'
import { signAccessToken, signRefreshToken } from '../../src/index.ts'
import { codeOf } from '../support/code-of.ts'
import { headerOf, payloadOf } from '../support/payload-of.ts'
import { ISSUER, SECRET, testService } from '../support/service.ts'

const INVALID = 'ERR_AUTH_TOKEN_INVALID'
const keys = createKeyRing([{ algorithm: 'HS256', key: SECRET }])
const now = (): number => Math.floor(Date.now() / 1000)

/** Claims of the plain shape: no issuer, audience or type header. */
function plain(extra: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    sub: 'host',
    namespaceId: 'ns',
    tier: 'free',
    type: 'machine',
    iat: now(),
    exp: now() + 60,
    ...extra,
  }
}

test('an access token has the claims of RFC 9068 and ours, a first refresh token what begins a family', async () => {
  const { auth, register } = await testService()
  const client = await register()
  const { accessToken, refreshToken } = await auth.issueTokens(client)
  expect(headerOf(accessToken)).toMatchObject({ alg: 'HS256', typ: 'at+jwt' })
  const access = payloadOf(accessToken)
  expect(access).toEqual({
    iss: ISSUER,
    aud: ISSUER,
    sub: client.hostId,
    client_id: client.clientId,
    iat: expect.any(Number),
    exp: (access['iat'] as number) + 900,
    jti: expect.any(String),
    scope: 'read write',
    sid: payloadOf(refreshToken)['sid'],
    namespaceId: client.namespaceId,
    tier: 'free',
    type: 'machine',
  })
  const refresh = payloadOf(refreshToken)
  expect(headerOf(refreshToken)['typ']).toBe('refresh+jwt')
  expect(refresh).toEqual({
    sub: client.hostId,
    type: 'refresh',
    jti: expect.stringMatching(/^[0-9a-f-]{36}$/),
    sid: expect.stringMatching(/^[0-9a-f-]{36}$/),
    iat: expect.any(Number),
    exp: (refresh['iat'] as number) + 30 * 86_400,
    first: true,
    client_id: client.clientId,
  })
  const successor = payloadOf((await auth.refreshTokens(refreshToken)).refreshToken)
  expect(Object.keys(successor).toSorted()).toEqual(['exp', 'iat', 'jti', 'sid', 'sub', 'type'])
  expect(successor['sid']).toBe(refresh['sid'])
})

test('a verified token becomes a context', async () => {
  const { auth, register } = await testService({ defaultTier: 'pro' })
  const client = await register()
  const { accessToken } = await auth.issueTokens(client)
  const context = await auth.verify(accessToken)
  expect(context).toEqual({
    type: 'machine',
    userId: client.hostId,
    namespaceId: client.namespaceId,
    tier: 'pro',
    permissions: ['read', 'write'],
    clientId: client.clientId,
    familyId: payloadOf(accessToken)['sid'],
    tokenId: payloadOf(accessToken)['jti'],
    expiresAt: (payloadOf(accessToken)['exp'] as number) * 1000,
  })
  expect(Object.isFrozen(context) && Object.isFrozen(context.permissions)).toBe(true)
})

test('a token of the plain shape is accepted, without permissions', async () => {
  const { auth } = await testService()
  for (const typ of [undefined, 'JWT', 'application/at+jwt', 'AT+JWT']) {
    expect(await auth.verify(await keys.sign(plain(), { typ }))).toMatchObject({
      userId: 'host',
      namespaceId: 'ns',
      permissions: [],
      clientId: null,
    })
  }
})

test.each<[string, Record<string, unknown>, string | undefined]>([
  ['a refresh token', plain({ type: 'refresh', jti: 'x' }), undefined],
  ['the type header of a refresh token', plain(), 'refresh+jwt'],
  ['another type header', plain(), 'logout+jwt'],
  ['an ID token by nonce', plain({ nonce: 'n' }), undefined],
  ['an ID token by at_hash', plain({ at_hash: 'h' }), undefined],
  ['an ID token by c_hash', plain({ c_hash: 'h' }), undefined],
  ['an ID token by token_use', plain({ token_use: 'id' }), undefined],
  ['another issuer', plain({ iss: `${ISSUER}/` }), undefined],
  ['an issuer that is a list', plain({ iss: [ISSUER] }), undefined],
  ['another audience', plain({ aud: 'https://other.example.com' }), undefined],
  ['an audience that is no text', plain({ aud: [ISSUER, 1] }), undefined],
  ['an empty audience list', plain({ aud: [] }), undefined],
  ['no namespace', plain({ namespaceId: undefined }), undefined],
  ['a namespace with a dot', plain({ namespaceId: 'a.b' }), undefined],
  ['a namespace with a line break', plain({ namespaceId: 'a\n' }), undefined],
  ['a namespace of 65 characters', plain({ namespaceId: 'a'.repeat(65) }), undefined],
  ['an unknown tier', plain({ tier: 'root' }), undefined],
  ['a tier from the prototype', plain({ tier: 'constructor' }), undefined],
  ['no type', plain({ type: undefined }), undefined],
  ['no time of issue', plain({ iat: undefined }), undefined],
  ['a scope that is a list', plain({ scope: ['all'] }), undefined],
  ['a client that is a number', plain({ client_id: 7 }), undefined],
])('%s is refused', async (_, claims, typ) => {
  const { auth } = await testService()
  expect(await codeOf(auth.verify(await keys.sign(claims, { typ })))).toBe(INVALID)
})

test('strict tokens need the type header, an issuer and an audience', async () => {
  const { auth, register } = await testService({ strictTokens: true })
  const good = plain({ iss: ISSUER, aud: ISSUER })
  await auth.verify((await auth.issueTokens(await register())).accessToken)
  await auth.verify(await keys.sign(good, { typ: 'at+jwt' }))
  expect(await codeOf(auth.verify(await keys.sign(good, { typ: 'JWT' })))).toBe(INVALID)
  expect(await codeOf(auth.verify(await keys.sign(good)))).toBe(INVALID)
  for (const name of ['iss', 'aud']) {
    const token = await keys.sign({ ...good, [name]: undefined }, { typ: 'at+jwt' })
    expect(await codeOf(auth.verify(token))).toBe(INVALID)
  }
})

test('a token of a trusted issuer is accepted, with its own audience or ours', async () => {
  const other = 'https://other.example.com'
  const { auth } = await testService({ trustedIssuers: [other] })
  await auth.verify(await keys.sign(plain({ iss: other, aud: other })))
  await auth.verify(await keys.sign(plain({ iss: ISSUER, aud: [ISSUER] })))
  expect(await codeOf(auth.verify(await keys.sign(plain({ iss: 'https://third.example.com' }))))).toBe(
    INVALID,
  )
  const any = await testService({ trustedIssuers: 'any' })
  await any.auth.verify(
    await keys.sign(plain({ iss: 'https://third.example.com', aud: 'https://third.example.com' })),
  )
})

test('another key, and another algorithm with ours, are refused', async () => {
  const { auth } = await testService()
  const foreign = createKeyRing([{ algorithm: 'HS256', key: 'some other secret that is long enough' }])
  expect(await codeOf(auth.verify(await foreign.sign(plain())))).toBe(INVALID)
  const longer = createKeyRing([{ algorithm: 'HS384', key: SECRET.repeat(2) }])
  expect(await codeOf(auth.verify(await longer.sign(plain())))).toBe(INVALID)
})

test('an expired token says so', async () => {
  const { auth } = await testService()
  const token = await keys.sign(plain({ exp: now() - 6 }))
  expect(await codeOf(auth.verify(token))).toBe('ERR_AUTH_TOKEN_EXPIRED')
})

test('the functions and the service understand each other', async () => {
  const { auth } = await testService()
  const config = { secret: SECRET }
  const input = { hostId: 'h', namespaceId: 'n', tier: 'enterprise', type: 'user' } as const
  const { token, expiresIn } = await signAccessToken({ ...input, permissions: ['x'] }, config)
  expect(expiresIn).toBe(900)
  expect(await auth.verify(token)).toMatchObject({ type: 'user', tier: 'enterprise', permissions: ['x'] })
  expect(await codeOf(auth.verify(await signRefreshToken('h', config)))).toBe(INVALID)
})
