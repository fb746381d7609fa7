import { open, type FileHandle } from 'node:fs/promises'
import { isAbsolute, resolve } from 'node:path'
import { CliError } from '../errors.ts'

/** Largest file that is read, bytes. */
const MAX_FILE_BYTES = 8 * 1024 * 1024

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'does not exist',
  EACCES: 'may not be read',
  EPERM: 'may not be read',
  EISDIR: 'is a folder',
  ENOTDIR: 'does not exist',
  ELOOP: 'is a link that leads nowhere',
}

/** A path of the command line as an absolute one. */
export function pathIn(cwd: string, path: string): string {
  return isAbsolute(path) ? path : resolve(cwd, path)
}

/**
 * The text of a file.
 *
 * @throws CliError `ERR_CLI_FILE` naming it
 */
export async function readTextFile(path: string, maxBytes: number = MAX_FILE_BYTES): Promise<string> {
  const text = await readTextFileIfThere(path, maxBytes)
  if (text === null) throw new CliError('ERR_CLI_FILE', `${path} does not exist`)
  return text
}

/** {@link readTextFile}; null when there is no such file. */
export async function readTextFileIfThere(
  path: string,
  maxBytes: number = MAX_FILE_BYTES,
): Promise<string | null> {
  let file: FileHandle | undefined
  try {
    file = await open(path, 'r')
    return await readBounded(file, path, maxBytes)
  } catch (error) {
    if (CliError.is(error)) throw error
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return null
    throw new CliError('ERR_CLI_FILE', `${path} ${REASONS[code ?? ''] ?? `cannot be read (${code})`}`)
  } finally {
    await file?.close()
  }
}

/** What a pipe or a device holds has no size before it is read, so it is read up to the limit and one byte more. */
async function readBounded(file: FileHandle, path: string, maxBytes: number): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for (;;) {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(64 * 1024))
    if (bytesRead === 0) return Buffer.concat(chunks).toString('utf8')
    size += bytesRead
    if (size > maxBytes) throw new CliError('ERR_CLI_FILE', `${path} has more than ${maxBytes} bytes`)
    chunks.push(buffer.subarray(0, bytesRead))
  }
}

/**
 * A JSON file.
 *
 * @throws CliError `ERR_CLI_FILE` naming it, and never what stands in it
 */
export async function readJsonFile(path: string): Promise<unknown> {
  const text = await readTextFile(path)
  try {
    return JSON.parse(text) as unknown
  } catch {
    // The parser's message quotes the file.
    throw new CliError('ERR_CLI_FILE', `${path} is not JSON`)
  }
}
