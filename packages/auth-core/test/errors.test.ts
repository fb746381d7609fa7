import { expect, test } from 'vitest'
import { AUTH_ERRORS, AuthError, type AuthErrorCode } from '../src/index.ts'

test('every code keeps its status, close code and exposure', () => {
  expect(AUTH_ERRORS).toEqual({
    ERR_AUTH_TOKEN_REQUIRED: { statusCode: 401, closeCode: 4401, expose: true },
    ERR_AUTH_TOKEN_INVALID: { statusCode: 401, closeCode: 4401, expose: true },
    ERR_AUTH_TOKEN_EXPIRED: { statusCode: 401, closeCode: 4401, expose: true },
    ERR_AUTH_REQUEST_INVALID: { statusCode: 400, closeCode: 4400, expose: true },
    ERR_AUTH_KEYS_UNAVAILABLE: { statusCode: 503, closeCode: 1013, expose: false },
    ERR_AUTH_SECRET_INVALID: { statusCode: 400, closeCode: 4400, expose: true },
    ERR_AUTH_HASHING_BUSY: { statusCode: 503, closeCode: 1013, expose: true },
    ERR_AUTH_HASHING_UNAVAILABLE: { statusCode: 503, closeCode: 1013, expose: false },
    ERR_FORBIDDEN: { statusCode: 403, closeCode: 4403, expose: true },
  })
})

test.each(Object.keys(AUTH_ERRORS) as AuthErrorCode[])('%s carries its row of the table', (code) => {
  const cause = new Error('detail')
  const error = new AuthError(code, 'text', { cause })
  expect(error).toMatchObject({ name: 'AuthError', code, message: 'text', ...AUTH_ERRORS[code] })
  expect(error.cause).toBe(cause)
})

test('an error says when to try again only where it was told', () => {
  expect(new AuthError('ERR_AUTH_HASHING_BUSY', 'busy', { retryAfterSeconds: 3 }).retryAfterSeconds).toBe(3)
  expect(new AuthError('ERR_AUTH_HASHING_BUSY', 'busy').retryAfterSeconds).toBeUndefined()
})

test('an error of another copy of this package is recognised, and other things are not', () => {
  const foreign = Object.defineProperty(new Error('x'), Symbol.for('@portcullis/auth-core/error'), {
    value: true,
  })
  expect(AuthError.is(foreign)).toBe(true)
  expect(AuthError.is(new AuthError('ERR_FORBIDDEN', 'no'))).toBe(true)
  for (const other of [new Error('x'), { code: 'ERR_FORBIDDEN' }, null, undefined, 'text', 1]) {
    expect(AuthError.is(other)).toBe(false)
  }
})
