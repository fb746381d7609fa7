import { CommanderError } from 'commander'
import { CliError, EXIT_CODES } from './errors.ts'
import type { Invocation, RunIo } from './invocation.ts'
import { createPrinter } from './output/printer.ts'
import { createProgram } from './program.ts'

/**
 * Runs one command and says what the process would exit with: 0, 1 when it failed or what it looked at is not fine, 2 when it
 * was not understood. Never throws for what a command meets, and never ends the process.
 *
 * @param argv - what stands after the name of the program
 */
export async function run(argv: readonly string[], io: RunIo): Promise<number> {
  const print = createPrinter(io.stdout, io.stderr)
  let exitCode: number = EXIT_CODES.ok
  const invocation: Invocation = {
    stdin: io.stdin,
    stdout: io.stdout,
    stderr: io.stderr,
    env: io.env,
    cwd: io.cwd ?? process.cwd(),
    fetch: io.fetch ?? globalThis.fetch,
    signal: io.signal,
    print,
    now: () => Date.now(),
    act:
      (command) =>
      async (...args) => {
        exitCode = (await command(...args)) ?? EXIT_CODES.ok
      },
  }
  try {
    await createProgram(invocation).parseAsync([...argv], { from: 'user' })
    return exitCode
  } catch (error) {
    // It has been printed already, by the program's own writer.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT_CODES.ok : EXIT_CODES.usage
    if (!CliError.is(error)) {
      print.note(`error: ${error instanceof Error ? error.message : String(error)}`)
      return EXIT_CODES.failed
    }
    print.note(`error: ${error.message}${codesOf(error)}`)
    return error.exitCode
  }
}

/** The code that a script can look for: the server's where it refused. */
function codesOf({ code, refusal }: CliError): string {
  if (refusal === undefined) return ` (${code})`
  return refusal.code === null
    ? ` (status ${refusal.status})`
    : ` (${refusal.code}, status ${refusal.status})`
}
