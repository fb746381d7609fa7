import { chown, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from '../process/port.ts'
import { startProcess } from '../process/start.ts'
import type { ProcessExit, RunningProcess } from '../process/start.ts'
import { findPostgres } from './find.ts'

export interface StartPostgresOptions {
  /** Folder of `postgres` and `initdb`. @defaultValue what `findPostgres` finds */
  binFolder?: string | undefined
  /** Whether commits reach the disk before they are answered. @defaultValue false: nothing here outlives the machine */
  fsync?: boolean | undefined
  /** Further settings, as of `postgresql.conf`. */
  settings?: Readonly<Record<string, string>> | undefined
}

export interface PostgresServer extends AsyncDisposable {
  /** `postgres://postgres@127.0.0.1:PORT/postgres`, no password; stays the same over `restart`. */
  readonly url: string
  readonly port: number
  /** Of the current process; changes with `restart`. */
  readonly pid: number
  /** The end of what the current process logged. */
  logs(): string
  /** A fast shutdown: open transactions are rolled back, clients get disconnected. */
  stop(): Promise<ProcessExit>
  /** SIGKILL: nothing is flushed, the next start recovers. */
  kill(): Promise<ProcessExit>
  /** Starts again on the same port and data; stops it first when it still runs. */
  restart(): Promise<void>
}

// PostgreSQL refuses to run as root; `nobody` owns the data then.
const NOBODY = 65_534
const INITDB_MS = 60_000
// A client that retries the dead server's port can hold it for a moment as its own source port.
const PORT_RETRIES = 20
const PORT_RETRY_MS = 250

/** Starts a real PostgreSQL on loopback, with an empty cluster of its own, and resolves when it accepts clients. */
export async function startPostgres(options: StartPostgresOptions = {}): Promise<PostgresServer> {
  const binFolder = options.binFolder ?? (await findPostgres())
  const folder = await mkdtemp(join(tmpdir(), 'portcullis-postgres-'))
  const removeFolder = (): Promise<void> => rm(folder, { recursive: true, force: true, maxRetries: 3 })
  const data = join(folder, 'data')
  const user = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : undefined
  const spawning = { user, cwd: folder, ownedFolder: folder, env: { LC_ALL: 'C', HOME: folder, TZ: 'UTC' } }

  const start = (port: number): Promise<RunningProcess> =>
    startProcess({
      ...spawning,
      command: join(binFolder, 'postgres'),
      args: ['-D', data, '-p', String(port), '-h', '127.0.0.1', '-k', folder, ...settingArgs(options)],
      readyWhen: /database system is ready to accept connections/,
    })

  let port = await freePort()
  let running: RunningProcess
  try {
    if (user !== undefined) await chown(folder, user.uid, user.gid)
    await initialize(binFolder, data, spawning)
    running = await start(port).catch(async (error: unknown) => {
      if (!isPortTaken(error)) throw error
      port = await freePort()
      return start(port)
    })
  } catch (error) {
    await removeFolder()
    throw error
  }

  return {
    url: `postgres://postgres@127.0.0.1:${port}/postgres`,
    port,
    get pid() {
      return running.pid
    },
    logs: () => running.output(),
    // SIGTERM would wait for the clients to go.
    stop: () => running.stop('SIGINT'),
    kill: () => running.kill(),
    async restart() {
      await running.stop('SIGINT')
      for (let attempt = 1; ; attempt++) {
        try {
          running = await start(port)
          return
        } catch (error) {
          if (attempt > PORT_RETRIES || !isPortTaken(error)) throw error
          await sleep(PORT_RETRY_MS)
        }
      }
    },
    async [Symbol.asyncDispose]() {
      // Nothing in the folder is needed any more, so there is nothing to wait for.
      await running.kill()
      await removeFolder()
    },
  }
}

function settingArgs(options: StartPostgresOptions): string[] {
  const durability = options.fsync ? {} : { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }
  const settings = { shared_buffers: '32MB', max_connections: '50', ...durability, ...options.settings }
  return Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
}

async function initialize(
  binFolder: string,
  data: string,
  spawning: Pick<Parameters<typeof startProcess>[0], 'user' | 'cwd' | 'ownedFolder' | 'env'>,
): Promise<void> {
  const initdb = await startProcess({
    ...spawning,
    command: join(binFolder, 'initdb'),
    args: ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync'],
  })
  const timer = setTimeout(() => void initdb.kill(), INITDB_MS)
  const { code, signal } = await initdb.exited
  clearTimeout(timer)
  if (code !== 0) throw new Error(`initdb ended (${signal ?? `exit code ${code}`}):\n${initdb.output()}`)
}

function isPortTaken(error: unknown): boolean {
  return /could not bind|address already in use/i.test(String(error))
}
