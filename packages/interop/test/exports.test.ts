import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import * as fastifyEntry from '../src/fastify/index.ts'
import Gateway, * as api from '../src/index.ts'
import * as wsEntry from '../src/ws/index.ts'

const { DEFAULT_LIMITS, INTEROP_ERRORS, InteropError, IOGateway } = api
const packageJson = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  exports: Record<string, object | string>
}
const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')

test('the package exports these names and no others', () => {
  expect(Object.keys(api).toSorted()).toEqual([
    'DEFAULT_LIMITS',
    'INTEROP_ERRORS',
    'IOGateway',
    'InteropError',
    'createGateway',
    'default',
  ])
  expect(Object.keys(wsEntry).toSorted()).toEqual(['attachInterop', 'createInteropUpgrade'])
  expect(Object.keys(fastifyEntry)).toEqual(['interopGateway'])
})

test('the factory has three names', () => {
  expect(Gateway).toBe(api.createGateway)
  expect(IOGateway.Factory).toBe(api.createGateway)
  expect(IOGateway.Gateway).toBe(api.createGateway)
})

test('the package has these entries, each with the source condition first', () => {
  const entries = ['.', './auth/api', './fastify', './ws']
  expect(Object.keys(packageJson.exports)).toEqual([...entries, './package.json'])
  for (const entry of entries) {
    expect(Object.keys(packageJson.exports[entry] as object)).toEqual([
      '@portcullis/source',
      'types',
      'default',
    ])
  }
})

test('the reasons are public', () => {
  expect(
    Object.fromEntries(Object.entries(INTEROP_ERRORS).map(([code, { reason }]) => [code, reason])),
  ).toEqual({
    ERR_INTEROP_FAILURE: 'failure',
    ERR_INTEROP_UNHANDLED_MESSAGE: 'unhandled_message',
    ERR_INTEROP_AUTHENTICATION: 'authentication.failure',
    ERR_INTEROP_BAD_IDENTITY: 'bad_identity',
    ERR_INTEROP_ALREADY_SEEN: 'already_seen',
    ERR_INTEROP_LIMITS_EXCEEDED: 'limits_exceeded',
    ERR_INTEROP_INVALID_DOMAIN: 'invalid_domain',
    ERR_INTEROP_INVALID_PEER: 'invalid_peer',
    ERR_INTEROP_BAD_RESTRICTION: 'failure',
    ERR_INTEROP_NOT_AUTHORIZED: 'not_authorized',
    ERR_INTEROP_BAD_LIFETIME: 'bad_lifetime',
    ERR_INTEROP_REGISTRATION: 'registration.failure',
    ERR_INTEROP_UNREGISTRATION: 'unregistration.failure',
    ERR_INTEROP_INVOCATION: 'invocation.failure',
    ERR_INTEROP_SUBSCRIPTION: 'subscription.failure',
    ERR_INTEROP_INVALID_SUBSCRIPTION: 'subscription.invalid_subscription',
    ERR_INTEROP_UNAVAILABLE: 'unavailable',
    ERR_INTEROP_ORIGIN_REFUSED: 'origin_refused',
    ERR_INTEROP_NOT_FOUND: 'not_found',
    ERR_INTEROP_TOO_MANY_CONNECTIONS: 'limits_exceeded',
  })
})

test('the README lists every error as it is', () => {
  const rows = [...readme.matchAll(/^\| `(ERR_\w+)` +\| `([\w.]+)` +\|/gm)].map(([, code, reason]) => [
    code,
    reason,
  ])
  expect(Object.fromEntries(rows)).toEqual(
    Object.fromEntries(Object.entries(INTEROP_ERRORS).map(([code, { reason }]) => [code, reason])),
  )
})

test('the README lists every limit with its default', () => {
  const table = readme.slice(readme.indexOf('### Limits'))
  const rows = [...table.matchAll(/^\| `(max\w+|clusterTimeoutMs)` .*\| (\d+) +\|$/gm)]
  expect(Object.fromEntries(rows.map(([, name, value]) => [name, Number(value)]))).toEqual(DEFAULT_LIMITS)
})

test('the README lists every option of an upgrade', () => {
  const source = readFileSync(new URL('../src/ws/interop-upgrade.ts', import.meta.url), 'utf8')
  const members = /export interface InteropUpgradeOptions \{([\s\S]*?)\n\}/.exec(source)?.[1] ?? ''
  const known = [...members.matchAll(/^ {2}(\w+)\?:/gm)].map(([, name]) => name)
  const table = readme.slice(readme.indexOf('### WebSocket'), readme.indexOf('### Limits'))
  const told = [...table.matchAll(/^\| `(\w+)`/gm)].map(([, name]) => name)
  expect(new Set(told)).toEqual(new Set(known))
  expect(known.length).toBeGreaterThan(5)
})

test('an error says what it is, also across copies of the package', () => {
  const error = new InteropError('ERR_INTEROP_FAILURE', 'no', { context: { a: 1 }, requestId: 7 })
  expect(error).toMatchObject({
    name: 'InteropError',
    code: 'ERR_INTEROP_FAILURE',
    context: { a: 1 },
    requestId: 7,
  })
  expect(InteropError.is({ [Symbol.for('@portcullis/interop/error')]: true })).toBe(true)
  for (const other of [new Error('x'), null, undefined, 'x']) expect(InteropError.is(other)).toBe(false)
})
