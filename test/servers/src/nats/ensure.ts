import { join } from 'node:path'
import { cacheFolder } from '../internal/cache.ts'
import { installPackage } from '../internal/distribution.ts'
import { findProgram, isExecutable } from '../internal/find-program.ts'
import { firstOf, noWay } from '../internal/first-of.ts'
import type { Outcome, Way } from '../internal/first-of.ts'
import { withLock } from '../internal/lock.ts'
import { downloadNatsServer } from './download.ts'
import type { DownloadOptions } from './download.ts'

export interface EnsureNatsServerOptions {
  /** Where NATS_SERVER_BIN and PATH are read. @defaultValue process.env */
  env?: NodeJS.ProcessEnv | undefined
  /** Searched after PATH. @defaultValue the folders Debian leaves out of a user's PATH */
  systemFolders?: readonly string[] | undefined
  /** Stands in for the distribution's package manager. */
  install?: (() => Promise<Outcome>) | undefined
  download?: Partial<DownloadOptions> | undefined
}

/**
 * The path of a nats-server binary: NATS_SERVER_BIN, else PATH, else the distribution's package when this user may
 * install it, else a pinned download with a verified checksum. Concurrent callers, also in other processes, wait for the
 * first one's result. Rejects with one error that lists every way and why it failed.
 */
export async function ensureNatsServer(options: EnsureNatsServerOptions = {}): Promise<string> {
  const env = options.env ?? process.env
  const folder = options.download?.cacheFolder ?? cacheFolder()
  const install = options.install ?? (() => installPackage('nats-server', ['nats-server']))
  const ready: Way = {
    name: 'nats-server on PATH, or its path in NATS_SERVER_BIN',
    attempt: () => installed(env, options.systemFolders),
  }
  const ways: Way[] = [
    ready,
    { name: "the distribution's package (apt-get install nats-server)", attempt: install },
    {
      name: 'a download of the pinned release',
      attempt: () => downloadNatsServer({ ...options.download, cacheFolder: folder }),
    },
  ]
  const found = await firstOf([ready])
  if (found !== undefined) return found
  return withLock(join(folder, 'nats-server.lock'), async () => {
    const failures: string[] = []
    const path = await firstOf(ways, failures)
    if (path === undefined) throw noWay('nats-server', failures)
    return path
  })
}

async function installed(env: NodeJS.ProcessEnv, systemFolders?: readonly string[]): Promise<Outcome> {
  const named = env.NATS_SERVER_BIN
  if (named !== undefined && named !== '') {
    if (await isExecutable(named)) return { path: named }
    // Going on with another binary than the one asked for would hide the mistake.
    throw new Error(`NATS_SERVER_BIN is ${named}, which is not an executable file`)
  }
  const path = await findProgram(['nats-server'], env.PATH, systemFolders)
  return path === undefined ? { why: 'not found' } : { path }
}
