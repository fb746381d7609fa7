import { ClassicLevel } from 'classic-level'

/**
 * Takes a directory for this process. PGlite opens one that another process has open, and both damage it; LevelDB does not,
 * and its lock is the system's, which is gone with the process however that ends.
 *
 * @returns what gives it back
 * @throws Error naming the directory when another process has it
 */
export async function lockDirectory(directory: string): Promise<() => Promise<void>> {
  const lock = new ClassicLevel(directory)
  try {
    await lock.open()
  } catch (error) {
    const { cause = error } = error as Error
    const isTaken = (cause as { code?: unknown }).code === 'LEVEL_LOCKED'
    const reason = isTaken
      ? 'is of one process at a time, and another one has it'
      : `cannot be locked: ${(cause as Error).message}`
    throw new Error(`the data directory ${directory} ${reason}`, { cause: error })
  }
  return () => lock.close()
}
