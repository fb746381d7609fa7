import { parseEnv } from 'node:util'
import { readTextFile } from '../input/read-file.ts'
import type { EnvironmentVariables } from '../invocation.ts'

/** Largest env file, bytes. */
const MAX_ENV_BYTES = 256 * 1024

/**
 * The variables of an env file, as `node --env-file` reads it.
 *
 * @throws CliError `ERR_CLI_FILE`
 */
export async function readEnvFile(path: string): Promise<EnvironmentVariables> {
  return parseEnv(await readTextFile(path, MAX_ENV_BYTES))
}
