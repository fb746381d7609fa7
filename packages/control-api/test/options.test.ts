import fastify from 'fastify'
import { expect, test } from 'vitest'
import { controlApi } from '../src/index.ts'
import { unopened } from './fixtures/unopened.ts'

const oidc = { issuer: 'https://id.example.com', clientId: 'console' }
const publicUrl = 'https://console.example.com'

test.each<[string, object]>([
  ['"store" must be a managed store', { store: {} }],
  ['"registry" must be a registry', { registry: null }],
  ['"fleet" must be a fleet view', { fleet: {} }],
  ['"machineTokens" must be a function', { machineTokens: 'x' }],
  ['"publicUrl" is needed for "oidc"', { oidc }],
  ['"publicUrl" must be an http: or https: URL without a path', { publicUrl: 'console.example.com' }],
  ['"publicUrl" must be an http: or https: URL without a path', { publicUrl: `${publicUrl}/x` }],
  ['"publicUrl" must be an http: or https: URL without a path', { publicUrl: 'https://a:b@example.com' }],
  ['"oidc.issuer" must be an https: URL', { oidc: { ...oidc, issuer: 'http://id.example.com' }, publicUrl }],
  ['"oidc.clientId" must be text', { oidc: { ...oidc, clientId: '' }, publicUrl }],
  ['"oidc.clientSecret" must be text', { oidc: { ...oidc, clientSecret: '' }, publicUrl }],
  ['"oidc.audience" must be text', { oidc: { ...oidc, audience: '' }, publicUrl }],
  ['"cookieKey" must be 32 bytes', { cookieKey: new Uint8Array(31) }],
  ['"sessionTtlMs" must be an integer', { sessionTtlMs: 0.5 }],
  ['"gatewayTimeoutMs" must be an integer', { gatewayTimeoutMs: 0 }],
  ['"version" must be text', { version: '' }],
  ['"rateLimits.address.max" must be an integer', { rateLimits: { address: { max: 0, windowMs: 1000 } } }],
  [
    '"rateLimits.credential.windowMs" must be an integer',
    { rateLimits: { credential: { max: 1, windowMs: 1 } } },
  ],
])('%s', async (message, options) => {
  const app = fastify()
  await expect(app.register(controlApi, { ...unopened(), ...options })).rejects.toThrow(
    new RegExp(`^${message.replaceAll(/[.()]/g, '\\$&')}`),
  )
})

test('a route that does not say who may use it is found at start', async () => {
  const { guardRoutes } = await import('../src/access/access-hooks.ts')
  const app = fastify()
  guardRoutes(app, {} as never)
  expect(() => app.get('/open', async () => 'x')).toThrow('GET /open does not say who may use it')
})
