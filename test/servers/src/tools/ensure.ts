import { join } from 'node:path'
import { cacheFolder } from '../internal/cache.ts'
import { installPackage } from '../internal/distribution.ts'
import { findProgram } from '../internal/find-program.ts'
import { firstOf, noWay } from '../internal/first-of.ts'
import type { Outcome, Way } from '../internal/first-of.ts'
import { withLock } from '../internal/lock.ts'

/** Command-line tools that the README's own commands use. */
export type Tool = 'curl' | 'jq'

export interface EnsureToolOptions {
  /** Where PATH is read. @defaultValue process.env */
  env?: NodeJS.ProcessEnv | undefined
  /** Searched after PATH. @defaultValue the folders Debian leaves out of a user's PATH */
  systemFolders?: readonly string[] | undefined
  /** Stands in for the distribution's package manager. */
  install?: (() => Promise<Outcome>) | undefined
  cacheFolder?: string | undefined
}

/**
 * The path of a tool: PATH, else the distribution's package when this user may install it. Rejects with one error that
 * lists every way and why it failed.
 */
export async function ensureTool(tool: Tool, options: EnsureToolOptions = {}): Promise<string> {
  const env = options.env ?? process.env
  const install = options.install ?? (() => installPackage(tool, [tool]))
  const ready: Way = {
    name: `${tool} on PATH`,
    attempt: async () => {
      const path = await findProgram([tool], env.PATH, options.systemFolders)
      return path === undefined ? { why: 'none found' } : { path }
    },
  }
  const found = await firstOf([ready])
  if (found !== undefined) return found
  return withLock(join(options.cacheFolder ?? cacheFolder(), `${tool}.lock`), async () => {
    const failures: string[] = []
    const ways = [ready, { name: `the distribution's package (apt-get install ${tool})`, attempt: install }]
    const path = await firstOf(ways, failures)
    if (path === undefined) throw noWay(tool, failures)
    return path
  })
}
