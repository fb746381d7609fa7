import { readFileSync } from 'node:fs'
import swagger from '@fastify/swagger'
import fastify from 'fastify'
import { expect, test } from 'vitest'
import { authRoutes, gatewayAuth, internalRoutes, openapiSecuritySchemes } from '../../src/fastify/index.ts'
import { INTERNAL, testService } from '../support/service.ts'

interface Operation {
  operationId: string
  summary: string
  tags: string[]
  security: Record<string, string[]>[]
  requestBody?: {
    content: Record<string, { schema: { properties: Record<string, unknown>; required?: string[] } }>
  }
  responses: Record<string, { description: string; content?: Record<string, { schema: object }> }>
  parameters?: { name: string; in: string }[]
}

test('every route is described in the OpenAPI document', async () => {
  const { auth } = await testService()
  const app = fastify()
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'test', version: '1' },
      components: { securitySchemes: openapiSecuritySchemes as never },
    },
  })
  await app.register(gatewayAuth, { auth, internalSecrets: INTERNAL })
  await app.register(authRoutes, { auth })
  await app.register(internalRoutes, { auth })
  await app.ready()
  const document = JSON.parse(JSON.stringify(app.swagger())) as {
    openapi: string
    paths: Record<string, Record<string, Operation>>
  }
  expect(document.openapi).toBe('3.1.0')
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      route: `${method.toUpperCase()} ${path}`,
      ...operation,
    })),
  )
  expect(operations.map(({ route }) => route).toSorted()).toEqual([
    'DELETE /internal/clients/{clientId}',
    'GET /.well-known/jwks.json',
    'GET /.well-known/oauth-authorization-server',
    'GET /auth/context',
    'GET /internal/clients',
    'GET /internal/clients/{clientId}',
    'PATCH /internal/clients/{clientId}',
    'POST /auth/introspect',
    'POST /auth/refresh',
    'POST /auth/register',
    'POST /auth/revoke',
    'POST /auth/token',
    'POST /internal/clients/{clientId}/secret',
    'POST /internal/families/{familyId}/revoke',
  ])
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')
  const documented = [...readme.matchAll(/^\| `((?:GET|POST) \/[^`]+)`/gm)].map(([, route]) => String(route))
  expect(documented.toSorted()).toEqual(
    operations
      .map(({ route }) => route)
      .filter((route) => !route.includes('/internal/'))
      .toSorted(),
  )
  expect(new Set(operations.map(({ operationId }) => operationId)).size).toBe(operations.length)
  for (const { summary, tags, security, responses } of operations) {
    expect(summary).toMatch(/^[A-Z]/)
    expect(tags).toHaveLength(1)
    for (const scheme of security.flatMap((one) => Object.keys(one)))
      expect(openapiSecuritySchemes).toHaveProperty(scheme)
    for (const [status, { description }] of Object.entries(responses)) {
      expect(status).toMatch(/^[2-5]\d\d$/)
      expect(description).toMatch(/\w/)
    }
  }
  const token = document.paths['/auth/token']?.['post']
  expect(Object.keys(token?.requestBody?.content ?? {})).toEqual([
    'application/json',
    'application/x-www-form-urlencoded',
  ])
  expect(token?.requestBody?.content['application/json']?.schema).toMatchObject({
    type: 'object',
    required: ['clientId', 'clientSecret'],
  })
  expect(Object.keys(token?.responses ?? {})).toEqual(
    expect.arrayContaining(['200', '400', '401', '429', '503']),
  )
  const list = document.paths['/internal/clients']?.['get']
  expect(list?.parameters?.map(({ name }) => name).toSorted()).toEqual(['after', 'limit', 'namespaceId'])
})
