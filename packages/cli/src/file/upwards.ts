import { realpath } from 'node:fs/promises'
import { dirname } from 'node:path'

/** Goes up from a folder until something is found; null when nothing is, or there is no such folder. */
export async function upwards<Found>(
  start: string,
  look: (folder: string) => Promise<Found | null>,
): Promise<Found | null> {
  let folder: string
  try {
    folder = await realpath(start)
  } catch {
    return null
  }
  for (;;) {
    // oxlint-disable-next-line no-await-in-loop -- the nearest one counts
    const found = await look(folder)
    if (found !== null) return found
    const parent = dirname(folder)
    if (parent === folder) return null
    folder = parent
  }
}
