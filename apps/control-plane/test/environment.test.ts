import { readFileSync } from 'node:fs'
import { DEVELOPMENT_INTERNAL_TOKEN, EnvironmentError, parseEnvironment } from '@portcullis/app'
import { describe, expect, test } from 'vitest'
import { environmentSchema, variables } from '../src/environment.ts'

const TOKEN = 'a-token-for-production-of-32-bytes'
const KEY = '0123456789abcdef'.repeat(4)
const PRODUCTION = { NODE_ENV: 'production', REGISTRY_SECRET_KEY: KEY }

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
  test('outside production it listens on this machine only, with the development token', () => {
    expect(parseEnvironment(environmentSchema, {})).toEqual({
      production: false,
      PORT: 3000,
      HOST: '127.0.0.1',
      internalTokens: [DEVELOPMENT_INTERNAL_TOKEN],
      PUBLIC_URL: 'http://localhost:3000',
      DATA_DIR: 'data/control-plane',
      isDataDirChosen: false,
      secretKeys: undefined,
      JWKS_EGRESS: 'any',
      TRUSTED_PROXIES: [],
      RATE_LIMIT_PER_ADDRESS: 1200,
      RATE_LIMIT_PER_CREDENTIAL: 1200,
      RATE_LIMIT_WRONG_CREDENTIALS: 20,
      LOG_LEVEL: 'info',
      EXIT_WITH_PARENT: false,
    })
  })

  test('in production it listens everywhere and wants a token and a key', () => {
    expect(problem({ NODE_ENV: 'production' }).split('\n')).toEqual([
      expect.stringMatching(/^CONTROL_PLANE_INTERNAL_TOKEN: .*is required in production$/),
      expect.stringMatching(/^REGISTRY_SECRET_KEY: .*is required in production$/),
    ])
    const env = parseEnvironment(environmentSchema, {
      ...PRODUCTION,
      CONTROL_PLANE_INTERNAL_TOKEN: TOKEN,
    })
    expect(env).toMatchObject({ HOST: '0.0.0.0', internalTokens: [TOKEN], production: true })
  })
})

test('two internal tokens are accepted while one is rotated', () => {
  const env = parseEnvironment(environmentSchema, { CONTROL_PLANE_INTERNAL_TOKEN: `${TOKEN}, ${TOKEN}2` })
  expect(env.internalTokens).toEqual([TOKEN, `${TOKEN}2`])
})

test.each([
  ['PORT', '70000'],
  ['PORT', 'x'],
  ['NODE_ENV', 'prodution'],
  ['JWKS_EGRESS', 'everywhere'],
  ['DATABASE_URL', 'mysql://user:password@host/db'],
  ['REGISTRY_SECRET_KEY', ','],
  ['REGISTRY_SECRET_KEY', KEY.slice(1)],
  ['REGISTRY_SECRET_KEY', `${KEY}0`],
  ['REGISTRY_SECRET_KEY', `${KEY},${KEY}`],
  ['REGISTRY_SECRET_KEY', `${KEY},a passphrase`],
  ['GATEWAY_JWT_SECRET', 'short-secret'],
  ['INTERNAL_PORT', '3000'],
  ['PUBLIC_URL', 'https://console.example.com/path'],
  ['PUBLIC_URL', 'ftp://console.example.com'],
  ['NATS_URL', 'http://localhost:4222'],
  ['NATS_INBOX_PREFIX', 'a.b'],
  ['OIDC_ISSUER', 'ldap://id.example.com'],
  ['OIDC_CLIENT_ID', 'console'],
  ['OIDC_CLIENT_SECRET', 'a-secret'],
  ['OIDC_AUDIENCE', 'an-audience'],
  ['AUDIT_RETENTION_DAYS', '0'],
  ['TRUSTED_PROXIES', '10.0.0.0/33'],
  ['TRUSTED_PROXIES', 'proxy.example.com'],
  ['RATE_LIMIT_PER_ADDRESS', '-1'],
  ['LOG_LEVEL', 'loud'],
  ['EXIT_WITH_PARENT', 'maybe'],
  ['CONTROL_PLANE_INTERNAL_TOKEN', ','],
  ['CONTROL_PLANE_INTERNAL_TOKEN', 'has spaces and so cannot be a bearer token'],
])('%s=%s is refused by name, and the value is not shown', (name, value) => {
  expect(problem({ [name]: value })).toMatch(new RegExp(`^${name}: `))
  if (value.length > 4) expect(problem({ [name]: value })).not.toContain(value)
})

