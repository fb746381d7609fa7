import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { run, type RunIo } from '../../src/index.ts'

/** What a command is run with besides its arguments. */
export interface CliOptions extends Partial<Pick<RunIo, 'env' | 'cwd' | 'fetch' | 'signal'>> {
  /** All of stdin; no terminal. */
  stdin?: string
  /** What somebody types at a terminal. */
  typed?: string
}

/** What came of a command. */
export interface CliResult {
  exitCode: number
  stdout: string
  stderr: string
  /** `stdout` as JSON. */
  json: () => unknown
}

/** Runs a command in this process, with nothing of the process around it. */
export async function cli(argv: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  const { stdin = '', typed, env = {}, ...rest } = options
  const out = collect()
  const err = collect()
  const input =
    typed === undefined ? Readable.from(stdin === '' ? [] : [Buffer.from(stdin)]) : terminal(typed)
  const exitCode = await run(argv, { stdin: input, stdout: out.stream, stderr: err.stream, env, ...rest })
  const stdout = out.text()
  return { exitCode, stdout, stderr: err.text(), json: () => JSON.parse(stdout) as unknown }
}

/** A folder of its own, gone when the block is left. */
export async function temporaryFolder(): Promise<{ path: string } & AsyncDisposable> {
  const path = await mkdtemp(join(tmpdir(), 'portcullis-cli-'))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) }
}

function collect(): { stream: PassThrough; text: () => string } {
  const stream = new PassThrough()
  let text = ''
  stream.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk
  })
  return { stream, text: () => text }
}

function terminal(typed: string): Readable & { isTTY: boolean; setRawMode: () => void } {
  return Object.assign(Readable.from([Buffer.from(typed)]), { isTTY: true, setRawMode: () => undefined })
}
