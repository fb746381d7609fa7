import { existsSync } from 'node:fs'
import { cp, mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { cacheFolder } from '../internal/cache.ts'
import { withLock } from '../internal/lock.ts'

/**
 * Makes `directory`, which must not be there yet, the data directory of a PGlite that nobody has used. To make one takes
 * PGlite seconds: that happens once, and every other is a copy.
 */
export async function emptyDatabase(directory: string): Promise<void> {
  const template = join(cacheFolder(), `pglite-${await version()}`)
  if (!existsSync(template)) await withLock(`${template}.lock`, () => makeTemplate(template))
  await mkdir(dirname(directory), { recursive: true })
  await mkdir(directory)
  await cp(template, directory, { recursive: true })
}

async function makeTemplate(template: string): Promise<void> {
  if (existsSync(template)) return
  // Loaded here, because most of those who use this package start no database.
  const { PGlite } = await import('@electric-sql/pglite')
  const unfinished = await mkdtemp(`${template}-`)
  try {
    const client = await PGlite.create({ dataDir: unfinished })
    await client.close()
    await rename(unfinished, template)
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true })
    if (!existsSync(template)) throw error
  }
}

/** The directory of one version need not suit another. */
async function version(): Promise<string> {
  const manifest = new URL('../package.json', import.meta.resolve('@electric-sql/pglite'))
  return (JSON.parse(await readFile(fileURLToPath(manifest), 'utf8')) as { version: string }).version
}
