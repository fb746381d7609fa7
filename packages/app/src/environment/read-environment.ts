import type { z } from 'zod'
import { EnvironmentError } from './environment-error.ts'
import { parseEnvironment, type EnvironmentVariables } from './parse-environment.ts'

/**
 * {@link parseEnvironment} for the first line of a process: when something does not fit it prints one line per variable
 * to stderr, by name and without values, and exits with code 1.
 */
export function readEnvironment<Schema extends z.ZodType>(
  schema: Schema,
  env: EnvironmentVariables,
): z.output<Schema> {
  try {
    return parseEnvironment(schema, env)
  } catch (error) {
    if (!(error instanceof EnvironmentError)) throw error
    process.stderr.write(`The environment cannot be used:\n${error.message.replace(/^/gm, '  ')}\n`)
    return process.exit(1)
  }
}
