import { CliError } from '../errors.ts'
import type { Invocation } from '../invocation.ts'
import { askHidden } from './ask-hidden.ts'
import { pathIn, readTextFile } from './read-file.ts'
import { readStdin } from './read-stdin.ts'

/** Largest file with a secret or a token, bytes. */
const MAX_SECRET_BYTES = 64 * 1024

/**
 * A secret or a token: the content of a file, or with `-` of stdin, which is asked for where it is a terminal. One line end at
 * the end does not belong to it.
 *
 * @param what - of what kind it is, for messages
 * @throws CliError `ERR_CLI_FILE`, also when it is empty; never shows it
 */
export async function readSecret(invocation: Invocation, source: string, what: string): Promise<string> {
  const path = pathIn(invocation.cwd, source)
  const text =
    source === '-'
      ? await (invocation.stdin.isTTY === true ? askHidden(invocation, `${what}: `) : readStdin(invocation))
      : await readTextFile(path, MAX_SECRET_BYTES)
  const secret = text.replace(/\r?\n$/, '')
  if (secret === '') {
    throw new CliError('ERR_CLI_FILE', source === '-' ? `stdin has no ${what}` : `${path} has no ${what}`)
  }
  return secret
}

/** {@link readSecret} for what is one word, such as a token: white space around it does not count. */
export async function readWord(invocation: Invocation, source: string, what: string): Promise<string> {
  const word = (await readSecret(invocation, source, what)).trim()
  if (!/^[\x21-\x7e]+$/.test(word)) {
    throw new CliError('ERR_CLI_FILE', `what ${source === '-' ? 'stdin' : source} has is no ${what}`)
  }
  return word
}
