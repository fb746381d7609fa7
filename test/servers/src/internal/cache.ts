import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** Where downloaded programs are kept: in the repository, so that a fresh clone leaves nothing behind elsewhere. */
export function cacheFolder(from: string = import.meta.dirname): string {
  let folder = from
  while (!existsSync(join(folder, 'pnpm-workspace.yaml'))) {
    const parent = dirname(folder)
    if (parent === folder) throw new Error(`no pnpm-workspace.yaml above ${from}`)
    folder = parent
  }
  return join(folder, 'node_modules', '.cache', 'portcullis')
}
