import { once } from 'node:events'
import { createInterface } from 'node:readline/promises'
import { CliError } from '../errors.ts'
import type { Invocation } from '../invocation.ts'
import { safeText } from '../output/safe-text.ts'

/**
 * Makes sure that somebody wants what cannot be undone: by `--yes`, or by an answer at the terminal.
 *
 * @param what - the question, without its mark
 * @throws CliError `ERR_CLI_NOT_CONFIRMED`
 */
export async function confirm(
  { stdin, stderr }: Invocation,
  what: string,
  { yes }: { yes?: boolean | undefined },
): Promise<void> {
  if (yes === true) return
  if (stdin.isTTY !== true) {
    throw new CliError('ERR_CLI_NOT_CONFIRMED', `${what} needs --yes where nobody can be asked`)
  }
  const lines = createInterface({ input: stdin, output: stderr })
  try {
    // A question stays open for ever when there is no more input, such as after Ctrl-D.
    const closed = once(lines, 'close').then(() => '')
    const answer = await Promise.race([lines.question(`${safeText(what)}? [y/N] `), closed])
    if (/^y(?:es)?$/i.test(answer.trim())) return
  } finally {
    lines.close()
  }
  throw new CliError('ERR_CLI_NOT_CONFIRMED', 'nothing was done')
}