test('an identity provider needs a client, and in production https: and a public URL', () => {
  expect(problem({ OIDC_ISSUER: 'http://localhost:9000' })).toMatch(
    /^OIDC_CLIENT_ID: .*is required with OIDC_ISSUER$/,
  )
  const client = { OIDC_ISSUER: 'http://localhost:9000', OIDC_CLIENT_ID: 'console' }
  expect(problem(client)).toBe('none')
  expect(problem({ ...PRODUCTION, CONTROL_PLANE_INTERNAL_TOKEN: TOKEN, ...client }).split('\n')).toEqual([
    'OIDC_ISSUER: must be an https: URL in production',
    expect.stringMatching(/^PUBLIC_URL: .*is required with OIDC_ISSUER$/),
  ])
})

test('in production the console is reached over https:, or on this machine', () => {
  const production = { ...PRODUCTION, CONTROL_PLANE_INTERNAL_TOKEN: TOKEN }
  expect(problem({ ...production, PUBLIC_URL: 'http://console.example.com' })).toBe(
    'PUBLIC_URL: must be https: in production',
  )
  expect(problem({ ...production, PUBLIC_URL: 'http://localhost:3000' })).toBe('none')
  expect(problem({ PUBLIC_URL: 'http://console.example.com' })).toBe('none')
})

test('tokens that say who signed in are not taken for access tokens', () => {
  const provider = { OIDC_ISSUER: 'http://localhost:9000', OIDC_CLIENT_ID: 'console' }
  expect(problem({ ...provider, OIDC_AUDIENCE: 'console' })).toBe('OIDC_AUDIENCE: must not be OIDC_CLIENT_ID')
  expect(problem({ ...provider, OIDC_AUDIENCE: 'control-plane' })).toBe('none')
})

test.each(['10.0.0.1', '10.0.0.0/8, ::1', 'loopback,fd00::/8'])('the proxies %s are trusted', (text) => {
  const env = parseEnvironment(environmentSchema, { TRUSTED_PROXIES: text })
  expect(env.TRUSTED_PROXIES).toEqual(text.split(/, ?/))
})

test.each(['short', `${TOKEN},short`])('production refuses the short internal token %j', (token) => {
  expect(problem({ ...PRODUCTION, CONTROL_PLANE_INTERNAL_TOKEN: token })).toBe(
    'CONTROL_PLANE_INTERNAL_TOKEN: must have at least 32 bytes in production',
  )
})

test.each([DEVELOPMENT_INTERNAL_TOKEN, `${TOKEN},${DEVELOPMENT_INTERNAL_TOKEN}`])(
  'production refuses the development token, also as one of two',
  (token) => {
    expect(problem({ ...PRODUCTION, CONTROL_PLANE_INTERNAL_TOKEN: token })).toBe(
      'CONTROL_PLANE_INTERNAL_TOKEN: must not be the development token in production',
    )
  },
)

test('in production key URLs lead to public addresses only, unless somebody says otherwise', () => {
  const production = { ...PRODUCTION, CONTROL_PLANE_INTERNAL_TOKEN: TOKEN }
  expect(parseEnvironment(environmentSchema, production).JWKS_EGRESS).toBe('public')
  expect(parseEnvironment(environmentSchema, { ...production, JWKS_EGRESS: 'any' }).JWKS_EGRESS).toBe('any')
})

test.each(['hex', 'base64', 'base64url'] as const)(
  'keys are read in %s, the one that encrypts first',
  (encoding) => {
    const keys = [Buffer.alloc(32, 251), Buffer.alloc(32, 7)]
    const text = keys.map((key) => key.toString(encoding)).join(', ')
    expect(parseEnvironment(environmentSchema, { REGISTRY_SECRET_KEY: text }).secretKeys).toEqual(keys)
  },
)
