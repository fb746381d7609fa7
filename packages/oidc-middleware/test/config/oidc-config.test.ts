import { expect, test } from 'vitest'
import { allowInsecureHttp, createVerifier, readOidcEnvironment, verifierConfigOf } from '../../src/index.ts'

const CONFIG = { authServiceUrl: 'https://auth.example.com', appSlug: 'my-app' }
const ENV = { AUTH_SERVICE_URL: 'https://auth.example.com', AUTH_SERVICE_APP_SLUG: 'my-app' }

test('the defaults are those of an auth service made with BetterAuth', () => {
  expect(verifierConfigOf(CONFIG)).toMatchObject({
    issuer: 'https://auth.example.com',
    audience: 'my-app',
    jwksUri: 'https://auth.example.com/api/auth/jwks',
  })
})

test('every default can be replaced', () => {
  const config = { ...CONFIG, issuer: 'https://i', audience: ['a', 'b'], jwksUri: 'https://k/jwks' }
  expect(verifierConfigOf(config)).toMatchObject({
    issuer: 'https://i',
    audience: ['a', 'b'],
    jwksUri: 'https://k/jwks',
  })
})

test('a slash at the end of the URL stays in the issuer and is not doubled in the path of the keys', () => {
  expect(verifierConfigOf({ ...CONFIG, authServiceUrl: 'https://auth.example.com/base/' })).toMatchObject({
    issuer: 'https://auth.example.com/base/',
    jwksUri: 'https://auth.example.com/base/api/auth/jwks',
  })
})

test.each([
  [undefined, 'config'],
  [{}, 'authServiceUrl'],
  [{ appSlug: 'a' }, 'authServiceUrl'],
  [{ authServiceUrl: 'https://a' }, 'appSlug'],
  [{ authServiceUrl: '', appSlug: 'a' }, 'authServiceUrl'],
  [{ authServiceUrl: 'https://a', appSlug: 7 }, 'appSlug'],
  [{ authServiceUrl: 'auth.example.com', appSlug: 'a' }, 'authServiceUrl'],
])('the configuration %j is a mistake in "%s"', (config, option) => {
  expect(() => verifierConfigOf(config as never)).toThrow(TypeError)
  expect(() => verifierConfigOf(config as never)).toThrow(option)
})

test('the environment has five variables, two of them required', () => {
  expect(readOidcEnvironment(ENV)).toMatchObject(CONFIG)
  const all = {
    ...ENV,
    AUTH_SERVICE_JWKS_URI: 'https://k/jwks',
    AUTH_SERVICE_ISSUER: 'https://i',
    AUTH_SERVICE_AUDIENCE: 'https://api',
  }
  expect(verifierConfigOf(readOidcEnvironment(all))).toMatchObject({
    issuer: 'https://i',
    audience: 'https://api',
    jwksUri: 'https://k/jwks',
  })
  for (const name of ['AUTH_SERVICE_URL', 'AUTH_SERVICE_APP_SLUG']) {
    expect(() => readOidcEnvironment({ ...ENV, [name]: undefined })).toThrow(name)
    expect(() => readOidcEnvironment({ ...ENV, [name]: '' })).toThrow(name)
  }
})

test('an empty optional variable is an absent one', () => {
  const env = { ...ENV, AUTH_SERVICE_JWKS_URI: '', AUTH_SERVICE_ISSUER: '', AUTH_SERVICE_AUDIENCE: '' }
  expect(verifierConfigOf(readOidcEnvironment(env))).toMatchObject({
    issuer: 'https://auth.example.com',
    audience: 'my-app',
    jwksUri: 'https://auth.example.com/api/auth/jwks',
  })
})

test('http: is permitted on loopback outside production, and nowhere else', () => {
  const local = { ...ENV, AUTH_SERVICE_URL: 'http://localhost:3000' }
  const make = (env: Record<string, string>) => (): unknown =>
    createVerifier(verifierConfigOf(readOidcEnvironment(env)))
  expect(make(local)).not.toThrow()
  expect(make({ ...local, NODE_ENV: 'production' })).toThrow(/"jwksUri"/)
  expect(make({ ...ENV, AUTH_SERVICE_URL: 'http://auth.example.com' })).toThrow(/"jwksUri"/)
  expect(readOidcEnvironment(ENV)[allowInsecureHttp]).toBe(true)
})
