import { constants } from 'node:fs'
import { access } from 'node:fs/promises'
import { delimiter, join } from 'node:path'

// Debian puts daemons here and leaves it out of a user's PATH.
export const SYSTEM_FOLDERS: readonly string[] = ['/usr/local/sbin', '/usr/sbin', '/sbin']

/** The first of `names` found on `path`, then in `systemFolders`; undefined when there is none. */
export async function findProgram(
  names: readonly string[],
  path: string = process.env.PATH ?? '',
  systemFolders: readonly string[] = SYSTEM_FOLDERS,
): Promise<string | undefined> {
  const folders = [...path.split(delimiter).filter((folder) => folder !== ''), ...systemFolders]
  for (const name of names) {
    for (const folder of folders) {
      const file = join(folder, name)
      if (await isExecutable(file)) return file
    }
  }
  return undefined
}

export function isExecutable(file: string): Promise<boolean> {
  return access(file, constants.X_OK).then(
    () => true,
    () => false,
  )
}
