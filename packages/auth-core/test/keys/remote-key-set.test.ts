import { expect, test } from 'vitest'
import { createPublicFetch } from '../../src/egress/index.ts'
import { allowInsecureHttp, createRemoteKeySet } from '../../src/index.ts'

test.each([
  'http://issuer.example/jwks',
  'http://127.0.0.1/jwks',
  'http://localhost/jwks',
  'ftp://issuer.example/jwks',
  'file:///etc/passwd',
  'data:application/json,{"keys":[]}',
  'https://user:secret@issuer.example/jwks',
  '/jwks',
  '',
])('the URL %j is refused without being shown', (url) => {
  expect(() => createRemoteKeySet(url)).toThrow(TypeError)
  expect(() => createRemoteKeySet(url)).not.toThrow(/secret/)
})

test.each(['http://localhost:1/', 'http://127.0.0.1:1/', 'http://127.9.9.9/', 'http://[::1]:1/'])(
  'with allowInsecureHttp the loopback URL %j is accepted',
  (url) => {
    expect(createRemoteKeySet(url, { [allowInsecureHttp]: true }).kind).toBe('public')
  },
)

test.each([
  'http://issuer.example/',
  'http://10.0.0.1/',
  'http://localhost.evil.example/',
  'http://127.0.0.1.nip.example/',
])('even with allowInsecureHttp the URL %j is refused', (url) => {
  expect(() => createRemoteKeySet(url, { [allowInsecureHttp]: true })).toThrow(TypeError)
})

test('JSON cannot set allowInsecureHttp', () => {
  const options = JSON.parse('{"allowInsecureHttp":true,"Symbol(allowInsecureHttp)":true}') as object
  expect(() => createRemoteKeySet('http://127.0.0.1/', options)).toThrow(TypeError)
})

test.each(['timeoutMs', 'cooldownMs', 'cacheMaxAgeMs', 'staleIfErrorMs', 'maxBytes', 'maxKeys'])(
  '%s must be a number in its range',
  (name) => {
    for (const value of [Number.NaN, -1, 1.5, Infinity, '5']) {
      expect(() => createRemoteKeySet('https://issuer.example/', { [name]: value })).toThrow(name)
    }
  },
)

test('egress must be a function', () => {
  for (const egress of ['public', true, null, {}]) {
    expect(() => createRemoteKeySet('https://issuer.example/', { egress: egress as never })).toThrow('egress')
  }
})

test.each([
  'https://127.0.0.1/',
  'https://localhost/',
  'https://[::ffff:169.254.169.254]/',
  'https://8.8.8.8:8443/',
])('with downloads to public addresses only, keys at %s cannot be had', async (url) => {
  const keys = createRemoteKeySet(url, { egress: createPublicFetch() })
  const refused = await keys.candidates({ alg: 'ES256' }).catch((error: unknown) => error)
  expect(refused).toMatchObject({ code: 'ERR_AUTH_KEYS_UNAVAILABLE', cause: { name: 'EgressRefused' } })
})
