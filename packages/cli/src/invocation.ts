import type { Readable, Writable } from 'node:stream'
import type { Printer } from './output/printer.ts'

/** Environment variables as Node has them. */
export type EnvironmentVariables = Readonly<Record<string, string | undefined>>

/** What a command reads from and writes to, instead of the process itself. */
export interface RunIo {
  /** Tokens and secrets given as `-`, and answers to questions where it is a terminal. */
  readonly stdin: Readable & { readonly isTTY?: boolean | undefined }
  readonly stdout: Writable
  /** Notes, warnings and errors. */
  readonly stderr: Writable
  readonly env: EnvironmentVariables
  /** Where relative paths begin. @defaultValue that of the process */
  readonly cwd?: string | undefined
  /** What asks servers. @defaultValue the global one */
  readonly fetch?: typeof fetch | undefined
  /** Ends a command that runs until it is told to stop. */
  readonly signal?: AbortSignal | undefined
}

/** One run of the program: its surroundings, completed. */
export interface Invocation extends Omit<RunIo, 'cwd' | 'fetch'> {
  readonly cwd: string
  readonly fetch: typeof fetch
  readonly print: Printer
  /** Milliseconds since the epoch. */
  now(): number
  /** Runs a command; a number that it returns is what the process exits with. */
  act<Arguments extends unknown[]>(
    command: (...args: Arguments) => Promise<number | void>,
  ): (...args: Arguments) => Promise<void>
}
