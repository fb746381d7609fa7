import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { startProcess } from '../process/start.ts'
import type { ProcessExit, RunningProcess } from '../process/start.ts'
import { ensureNatsServer } from './ensure.ts'
import { readServerInfo } from './info.ts'

export interface StartNatsServerOptions {
  /** @defaultValue one the system chooses */
  port?: number | undefined
  /** JetStream's folder; yours to remove. @defaultValue a temporary one, removed on dispose */
  storeDir?: string | undefined
  /** Text of a configuration file; listen address, port and store folder stay as given here. */
  config?: string | undefined
  /** @defaultValue true */
  jetstream?: boolean | undefined
  /** Path of the binary. @defaultValue what `ensureNatsServer` finds */
  binary?: string | undefined
}

export interface NatsServer extends AsyncDisposable {
  /** `nats://127.0.0.1:PORT`; stays the same over `restart`. */
  readonly url: string
  readonly port: number
  /** Of the current process; changes with `restart`. */
  readonly pid: number
  readonly version: string
  readonly storeDir: string
  /** The end of what the current process logged. */
  logs(): string
  /** SIGTERM: JetStream flushes its files, clients get disconnected. */
  stop(): Promise<ProcessExit>
  /** SIGKILL: nothing is flushed. */
  kill(): Promise<ProcessExit>
  /** Starts again on the same port and store; stops it first when it still runs. */
  restart(): Promise<void>
  /** SIGSTOP: connections stay open and nothing answers. Resolves when it has come to rest. */
  pause(): Promise<void>
  resume(): void
}

// A client that retries the dead server's port can hold it for a moment as its own source port.
const PORT_RETRIES = 20
const PORT_RETRY_MS = 250

/** Starts a real nats-server on loopback and resolves when it accepts clients. JetStream is on, in a folder of its own. */
export async function startNatsServer(options: StartNatsServerOptions = {}): Promise<NatsServer> {
  const binary = options.binary ?? (await ensureNatsServer())
  const folder = await mkdtemp(join(tmpdir(), 'portcullis-nats-'))
  const storeDir = options.storeDir ?? join(folder, 'store')
  const removeFolder = (): Promise<void> => rm(folder, { recursive: true, force: true, maxRetries: 3 })

  const start = async (listenOn: number): Promise<RunningProcess> => {
    const args = ['-a', '127.0.0.1', '-p', String(listenOn)]
    if (options.jetstream !== false) args.push('-js', '-sd', storeDir)
    if (options.config !== undefined) {
      await writeFile(join(folder, 'server.conf'), options.config)
      args.push('-c', join(folder, 'server.conf'))
    }
    return startProcess({ command: binary, args, readyWhen: /Server is ready/, ownedFolder: folder })
  }

  let running: RunningProcess
  let port: number
  let version: string
  try {
    running = await start(options.port ?? -1)
    port = readPort(running.output())
    version = (await readServerInfo(port)).version
  } catch (error) {
    await removeFolder()
    throw error
  }

  const server: NatsServer = {
    url: `nats://127.0.0.1:${port}`,
    port,
    version,
    storeDir,
    get pid() {
      return running.pid
    },
    logs: () => running.output(),
    stop: () => running.stop(),
    kill: () => running.kill(),
    async restart() {
      await running.stop()
      for (let attempt = 1; ; attempt++) {
        try {
          running = await start(port)
          return
        } catch (error) {
          if (attempt > PORT_RETRIES || !/address already in use/.test(String(error))) throw error
          await sleep(PORT_RETRY_MS)
        }
      }
    },
    pause: () => running.pause(),
    resume: () => running.resume(),
    async [Symbol.asyncDispose]() {
      // Nothing in the folder is needed any more, so there is nothing to wait for.
      await running.kill()
      await removeFolder()
    },
  }
  return server
}

/** The log and not the ports file: that one is written a moment after the server says it is ready. */
function readPort(log: string): number {
  const port = /Listening for client connections on \S+:(\d+)/.exec(log)?.[1]
  if (port === undefined) throw new Error(`nats-server did not say where it listens:\n${log}`)
  return Number(port)
}
