import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
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
    'allowInsecureHttp',
    'challenge',
    'createRemoteKeySet',
    'createSecretKeySet',
    'createTokenVerifier',
    'extractBearer',
    'extractUpgradeToken',
    'redactHeaders',
    'redactProtocols',
    'redactQueryToken',
    'redactUrl',
    'timingSafeEqualText',
    'verifyToken',
  ])
})

test('the package has these entries, each with the source condition first', () => {
  expect(Object.keys(packageJson.exports)).toEqual(['.', './package.json'])
  expect(Object.keys(packageJson.exports['.'] as object)).toEqual(['@portcullis/source', 'types', 'default'])
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
