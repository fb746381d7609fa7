import type { RouteHeader } from '../operation/operation.ts'

interface Operation {
  operationId: string
  'x-portcullis-role': string
  'x-portcullis-headers'?: readonly RouteHeader[]
  parameters?: unknown[]
  security?: unknown[]
  requestBody?: unknown
  responses: Record<string, { headers?: Record<string, unknown>; content?: Record<string, unknown> }>
}

interface Document {
  paths: Record<string, Record<string, Operation>>
  components: { schemas: Record<string, unknown> }
}

const REF = '#/components/schemas/'
const TEXT = { type: 'string' }

const PARAMETERS: Partial<Record<RouteHeader, object>> = {
  'if-match': {
    name: 'If-Match',
    in: 'header',
    required: true,
    schema: TEXT,
    description: 'The `ETag` that was read, or `*` for whatever is there',
    example: '"3fV1qXo8yJm0aQ2d"',
  },
  'if-match?': {
    name: 'If-Match',
    in: 'header',
    required: false,
    schema: TEXT,
    description: 'The `ETag` of the project, where the change is of that version and no other',
  },
  'if-none-match': {
    name: 'If-None-Match',
    in: 'header',
    required: false,
    schema: TEXT,
    description: 'The `ETag` that is there already: answered 304 as long as nothing changed',
  },
  'idempotency-key': {
    name: 'Idempotency-Key',
    in: 'header',
    required: false,
    schema: { type: 'string', minLength: 1, maxLength: 255 },
    description: 'Chosen by the caller: a second request with it gets the answer of the first, for a day',
    example: '0193f7d2-6a3a-7000-8000-000000000001',
  },
}

const ANSWERED: Partial<Record<RouteHeader, readonly [name: string, header: object]>> = {
  etag: ['ETag', { schema: TEXT, description: 'The version, for `If-Match` and `If-None-Match`' }],
  location: ['Location', { schema: TEXT, description: 'Where it is' }],
  link: ['Link', { schema: TEXT, description: '`rel="next"`: the page that follows, where there is one' }],
  'set-cookie': ['Set-Cookie', { schema: TEXT }],
}

const RETRY_AFTER = { 'Retry-After': { schema: { type: 'integer' }, description: 'Seconds' } }

/**
 * Completes a document that was made of the routes: what routes read and answer in headers, who may use them and with what, and no
 * schemas that nothing refers to.
 *
 * @returns a new one
 */
export function completeDocument(made: object): object {
  const document = structuredClone(made) as Document
  for (const path of Object.values(document.paths)) {
    for (const [method, operation] of Object.entries(path)) complete(method, operation)
  }
  return withOwnNames(document)
}

function complete(method: string, operation: Operation): void {
  const headers = operation['x-portcullis-headers'] ?? []
  delete operation['x-portcullis-headers']
  const parameters = headers.flatMap((header) => PARAMETERS[header] ?? [])
  if (parameters.length > 0) operation.parameters = [...(operation.parameters ?? []), ...parameters]
  operation.security = securityOf(operation['x-portcullis-role'], method)

  for (const [status, response] of Object.entries(operation.responses)) {
    if (status === '204' || status === '302') delete response.content
    if (status === '429' || status === '503') response.headers = RETRY_AFTER
    if (!/^[23]/.test(status)) continue
    const answered = headers.flatMap((header) => {
      const entry = ANSWERED[header]
      return entry === undefined ? [] : [entry]
    })
    if (answered.length > 0) response.headers = Object.fromEntries(answered)
  }
  if (headers.includes('if-none-match')) {
    operation.responses['304'] = { description: 'It is as it was' } as never
  }
}

function securityOf(role: string, method: string): object[] {
  const cookie = method === 'get' ? { cookie: [] } : { cookie: [], csrfToken: [] }
  if (role === 'public') return [{}]
  return [{ bearer: [] }, cookie]
}

/**
 * Schemas are there once for what is read and once for what is answered, the first with `Input` behind its name. Those that nothing
 * refers to go; a name that is free then, or that stands for the same, is taken.
 */
function withOwnNames(document: Document): object {
  const { schemas } = document.components
  const used = usedBy(document.paths, schemas)
  const names = new Map([...used].map((name) => [name, name]))
  for (const name of used) {
    const own = name.replace(/Input$/, '')
    const isFree = !used.has(own) || isSame(schemas[own], schemas[name])
    if (own !== name && isFree) names.set(name, own)
  }
  const named = JSON.parse(JSON.stringify(document), (key, value: unknown) =>
    key === '$ref' && typeof value === 'string' ? `${REF}${names.get(value.slice(REF.length)) ?? ''}` : value,
  ) as Document
  const kept = new Map([...names].map(([name, own]) => [own, named.components.schemas[name]] as const))
  const bodies = Object.values(named.paths).flatMap((path) =>
    Object.values(path).map((one) => one.requestBody),
  )
  const read = usedBy(bodies, Object.fromEntries(kept))
  named.components.schemas = Object.fromEntries(
    [...kept]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, schema]) => [name, tidy(schema, !read.has(name))]),
  )
  return named
}

/**
 * Leaves out what says nothing to people. Answers may get further members: that there are none now is no promise.
 *
 * @param isAnswer - whether nobody sends it
 */
function tidy(schema: unknown, isAnswer: boolean): unknown {
  return JSON.parse(JSON.stringify(schema), (key, value: unknown) => {
    if (isAnswer && key === 'additionalProperties' && value === false) return undefined
    if (isObject(value) && value['format'] === 'date-time') delete value['pattern']
    return value
  })
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

function isSame(one: unknown, other: unknown): boolean {
  const text = (value: unknown): string =>
    JSON.stringify(value).replaceAll(/("#\/components\/schemas\/\w+?)Input"/g, '$1"')
  return text(one) === text(other)
}

/** Names that a part refers to, and those that these refer to. */
function usedBy(part: unknown, schemas: Record<string, unknown>): Set<string> {
  const used = new Set<string>()
  const look = (value: unknown): void => {
    for (const [, name = ''] of JSON.stringify(value).matchAll(
      /"\$ref":"#\/components\/schemas\/([^"]+)"/g,
    )) {
      if (used.has(name)) continue
      used.add(name)
      look(schemas[name] ?? {})
    }
  }
  look(part)
  return used
}
