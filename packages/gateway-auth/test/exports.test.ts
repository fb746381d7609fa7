import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import * as fastifyApi from '../src/fastify/index.ts'
import * as api from '../src/index.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const readme = readFileSync(join(root, 'README.md'), 'utf8')
const packageJson = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  exports: Record<string, object>
}

test('the package exports these names and no others', () => {
  expect(Object.keys(api).toSorted()).toEqual(
    [
      'GATEWAY_AUTH_ERRORS',
      'GatewayAuthError',
      'TIERS',
      'buildClientRecord',
      'consumeRefreshToken',
      'createAuthService',
      'createKeyRing',
      'createMemoryStore',
      'generateClientSecret',
      'getClient',
      'machineAuthenticator',
      'machineAuthorizer',
      'redactQueryToken',
      'saveClient',
      'saveRefreshToken',
      'signAccessToken',
      'signRefreshToken',
      'verifyAccessToken',
      'verifyClientSecret',
      'verifyRefreshToken',
    ].toSorted(),
  )
  expect(Object.keys(fastifyApi).toSorted()).toEqual(
    [
      'authLogOptions',
      'authLogSerializers',
      'authRoutes',
      'gatewayAuth',
      'internalRoutes',
      'metadataRoutes',
      'openapiSecuritySchemes',
      'requirePermission',
      'requireTier',
      'requireType',
    ].toSorted(),
  )
})

test('the package has these entries, each with the source condition first', () => {
  const entries = ['.', './fastify', './level', './nats', './postgres', './testing']
  expect(Object.keys(packageJson.exports)).toEqual([...entries, './package.json'])
  for (const entry of entries) {
    expect(Object.keys(packageJson.exports[entry] as object)).toEqual([
      '@portcullis/source',
      'types',
      'default',
    ])
  }
})

test('every code keeps its status, its OAuth error and its exposure', () => {
  const rows = Object.entries(api.GATEWAY_AUTH_ERRORS).map(([code, row]) => [
    code,
    row.statusCode,
    row.oauthError,
    row.expose,
  ])
  expect(rows).toEqual([
    ['ERR_REQUEST_INVALID', 400, 'invalid_request', true],
    ['ERR_MEDIA_TYPE_UNSUPPORTED', 415, 'invalid_request', true],
    ['ERR_BODY_TOO_LARGE', 413, 'invalid_request', true],
    ['ERR_CLIENT_INVALID', 401, 'invalid_client', true],
    ['ERR_GRANT_TYPE_UNSUPPORTED', 400, 'unsupported_grant_type', true],
    ['ERR_SCOPE_INVALID', 400, 'invalid_scope', true],
    ['ERR_REFRESH_TOKEN_INVALID', 401, 'invalid_grant', true],
    ['ERR_TOKEN_NOT_OWNED', 400, 'invalid_request', true],
    ['ERR_TOKEN_TYPE_UNSUPPORTED', 400, 'unsupported_token_type', true],
    ['ERR_CAPABILITY_NOT_ALLOWED', 400, 'invalid_client_metadata', true],
    ['ERR_PUBLIC_KEY_INVALID', 400, 'invalid_client_metadata', true],
    ['ERR_REGISTRATION_TOKEN_INVALID', 401, 'invalid_token', true],
    ['ERR_INTERNAL_SECRET_INVALID', 403, 'access_denied', true],
    ['ERR_CLIENT_UNKNOWN', 404, 'invalid_request', true],
    ['ERR_FAMILY_UNKNOWN', 404, 'invalid_request', true],
    ['ERR_NAMESPACE_FULL', 409, 'invalid_client_metadata', true],
    ['ERR_RATE_LIMITED', 429, 'temporarily_unavailable', true],
    ['ERR_TOO_MANY_FAILURES', 429, 'temporarily_unavailable', true],
    ['ERR_AUTH_STORE_FULL', 503, 'temporarily_unavailable', false],
    ['ERR_AUTH_STORE_UNAVAILABLE', 503, 'temporarily_unavailable', false],
  ])
})

test('the errors table of the README is the table of the code', () => {
  const rows = [...readme.matchAll(/^\| `(ERR_\w+)`\s*\| (\d+)\s*\| `(\w+)`\s*\| (yes|no)\s*\|/gm)]
  expect(
    rows.map(([, code, status, oauthError, shown]) => [code, Number(status), oauthError, shown === 'yes']),
  ).toEqual(
    Object.entries(api.GATEWAY_AUTH_ERRORS).map(([code, row]) => [
      code,
      row.statusCode,
      row.oauthError,
      row.expose,
    ]),
  )
})

test('the options tables of the README name every option', () => {
  const documented = (of: string): string[] => {
    const [, table = ''] = readme.split(`<!-- options: ${of} -->`)
    return [...table.split('\n\n')[1]!.matchAll(/^\| `(\w+)`/gm)].map(([, name]) => name as string).toSorted()
  }
  const declared = (file: string, name: string): string[] => {
    const source = readFileSync(join(root, 'src', file), 'utf8')
    const body = source.split(`export interface ${name} {`)[1]?.split('\n}')[0] ?? ''
    return [...body.matchAll(/^ {2}(\w+)\??:/gm)].map(([, member]) => member as string).toSorted()
  }
  expect(documented('createAuthService')).toEqual(
    declared('service/service-settings.ts', 'AuthServiceOptions'),
  )
  expect(documented('gatewayAuth')).toEqual(declared('fastify/gateway-auth.ts', 'GatewayAuthOptions'))
  expect(documented('authRoutes')).toEqual(declared('fastify/route-context.ts', 'AuthRoutesOptions'))
})

test('the root entry loads no framework and no backend', () => {
  const packages = new Set<string>()
  const seen = new Set<string>()
  const walk = (file: string): void => {
    if (seen.has(file)) return
    seen.add(file)
    for (const [, name = ''] of readFileSync(file, 'utf8').matchAll(/from '([^']+)'/g)) {
      if (name.startsWith('.')) walk(join(dirname(file), name))
      else packages.add(name)
    }
  }
  walk(join(root, 'src/index.ts'))
  expect([...packages].filter((name) => !name.startsWith('node:')).toSorted()).toEqual([
    '@portcullis/auth-core',
    '@portcullis/auth-core/hashing',
    'zod',
  ])
})
