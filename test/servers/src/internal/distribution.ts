import { readdir } from 'node:fs/promises'
import type { Outcome } from './first-of.ts'
import { findProgram } from './find-program.ts'
import { run } from './run.ts'

const UPDATE_MS = 180_000
const INSTALL_MS = 300_000
const LISTS = '/var/lib/apt/lists'

/**
 * Installs a Debian or Ubuntu package when this user may without being asked for a password, and finds its program.
 * Asks nothing, ends in bounded time, and says on stderr what it does to the machine.
 */
export async function installPackage(name: string, programs: readonly string[]): Promise<Outcome> {
  const aptGet = await findProgram(['apt-get'])
  if (aptGet === undefined) return { why: 'apt-get is not on this machine' }
  const asRoot = await rootPrefix()
  if (asRoot === undefined) return { why: 'this user is not root and sudo asks for a password' }

  const apt = (args: readonly string[], timeoutMs: number): Promise<string> => {
    const command = [
      ...asRoot,
      'env',
      'DEBIAN_FRONTEND=noninteractive',
      aptGet,
      '-q',
      '-o',
      'DPkg::Lock::Timeout=120',
    ]
    return run(command[0] ?? aptGet, [...command.slice(1), ...args], { timeoutMs })
  }
  const install = (): Promise<string> => apt(['install', '-y', '--no-install-recommends', name], INSTALL_MS)

  console.warn(`portcullis tests: installing the distribution's ${name} package`)
  try {
    if (await listsAreEmpty()) {
      await apt(['update'], UPDATE_MS)
      await install()
    } else {
      // Old lists name files the mirror has replaced since.
      await install().catch(() => apt(['update'], UPDATE_MS).then(install))
    }
  } catch (error) {
    return { why: (error as Error).message }
  }
  const path = await findProgram(programs)
  return path === undefined ? { why: `the package ${name} has none of ${programs.join(', ')}` } : { path }
}

/** What to put before a command to run it as root: nothing, sudo, or undefined when neither works. */
async function rootPrefix(): Promise<string[] | undefined> {
  if (process.getuid?.() === 0) return []
  const sudo = await findProgram(['sudo'])
  if (sudo === undefined) return undefined
  return run(sudo, ['-n', 'true'], { timeoutMs: 5000 }).then(
    () => [sudo, '-n'],
    () => undefined,
  )
}

async function listsAreEmpty(): Promise<boolean> {
  const names = await readdir(LISTS).catch(() => [])
  return !names.some((name) => /_Packages(\.|$)/.test(name))
}
