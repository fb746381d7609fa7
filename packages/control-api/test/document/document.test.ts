import fastify from 'fastify'
import { beforeAll, expect, test } from 'vitest'
import type { z } from 'zod'
import { schemas } from '../../src/document/schemas.ts'
import { controlApi } from '../../src/index.ts'
import { unopened } from '../fixtures/unopened.ts'

interface Operation {
  operationId: string
  summary: string
  tags: string[]
  security: Record<string, unknown[]>[]
  parameters?: { name: string; in: string; required: boolean; schema: object }[]
  requestBody?: { required: boolean; content: Record<string, { schema: { $ref?: string } }> }
  responses: Record<
    string,
    {
      description: string
      headers?: Record<string, { schema: object }>
      content?: Record<string, { schema: { $ref?: string } }>
    }
  >
  'x-portcullis-role': string
}

interface Document {
  openapi: string
  info: { title: string; version: string }
  tags: { name: string }[]
  paths: Record<string, Record<string, Operation>>
  components: { schemas: Record<string, object>; securitySchemes: Record<string, { type: string }> }
}

let document: Document
let operations: (Operation & { route: string; method: string; path: string })[]
beforeAll(async () => {
  const app = fastify()
  await app.register(controlApi, { ...unopened(), version: '1.2.3' })
  document = (await app.inject('/api/openapi.json')).json()
  operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      ...operation,
      method,
      path,
      route: `${method.toUpperCase()} ${path}`,
    })),
  )
})

/** Everything in the document that is an object, with its place. */
function* walk(value: unknown, place = '#'): Generator<[string, Record<string, unknown>]> {
  if (typeof value !== 'object' || value === null) return
  if (!Array.isArray(value)) yield [place, value as Record<string, unknown>]
  for (const [key, member] of Object.entries(value)) yield* walk(member, `${place}/${key}`)
}

test('it is OpenAPI 3.1 about this API', () => {
  expect(document.openapi).toBe('3.1.0')
  expect(document.info).toMatchObject({ title: 'Portcullis control plane', version: '1.2.3' })
  expect(Object.keys(document.components.securitySchemes)).toEqual(['bearer', 'cookie', 'csrfToken'])
})

test('every operation says what a wrong credential is answered with, which is looked at wherever it is sent', () => {
  for (const { route, responses } of operations)
    expect([route, Object.keys(responses)]).toEqual([route, expect.arrayContaining(['401', '429'])])
})

