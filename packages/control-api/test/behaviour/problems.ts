import fc from 'fast-check'
import type { LightMyRequestResponse } from 'fastify'
import { describe, expect, test } from 'vitest'
import { clientOf } from '../fixtures/client.ts'
import type { Share } from '../fixtures/suite.ts'
import { unique } from '../fixtures/world.ts'

const JSON_TYPE = { 'content-type': 'application/json' }

/** What every refusal is. */
export function expectProblem(response: LightMyRequestResponse, status: number, code: string): void {
  expect(response.headers['content-type']).toMatch(/^application\/problem\+json/)
  const problem = response.json<Record<string, unknown>>()
  expect(problem).toMatchObject({ type: 'about:blank', status, code })
  expect(response.statusCode).toBe(status)
  for (const member of ['title', 'detail', 'instance']) expect(problem[member]).toMatch(/^[\x20-\x7e]+$/)
  expect(response.headers['cache-control']).toBe('no-store')
}

/** Refusals, whatever is sent. */
export function describeProblems(share: Share): void {
  describe('a refusal is a problem', () => {
    test.each([
      ['GET', '/api/nothing', 404, 'ERR_NOT_FOUND'],
      ['PUT', '/api/me', 404, 'ERR_NOT_FOUND'],
      ['GET', '/api', 404, 'ERR_NOT_FOUND'],
      ['GET', '/api/me', 401, 'ERR_AUTH_TOKEN_REQUIRED'],
      ['POST', '/api/session/oidc/login', 404, 'ERR_NOT_FOUND'],
    ] as const)('%s %s: %i %s', async (method, url, status, code) => {
      expectProblem(await share().api.app.inject({ method, url }), status, code)
    })

    test.each<[string, string, Record<string, string>, number, string]>([
      ['malformed JSON', '{"a":', JSON_TYPE, 400, 'ERR_REQUEST_INVALID'],
      ['a poisoned prototype', '{"__proto__":{"role":"owner"}}', JSON_TYPE, 400, 'ERR_REQUEST_INVALID'],
      ['a list', '[]', JSON_TYPE, 400, 'ERR_REQUEST_INVALID'],
      ['no body', '', JSON_TYPE, 400, 'ERR_REQUEST_INVALID'],
      [
        'a form',
        'a=b',
        { 'content-type': 'application/x-www-form-urlencoded' },
        415,
        'ERR_MEDIA_TYPE_UNSUPPORTED',
      ],
      ['plain text', 'HIDDEN', { 'content-type': 'text/plain' }, 415, 'ERR_MEDIA_TYPE_UNSUPPORTED'],
      ['a strange type', '{}', { 'content-type': 'HIDDEN' }, 415, 'ERR_MEDIA_TYPE_UNSUPPORTED'],
      ['64 KiB and more', JSON.stringify('x'.repeat(65_536)), JSON_TYPE, 413, 'ERR_BODY_TOO_LARGE'],
    ])('%s', async (_name, payload, headers, status, code) => {
      const { api, operator } = share()
      const authorization = `Bearer ${operator.owner}`
      const response = await api.app.inject({
        method: 'POST',
        url: '/api/workspaces',
        headers: { ...headers, authorization },
        payload,
      })
      expectProblem(response, status, code)
      expect(response.body).not.toContain('HIDDEN')
    })

    test('HEAD is asked by who may GET, and answered without a body', async () => {
      const { api, operator } = share()
      const head = (headers: Record<string, string>) =>
        api.app.inject({ method: 'HEAD', url: '/api/operators', headers })
      expect((await head({})).statusCode).toBe(401)
      const answered = await head({ authorization: `Bearer ${operator.viewer}` })
      expect([answered.statusCode, answered.body]).toEqual([200, ''])
    })

    test('a stranger makes nobody read a body', async () => {
      const response = await share().api.app.inject({
        method: 'POST',
        url: '/api/workspaces',
        headers: JSON_TYPE,
        payload: '{"a":',
      })
      expectProblem(response, 401, 'ERR_AUTH_TOKEN_REQUIRED')
    })

    test('it says which members are wrong, and not what was in them', async () => {
      const { api, operator } = share()
      const client = clientOf(api.app, operator.owner)
      const workspaceId = `p-${unique()}`
      await client.post('/workspaces', { workspaceId })
      const body = {
        projectId: 'HIDDEN!',
        hosts: [],
        auth: { mode: 'jwt-secret', secret: 7, audiense: 'HIDDEN' },
      }
      const response = await client.post(`/workspaces/${workspaceId}/projects`, body)
      expectProblem(response, 400, 'ERR_REQUEST_INVALID')
      const { errors } = response.json<{ errors: { in: string; path: string; message: string }[] }>()
      expect(errors.map(({ in: place, path }) => `${place} ${path}`)).toEqual([
        'body projectId',
        'body hosts',
        'body auth.secret',
        'body auth',
      ])
      expect(response.body).not.toContain('HIDDEN')
      const query = await client.get('/workspaces', { query: { limit: '201', projectID: 'x' } })
      expectProblem(query, 400, 'ERR_REQUEST_INVALID')
      expect(query.json()).toMatchObject({ errors: [{ in: 'query', path: 'limit' }, { in: 'query' }] })
      // What the registry looks at is told by it.
      const short = { projectId: 'p', hosts: ['a b'], auth: { mode: 'jwt-secret', secret: 'HIDDEN' } }
      const refused = await client.post(`/workspaces/${workspaceId}/projects`, short)
      expectProblem(refused, 400, 'ERR_REQUEST_INVALID')
      expect(refused.body).not.toContain('HIDDEN')
    })

    test('it never says what failed inside, and says when to come again', async () => {
      const { api, operator } = share()
      const app = await api.open({
        registry: { testToken: () => Promise.reject(new Error('INSIDE')) },
      })
      const client = clientOf(app, operator.owner)
      const workspaceId = `i-${unique()}`
      await client.post('/workspaces', { workspaceId })
      const response = await client.post(`/workspaces/${workspaceId}/projects/p/token-test`, { token: 'x' })
      expectProblem(response, 500, 'ERR_INTERNAL')
      expect(response.body).not.toContain('INSIDE')

      const closed = await api.open({
        store: { ...api.store, workspaces: { ...api.store.workspaces, list: () => unavailable() } },
      })
      const away = await clientOf(closed, operator.owner).get('/workspaces')
      expectProblem(away, 503, 'ERR_REGISTRY_UNAVAILABLE')
      expect(away.headers['retry-after']).toBe('1')
      expect(away.body).not.toContain('INSIDE')
    })

    test('a query with a credential in it is not told back', async () => {
      const response = await share().api.app.inject('/api/nothing?access_token=HIDDEN')
      expect(response.json()).toMatchObject({ instance: '/api/nothing' })
    })

    test('every answer has the id that the audit log knows it by', async () => {
      const response = await share().api.app.inject('/api/session')
      expect(response.headers['x-request-id']).toMatch(/./)
      expect(response.headers).toMatchObject({
        'x-content-type-options': 'nosniff',
        'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
        'cache-control': 'no-store',
      })
    })
  })

  test('whatever is sent in paths, queries, headers and bodies is answered, and never with 500', async () => {
    const { api, operator } = share()
    // What is behind the first parts of a path is reached where they are there.
    const workspaceId = `f-${unique()}`
    const client = clientOf(api.app, operator.owner)
    await client.post('/workspaces', { workspaceId })
    const auth = { mode: 'jwt-secret', secret: 'x'.repeat(32) }
    const project = { projectId: 'p', hosts: [`${workspaceId}.example`], auth }
    expect((await client.post(`/workspaces/${workspaceId}/projects`, project)).statusCode).toBe(201)
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 40 }),
      fc.constantFrom(
        '..',
        '%00',
        '\u0000',
        '__proto__',
        'constructor',
        '*',
        "'; --",
        'x'.repeat(300),
        '\ud800',
        '💥',
      ),
    )
    const header = fc.string({ unit: 'grapheme-ascii', maxLength: 40 }).filter((one) => !/[\r\n]/.test(one))
    const named = { requiredKeys: ['name'] as 'name'[] }
    const routes: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
      'GET /workspaces/$': fc.constant(undefined),
      'GET /workspaces/$/audit-log': fc.constant(undefined),
      'GET /workspaces/$/sessions': fc.constant(undefined),
      'DELETE /workspaces/$/sessions/$': fc.constant(undefined),
      'POST /workspaces/$/dead-letters/$/replay': fc.constant(undefined),
      'GET /workspaces/$/members/$': fc.constant(undefined),
      'DELETE /operators/$': fc.constant(undefined),
      'POST /operator-keys/$/rotate': fc.constant(undefined),
      'DELETE /workspaces/$/projects/$/secrets/$': fc.constant(undefined),
      'GET /workspaces/$/projects/$/blocked-users': fc.constant(undefined),
      'DELETE /workspaces/$/projects/$/blocked-users/$': fc.constant(undefined),
      'PATCH /workspaces/$': fc.record({ name: text }),
      'POST /workspaces/$/members': fc.record({
        subject: text.map((one) => `user:${one}`),
        role: fc.constant('viewer'),
      }),
      'POST /workspaces/$/api-keys': fc.record(
        { name: text, role: fc.constant('viewer'), expiresAt: fc.date().map((date) => date.toJSON()) },
        { requiredKeys: ['name', 'role'] },
      ),
      'POST /workspaces/$/projects': fc.record({
        projectId: fc.constant('q'),
        hosts: fc.array(text, { minLength: 1, maxLength: 2 }),
        auth: fc.constant({ mode: 'none' }),
      }),
      'PATCH /workspaces/$/projects/$': fc.record({ name: text, hosts: fc.array(text) }, named),
      'POST /workspaces/$/projects/$/secrets': fc.record({ secret: text.map((one) => one.padEnd(32, 'x')) }),
      'POST /workspaces/$/projects/$/token-test': fc.record({ token: text, host: text }),
      'POST /workspaces/$/projects/$/blocked-users': fc.record(
        { userId: text, reason: text },
        { requiredKeys: ['userId'] },
      ),
      'POST /session': fc.record({ apiKey: text }),
      'POST /setup': fc.record({ token: text, name: text }),
      'POST /visibility/explain': fc.record({
        kind: fc.constant('method'),
        name: text,
        identity: fc.dictionary(text, text, { maxKeys: 2 }),
      }),
    }
    await fc.assert(
      fc.asyncProperty(
        fc
          .constantFrom(...Object.entries(routes))
          .chain(([route, body]) =>
            fc.tuple(
              fc.constant(route),
              fc.oneof({ weight: 3, arbitrary: body }, { weight: 1, arbitrary: fc.jsonValue() }),
            ),
          ),
        fc.tuple(
          fc.oneof({ weight: 3, arbitrary: fc.constant(workspaceId) }, { weight: 1, arbitrary: text }),
          fc.oneof({ weight: 3, arbitrary: fc.constant('p') }, { weight: 1, arbitrary: text }),
          text,
        ),
        fc.dictionary(fc.constantFrom('limit', 'after', 'projectId', 'userId', 'x'), text, { maxKeys: 2 }),
        fc.record(
          { 'if-match': header, 'if-none-match': header, 'idempotency-key': header },
          { requiredKeys: [] },
        ),
        async ([route, body], parts, query, headers) => {
          const [method, path] = route.split(' ') as ['GET' | 'POST' | 'PATCH' | 'DELETE', string]
          let next = 0
          const url = path.replaceAll('$', () => encodeURIComponent((parts[next++] ?? '').toWellFormed()))
          const response = await api.app.inject({
            method,
            url: `/api${url}`,
            query: Object.fromEntries(
              Object.entries(query).map(([name, value]) => [name, value.toWellFormed()]),
            ),
            headers: { ...headers, authorization: `Bearer ${operator.owner}`, ...JSON_TYPE },
            ...(body !== undefined && method !== 'GET' && { payload: JSON.stringify(body) }),
          })
          expect(response.statusCode).not.toBe(500)
          if (response.statusCode >= 400) expect(response.json()).toHaveProperty('code')
        },
      ),
      { numRuns: 250 },
    )
  })
}

async function unavailable(): Promise<never> {
  const { RegistryError } = await import('@portcullis/registry')
  throw new RegistryError('ERR_REGISTRY_UNAVAILABLE', 'INSIDE')
}
