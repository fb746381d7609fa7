import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Manifest } from '../repo/workspace.ts'
import type { Tarballs } from './pack.ts'
import { pnpm } from './pnpm.ts'
import { run } from './run.ts'

export interface Installed extends AsyncDisposable {
  readonly folder: string
  /** Writes a module there and runs it. */
  runModule(name: string, source: string, env?: Readonly<Record<string, string>>): Promise<string>
}

const FLAGS = [
  '--node-linker=hoisted',
  '--ignore-workspace',
  '--ignore-scripts',
  '--prefer-offline',
  '--no-lockfile',
  '--reporter=silent',
]

/**
 * Installs one tarball in an empty folder outside the repository, as its only dependency besides `peers`, in the flat layout
 * of npm. The packages of ours it depends on are not published yet: their tarballs take their place. pnpm does it, because it
 * has the packages of strangers from the repository's own installation and takes half the time of npm.
 */
export async function installAlone(
  name: string,
  tarballs: Tarballs,
  peers: Readonly<Record<string, string>>,
): Promise<Installed> {
  const folder = await mkdtemp(join(tmpdir(), 'portcullis-pack-'))
  const file = (tarball: string): string => `file:${tarball}`
  const siblings = Object.entries(tarballs).filter(([sibling]) => sibling !== name)
  const manifest = {
    name: 'stranger',
    private: true,
    type: 'module',
    dependencies: { [name]: file(tarballs[name] ?? ''), ...peers },
    pnpm: { overrides: Object.fromEntries(siblings.map(([sibling, tarball]) => [sibling, file(tarball)])) },
  }
  await writeFile(join(folder, 'package.json'), JSON.stringify(manifest))
  await pnpm(['install', ...FLAGS], folder)
  return {
    folder,
    async runModule(module, source, env) {
      await writeFile(join(folder, module), source)
      return run(process.execPath, [module], { cwd: folder, env, timeoutMs: 30_000 })
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  }
}

/** A file out of a tarball; undefined when it is not in it. */
export async function readPacked(tarball: string, path: string): Promise<string | undefined> {
  const list = (await run('tar', ['-tzf', tarball], { cwd: tmpdir(), timeoutMs: 10_000 })).split('\n')
  if (!list.includes(`package/${path}`)) return undefined
  return run('tar', ['-xzOf', tarball, `package/${path}`], { cwd: tmpdir(), timeoutMs: 10_000 })
}

export async function readPackedManifest(tarball: string): Promise<Manifest> {
  return JSON.parse((await readPacked(tarball, 'package.json')) ?? '{}') as Manifest
}
