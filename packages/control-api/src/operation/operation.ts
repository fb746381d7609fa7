import { z } from 'zod'
import { PROBLEM_TYPE, problemSchema } from '../problem/problem-schema.ts'

/**
 * Who may use a route: `public`, anybody; `signed-in`, whoever is known; a role, whoever has it in the workspace of the path,
 * or as an operator; `operator:<role>`, operators alone.
 */
export type RouteRole =
  | 'public'
  | 'signed-in'
  | 'viewer'
  | 'admin'
  | 'owner'
  | 'operator:viewer'
  | 'operator:admin'
  | 'operator:owner'

/** Headers that a route reads or answers with, by what they do. */
export type RouteHeader =
  /** `If-Match`, without which nothing is changed. */
  | 'if-match'
  /** `If-Match`, which may be left out. */
  | 'if-match?'
  /** `If-None-Match`, and 304. */
  | 'if-none-match'
  /** `Idempotency-Key`. */
  | 'idempotency-key'
  /** `ETag` of the answer. */
  | 'etag'
  /** `Location` of the answer. */
  | 'location'
  /** `Link` of the answer. */
  | 'link'
  /** `Set-Cookie` of the answer. */
  | 'set-cookie'

type Schema = z.ZodType | undefined

/** What is said about a route. */
export interface OperationDescription<Params extends Schema, Query extends Schema, Body extends Schema> {
  operationId: string
  summary: string
  description?: string
  tag: string
  role: RouteRole
  params?: Params
  query?: Query
  body?: Body
  /** The answer of a success: its status, and its schema, or null for no body. */
  answer: readonly [status: number, schema: z.ZodType | null, description: string]
  /** Statuses of refusals beside those that every route has. */
  refusals?: readonly number[]
  headers?: readonly RouteHeader[]
  /** Largest body, bytes. @defaultValue 65536 */
  bodyLimit?: number
}

/** Options of a route, as Fastify takes them. */
export interface Operation<Params extends Schema, Query extends Schema, Body extends Schema> {
  schema: { params: Params; querystring: Query; body: Body }
  config: { portcullisRole: RouteRole }
  bodyLimit: number
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Who may use a route of `@portcullis/control-api`. */
    portcullisRole?: RouteRole
  }
}

const BODY_LIMIT = 64 * 1024

const REFUSALS: Record<number, string> = {
  400: 'The request is malformed',
  401: 'The credentials are missing or wrong',
  403: 'The role is not strong enough, or the request comes from another page',
  404: 'There is no such thing, or it belongs to somebody else',
  409: 'It does not fit to what is there',
  412: 'It is another version by now: read it again',
  413: 'The body is too large',
  415: 'The media type is not supported',
  422: 'The idempotency key was used for another request',
  428: '`If-Match` is missing',
  429: 'Too many requests',
  500: 'Something failed inside',
  502: 'The gateway that was asked could not answer',
  503: 'Not possible at the moment',
}

/** Builds the options of a route from what is said about it. */
export function operation<
  Params extends Schema = undefined,
  Query extends Schema = undefined,
  Body extends Schema = undefined,
>(description: OperationDescription<Params, Query, Body>): Operation<Params, Query, Body> {
  const { operationId, summary, tag, role, params, query, body, bodyLimit = BODY_LIMIT } = description
  const headers = description.headers ?? []
  const [status, schema, text] = description.answer
  const isConditional = headers.some((header) => header === 'if-match' || header === 'if-match?')
  const refusals = new Set([
    // A credential that is sent is looked at everywhere.
    401,
    429,
    503,
    ...(params || query || body ? [400] : []),
    ...(role === 'public' ? [] : [403]),
    ...(role === 'public' || role === 'signed-in' || role.startsWith('operator:') ? [] : [404]),
    ...(body ? [413, 415] : []),
    ...(isConditional ? [412] : []),
    ...(headers.includes('if-match') ? [428] : []),
    ...(headers.includes('idempotency-key') ? [409, 422] : []),
    ...(description.refusals ?? []),
  ])
  return {
    schema: {
      operationId,
      summary,
      ...(description.description !== undefined && { description: description.description }),
      tags: [tag],
      'x-portcullis-role': role,
      'x-portcullis-headers': headers,
      ...(params && { params }),
      ...(query && { querystring: query }),
      ...(body && { body }),
      response: {
        [status]:
          schema === null
            ? z.undefined().describe(text)
            : { description: text, content: { 'application/json': { schema } } },
        ...Object.fromEntries(
          [...refusals].map((code) => [
            code,
            { description: REFUSALS[code], content: { [PROBLEM_TYPE]: { schema: problemSchema } } },
          ]),
        ),
      },
    } as never,
    config: { portcullisRole: role },
    bodyLimit,
  }
}
