import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { CliError } from '../errors.ts'
import { isThere } from '../file/is-there.ts'
import { upwards } from '../file/upwards.ts'
import { pathIn, readTextFileIfThere } from '../input/read-file.ts'
import { findInstalled } from './find-installed.ts'

/** The apps of a system. */
export type AppName = 'control-plane' | 'gateway'

/** Where an app may be. */
export interface AppPlaces {
  /** Where the command runs. */
  readonly cwd: string
  /** A module, or the folder of the app. */
  readonly path?: string | undefined
  /** A clone of the repository, which has the apps in `apps/`. */
  readonly apps?: string | undefined
}

/**
 * The module that starts an app. In order: the path that is named, the clone that is named, what is installed where the command
 * runs, and a repository around that folder or around this program.
 *
 * @throws CliError `ERR_CLI_APPS` saying what to do
 */
export async function findApp(name: AppName, { cwd, path, apps }: AppPlaces): Promise<string> {
  if (path !== undefined) return entryOf(name, pathIn(cwd, path))
  if (apps !== undefined) return entryOf(name, join(pathIn(cwd, apps), 'apps', name))
  const found =
    (await findInstalled(`@portcullis/${name}`, cwd)) ??
    (await around(name, cwd)) ??
    (await around(name, dirname(fileURLToPath(import.meta.url))))
  if (found !== null) return entryOf(name, found)
  throw new CliError(
    'ERR_CLI_APPS',
    `the app ${name} is not on this machine: it is not on npm, because it is yours to change. Clone https://github.com/portcullis/portcullis, build it with npx --yes pnpm@10.34.9 install and build, and name the clone with --apps or PORTCULLIS_APPS; or name the app itself with --${name}`,
  )
}

/** A module stands for itself; of a folder it is what the build makes. */
async function entryOf(name: AppName, path: string): Promise<string> {
  if (/\.[cm]?js$/.test(path)) {
    if (await isThere(path)) return path
    throw new CliError('ERR_CLI_APPS', `${path} does not exist`)
  }
  if (!(await isApp(name, path))) throw new CliError('ERR_CLI_APPS', `${path} is not the app ${name}`)
  const entry = join(path, 'dist', 'index.js')
  if (await isThere(entry)) return entry
  throw new CliError('ERR_CLI_APPS', `${path} is not built: run npx --yes pnpm@10.34.9 build there`)
}

/** The apps of a repository that the folder is in. */
async function around(name: AppName, start: string): Promise<string | null> {
  return upwards(start, async (folder) => {
    const candidate = join(folder, 'apps', name)
    return (await isApp(name, candidate)) ? candidate : null
  })
}

async function isApp(name: AppName, folder: string): Promise<boolean> {
  try {
    const text = await readTextFileIfThere(join(folder, 'package.json'), 1024 * 1024)
    return text !== null && (JSON.parse(text) as { name?: unknown } | null)?.name === `@portcullis/${name}`
  } catch {
    return false
  }
}
