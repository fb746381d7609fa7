import { errors } from 'jose'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { allowInsecureHttp, verifyOidcToken, type OidcConfig } from '../../src/index.ts'
import { AUDIENCE, startIssuer, type TestIssuer } from '../support/issuer.ts'

let idp: TestIssuer
let config: OidcConfig

beforeAll(async () => {
  idp = await startIssuer()
  config = { authServiceUrl: idp.issuer, appSlug: AUDIENCE, [allowInsecureHttp]: true }
})

afterAll(async () => {
  await idp[Symbol.asyncDispose]()
})

async function errorOf(token: unknown, settings: OidcConfig = config): Promise<unknown> {
  return verifyOidcToken(token as string, settings).then(
    () => undefined,
    (error: unknown) => error,
  )
}

test('a good token becomes a context, with keys downloaded once for every application of the URL', async () => {
  expect(await verifyOidcToken(await idp.token({ roles: ['admin'], email: 'a@b' }), config)).toEqual({
    userId: 'alice',
    sub: 'alice',
    email: 'a@b',
    name: null,
    userRole: 'admin',
    roles: ['admin'],
    permissions: [],
    features: {},
  })
  await verifyOidcToken(await idp.token({ aud: 'other' }), { ...config, appSlug: 'other' })
  await verifyOidcToken(await idp.token({ aud: 'https://api' }), { ...config, audience: 'https://api' })
  expect(idp.downloads).toBe(1)
})

test.each<[string, Record<string, unknown>, string, new (...args: never) => errors.JOSEError]>([
  ['has ended', { exp: 1 }, 'ERR_JWT_EXPIRED', errors.JWTExpired],
  [
    'is for another application',
    { aud: 'other' },
    'ERR_JWT_CLAIM_VALIDATION_FAILED',
    errors.JWTClaimValidationFailed,
  ],
  [
    'comes from another issuer',
    { iss: 'https://evil' },
    'ERR_JWT_CLAIM_VALIDATION_FAILED',
    errors.JWTClaimValidationFailed,
  ],
  ['has no end', { exp: undefined }, 'ERR_JWT_CLAIM_VALIDATION_FAILED', errors.JWTClaimValidationFailed],
  ['has no subject', { sub: undefined }, 'ERR_JWT_CLAIM_VALIDATION_FAILED', errors.JWTClaimValidationFailed],
  [
    'is not good yet',
    { nbf: 9_999_999_999 },
    'ERR_JWT_CLAIM_VALIDATION_FAILED',
    errors.JWTClaimValidationFailed,
  ],
  ['is an ID token', { nonce: 'n' }, 'ERR_JWT_INVALID', errors.JWTInvalid],
  ['has a subject of nothing', { sub: '' }, 'ERR_JWT_INVALID', errors.JWTInvalid],
])('a token that %s throws the error that jose has for it', async (_what, claims, code, type) => {
  const error = await errorOf(await idp.token(claims))
  expect(error).toBeInstanceOf(type)
  expect(error).toMatchObject({ code })
})

test('a token with a wrong signature throws JWSSignatureVerificationFailed', async () => {
  const [header, payload] = (await idp.token()).split('.')
  const [, , signature] = (await idp.token({ sub: 'mallory' })).split('.')
  expect(await errorOf(`${header}.${payload}.${signature}`)).toBeInstanceOf(
    errors.JWSSignatureVerificationFailed,
  )
})

test('a token with an unknown key throws JWKSNoMatchingKey', async () => {
  expect(await errorOf(await idp.token({}, { kid: 'unknown' }))).toBeInstanceOf(errors.JWKSNoMatchingKey)
})

test('a token with an algorithm that is not allowed throws JOSEAlgNotAllowed', async () => {
  const [, payload, signature] = (await idp.token()).split('.')
  const header = Buffer.from('{"alg":"HS256"}').toString('base64url')
  expect(await errorOf(`${header}.${payload}.${signature}`)).toBeInstanceOf(errors.JOSEAlgNotAllowed)
})

test.each([
  [''],
  ['a.b.c'],
  ['garbage'],
  ['....'],
  ['x'.repeat(9000)],
  [null],
  [undefined],
  [7],
  [{}],
  [Symbol('t')],
])('garbage, %s, throws an error of jose', async (token) => {
  expect(await errorOf(token)).toBeInstanceOf(errors.JOSEError)
})

test('keys that cannot be had throw an error of jose too', async () => {
  await using down = await startIssuer()
  down.answer = (_request, response) => response.writeHead(500).end()
  const error = await errorOf(await down.token(), { ...config, authServiceUrl: down.issuer })
  expect(error).toBeInstanceOf(errors.JOSEError)
  expect(error).toMatchObject({ message: 'the verification keys are unavailable' })
})

test('a mistake in the configuration is a TypeError', async () => {
  expect(await errorOf(await idp.token(), {} as OidcConfig)).toBeInstanceOf(TypeError)
  expect(await errorOf(await idp.token(), null as unknown as OidcConfig)).toBeInstanceOf(TypeError)
  const { authServiceUrl, appSlug } = config
  expect(await errorOf(await idp.token(), { authServiceUrl, appSlug })).toBeInstanceOf(TypeError)
})

test('an endless number of configurations does not fill the memory, and the first still works', async () => {
  const token = await idp.token()
  for (let index = 0; index < 250; index += 1) {
    expect(await errorOf(token, { ...config, appSlug: `app-${index}` })).toBeInstanceOf(
      errors.JWTClaimValidationFailed,
    )
  }
  expect((await verifyOidcToken(token, config)).sub).toBe('alice')
})
