import { mkdir, stat } from 'node:fs/promises'
import { dirname, isAbsolute, join } from 'node:path'
import { z } from 'zod'
import { CliError } from '../errors.ts'
import { writePrivateFile } from '../file/write-atomically.ts'
import { parseJson } from '../input/parse-json.ts'
import { readTextFileIfThere } from '../input/read-file.ts'
import type { EnvironmentVariables } from '../invocation.ts'

/** One server of a {@link Config}. */
export interface ServerConfig {
  readonly apiKey: string
  /** What commands that name no workspace are about. */
  readonly workspace?: string | undefined
}

/** What `portcullis login` remembers. */
export interface Config {
  /** URL of the control plane that commands ask when they name none. */
  readonly current?: string | undefined
  /** By URL, so that the key of one server never goes to another. */
  readonly servers: Readonly<Record<string, ServerConfig>>
}

const schema: z.ZodType<Config> = z.object({
  current: z.string().optional(),
  servers: z
    .record(
      z.string(),
      z.object({ apiKey: z.string().regex(/^[\x21-\x7e]{1,16384}$/), workspace: z.string().optional() }),
    )
    .default({}),
})

/** Where it is: in `XDG_CONFIG_HOME`, or in `.config` of the home folder; null where there is neither. */
export function configPath(env: EnvironmentVariables): string | null {
  const { XDG_CONFIG_HOME: config = '', HOME: home = env.USERPROFILE ?? '' } = env
  // A relative path counts as none, as the XDG Base Directory Specification has it.
  if (isAbsolute(config)) return join(config, 'portcullis', 'config.json')
  return isAbsolute(home) ? join(home, '.config', 'portcullis', 'config.json') : null
}

/**
 * The configuration; an empty one when there is no file.
 *
 * @throws CliError `ERR_CLI_CONFIG` for a file that others may read, or that is none of ours
 */
export async function readConfig(env: EnvironmentVariables): Promise<Config> {
  const path = configPath(env)
  const text = path === null ? null : await readTextFileIfThere(path)
  if (path === null || text === null) return { servers: {} }
  if (await isOpenToOthers(path)) {
    throw new CliError('ERR_CLI_CONFIG', `${path} may be read by others and holds API keys: chmod 600 it`)
  }
  const parsed = schema.safeParse(parseJson(text))
  if (parsed.success) return parsed.data
  throw new CliError(
    'ERR_CLI_CONFIG',
    `${path} is not a configuration of this program; remove it and log in again`,
  )
}

/**
 * Writes what {@link readConfig} reads again: a server that answers with an odd key must not cost the keys of the others.
 *
 * @throws CliError `ERR_CLI_CONFIG` for a key that is none, or where there is no home folder, `ERR_CLI_FILE`
 */
export async function writeConfig(env: EnvironmentVariables, config: Config): Promise<string> {
  const path = configPath(env)
  if (path === null) throw new CliError('ERR_CLI_CONFIG', 'neither XDG_CONFIG_HOME nor HOME is set')
  if (!schema.safeParse(config).success) {
    throw new CliError('ERR_CLI_CONFIG', 'this is no API key that could be kept; nothing was changed')
  }
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  } catch (error) {
    throw new CliError(
      'ERR_CLI_FILE',
      `${dirname(path)} cannot be made (${(error as NodeJS.ErrnoException).code})`,
    )
  }
  await writePrivateFile(path, `${JSON.stringify(config, null, 2)}\n`)
  return path
}

/** Whether a file may be read by anybody but its owner; unknown where modes mean nothing. */
export async function isOpenToOthers(path: string): Promise<boolean> {
  if (process.platform === 'win32') return false
  return ((await stat(path)).mode & 0o077) !== 0
}
