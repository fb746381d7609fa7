import { describe, expect, test } from 'vitest'
import { clientOf } from '../fixtures/client.ts'
import { NO_LIMITS } from '../fixtures/open-api.ts'
import type { Share } from '../fixtures/suite.ts'
import { expectProblem } from './problems.ts'

const windowMs = 60_000

/** Limits on requests. */
export function describeLimits(share: Share): void {
  describe('limits', () => {
    test('count the requests of an address, also those that nobody answers', async () => {
      const app = await share().api.open({ rateLimits: { ...NO_LIMITS, address: { max: 3, windowMs } } })
      const from = (address: string, path = '/nothing') => clientOf(app).get(path, { address })
      for (let index = 0; index < 3; index += 1) expect((await from('192.0.2.1')).statusCode).toBe(404)
      const refused = await from('192.0.2.1')
      expectProblem(refused, 429, 'ERR_RATE_LIMITED')
      expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0)
      expectProblem(await from('192.0.2.1', '/session'), 429, 'ERR_RATE_LIMITED')
      const docs = await app.inject({ url: '/docs/json', remoteAddress: '192.0.2.1' })
      expectProblem(docs, 429, 'ERR_RATE_LIMITED')
      expect((await from('192.0.2.2')).statusCode).toBe(404)
      // Of one customer's network.
      for (let index = 0; index < 3; index += 1) await from(`2001:db8::${index}`)
      expectProblem(await from('2001:db8::ffff'), 429, 'ERR_RATE_LIMITED')
    })

    test('count the requests of a credential, from wherever', async () => {
      const { api, operator } = share()
      const app = await api.open({ rateLimits: { ...NO_LIMITS, credential: { max: 2, windowMs } } })
      const me = (key: string, address: string) => clientOf(app, key).get('/me', { address })
      const first = await me(operator.viewer, '192.0.2.1')
      expect(first.headers).toMatchObject({ 'ratelimit-limit': '2', 'ratelimit-remaining': '1' })
      expect((await me(operator.viewer, '192.0.2.2')).statusCode).toBe(200)
      expectProblem(await me(operator.viewer, '192.0.2.3'), 429, 'ERR_RATE_LIMITED')
      expect((await me(operator.admin, '192.0.2.3')).statusCode).toBe(200)
    })

    test('count wrong credentials harder, of whatever kind, and then hear none of that address', async () => {
      const { api, operator } = share()
      const app = await api.open({ rateLimits: { ...NO_LIMITS, wrongCredential: { max: 4, windowMs } } })
      const address = '192.0.2.9'
      const wrong = [
        await clientOf(app, 'pck_wrong').get('/me', { address }),
        await clientOf(app, 'x.y.z').get('/me', { address }),
        await clientOf(app).post('/session', { apiKey: 'wrong' }, { address }),
        await clientOf(app).post('/setup', { token: 'wrong' }, { address }),
      ]
      expect(wrong.map(({ statusCode }) => statusCode)).toEqual([401, 401, 401, 403])
      for (const response of [
        await clientOf(app, operator.owner).get('/me', { address }),
        await clientOf(app).post('/session', { apiKey: operator.owner }, { address }),
        await clientOf(app).post('/setup', { token: 'x' }, { address }),
      ]) {
        expectProblem(response, 429, 'ERR_RATE_LIMITED')
        expect(Number(response.headers['retry-after'])).toBeGreaterThan(0)
      }
      expect((await clientOf(app, operator.owner).get('/me', { address: '192.0.2.10' })).statusCode).toBe(200)
      expect((await clientOf(app).get('/session', { address })).statusCode).toBe(200)
    })

    test('count no right credentials as wrong ones', async () => {
      const { api, operator } = share()
      const app = await api.open({ rateLimits: { ...NO_LIMITS, wrongCredential: { max: 1, windowMs } } })
      for (let index = 0; index < 3; index += 1) {
        expect((await clientOf(app, operator.viewer).get('/workspaces/nowhere')).statusCode).toBe(404)
        expect(
          (await clientOf(app, operator.viewer).post('/workspaces', { workspaceId: 'x' })).statusCode,
        ).toBe(403)
      }
    })
  })
}
