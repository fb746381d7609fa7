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
      DATABASE_URL: undefined,
      DATA_DIR: 'data/control-plane',
      isDataDirChosen: false,
      secretKeys: undefined,
      PROJECTS_FILE: undefined,
      GATEWAY_JWT_SECRET: undefined,
      JWKS_EGRESS: 'any',
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
  ['LOG_LEVEL', 'loud'],
  ['EXIT_WITH_PARENT', 'maybe'],
  ['CONTROL_PLANE_INTERNAL_TOKEN', ','],
  ['CONTROL_PLANE_INTERNAL_TOKEN', 'has spaces and so cannot be a bearer token'],
])('%s=%s is refused by name, and the value is not shown', (name, value) => {
  expect(problem({ [name]: value })).toMatch(new RegExp(`^${name}: `))
  if (value.length > 4) expect(problem({ [name]: value })).not.toContain(value)
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
