import { readFileSync } from 'node:fs'
import { DEVELOPMENT_INTERNAL_TOKEN, EnvironmentError, parseEnvironment } from '@portcullis/app'
import { describe, expect, test } from 'vitest'
import { environmentSchema, variables } from '../src/environment/environment.ts'

const TOKEN = 'a-token-for-production-of-32-bytes'

const SECRET = 'a-secret-for-production-of-32-bytes'
const PRODUCTION = {
  NODE_ENV: 'production',
  CONTROL_PLANE_INTERNAL_TOKEN: TOKEN,
  GATEWAY_JWT_SECRET: SECRET,
}

function problem(env: Record<string, string>): string {
  try {
    parseEnvironment(environmentSchema, env)
  } catch (error) {
    expect(error).toBeInstanceOf(EnvironmentError)
    return (error as Error).message
  }
  return 'none'
}

test('the table in the README names the variables of the schema, in its order', () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
  const names = [...readme.matchAll(/^\| `([A-Z_]+)`\s*\|/gm)].map(([, name]) => name)
  expect(names).toEqual(Object.keys(variables))
})

describe('without variables', () => {
  test('outside production it listens on this machine, takes local pages, and uses the embedded engine', () => {
    const env = parseEnvironment(environmentSchema, {})
    expect(env.NATS_URL).toBeUndefined()
    expect(env).toMatchObject({
      production: false,
      PORT: 4000,
      HOST: '127.0.0.1',
      CONTROL_PLANE_URL: 'http://localhost:3000',
      internalToken: DEVELOPMENT_INTERNAL_TOKEN,
      allowedOrigins: ['http://localhost:*', 'http://127.0.0.1:*', 'http://[::1]:*'],
    })
  })

  test('in production it listens everywhere, takes pages of its own host only, and wants a token', () => {
    expect(problem({ NODE_ENV: 'production' })).toMatch(
      /^CONTROL_PLANE_INTERNAL_TOKEN: .*required in production$/m,
    )
    expect(parseEnvironment(environmentSchema, PRODUCTION)).toMatchObject({
      production: true,
      HOST: '0.0.0.0',
      allowedOrigins: undefined,
      internalToken: TOKEN,
    })
  })
})

test.each([
  ['PORT', '70000'],
  ['NODE_ENV', 'prodution'],
  ['NATS_URL', 'http://localhost:4222'],
  ['NATS_URL', 'nats://'],
  ['NATS_URL', 'nats://localhost:99999'],
  ['NATS_INBOX_PREFIX', '_INBOX.>'],
  ['NATS_STORAGE', 'disk'],
  ['NATS_STREAM_DRIFT', 'ignore'],
  ['OUTBOUND_CONSUMER', 'both'],
  ['CONTROL_PLANE_URL', 'localhost:3000'],
  ['CONTROL_PLANE_INTERNAL_TOKEN', 'two words'],
  ['CONTROL_PLANE_INTERNAL_TOKEN', 'one-token,another-token'],
  ['CONTROL_PLANE_INTERNAL_TOKEN', 'schlüssel'],
  ['TRUSTED_PROXIES', '300.1.1.1'],
  ['MAX_PAYLOAD_BYTES', '0'],
  ['MAX_PAYLOAD_BYTES', '1048577'],
  ['MAX_CONNECTIONS', '-1'],
  ['CONNECT_RATE_PER_ADDRESS', '1e3'],
  ['AUTH_ISSUER', 'auth.example.com'],
  ['AUTH_ISSUER', 'https://auth.example.com/?a=1'],
  ['AUTH_REGISTRATION', 'closed'],
  ['AUTH_INITIAL_ACCESS_TOKEN', 'two words'],
  ['AUTH_REFRESH_GRACE_SECONDS', '61'],
  ['AUTH_REFRESH_GRACE_SECONDS', '-1'],
  ['AUTH_REQUESTS_PER_MINUTE', '0'],
  ['AUTH_REGISTRATIONS_PER_MINUTE', '1.5'],
  ['AUTH_PROJECT', 'a.b'],
  ['AUTH_STORE', 'redis'],
  ['AUTH_STORE', 'nats'],
  ['AUTH_STORE', 'postgres'],
  ['AUTH_DATABASE_URL', 'mysql://localhost'],
  ['INTEROP_AUTH', ','],
  ['INTEROP_AUTH', 'everybody'],
  ['INTEROP_AUTH', 'machine,off'],
  ['INTEROP_OIDC_ISSUER', 'idp.example.com'],
  ['INTEROP_OIDC_AUDIENCE', 'x'.repeat(257)],
  ['INTEROP_DEFAULT_VISIBILITY', 'global'],
  ['INTEROP_CLUSTER', 'a.b'],
  ['LOG_LEVEL', 'loud'],
  ['EXIT_WITH_PARENT', 'maybe'],
  ['ALLOWED_ORIGINS', 'example.com'],
])('%s=%s is refused by name', (name, value) => {
  expect(problem({ [name]: value })).toMatch(new RegExp(`^${name}: `))
})

