import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import * as fastifyApi from '../src/fastify/index.ts'
import * as api from '../src/index.ts'
import * as postgresApi from '../src/postgres/index.ts'
import * as testingApi from '../src/testing/index.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const readme = readFileSync(join(root, 'README.md'), 'utf8')
const packageJson = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  exports: Record<string, object>
}

test('the package exports these names and no others', () => {
  expect(Object.keys(api).toSorted()).toEqual(
    [
      'REGISTRY_ERRORS',
      'RegistryError',
      'ProjectsFileError',
      'allowInsecureHttp',
      'assertSeparateTenants',
      'createMemoryStore',
      'createRegistry',
      'loadProjectsFile',
      'normalizeHost',
    ].toSorted(),
  )
  expect(Object.keys(fastifyApi).toSorted()).toEqual(['errorBody', 'registryRoutes'])
  expect(Object.keys(postgresApi)).toEqual(['createPostgresStore'])
  expect(Object.keys(testingApi).toSorted()).toEqual(['managedStoreContract', 'registryStoreContract'])
})

test('the package has these entries, each with the source condition first', () => {
  const entries = ['.', './fastify', './postgres', './testing']
  expect(Object.keys(packageJson.exports)).toEqual([...entries, './package.json'])
  for (const entry of entries) {
    expect(Object.keys(packageJson.exports[entry] as object)).toEqual([
      '@portcullis/source',
      'types',
      'default',
    ])
  }
})

test('every code keeps its status and exposure', () => {
  expect(api.REGISTRY_ERRORS).toEqual({
    ERR_HOST_INVALID: { statusCode: 400, expose: true },
    ERR_HOST_UNKNOWN: { statusCode: 404, expose: true },
    ERR_REQUEST_INVALID: { statusCode: 400, expose: true },
    ERR_INTERNAL_TOKEN_INVALID: { statusCode: 401, expose: true },
    ERR_WORKSPACE_UNKNOWN: { statusCode: 404, expose: true },
    ERR_PROJECT_UNKNOWN: { statusCode: 404, expose: true },
    ERR_SECRET_UNKNOWN: { statusCode: 404, expose: true },
    ERR_MEMBER_UNKNOWN: { statusCode: 404, expose: true },
    ERR_API_KEY_UNKNOWN: { statusCode: 404, expose: true },
    ERR_BLOCKED_USER_UNKNOWN: { statusCode: 404, expose: true },
    ERR_USER_BLOCKED: { statusCode: 403, expose: true },
    ERR_SETUP_TOKEN_INVALID: { statusCode: 403, expose: true },
    ERR_ID_TAKEN: { statusCode: 409, expose: true },
    ERR_HOST_TAKEN: { statusCode: 409, expose: true },
    ERR_PROJECTS_OVERLAP: { statusCode: 409, expose: true },
    ERR_SECRET_COUNT: { statusCode: 409, expose: true },
    ERR_WORKSPACE_NOT_EMPTY: { statusCode: 409, expose: true },
    ERR_LAST_OWNER: { statusCode: 409, expose: true },
    ERR_LIMIT_REACHED: { statusCode: 409, expose: true },
    ERR_IDEMPOTENCY_RUNNING: { statusCode: 409, expose: true },
    ERR_IDEMPOTENCY_MISMATCH: { statusCode: 422, expose: true },
    ERR_VERSION_MISMATCH: { statusCode: 412, expose: true },
    ERR_PROJECT_MISCONFIGURED: { statusCode: 500, expose: false },
    ERR_REGISTRY_UNAVAILABLE: { statusCode: 503, expose: false },
  })
})

test('the errors table of the README is the table of the code', () => {
  const rows = [...readme.matchAll(/^\| `(ERR_\w+)`\s*\| (\d+)\s*\| (yes|no)\s*\|/gm)]
  expect(
    Object.fromEntries(rows.map(([, code, status, shown]) => [code, [Number(status), shown === 'yes']])),
  ).toEqual(
    Object.fromEntries(
      Object.entries(api.REGISTRY_ERRORS).map(([code, { statusCode, expose }]) => [
        code,
        [statusCode, expose],
      ]),
    ),
  )
})

test('the root entry loads neither Fastify nor Drizzle nor vitest', () => {
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
  expect([...packages].toSorted()).toEqual([
    '@portcullis/auth-core',
    '@portcullis/oidc-middleware',
    'node:fs/promises',
    'node:net',
    'zod',
  ])
})
