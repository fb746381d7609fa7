import { randomBytes } from 'node:crypto'
import { type FileHandle, open, rename, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { CliError } from '../errors.ts'

/** Readable and writable by its owner alone. */
export const PRIVATE_MODE = 0o600

/** Whose a file is. */
export interface Owner {
  readonly uid: number
  readonly gid: number
}

/** The owner of a file, or null when there is none. */
export async function ownerOf(path: string): Promise<Owner | null> {
  try {
    const { uid, gid } = await stat(path)
    return { uid, gid }
  } catch {
    return null
  }
}

/**
 * Puts a private file into place as a whole: whoever reads meanwhile, or after a power cut, finds the old content or the new.
 * A file that is there keeps its owner, as far as this user may give files away.
 *
 * @throws CliError `ERR_CLI_FILE`
 */
export async function writePrivateFile(path: string, text: string): Promise<void> {
  const draft = `${path}.${randomBytes(6).toString('hex')}.draft`
  try {
    await writeNewFile(draft, text, { mode: PRIVATE_MODE, owner: await ownerOf(path) })
    await rename(draft, path)
    await syncFolder(dirname(path))
  } catch (error) {
    await rm(draft, { force: true })
    throw writeError(path, error)
  }
}

/** Writes a file that must not be there yet, whole or not at all; `EEXIST` when it is, links included. */
export async function writeNewFile(
  path: string,
  text: string,
  { mode, owner = null }: { mode: number; owner?: Owner | null },
): Promise<void> {
  const file = await open(path, 'wx', mode)
  try {
    // The mode of `open` is subject to the umask.
    await file.chmod(mode)
    await file.writeFile(text, 'utf8')
    if (owner !== null && owner.uid !== process.getuid?.()) await giveTo(file, path, owner)
    await file.sync()
    await file.close()
  } catch (error) {
    await file.close()
    await rm(path, { force: true })
    throw error
  }
}

/** The error for a file that could not be written. */
export function writeError(path: string, error: unknown): CliError {
  if (CliError.is(error)) return error
  const { code, message } = error as NodeJS.ErrnoException
  return new CliError('ERR_CLI_FILE', `${path} cannot be written (${code ?? message})`)
}

/**
 * Only root may. A private file of another user's than the one who is to read it would lock that one out. Given away is the open
 * file: whoever owns the folder could have put a link to another one in its place.
 */
async function giveTo(file: FileHandle, path: string, { uid, gid }: Owner): Promise<void> {
  try {
    await file.chown(uid, gid)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') throw error
    throw new CliError(
      'ERR_CLI_FILE',
      `${path} would belong to you and not to user ${uid}; run this as that user`,
    )
  }
}

async function syncFolder(path: string): Promise<void> {
  try {
    const folder = await open(path, 'r')
    try {
      await folder.sync()
    } finally {
      await folder.close()
    }
  } catch {
    // Not every system opens folders; the file itself is on the disk.
  }
}
