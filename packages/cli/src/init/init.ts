import { randomBytes } from 'node:crypto'
import { lstat, mkdir, rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { Command } from 'commander'
import { CliError } from '../errors.ts'
import { PRIVATE_MODE, writeError, writeNewFile } from '../file/write-atomically.ts'
import { pathIn } from '../input/read-file.ts'
import type { Invocation } from '../invocation.ts'
import { projectFiles, type TemplateFile } from './templates.ts'

/** `portcullis init [folder]` */
export function init(invocation: Invocation): Command {
  return new Command('init')
    .summary('write a project that is ready to run')
    .description(
      'Writes a worker, a client, visibility rules, package.json, a README, and an .env with fresh secrets that you alone may read. Nothing is overwritten: when one of the files is there already, none is written.',
    )
    .argument('[folder]', 'where to; this folder unless given')
    .option('--json', 'print JSON, for programs')
    .action(
      invocation.act(async (folder: string | undefined, options: { json?: boolean }) => {
        const { print, cwd } = invocation
        const target = pathIn(cwd, folder ?? '.')
        const files = projectFiles(packageName(basename(target)), () => randomBytes(32).toString('hex'))
        await makeFolder(target)
        await refuseToOverwrite(target, files)
        await writeAll(target, files)
        const names = files.map(({ name }) => name)
        if (options.json === true) return print.json({ folder: target, files: names })
        print.line(`wrote ${names.join(', ')} to ${target}`)
        return print.note('README.md there says how to start it')
      }),
    )
}

async function makeFolder(target: string): Promise<void> {
  try {
    await mkdir(target, { recursive: true })
  } catch (error) {
    throw writeError(target, error)
  }
}

/** Looks before anything is written, so that a project is there as a whole or not at all. */
async function refuseToOverwrite(target: string, files: readonly TemplateFile[]): Promise<void> {
  const there: string[] = []
  for (const { name } of files) if (await isThere(join(target, name))) there.push(name)
  if (there.length === 0) return
  throw new CliError(
    'ERR_CLI_WOULD_OVERWRITE',
    `${target} has ${there.join(', ')} already; nothing was written: name another folder`,
  )
}

async function writeAll(target: string, files: readonly TemplateFile[]): Promise<void> {
  const written: string[] = []
  try {
    for (const { name, text, isPrivate } of files) {
      const path = join(target, name)
      // Fails for a file that came meanwhile, and follows no link.
      await writeNewFile(path, text, { mode: isPrivate ? PRIVATE_MODE : 0o644 })
      written.push(path)
    }
  } catch (error) {
    for (const path of written) await rm(path, { force: true })
    throw writeError(target, error)
  }
}

async function isThere(path: string): Promise<boolean> {
  try {
    await lstat(path)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
    throw writeError(path, error)
  }
}

/** What npm takes as a name, made of that of the folder. */
function packageName(folder: string): string {
  const name = folder
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, '-')
    .replace(/^[._-]+|[._-]+$/g, '')
    .slice(0, 100)
  return name === '' ? 'portcullis-project' : name
}
