import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { publishable, ROOT } from '../repo/workspace.ts'
import { pnpm } from './pnpm.ts'

/** Tarball path by package name. */
export type Tarballs = Readonly<Record<string, string>>

/** Packs every publishable package, as publishing would, into a new folder outside the repository. */
export async function packAll(): Promise<{ tarballs: Tarballs; remove: () => Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'portcullis-tarballs-'))
  const packages = publishable()
  const filters = packages.flatMap(({ dir }) => ['--filter', `./${dir}`])
  await pnpm([...filters, '-r', 'pack', '--pack-destination', folder], ROOT)
  const files = await readdir(folder)
  const tarballs = packages.map(({ manifest: { name, version } }) => {
    const file = `${name.replace('@', '').replace('/', '-')}-${version}.tgz`
    if (!files.includes(file)) throw new Error(`pnpm pack made no ${file}, only ${files.join(', ')}`)
    return [name, join(folder, file)]
  })
  return {
    tarballs: Object.fromEntries(tarballs) as Tarballs,
    remove: () => rm(folder, { recursive: true, force: true }),
  }
}
