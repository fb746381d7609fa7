import type { FastifyInstance, FastifySchema } from 'fastify'
import { z } from 'zod'

/** A route's schema with what OpenAPI adds to it. */
export interface RouteSchema extends FastifySchema {
  operationId: string
  summary: string
  description?: string
  tags: readonly string[]
  security: readonly Readonly<Record<string, readonly string[]>>[]
}

/** Security schemes that the routes name: put them into `components.securitySchemes` of your OpenAPI document. */
export const openapiSecuritySchemes: Readonly<Record<string, Readonly<Record<string, string>>>> =
  Object.freeze({
    accessToken: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
    clientBasic: { type: 'http', scheme: 'basic' },
    initialAccessToken: { type: 'http', scheme: 'bearer' },
    internalSecret: { type: 'apiKey', in: 'header', name: 'x-internal-secret' },
  })

/** JSON Schema of what a zod schema reads. */
export function toSchema(schema: z.ZodType): Record<string, unknown> {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, { io: 'input' })
  return rest
}

/** A body that comes as JSON, as a form, or as either. */
export function bodyOf(schemas: { json?: z.ZodType; form?: z.ZodType }): Record<string, unknown> {
  return {
    content: {
      ...(schemas.json && { 'application/json': { schema: toSchema(schemas.json) } }),
      ...(schemas.form && { 'application/x-www-form-urlencoded': { schema: toSchema(schemas.form) } }),
    },
  }
}

/** One answer of a route; several schemas are alternatives. */
export function answer(description: string, ...schemas: z.ZodType[]): Record<string, unknown> {
  const [only, ...others] = schemas.map(toSchema)
  if (only === undefined) return { description, type: 'null' }
  const schema = others.length === 0 ? only : { anyOf: [only, ...others] }
  return { description, content: { 'application/json': { schema } } }
}

const jsonError = z.object({
  statusCode: z.int(),
  error: z.string(),
  code: z.string(),
  message: z.string(),
})
const oauthError = z.object({ error: z.string(), error_description: z.string().optional() })

const RETRY_AFTER = { 'retry-after': { type: 'string', description: 'Seconds' } }
const DESCRIPTIONS: Record<number, string> = {
  400: 'The request is malformed or asks for something that cannot be had',
  401: 'The credentials are missing or wrong',
  403: 'The internal secret is missing or wrong',
  404: 'There is no such thing',
  409: 'There is no room for it',
  413: 'The body is too large',
  415: 'The media type is not supported',
  429: 'Too many requests',
  503: 'Not possible at the moment',
}

/** The error answers of a route, by status. */
export function errorAnswers(
  statuses: readonly number[],
  styles: readonly ('json' | 'oauth')[],
): Record<number, Record<string, unknown>> {
  const schemas = styles.map((style) => (style === 'json' ? jsonError : oauthError))
  return Object.fromEntries(
    statuses.map((status) => [
      status,
      {
        ...answer(DESCRIPTIONS[status] ?? 'Error', ...schemas),
        ...((status === 429 || status === 503) && { headers: RETRY_AFTER }),
      },
    ]),
  )
}

/**
 * Lets the schemas of this scope describe and nothing else. Fastify's validation turns `"1"` into 1 and `[x]` into x where
 * a schema would like that; the routes read what was sent as it is.
 */
export function describeOnly(app: FastifyInstance): void {
  app.setValidatorCompiler(() => () => true)
  app.setSerializerCompiler(() => (value) => JSON.stringify(value))
}
