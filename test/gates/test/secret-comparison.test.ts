import { expect, test } from 'vitest'
import { checkSecretComparisons } from '../src/hygiene/secret-comparison.ts'
import { trackedTexts } from '../src/repo/files.ts'

const AUTH_SOURCES = /^packages\/(auth-core|gateway-auth|oidc-middleware|registry)\/src\/.*\.ts$/

test('auth packages compare secrets in constant time only', () => {
  const files = trackedTexts(AUTH_SOURCES)
  expect(files.length).toBeGreaterThan(0)
  expect(checkSecretComparisons(files)).toEqual([])
})

test.each([
  'given === clientSecret',
  'request.token !== expected.value',
  `headers['x-internal-secret'] == configured`,
  'hash(given) === stored',
  '(await digestHash(given)) === stored!',
])('%s is found', (expression) => {
  expect(checkSecretComparisons([{ path: 'a.ts', text: `f()\nif (${expression}) g()` }])).toEqual([
    `a.ts:2 compares ${expression} in a time that depends on the values`,
  ])
})

test.each([
  'token === undefined',
  `token === ''`,
  `typeof secret === 'string'`,
  'token.length === other.length',
  'tokenType === expectedType',
  'a === b',
  'safeEqual(token, expected)',
])('%s is let be', (expression) => {
  expect(checkSecretComparisons([{ path: 'a.ts', text: `if (${expression}) g()` }])).toEqual([])
})
