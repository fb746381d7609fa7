import { spawn } from 'node:child_process'
import type { Readable } from 'node:stream'
import type { EnvironmentVariables } from '../invocation.ts'

/** What runs as a process of its own. */
export interface ChildOptions {
  readonly name: string
  /** Module that Node runs. */
  readonly module: string
  readonly args?: readonly string[] | undefined
  readonly cwd: string
  readonly env: EnvironmentVariables
  /** Gets each line that the process writes. */
  onLine(line: string): void
}

/** How a process ended. */
export interface ChildExit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** A process that was started. */
export interface Child {
  readonly name: string
  /** Never rejects. */
  readonly exited: Promise<ChildExit>
  /** Asks it to end, and after a while makes it. Resolves when it is gone. */
  stop(): Promise<ChildExit>
}

/** Longest graceful stop, milliseconds; the apps give themselves 30 s. */
const GRACE_MS = 35_000

/** Longest line that is passed on as one, characters. */
const MAX_LINE = 64 * 1024

/**
 * Starts a process in a group of its own. Ctrl-C at the terminal reaches this program alone, which passes it on once: the second
 * signal of two would cut the graceful stop short.
 */
export function startChild({ name, module, args = [], cwd, env, onLine }: ChildOptions): Child {
  const isGroup = process.platform !== 'win32'
  const child = spawn(process.execPath, [module, ...args], {
    cwd,
    env: { ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: isGroup,
    windowsHide: true,
  })
  for (const stream of [child.stdout, child.stderr]) readLines(stream, onLine)
  const exited = new Promise<ChildExit>((resolve) => {
    child.once('close', (code, signal) => resolve({ code, signal }))
    child.once('error', (error) => {
      onLine(error.message)
      // Without a process there is no `close` either.
      if (child.pid === undefined) resolve({ code: 1, signal: null })
    })
  })
  const send = (signal: NodeJS.Signals): void => {
    if (child.pid === undefined) return
    try {
      process.kill(isGroup ? -child.pid : child.pid, signal)
    } catch {
      // It is gone.
    }
  }
  // Nothing is left behind when this program ends in a hurry.
  const killAtExit = (): void => send('SIGKILL')
  process.once('exit', killAtExit)
  void exited.then(() => process.off('exit', killAtExit))
  return {
    name,
    exited,
    async stop() {
      send('SIGTERM')
      const timer = setTimeout(() => send('SIGKILL'), GRACE_MS)
      try {
        return await exited
      } finally {
        clearTimeout(timer)
      }
    },
  }
}

function readLines(stream: Readable, onLine: (line: string) => void): void {
  let rest = ''
  stream.setEncoding('utf8')
  stream.on('data', (text: string) => {
    const lines = `${rest}${text}`.split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) onLine(line.replace(/\r$/, ''))
    if (rest.length > MAX_LINE) {
      onLine(rest)
      rest = ''
    }
  })
  stream.on('end', () => {
    if (rest !== '') onLine(rest)
  })
}
