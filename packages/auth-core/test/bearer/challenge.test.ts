import { expect, test } from 'vitest'
import { challenge } from '../../src/index.ts'

test('a request without credentials gets no error attribute', () => {
  expect(challenge('ERR_AUTH_TOKEN_REQUIRED', { description: 'left out' })).toBe('Bearer realm="portcullis"')
})

test('refused credentials get the error of RFC 6750', () => {
  expect(challenge('ERR_AUTH_TOKEN_INVALID')).toBe('Bearer realm="portcullis", error="invalid_token"')
  expect(challenge('ERR_AUTH_TOKEN_EXPIRED', { realm: 'r', description: 'the token has expired' })).toBe(
    'Bearer realm="r", error="invalid_token", error_description="the token has expired"',
  )
  expect(challenge('ERR_AUTH_REQUEST_INVALID')).toBe('Bearer realm="portcullis", error="invalid_request"')
  expect(challenge('ERR_FORBIDDEN', { scope: 'a b' })).toBe(
    'Bearer realm="portcullis", error="insufficient_scope", scope="a b"',
  )
})

test.each(['a"b', 'a\\b', 'a\r\nX: y', 'ä', '\u0000'])(
  'a value %j that could write attributes is a mistake',
  (value) => {
    expect(() => challenge('ERR_AUTH_TOKEN_INVALID', { realm: value })).toThrow(TypeError)
    expect(() => challenge('ERR_AUTH_TOKEN_INVALID', { description: value })).toThrow(TypeError)
  },
)
