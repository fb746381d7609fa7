import { CliError } from '../errors.ts'
import type { Invocation } from '../invocation.ts'

/** Longest text that is taken from stdin, bytes. */
const MAX_STDIN_BYTES = 64 * 1024

/**
 * All of stdin, up to its end.
 *
 * @throws CliError `ERR_CLI_FILE` when there is too much of it
 */
export async function readStdin({ stdin }: Pick<Invocation, 'stdin'>): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of stdin as AsyncIterable<Buffer | string>) {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk
    size += bytes.byteLength
    if (size > MAX_STDIN_BYTES)
      throw new CliError('ERR_CLI_FILE', `stdin has more than ${MAX_STDIN_BYTES} bytes`)
    chunks.push(bytes)
  }
  return Buffer.concat(chunks).toString('utf8')
}
