import fastify, { type FastifyInstance } from 'fastify'
import { expect, test } from 'vitest'
import { authRoutes, gatewayAuth } from '../../src/fastify/index.ts'
import type { AuthService } from '../../src/index.ts'
import { testService } from '../support/service.ts'

async function appWith(auth: AuthService, isGuarded: boolean): Promise<FastifyInstance> {
  const app = fastify()
  if (isGuarded) await app.register(gatewayAuth, { auth })
  await app.register(authRoutes, { auth })
  return app
}

test.each([true, false])(
  'tells whom a token belongs to, with the guard of the app (%s)',
  async (isGuarded) => {
    const { auth, register } = await testService()
    const client = await register()
    const { accessToken } = await auth.issueTokens(client)
    await using app = await appWith(auth, isGuarded)
    const answer = await app.inject({
      url: '/auth/context',
      headers: { authorization: `Bearer ${accessToken}` },
    })
    expect(answer.statusCode).toBe(200)
    expect(answer.headers['cache-control']).toBe('no-store')
    expect(answer.json()).toEqual({ ...(await auth.verify(accessToken)) })
    expect(answer.json()).toMatchObject({ namespaceId: client.namespaceId, clientId: client.clientId })
  },
)

test.each([true, false])('refuses whoever has none, with the guard of the app (%s)', async (isGuarded) => {
  const { auth, register } = await testService()
  const { accessToken, refreshToken } = await auth.issueTokens(await register())
  await using app = await appWith(auth, isGuarded)
  const ask = (authorization?: string, query = '') =>
    app.inject({
      url: `/auth/context${query}`,
      headers: authorization === undefined ? {} : { authorization },
    })
  const none = await ask()
  expect(none).toMatchObject({ statusCode: 401 })
  expect(none.headers['www-authenticate']).toBe('Bearer realm="portcullis"')
  const refresh = await ask(`Bearer ${refreshToken}`)
  expect(refresh).toMatchObject({ statusCode: 401 })
  expect(refresh.headers['www-authenticate']).toContain('error="invalid_token"')
  expect(await ask(`Bearer ${accessToken}`, '?access_token=x')).toMatchObject({ statusCode: 400 })
})
