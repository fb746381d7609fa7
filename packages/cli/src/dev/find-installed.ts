import { join } from 'node:path'
import { isThere } from '../file/is-there.ts'
import { upwards } from '../file/upwards.ts'

/**
 * The folder of a package that is installed where the command runs; null when it is not. Looked for as Node does, but not in
 * `NODE_PATH`, which package managers set to what they themselves need.
 */
export async function findInstalled(packageName: string, cwd: string): Promise<string | null> {
  return upwards(cwd, async (folder) => {
    const candidate = join(folder, 'node_modules', packageName)
    return (await isThere(join(candidate, 'package.json'))) ? candidate : null
  })
}
