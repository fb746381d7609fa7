import { usageError } from '../errors.ts'
import type { Invocation } from '../invocation.ts'
import { readWord } from './read-secret.ts'

/** Options of commands that are given a token. */
export interface TokenSource {
  readonly tokenFile?: string
}

/**
 * The token of a command: of `--token-file`, of stdin (`-`), or of the argument itself, with a warning, since arguments are
 * seen by everybody on the machine and stay in the history of the shell.
 */
export async function readToken(
  invocation: Invocation,
  argument: string | undefined,
  { tokenFile }: TokenSource,
): Promise<string> {
  if (argument !== undefined && tokenFile !== undefined) {
    throw usageError('there is a token as an argument and --token-file')
  }
  if (tokenFile !== undefined) return readWord(invocation, tokenFile, 'token')
  if (argument === undefined) throw usageError('there is no token: name a --token-file, or - for stdin')
  if (argument === '-') return readWord(invocation, '-', 'token')
  invocation.print.warn(
    'other users see arguments, and the shell remembers them: use --token-file, or - for stdin',
  )
  return argument.trim()
}
