import { loggerOptions } from '@portcullis/app'
import { createAuthService, createKeyRing, createMemoryStore } from '@portcullis/gateway-auth'
import { createEmbeddedTransport } from '@portcullis/transport/embedded'
import { createGateway, GatewayError } from '@portcullis/ws-gateway'
import { pino } from 'pino'
import { expect, test } from 'vitest'
import { createApp } from '../src/app.ts'

const unused = (): never => {
  throw new Error('nobody asks for metrics here')
}

test.each([
  ['GET', '/nothing', 404, 'ERR_NOT_FOUND'],
  ['POST', '/health', 404, 'ERR_NOT_FOUND'],
  ['GET', '/ws', 404, 'ERR_NOT_FOUND'],
  ['GET', '/%zz', 400, 'FST_ERR_BAD_URL'],
] as const)(
  'answers %s %s with %i %s in the shape of a refused upgrade, and quotes no URL',
  async (method, url, statusCode, code) => {
    await using transport = createEmbeddedTransport()
    const authorize = async (): Promise<never> => Promise.reject(new GatewayError('forbidden', 'nobody'))
    const gateway = createGateway({ transport, authorize })
    await using service = createAuthService({
      issuer: 'http://localhost:4000',
      keys: createKeyRing([{ algorithm: 'HS256', key: 'a-secret-for-tests-of-the-application' }]),
      store: createMemoryStore(),
      registration: 'open',
    })
    await using app = await createApp({
      gateway,
      authorizer: { stats: () => unused() },
      fleet: { stats: () => unused(), isLinked: () => undefined },
      isRelaying: () => true,
      transport,
      auth: { service, isStarted: () => true, eventCounts: () => ({}), close: async () => undefined },
      internalSecrets: [],
      trustedProxies: [],
      logger: pino(loggerOptions('silent')),
    })
    const response = await app.inject({ method, url: `${url}?token=HIDDEN` })
    expect(response.statusCode).toBe(statusCode)
    expect(Object.keys(response.json<object>())).toEqual(['statusCode', 'error', 'code', 'message'])
    expect(response.json()).toMatchObject({ statusCode, code })
    expect(response.body).not.toContain('HIDDEN')
  },
)
