import { CliError } from '../errors.ts'
import type { Invocation } from '../invocation.ts'
import { safeText } from '../output/safe-text.ts'

const MAX_LINE = 64 * 1024

/** A terminal that can be told not to show what is typed. */
interface RawTerminal {
  setRawMode?(isRaw: boolean): void
}

/**
 * Asks for a line at the terminal without showing it.
 *
 * @throws CliError `ERR_CLI_NOT_CONFIRMED` when it is called off
 */
export async function askHidden({ stdin, stderr }: Invocation, question: string): Promise<string> {
  const terminal = stdin as RawTerminal
  stderr.write(safeText(question))
  terminal.setRawMode?.(true)
  try {
    return await new Promise((resolve, reject) => {
      let line = ''
      const finish = (settle: () => void): void => {
        stdin.off('data', onData).off('end', onEnd)
        stdin.pause()
        settle()
      }
      const calledOff = (): void =>
        finish(() => reject(new CliError('ERR_CLI_NOT_CONFIRMED', 'nothing was entered')))
      const onEnd = calledOff
      function onData(data: Buffer | string): void {
        for (const character of data.toString()) {
          // Ctrl-C and Ctrl-D are characters here, since the terminal no longer acts on them.
          if (character === '\u0003' || character === '\u0004') return calledOff()
          if (character === '\r' || character === '\n') return finish(() => resolve(line))
          if (character === '\u007f' || character === '\b') line = line.slice(0, -1)
          else if (line.length < MAX_LINE) line += character
        }
      }
      stdin.on('data', onData).on('end', onEnd)
      stdin.resume()
    })
  } finally {
    terminal.setRawMode?.(false)
    stderr.write('\n')
  }
}
