import { loggerOptions } from '@portcullis/app'
import { createMemoryStore, createRegistry, type Registry } from '@portcullis/registry'
import type { FastifyInstance } from 'fastify'
import { describe, expect, test } from 'vitest'
import { createApp } from '../src/app.ts'
import { loadProjects } from '../src/projects.ts'

const TOKEN = 'internal-token-of-at-least-32-bytes'

async function open(log: string[] = [], registry?: Pick<Registry, 'authorize'>): Promise<FastifyInstance> {
  const { projects } = await loadProjects({ production: false, PROJECTS_FILE: undefined })
  return createApp({
    internal: {
      registry: registry ?? createRegistry({ store: createMemoryStore(projects) }),
      internalTokens: [TOKEN],
    },
    logger: { ...loggerOptions('trace'), stream: { write: (line: string) => log.push(line) } },
  })
}

describe('the control plane', () => {
  test.each(['/health', '/health/live', '/health/ready'])('answers %s', async (url) => {
    await using app = await open()
    const response = await app.inject(url)
    expect([response.statusCode, response.json()]).toEqual([200, { ok: true }])
  })

  test.each(['localhost', 'localhost:4000', '127.0.0.1:4000', '[::1]:4000'])(
    'lets everybody into the development project under %s',
    async (host) => {
      await using app = await open()
      const response = await app.inject({
        method: 'POST',
        url: '/api/registry/authorize',
        headers: { authorization: `Bearer ${TOKEN}` },
        payload: { host, token: null },
      })
      expect(response.json()).toEqual({ workspaceId: 'demo', projectId: 'chat', userId: null, claims: {} })
    },
  )

  test.each([
    ['GET', '/nothing', 404, 'ERR_NOT_FOUND'],
    ['GET', '/api/registry/authorize', 404, 'ERR_NOT_FOUND'],
    ['GET', '/%zz', 400, 'ERR_REQUEST_INVALID'],
  ] as const)('answers %s %s with the problem %i %s', async (method, url, status, code) => {
    await using app = await open()
    const response = await app.inject({ method, url })
    expect(response.statusCode).toBe(status)
    expect(response.headers['content-type']).toMatch(/^application\/problem\+json/)
    expect(response.json()).toMatchObject({ type: 'about:blank', status, code, instance: url })
  })

  test('answers a stranger who asks for a decision in the shape that gateways know', async () => {
    await using app = await open()
    const response = await app.inject({ method: 'POST', url: '/api/registry/authorize' })
    expect(response.json()).toEqual({
      statusCode: 401,
      error: 'Unauthorized',
      code: 'ERR_INTERNAL_TOKEN_INVALID',
      message: 'the internal token is missing or wrong',
    })
  })

  test('refuses a body over 64 KiB', async () => {
    await using app = await open()
    const response = await app.inject({
      method: 'POST',
      url: '/api/registry/authorize',
      headers: { authorization: `Bearer ${TOKEN}` },
      payload: { host: 'localhost', token: 'x'.repeat(65_536) },
    })
    expect(response.statusCode).toBe(413)
  })

  test('never says what failed inside', async () => {
    await using app = await open([], { authorize: () => Promise.reject(new Error('INSIDE')) })
    app.get('/boom', async () => {
      throw Object.assign(new Error('INSIDE'), { statusCode: 502 })
    })
    const failures = [
      await app.inject('/boom'),
      await app.inject({
        method: 'POST',
        url: '/api/registry/authorize',
        headers: { authorization: `Bearer ${TOKEN}` },
        payload: { host: 'localhost' },
      }),
    ]
    expect(failures.map((response) => response.statusCode)).toEqual([500, 500])
    for (const response of failures) expect(response.body).not.toContain('INSIDE')
  })

  test('logs no credential from URL, headers or body, and answers with none', async () => {
    const log: string[] = []
    await using app = await open(log)
    for (const url of ['/health', '/nothing', '/%zz', '/api/registry/authorize']) {
      for (const query of ['?token=SECRET', '?access%5Ftoken=SECRET', '?x=1;%74oken=SECRET']) {
        const response = await app.inject({
          method: url === '/api/registry/authorize' ? 'POST' : 'GET',
          url: url + query,
          headers: { authorization: 'Bearer SECRET', cookie: 'a=SECRET', referer: 'http://x/?token=SECRET' },
          ...(url === '/api/registry/authorize' && { payload: { host: 'localhost', token: 'SECRET' } }),
        })
        expect(response.body).not.toContain('SECRET')
      }
    }
    expect(log.join('')).toContain('[redacted]')
    expect(log.join('')).not.toContain('SECRET')
  })
})

describe('projects', () => {
  test('are none in production without a file, and that is said', async () => {
    const { projects, warning } = await loadProjects({ production: true, PROJECTS_FILE: undefined })
    expect(projects).toEqual([])
    expect(warning).toContain('PROJECTS_FILE is not set')
  })
})