test('it has the routes of the API and no others, under the names that clients know', () => {
  expect(operations.map(({ route, operationId }) => `${route} ${operationId}`).toSorted())
    .toMatchInlineSnapshot(`
    [
      "DELETE /api/operator-keys/{keyId} revokeOperatorKey",
      "DELETE /api/operators/{memberId} deleteOperator",
      "DELETE /api/session signOut",
      "DELETE /api/workspaces/{workspaceId} deleteWorkspace",
      "DELETE /api/workspaces/{workspaceId}/api-keys/{keyId} revokeApiKey",
      "DELETE /api/workspaces/{workspaceId}/dead-letters/{id} dropDeadLetter",
      "DELETE /api/workspaces/{workspaceId}/members/{memberId} deleteMember",
      "DELETE /api/workspaces/{workspaceId}/projects/{projectId} deleteProject",
      "DELETE /api/workspaces/{workspaceId}/projects/{projectId}/blocked-users/{userId} unblockUser",
      "DELETE /api/workspaces/{workspaceId}/projects/{projectId}/secrets/{secretId} deleteProjectSecret",
      "DELETE /api/workspaces/{workspaceId}/sessions/{sessionId} closeSession",
      "GET /api/audit-log listAuditLog",
      "GET /api/gateways listGateways",
      "GET /api/interop/contexts listInteropContexts",
      "GET /api/interop/methods listInteropMethods",
      "GET /api/interop/peers listInteropPeers",
      "GET /api/me getMe",
      "GET /api/openapi.json getDocument",
      "GET /api/operator-keys listOperatorKeys",
      "GET /api/operator-keys/{keyId} getOperatorKey",
      "GET /api/operators listOperators",
      "GET /api/operators/{memberId} getOperator",
      "GET /api/session getSignInState",
      "GET /api/session/oidc/callback completeOidcSignIn",
      "GET /api/session/oidc/login beginOidcSignIn",
      "GET /api/visibility/rules getVisibilityRules",
      "GET /api/workspaces listWorkspaces",
      "GET /api/workspaces/{workspaceId} getWorkspace",
      "GET /api/workspaces/{workspaceId}/api-keys listApiKeys",
      "GET /api/workspaces/{workspaceId}/api-keys/{keyId} getApiKey",
      "GET /api/workspaces/{workspaceId}/audit-log listWorkspaceAuditLog",
      "GET /api/workspaces/{workspaceId}/dead-letters listDeadLetters",
      "GET /api/workspaces/{workspaceId}/dead-letters/{id} getDeadLetter",
      "GET /api/workspaces/{workspaceId}/members listMembers",
      "GET /api/workspaces/{workspaceId}/members/{memberId} getMember",
      "GET /api/workspaces/{workspaceId}/metrics getMetrics",
      "GET /api/workspaces/{workspaceId}/projects listProjects",
      "GET /api/workspaces/{workspaceId}/projects/{projectId} getProject",
      "GET /api/workspaces/{workspaceId}/projects/{projectId}/blocked-users listBlockedUsers",
      "GET /api/workspaces/{workspaceId}/sessions listSessions",
      "GET /api/workspaces/{workspaceId}/sessions/{sessionId} getSession",
      "PATCH /api/operators/{memberId} updateOperator",
      "PATCH /api/workspaces/{workspaceId} updateWorkspace",
      "PATCH /api/workspaces/{workspaceId}/members/{memberId} updateMember",
      "PATCH /api/workspaces/{workspaceId}/projects/{projectId} updateProject",
      "POST /api/operator-keys createOperatorKey",
      "POST /api/operator-keys/{keyId}/rotate rotateOperatorKey",
      "POST /api/operators createOperator",
      "POST /api/session signIn",
      "POST /api/setup setUp",
      "POST /api/visibility/explain explainVisibility",
      "POST /api/workspaces createWorkspace",
      "POST /api/workspaces/{workspaceId}/api-keys createApiKey",
      "POST /api/workspaces/{workspaceId}/api-keys/{keyId}/rotate rotateApiKey",
      "POST /api/workspaces/{workspaceId}/dead-letters/{id}/replay replayDeadLetter",
      "POST /api/workspaces/{workspaceId}/members createMember",
      "POST /api/workspaces/{workspaceId}/projects createProject",
      "POST /api/workspaces/{workspaceId}/projects/{projectId}/blocked-users blockUser",
      "POST /api/workspaces/{workspaceId}/projects/{projectId}/secrets createProjectSecret",
      "POST /api/workspaces/{workspaceId}/projects/{projectId}/token-test testToken",
    ]
  `)
})

test('every reference leads to something, and nothing is there that nobody refers to', () => {
  const used = new Set<string>()
  for (const [, { $ref }] of walk(document)) {
    if ($ref === undefined) continue
    const name = /^#\/components\/schemas\/(\w+)$/.exec($ref as string)?.[1]
    expect(Object.keys(document.components.schemas)).toContain(name)
    used.add(name ?? '')
  }
  expect(Object.keys(document.components.schemas).filter((name) => !used.has(name))).toEqual([])
})

