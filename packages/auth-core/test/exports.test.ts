import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import * as egress from '../src/egress/index.ts'
import * as hashing from '../src/hashing/index.ts'
import * as api from '../src/index.ts'

const packageJson = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  exports: Record<string, object | string>
}
const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')

test('the package exports these names and no others', () => {
  expect(Object.keys(api).toSorted()).toEqual([
    'AUTH_ERRORS',
    'AuthError',
    'MAX_TOKEN_BYTES',
    'MIN_SECRET_BYTES',
    'REDACTED',
    'TOKEN_ALGORITHMS',
    'addressKey',
    'allowInsecureHttp',
    'challenge',
    'compileOrigins',
    'createAccessTokenAuthenticator',
    'createBasicAuthenticator',
    'createCachedVerifier',
    'createKeyRing',
    'createRemoteKeySet',
    'createSecretKeySet',
    'createTokenVerifier',
    'extractBearer',
    'extractUpgradeToken',
    'integerOption',
    'parseHost',
    'redactHeaders',
    'redactProtocols',
    'redactQueryToken',
    'redactUrl',
    'timingSafeEqualText',
    'verifyToken',
  ])
})

test('the entry for hashing exports these names and no others', () => {
  expect(Object.keys(hashing).toSorted()).toEqual(['MAX_SECRET_BYTES', 'createSecretHasher'])
})

test('the entry for egress exports these names and no others', () => {
  expect(Object.keys(egress).toSorted()).toEqual([
    'EgressRefused',
    'createPublicFetch',
    'egressSeam',
    'isPublicAddress',
  ])
})

test('the package has these entries, each with the source condition first', () => {
  expect(Object.keys(packageJson.exports)).toEqual(['.', './egress', './hashing', './package.json'])
  for (const entry of ['.', './egress', './hashing']) {
    expect(Object.keys(packageJson.exports[entry] as object)).toEqual([
      '@portcullis/source',
      'types',
      'default',
    ])
  }
})

test('the root entry loads jose and nothing else from outside', () => {
  const outside = new Set<string>()
  const seen = new Set<string>()
  const visit = (file: URL): void => {
    if (seen.has(file.href)) return
    seen.add(file.href)
    for (const [, specifier] of readFileSync(file, 'utf8').matchAll(/from '([^']+)'/g)) {
      if (specifier?.startsWith('.')) visit(new URL(specifier, file))
      else if (specifier !== undefined && !specifier.startsWith('node:')) outside.add(specifier)
    }
  }
  visit(new URL('../src/index.ts', import.meta.url))
  expect(seen.size).toBeGreaterThan(20)
  expect([...outside]).toEqual(['jose'])
})

test('the errors table of the README is the table of the code', () => {
  const rows = [...readme.matchAll(/^\| `(ERR_\w+)`\s*\| (\d+)\s*\| (\d+)\s*\|/gm)]
  expect(
    Object.fromEntries(rows.map(([, code, status, close]) => [code, [Number(status), Number(close)]])),
  ).toEqual(
    Object.fromEntries(
      Object.entries(api.AUTH_ERRORS).map(([code, { statusCode, closeCode }]) => [
        code,
        [statusCode, closeCode],
      ]),
    ),
  )
})
