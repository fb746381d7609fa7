import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { basename } from 'node:path'
import { killWithParent } from './guard.ts'
import { createLogTail } from './log-tail.ts'
import { untilPaused } from './paused.ts'
import { waitUntilReady } from './ready.ts'

export interface StartProcessOptions {
  /** Program to run. @defaultValue this Node */
  command?: string | undefined
  /** JavaScript module to run with `command`, put before `args`. */
  module?: string | undefined
  args?: readonly string[] | undefined
  /** Added to PATH, HOME, TMPDIR and NODE_EXTRA_CA_CERTS, which are all that passes through from the test process. */
  env?: Readonly<Record<string, string | undefined>> | undefined
  cwd?: string | undefined
  /** Who runs it, for programs that refuse to run as root. @defaultValue the user of this process */
  user?: { readonly uid: number; readonly gid: number } | undefined
  /** Ready when this URL answers with a 2xx status, or when the output matches. @defaultValue once spawned */
  readyWhen?: string | URL | RegExp | undefined
  /** Longest wait for readiness, milliseconds. @defaultValue 40000 */
  timeoutMs?: number | undefined
  /** Folder to remove if the test process ends without having stopped this process. */
  ownedFolder?: string | undefined
}

export interface ProcessExit {
  code: number | null
  signal: NodeJS.Signals | null
}

export interface RunningProcess extends AsyncDisposable {
  readonly pid: number
  /** The last 64 KiB of stdout and stderr, interleaved. */
  output(): string
  /** Resolves with the match once the output matches; rejects when the process ends, or the time is over, first. */
  waitForOutput(pattern: RegExp, timeoutMs?: number): Promise<RegExpExecArray>
  /** Resolves when the process, and whatever it started with its own output, is gone. Never rejects. */
  readonly exited: Promise<ProcessExit>
  /** Signals the whole group, as Ctrl-C does; kills it when it is still there after `timeoutMs`. */
  stop(signal?: NodeJS.Signals, timeoutMs?: number): Promise<ProcessExit>
  /** SIGKILL to the whole group. */
  kill(): Promise<ProcessExit>
  /** SIGSTOP: the process keeps its sockets and does nothing. Resolves when it has come to rest. */
  pause(): Promise<void>
  resume(): void
}

const INHERITED = ['PATH', 'HOME', 'TMPDIR', 'NODE_EXTRA_CA_CERTS']

/**
 * Starts a process as a group of its own and resolves when it is ready. Rejects, with the end of its output in the
 * message, when it ends or stays silent instead. The group never outlives the test process.
 */
export async function startProcess(options: StartProcessOptions): Promise<RunningProcess> {
  const command = options.command ?? process.execPath
  const label = basename(options.module ?? command)
  const child = spawn(
    command,
    [...(options.module === undefined ? [] : [options.module]), ...(options.args ?? [])],
    {
      cwd: options.cwd,
      ...options.user,
      env: environment(options.env),
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    },
  )
  const log = createLogTail()
  child.stdout.setEncoding('utf8').on('data', log.add)
  child.stderr.setEncoding('utf8').on('data', log.add)
  await once(child, 'spawn')
  const pid = child.pid as number
  const callOff = killWithParent(pid, options.ownedFolder)

  const ended = new AbortController()
  const exited = new Promise<ProcessExit>((resolve) => {
    // 'close' and not 'exit': by then the output is complete.
    child.once('close', (code, signal) => {
      callOff()
      resolve({ code, signal })
      const how = signal ?? `exit code ${code}`
      ended.abort(new Error(`${label} ended (${how}); its output:\n${log.text().slice(-4096)}`))
    })
  })
  const signalGroup = (signal: NodeJS.Signals): void => {
    if (ended.signal.aborted) return
    try {
      process.kill(-pid, signal)
    } catch {
      // Gone between the check and the call.
    }
  }
  const running: RunningProcess = {
    pid,
    exited,
    output: log.text,
    waitForOutput: (pattern, timeoutMs = 10_000) =>
      log.waitFor(pattern, AbortSignal.any([ended.signal, AbortSignal.timeout(timeoutMs)])),
    async stop(signal = 'SIGTERM', timeoutMs = 10_000) {
      signalGroup(signal)
      // A paused process acts on the signal only once it continues.
      signalGroup('SIGCONT')
      const timer = setTimeout(() => signalGroup('SIGKILL'), timeoutMs)
      const exit = await exited
      clearTimeout(timer)
      return exit
    },
    kill() {
      signalGroup('SIGKILL')
      return exited
    },
    pause() {
      signalGroup('SIGSTOP')
      return untilPaused(pid)
    },
    resume: () => signalGroup('SIGCONT'),
    [Symbol.asyncDispose]: async () => void (await running.stop()),
  }
  if (options.readyWhen !== undefined) {
    try {
      await waitUntilReady(options.readyWhen, log, ended.signal, options.timeoutMs ?? 40_000)
    } catch (error) {
      await running.kill()
      throw new Error(`${label}: ${(error as Error).message}`, { cause: error })
    }
  }
  return running
}

function environment(own: StartProcessOptions['env'] = {}): NodeJS.ProcessEnv {
  const inherited = INHERITED.map((name) => [name, process.env[name]] as const)
  return Object.fromEntries([...inherited, ...Object.entries(own)].filter(([, value]) => value !== undefined))
}
