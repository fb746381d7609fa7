import fastify from 'fastify'
import { expect, test } from 'vitest'
import { internalRoutes } from '../../src/fastify/index.ts'
import { payloadOf } from '../support/payload-of.ts'
import { testApp } from '../support/app.ts'
import { INTERNAL, testService } from '../support/service.ts'

const headers = { 'x-internal-secret': INTERNAL }

test('clients are listed, shown, changed, given a new secret and deleted', async () => {
  const { app, auth, register } = await testApp()
  const { clientId, clientSecret, namespaceId } = await register()
  const url = `/internal/clients/${clientId}`
  const listed = await app.inject({ url: `/internal/clients?namespaceId=${namespaceId}&limit=10`, headers })
  expect(listed.json()).toMatchObject({ clients: [{ clientId }], next: null })
  expect(listed.headers['cache-control']).toBe('no-store')
  expect((await app.inject({ url, headers })).json()).toMatchObject({ clientId, tier: 'free' })
  const changed = await app.inject({
    method: 'PATCH',
    url,
    headers,
    payload: { tier: 'pro', disabled: true },
  })
  expect(changed.json()).toMatchObject({ tier: 'pro', disabledAt: expect.any(Number) })
  expect(changed.body).not.toContain('secretHash')
  await app.inject({ method: 'PATCH', url, headers, payload: { disabled: false } })
  const rotated = await app.inject({ method: 'POST', url: `${url}/secret`, headers })
  const next = rotated.json<{ clientSecret: string }>().clientSecret
  expect(next).not.toBe(clientSecret)
  const { refreshToken } = await auth.issueTokens({ clientId, clientSecret: next })
  const family = `/internal/families/${String(payloadOf(refreshToken)['sid'])}/revoke`
  expect((await app.inject({ method: 'POST', url: family, headers })).statusCode).toBe(204)
  await expect(auth.refreshTokens(refreshToken)).rejects.toMatchObject({ code: 'ERR_REFRESH_TOKEN_INVALID' })
  expect((await app.inject({ method: 'DELETE', url, headers })).statusCode).toBe(204)
  expect((await app.inject({ method: 'DELETE', url, headers })).statusCode).toBe(404)
})

test.each<[string, string, number, object?]>([
  ['GET', '/internal/clients/c_x', 404],
  ['PATCH', '/internal/clients/c_x', 404, { tier: 'pro' }],
  ['PATCH', '/internal/clients/c_x', 400, { tier: 'gold' }],
  ['PATCH', '/internal/clients/c_x', 400, { disabled: 'true' }],
  ['PATCH', '/internal/clients/c_x', 400, { namespaceId: 'other' }],
  ['PATCH', '/internal/clients/c_x', 400, { capabilities: ['a b'] }],
  ['POST', '/internal/clients/c_x/secret', 404],
  ['POST', '/internal/families/x/revoke', 404],
  ['GET', '/internal/clients?limit=0', 400],
  ['GET', '/internal/clients?limit=1001', 400],
  ['GET', '/internal/clients?limit=1&limit=2', 400],
  ['GET', '/internal/clients?namespaceId=a.b', 400],
])('%s %s is %i', async (method, url, status, payload) => {
  const { app } = await testApp()
  const answer = await app.inject({ method: method as 'GET', url, headers, ...(payload && { payload }) })
  expect(answer.statusCode).toBe(status)
  expect(answer.json()).toMatchObject({ statusCode: status, code: expect.stringMatching(/^ERR_/) })
})

test('the routes guard themselves, also alone and under a prefix', async () => {
  const { auth } = await testService()
  const app = fastify()
  await app.register(internalRoutes, { auth, internalSecrets: INTERNAL, prefix: '/api' })
  expect((await app.inject('/api/internal/clients')).statusCode).toBe(403)
  expect((await app.inject({ url: '/api/internal/clients', headers })).statusCode).toBe(200)
  await expect(fastify().register(internalRoutes, { auth })).rejects.toThrow('"internalSecrets"')
})
