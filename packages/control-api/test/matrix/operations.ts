import type { FastifyInstance, InjectOptions } from 'fastify'
import type { CaseRequest } from './cases.ts'

/** One operation of the document. */
export interface DocumentedOperation {
  readonly method: NonNullable<InjectOptions['method']>
  readonly path: string
  readonly operationId: string
  readonly role: string
  /** Status of a success. */
  readonly success: number
  readonly params: readonly string[]
  /** All documented statuses. */
  readonly statuses: readonly number[]
}

/** The operations of an application's document. */
export async function documentedOperations(app: FastifyInstance): Promise<DocumentedOperation[]> {
  const { paths } = (await app.inject('/api/openapi.json')).json<{
    paths: Record<string, Record<string, Record<string, unknown>>>
  }>()
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => {
      const statuses = Object.keys(operation['responses'] as object).map(Number)
      return {
        method: method.toUpperCase(),
        path,
        operationId: operation['operationId'] as string,
        role: operation['x-portcullis-role'] as string,
        success: statuses.find((status) => status < 304) as number,
        params: [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name as string),
        statuses,
      }
    }),
  )
}

/** A request to an operation, for `inject`. */
export function requestTo(
  { method, path }: DocumentedOperation,
  { params = {}, query = {}, body, headers = {} }: CaseRequest,
  credential: Record<string, string>,
): InjectOptions {
  const url = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(params[name] ?? ''))
  return {
    method,
    url,
    query,
    headers: { ...headers, ...credential },
    ...(body !== undefined && { payload: body as object }),
  }
}
