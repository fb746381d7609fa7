import { expect, test } from 'vitest'
import { AuthError, type Authentication, createAccessTokenAuthenticator } from '../../src/index.ts'

test('a token that the verifier accepts makes its user, with what it vouches for and its end', async () => {
  const authenticate = createAccessTokenAuthenticator(async (token) => ({
    user: token,
    identity: { application: 'billing' },
    expiresAtMs: 4_000_000_000_000,
    service: true,
  }))
  expect(await authenticate({ authentication: { method: 'access-token', token: 'ann' } })).toEqual({
    type: 'success',
    user: 'ann',
    login: 'ann',
    identity: { application: 'billing' },
    expiresAtMs: 4_000_000_000_000,
    options: { service: true },
  })
})

test('a token that the verifier refuses is refused, with the reason of an AuthError only', async () => {
  const errors = [
    new AuthError('ERR_AUTH_TOKEN_EXPIRED', 'the token has expired'),
    new Error('secret detail'),
  ]
  const authenticate = createAccessTokenAuthenticator(async () => {
    throw errors.shift()
  })
  const authentication = { method: 'access-token', token: 't' }
  expect(await authenticate({ authentication })).toEqual({
    type: 'error',
    message: 'Invalid or expired token: the token has expired',
  })
  expect(await authenticate({ authentication })).toEqual({
    type: 'error',
    message: 'Invalid or expired token: it is refused',
  })
})

test('keys that cannot be had are no refusal', async () => {
  const authenticate = createAccessTokenAuthenticator(async () => {
    throw new AuthError('ERR_AUTH_KEYS_UNAVAILABLE', 'the verification keys are unavailable')
  })
  await expect(
    authenticate({ authentication: { method: 'access-token', token: 't' } }),
  ).rejects.toMatchObject({
    code: 'ERR_AUTH_KEYS_UNAVAILABLE',
  })
})

test.each([
  {},
  { method: 'secret', login: 'a', secret: 'b' },
  { method: 'access-token' },
  { method: 'access-token', token: 7 },
])('the verifier is not asked about %j', async (authentication) => {
  let asked = false
  const authenticate = createAccessTokenAuthenticator(async () => {
    asked = true
    return { user: 'ann' }
  })
  expect(await authenticate({ authentication: authentication as Authentication })).toMatchObject({
    type: 'error',
  })
  expect(asked).toBe(false)
})

test('a verifier that is no function is a mistake', () => {
  expect(() => createAccessTokenAuthenticator('x' as never)).toThrow(
    new TypeError('"verify" must be a function'),
  )
})