test('every operation is complete', () => {
  const ids = operations.map(({ operationId }) => operationId)
  expect(new Set(ids).size).toBe(ids.length)
  const tags = document.tags.map(({ name }) => name)
  for (const {
    route,
    path,
    summary,
    tags: own,
    security,
    responses,
    parameters = [],
    method,
  } of operations) {
    expect(summary).toMatch(/^[A-Z].*[^.]$/)
    expect(own).toHaveLength(1)
    expect(tags).toContain(own[0])
    for (const scheme of security.flatMap((one) => Object.keys(one))) {
      expect(document.components.securitySchemes).toHaveProperty(scheme)
    }
    const inPath = parameters.filter((one) => one.in === 'path')
    expect(inPath.map(({ name }) => name).toSorted()).toEqual(
      [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => String(name)).toSorted(),
    )
    for (const one of parameters) {
      expect(one.in).toMatch(/^(?:path|query|header)$/)
      expect(one.schema).toBeTypeOf('object')
      if (one.in === 'path') expect(one.required).toBe(true)
    }
    const named = parameters.map((one) => `${one.in} ${one.name.toLowerCase()}`)
    expect(new Set(named).size).toBe(named.length)
    expect(Object.keys(responses).filter((status) => /^[23]/.test(status)).length).toBeGreaterThan(0)
    for (const [status, { description, content }] of Object.entries(responses)) {
      expect(status).toMatch(/^[2-5]\d\d$/)
      expect(description).toMatch(/^[A-Z`]/)
      if (Number(status) < 400) continue
      expect(content).toEqual({
        'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } },
      })
    }
    expect(Object.keys(responses)).toEqual(expect.arrayContaining(['429', '503']))
    if (method === 'get') expect([route, security.some((one) => 'csrfToken' in one)]).toEqual([route, false])
  }
})

test('what is created takes an idempotency key, what is one thing has a tag, and lists come in pages', () => {
  const headersOf = (operation: Operation): string[] =>
    (operation.parameters ?? []).filter((one) => one.in === 'header').map(({ name }) => name)
  for (const operation of operations) {
    const { responses, parameters = [], operationId } = operation
    if ('201' in responses && operationId !== 'setUp')
      expect(headersOf(operation)).toContain('Idempotency-Key')
    if ('412' in responses) expect(headersOf(operation)).toContain('If-Match')
    if ('304' in responses) {
      expect(headersOf(operation)).toContain('If-None-Match')
      expect(responses['200']?.headers).toHaveProperty('ETag')
    }
    const answer = responses['200']?.content?.['application/json']?.schema.$ref ?? ''
    if (answer.endsWith('Page')) {
      const query = parameters.filter((one) => one.in === 'query').map(({ name }) => name)
      expect(query).toEqual(expect.arrayContaining(['limit', 'after']))
      expect(responses['200']?.headers).toHaveProperty('Link')
    }
  }
})

test('schemas are JSON Schema: known types, and required members that are there', () => {
  const types = ['object', 'array', 'string', 'number', 'integer', 'boolean', 'null']
  for (const [place, schema] of walk(document.components.schemas)) {
    if (/\/(?:properties|examples|example)$/.test(place) || /\/examples?\//.test(place)) continue
    const { type, required, properties, pattern, nullable } = schema
    if (typeof type === 'string' && !place.endsWith('/properties')) expect(types).toContain(type)
    if (Array.isArray(required))
      expect(Object.keys(properties as object)).toEqual(expect.arrayContaining(required))
    if (typeof pattern === 'string') expect(() => new RegExp(pattern, 'u')).not.toThrow()
    expect(nullable).toBeUndefined()
  }
})

test('every example is one', () => {
  const registry = schemas as unknown as { _idmap: Map<string, z.ZodType> }
  let count = 0
  for (const schema of registry._idmap.values()) {
    for (const example of schemas.get(schema)?.examples ?? []) {
      const parsed = schema.safeParse(example)
      expect(parsed.error?.issues ?? []).toEqual([])
      count += 1
    }
  }
  expect(count).toBeGreaterThan(15)
})

test('every body has an example', () => {
  for (const { requestBody } of operations) {
    if (requestBody === undefined) continue
    const name = /\w+$/.exec(requestBody.content['application/json']?.schema.$ref ?? '')?.[0] ?? ''
    expect(document.components.schemas[name]).toHaveProperty('examples')
  }
})