describe('machine clients', () => {
  test('production wants a secret or a file of keys, and everywhere a secret has 32 bytes', () => {
    const { GATEWAY_JWT_SECRET: _left, ...without } = PRODUCTION
    expect(problem(without)).toBe('GATEWAY_JWT_SECRET: is missing: is required in production')
    expect(problem({ ...without, GATEWAY_JWT_KEYS_FILE: 'keys.json' })).toBe('none')
    for (const name of ['GATEWAY_JWT_SECRET', 'GATEWAY_JWT_VERIFY_SECRETS']) {
      expect(problem({ [name]: 'x'.repeat(31) })).toMatch(new RegExp(`^${name}: must .*32 bytes`))
      expect(problem({ [name]: 'x'.repeat(32) })).toBe('none')
    }
    expect(problem({ ...PRODUCTION, INTERNAL_SECRET: 'short' })).toMatch(/^INTERNAL_SECRET: .*32 bytes/)
    expect(problem({ INTERNAL_SECRET: 'short' })).toBe('none')
  })

  test('register by themselves in development, and with a token in production', () => {
    expect(parseEnvironment(environmentSchema, {}).AUTH_REGISTRATION).toBe('open')
    expect(parseEnvironment(environmentSchema, PRODUCTION).AUTH_REGISTRATION).toBe('token')
    expect(
      parseEnvironment(environmentSchema, { ...PRODUCTION, AUTH_REGISTRATION: 'open' }).AUTH_REGISTRATION,
    ).toBe('open')
  })

  test.each([
    [{}, 'file'],
    [{ NATS_URL: 'nats://localhost:4222' }, 'nats'],
    [{ NATS_URL: 'nats://localhost:4222', AUTH_DATABASE_URL: 'postgres://localhost/auth' }, 'postgres'],
    [{ NATS_URL: 'nats://localhost:4222', AUTH_STORE: 'memory' }, 'memory'],
  ])('with %j they are kept in the %s store', (env, store) => {
    expect(parseEnvironment(environmentSchema, env).AUTH_STORE).toBe(store)
  })
})

describe('clients of the interop gateway', () => {
  const auth = (env: Record<string, string>): readonly string[] =>
    parseEnvironment(environmentSchema, env).INTEROP_AUTH

  test('log in as anybody in development, and as machine clients in production', () => {
    expect(auth({})).toEqual(['dev', 'machine'])
    expect(auth(PRODUCTION)).toEqual(['machine'])
    expect(auth({ ...PRODUCTION, INTEROP_AUTH: 'off' })).toEqual(['off'])
  })

  test('never log in as anybody in production', () => {
    for (const list of ['dev', 'machine,dev']) {
      expect(problem({ ...PRODUCTION, INTEROP_AUTH: list })).toMatch(
        /^INTEROP_AUTH: .*refused in production$/m,
      )
    }
  })

  test('log in at an OpenID provider that is named, for an audience that is named', () => {
    const issuer = { INTEROP_OIDC_ISSUER: 'https://idp.example.com' }
    const audience = { INTEROP_OIDC_AUDIENCE: 'desk' }
    const oidc = { ...PRODUCTION, INTEROP_AUTH: 'oidc,machine' }
    expect(problem({ ...oidc, ...audience })).toMatch(/^INTEROP_OIDC_ISSUER: .*is required/m)
    expect(problem({ ...oidc, ...issuer })).toMatch(/^INTEROP_OIDC_AUDIENCE: .*is required/m)
    expect(auth({ ...oidc, ...issuer, ...audience })).toEqual(['oidc', 'machine'])
    const local = { ...audience, INTEROP_AUTH: 'oidc', INTEROP_OIDC_ISSUER: 'http://localhost:9090' }
    expect(auth(local)).toEqual(['oidc'])
    expect(problem({ ...PRODUCTION, ...local })).toMatch(/^INTEROP_OIDC_ISSUER: must be an https: URL/m)
    expect(problem({ ...local, INTEROP_OIDC_ISSUER: 'http://idp.example.com' })).toMatch(
      /^INTEROP_OIDC_ISSUER: must be an https: URL/m,
    )
  })
})

test.each(['short', DEVELOPMENT_INTERNAL_TOKEN])(
  'production refuses the internal token %j, unseen',
  (token) => {
    const message = problem({ NODE_ENV: 'production', CONTROL_PLANE_INTERNAL_TOKEN: token })
    expect(message).toMatch(/^CONTROL_PLANE_INTERNAL_TOKEN: must /)
    expect(message).not.toContain(token)
  },
)

test('several NATS servers, proxies and origins are lists', () => {
  expect(
    parseEnvironment(environmentSchema, {
      NATS_URL: 'nats://a:4222, tls://b:4222',
      TRUSTED_PROXIES: 'loopback, 10.0.0.0/8',
      ALLOWED_ORIGINS: 'https://*.example.com,https://example.com',
    }),
  ).toMatchObject({
    NATS_URL: ['nats://a:4222', 'tls://b:4222'],
    TRUSTED_PROXIES: ['loopback', '10.0.0.0/8'],
    allowedOrigins: ['https://*.example.com', 'https://example.com'],
  })
})
