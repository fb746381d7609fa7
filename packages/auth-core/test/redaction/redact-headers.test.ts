import { expect, test } from 'vitest'
import { redactHeaders, redactProtocols } from '../../src/index.ts'

const S = 'SECRET'

test.each([
  'authorization',
  'Authorization',
  'proxy-authorization',
  'cookie',
  'Set-Cookie',
  'x-internal-secret',
  'x-api-key',
  'x-csrf-token',
  'x-auth-token',
  'x-amz-security-token',
])('the value of %s is removed', (name) => {
  expect(JSON.stringify(redactHeaders({ [name]: S, [`${name}-`]: undefined }))).not.toContain(S)
  expect(JSON.stringify(redactHeaders({ [name]: [`a ${S}`, S] }))).not.toContain(S)
})

test.each(['referer', 'location', 'x-original-url', 'x-forwarded-uri', 'origin'])(
  'a URL in %s loses its token',
  (name) => {
    expect(redactHeaders({ [name]: `https://h/?token=${S}&a=1` })).toEqual({
      [name]: 'https://h/?token=[redacted]&a=1',
    })
  },
)

test('a sub-protocol list loses its tokens and keeps the rest', () => {
  expect(redactProtocols(`portcullis.v1, bearer.${S}`)).toBe('portcullis.v1, bearer.[redacted]')
  expect(redactProtocols(`BEARER.${S},a, bearer.${S}.x`)).toBe('BEARER.[redacted],a, bearer.[redacted]')
  expect(redactProtocols('forbearer.x, chat')).toBe('forbearer.x, chat')
  expect(redactProtocols(undefined as never)).toBe('')
  expect(redactHeaders({ 'Sec-WebSocket-Protocol': `bearer.${S}` })).toEqual({
    'Sec-WebSocket-Protocol': 'bearer.[redacted]',
  })
})

test('harmless headers stay as they are', () => {
  const headers = {
    host: 'a.example',
    'sec-websocket-key': 'bm9uY2U=',
    'content-length': '3',
    accept: ['a', 'b'],
  }
  expect(redactHeaders(headers)).toEqual(headers)
})

test('a header called __proto__ changes no prototype', () => {
  const copy = redactHeaders(JSON.parse('{"__proto__":"x","a":"b"}') as Record<string, string>)
  expect(copy).toEqual({ a: 'b' })
  expect(Object.getPrototypeOf(copy)).toBe(Object.prototype)
})
