import type { z } from 'zod'
import { EnvironmentError } from './environment-error.ts'

/** Environment variables as Node has them. */
export type EnvironmentVariables = Readonly<Record<string, string | undefined>>

/**
 * Reads the variables of an environment through a schema. A variable that is set to nothing counts as not set, because
 * that is how compose files and CI systems leave one out.
 *
 * @throws EnvironmentError naming every variable that does not fit
 */
export function parseEnvironment<Schema extends z.ZodType>(
  schema: Schema,
  env: EnvironmentVariables,
): z.output<Schema> {
  const set = Object.fromEntries(
    Object.entries(env).filter(([, value]) => value !== undefined && value !== ''),
  )
  const parsed = schema.safeParse(set)
  if (parsed.success) return parsed.data
  throw new EnvironmentError(
    parsed.error.issues.map(({ path, message }) => {
      const name = String(path[0] ?? '(environment)')
      return { name, problem: name in set || path.length === 0 ? message : `is missing: ${message}` }
    }),
  )
}
