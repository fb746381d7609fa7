import { readFileSync } from 'node:fs'
import { DEVELOPMENT_INTERNAL_TOKEN, EnvironmentError, parseEnvironment } from '@portcullis/app'
import { describe, expect, test } from 'vitest'
import { environmentSchema, variables } from '../src/environment.ts'

const TOKEN = 'a-token-for-production-of-32-bytes'

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
      /^CONTROL_PLANE_INTERNAL_TOKEN: .*required in production$/,
    )
    expect(
      parseEnvironment(environmentSchema, { NODE_ENV: 'production', CONTROL_PLANE_INTERNAL_TOKEN: TOKEN }),
    ).toMatchObject({ production: true, HOST: '0.0.0.0', allowedOrigins: undefined, internalToken: TOKEN })
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
  ['LOG_LEVEL', 'loud'],
  ['EXIT_WITH_PARENT', 'maybe'],
  ['ALLOWED_ORIGINS', 'example.com'],
])('%s=%s is refused by name', (name, value) => {
  expect(problem({ [name]: value })).toMatch(new RegExp(`^${name}: `))
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
