import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from './workspace.ts'

const TEXT =
  /\.(tsx?|mts|js|mjs|json|md|ya?ml|html|css|sh)$|(^|\/)(run|LICENSE|\.[a-z]+(ignore|attributes|config))$/

/** A tracked text file: `path` relative to the repository. */
export interface TextFile {
  readonly path: string
  readonly text: string
}

/** Every file git tracks or would track; a file that is deleted and not yet committed is left out. */
export function trackedPaths(root: string = ROOT): string[] {
  const list = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64 << 20,
  })
  return list.split('\0').filter((path) => path !== '' && existsSync(join(root, path)))
}

export function trackedTexts(pattern: RegExp = TEXT, root: string = ROOT): TextFile[] {
  return trackedPaths(root)
    .filter((path) => pattern.test(path))
    .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }))
}
