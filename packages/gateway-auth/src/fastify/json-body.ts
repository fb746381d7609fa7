import type { z } from 'zod'
import { GatewayAuthError } from '../errors.ts'

/**
 * Reads a JSON body as it is, without coercion. Unknown members are dropped.
 *
 * @throws GatewayAuthError `ERR_REQUEST_INVALID` naming the members that are wrong, never their values
 */
export function readJson<T>(schema: z.ZodType<T>, body: unknown): T {
  const result = schema.safeParse(body)
  if (result.success) return result.data
  // The schema's own names only: in a record with free keys the path would quote the request.
  const names = [...new Set(result.error.issues.map(({ path }) => path[0]))].filter(
    (name) => typeof name === 'string',
  )
  throw new GatewayAuthError(
    'ERR_REQUEST_INVALID',
    names.length === 0 ? 'the body must be a JSON object' : `malformed or missing: ${names.join(', ')}`,
  )
}
