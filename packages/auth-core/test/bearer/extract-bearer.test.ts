import { describe, expect, test } from 'vitest'
import { extractBearer, MAX_TOKEN_BYTES } from '../../src/index.ts'
import { codeOf } from '../code-of.ts'

describe('extractBearer', () => {
  test.each(['Bearer abc', 'bearer abc', 'BEARER abc', 'bEaReR   abc', ' Bearer abc '])(
    'reads the token of %j whatever the letter case of the scheme',
    (authorization) => {
      expect(extractBearer({ authorization })).toBe('abc')
    },
  )

  test('reads a record, raw headers, distinct headers and fetch headers alike', () => {
    expect(extractBearer({ AUTHORIZATION: 'Bearer t' })).toBe('t')
    expect(extractBearer(['host', 'x', 'Authorization', 'Bearer t'])).toBe('t')
    expect(extractBearer({ authorization: ['Bearer t'] })).toBe('t')
    expect(extractBearer(new Headers({ authorization: 'Bearer t' }))).toBe('t')
  })

  test.each([
    {},
    { authorization: undefined },
    { authorization: 'Basic YTpi' },
    { authorization: 'Bearertoken' },
  ])('finds no bearer token in %j', (headers) => {
    expect(extractBearer(headers)).toBeNull()
  })

  test.each(['abc', 'a-._~+/b', 'abc=', 'abc==', 'e.y.J'])('accepts %j as b64token', (token) => {
    expect(extractBearer({ authorization: `Bearer ${token}` })).toBe(token)
  })

  test.each(['', ' ', 'a b', 'a,b', '=abc', 'a=b', 'ä', 'a\u0000', 'a"', 'a\n', '{}'])(
    'refuses %j, which is not a b64token',
    (token) => {
      expect(codeOf(() => extractBearer({ authorization: `Bearer ${token}x y` }))).toBe(
        'ERR_AUTH_TOKEN_INVALID',
      )
      if (token.trim() === token) {
        expect(codeOf(() => extractBearer({ authorization: `Bearer ${token}` }))).toBe(
          'ERR_AUTH_TOKEN_INVALID',
        )
      }
    },
  )

  test('refuses a token over 8 KiB and takes one of exactly 8 KiB', () => {
    expect(extractBearer({ authorization: `Bearer ${'a'.repeat(MAX_TOKEN_BYTES)}` })).toHaveLength(8192)
    expect(codeOf(() => extractBearer({ authorization: `Bearer ${'a'.repeat(MAX_TOKEN_BYTES + 1)}` }))).toBe(
      'ERR_AUTH_TOKEN_INVALID',
    )
  })

  test('refuses two Authorization headers, also when they are equal or of different schemes', () => {
    for (const second of ['Bearer t', 'Basic YTpi']) {
      expect(codeOf(() => extractBearer(['Authorization', 'Bearer t', 'authorization', second]))).toBe(
        'ERR_AUTH_REQUEST_INVALID',
      )
      expect(codeOf(() => extractBearer({ authorization: ['Bearer t', second] }))).toBe(
        'ERR_AUTH_REQUEST_INVALID',
      )
    }
  })
})
