import { createKeyRing } from '@portcullis/auth-core'
import fastify from 'fastify'
import { expect, test } from 'vitest'
import { authRoutes, gatewayAuth, internalRoutes } from '../../src/fastify/index.ts'
import { type AuthStore, createAuthService, createMemoryStore, GatewayAuthError } from '../../src/index.ts'
import { codeOf } from '../support/code-of.ts'

const KEYS = createKeyRing([{ algorithm: 'HS256', key: 'a secret for a store that is away' }])

/** A store that cannot be opened until told. */
function absentStore(): { store: AuthStore; appear: () => void } {
  const memory = createMemoryStore()
  let isThere = false
  const away = new GatewayAuthError('ERR_AUTH_STORE_UNAVAILABLE', 'the store is away')
  return {
    appear: () => {
      isThere = true
    },
    // Of a copy: a proxy must not lie about what is frozen.
    store: new Proxy(
      { ...memory },
      {
        get: (target, name: keyof AuthStore) =>
          isThere || typeof target[name] !== 'function' || name === 'close'
            ? target[name]
            : () => Promise.reject(away),
      },
    ),
  }
}

const serviceOn = (store: AuthStore) =>
  createAuthService({ issuer: 'https://auth.example', keys: KEYS, store, registration: 'open' })

const seedToken = (): Promise<string> => {
  const iat = Math.floor(Date.now() / 1000)
  return KEYS.sign({ sub: 'h', namespaceId: 'n', tier: 'free', type: 'machine', iat, exp: iat + 60 })
}

test('an application does not boot without the store, because nothing could be answered', async () => {
  await using auth = serviceOn(absentStore().store)
  for (const [plugin, options] of [
    [gatewayAuth, { auth }],
    [authRoutes, { auth }],
    [internalRoutes, { auth, internalSecrets: 'x' }],
  ] as const) {
    await using app = fastify()
    const booting = Promise.resolve(app.register(plugin as typeof gatewayAuth, options as never))
    expect(await codeOf(booting.then(() => app.ready()))).toBe('ERR_AUTH_STORE_UNAVAILABLE')
  }
})

test('one that starts the service itself serves what is open, and the rest once the store is there', async () => {
  const { store, appear } = absentStore()
  await using auth = serviceOn(store)
  await using app = fastify()
  await app.register(gatewayAuth, { auth, startAuth: false })
  await app.register(authRoutes, { auth, startAuth: false })
  app.get('/open', { config: { auth: 'none' } }, async () => 'open')
  app.get('/closed', async (request) => request.authContext?.namespaceId)
  const headers = { authorization: `Bearer ${await seedToken()}` }

  expect((await app.inject('/open')).statusCode).toBe(200)
  const early = await app.inject({ url: '/closed', headers })
  expect(early.statusCode).toBe(503)
  expect(early.headers['retry-after']).toBe('1')
  expect(
    (await app.inject({ method: 'POST', url: '/auth/token', payload: { clientId: 'c', clientSecret: 's' } }))
      .statusCode,
  ).toBe(503)

  appear()
  await auth.start()
  expect(await app.inject({ url: '/closed', headers })).toMatchObject({ statusCode: 200, body: 'n' })
})

test('before the first look into the store a good token is neither taken nor refused', async () => {
  await using auth = serviceOn(createMemoryStore())
  expect(await codeOf(auth.verify(await seedToken()))).toBe('ERR_AUTH_KEYS_UNAVAILABLE')
  expect(await codeOf(auth.verify('no token'))).toBe('ERR_AUTH_TOKEN_INVALID')
  await auth.start()
  expect((await auth.verify(await seedToken())).namespaceId).toBe('n')
})
