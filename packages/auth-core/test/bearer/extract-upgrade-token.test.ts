import { describe, expect, test } from 'vitest'
import { extractUpgradeToken } from '../../src/index.ts'
import { codeOf } from '../code-of.ts'

const AUTHORIZATION = { authorization: 'Bearer abc' }
const PROTOCOL = { 'sec-websocket-protocol': 'portcullis.v1, bearer.abc' }

describe('extractUpgradeToken', () => {
  test('finds the token in each of its three places', () => {
    expect(extractUpgradeToken({ url: '/ws', headers: AUTHORIZATION })).toEqual({
      token: 'abc',
      source: 'authorization',
    })
    expect(extractUpgradeToken({ url: '/ws?x=1&token=abc', headers: {} })).toEqual({
      token: 'abc',
      source: 'query',
    })
    expect(extractUpgradeToken({ url: '/ws', headers: PROTOCOL })).toEqual({
      token: 'abc',
      source: 'subprotocol',
    })
  })

  test.each([
    '/ws',
    '/ws?',
    '/ws?token=',
    '/ws?access_token=abc',
    '/ws#token=abc',
    '/token=abc',
    '/ws?Token=abc',
    undefined,
  ])('finds no token in %j', (url) => {
    expect(extractUpgradeToken({ url, headers: { 'sec-websocket-protocol': 'a, b' } })).toEqual({
      token: null,
      source: null,
    })
  })

  test('reads access_token only when asked to', () => {
    const request = { url: '/ws?access_token=abc', headers: {} }
    expect(extractUpgradeToken(request, { queryParameters: ['token', 'access_token'] })).toEqual({
      token: 'abc',
      source: 'query',
    })
  })

  test('decodes percent-encoding of the query once', () => {
    expect(extractUpgradeToken({ url: '/?%74oken=a%2Bb', headers: {} }).token).toBe('a+b')
    expect(codeOf(() => extractUpgradeToken({ url: '/?token=a%252Bb', headers: {} }))).toBe(
      'ERR_AUTH_TOKEN_INVALID',
    )
  })

  test.each([
    ['header and query', { url: '/?token=abc', headers: AUTHORIZATION }],
    ['header and sub-protocol', { url: '/', headers: { ...AUTHORIZATION, ...PROTOCOL } }],
    ['query and sub-protocol', { url: '/?token=abc', headers: PROTOCOL }],
    ['two query parameters', { url: '/?token=abc&token=abc', headers: {} }],
    ['two spellings of one query parameter', { url: '/?token=abc&%74oken=abc', headers: {} }],
    [
      'two sub-protocol entries',
      { url: '/', headers: { 'sec-websocket-protocol': 'bearer.abc, bearer.abc' } },
    ],
    [
      'two sub-protocol headers',
      { url: '/', headers: { 'sec-websocket-protocol': ['bearer.a', 'bearer.b'] } },
    ],
    [
      'two Authorization headers',
      { url: '/', headers: {}, rawHeaders: ['Authorization', 'Bearer a', 'Authorization', 'Bearer a'] },
    ],
  ])('refuses %s', (_name, request) => {
    expect(codeOf(() => extractUpgradeToken(request))).toBe('ERR_AUTH_REQUEST_INVALID')
  })

  test.each(['bearer.', 'bearer.a b', `bearer.${'a'.repeat(8193)}`, 'Bearer.a"'])(
    'refuses the entry %.20j',
    (entry) => {
      expect(
        codeOf(() => extractUpgradeToken({ url: '/', headers: { 'sec-websocket-protocol': entry } })),
      ).toBe('ERR_AUTH_TOKEN_INVALID')
    },
  )

  test('refuses a query token over 8 KiB', () => {
    expect(codeOf(() => extractUpgradeToken({ url: `/?token=${'a'.repeat(8193)}`, headers: {} }))).toBe(
      'ERR_AUTH_TOKEN_INVALID',
    )
  })
})
